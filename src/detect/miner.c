/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/miner.c - finds hosts of ours that mine cryptocurrency for somebody (bot.miner).
 *
 * In the clear nothing has to be guessed: nobody speaks Stratum but miners, and the first login
 * tells. From shares, and the hashes that each is expected to cost, comes the hash rate that is
 * taken from the host. Under TLS the name and the rhythm together tell, with less confidence; a
 * pool's web site has no such rhythm, a push channel no such name. Work asked for over HTTP
 * (getwork, getblocktemplate, eth_getWork) tells when the program is a miner or the name a pool's;
 * otherwise it may be a wallet at its own node, and stays low.
 *
 * State: a capped table of conversations; those silent for longest give way.
 */
#include "detect/miner.h"

#include <errno.h>
#include <string.h>

#include "conf/networks.h"
#include "detect/detectors.h"
#include "lib/hash.h"

struct miner_state {
	const struct networks *networks;
	const struct census *census;
	struct keyed miners;
};

static int miner_init(void *state, const struct detector_env *env)
{
	struct miner_state *s = state;

	*s = (struct miner_state){ .networks = env->networks, .census = env->census };
	return keyed_open(
		&s->miners, MINER_PLACES, sizeof(struct miner), sizeof(uint64_t), env->seed);
}

static void miner_close(void *state)
{
	struct miner_state *s = state;

	keyed_close(&s->miners);
}

static void copy_if(char *out, size_t size, struct app_text text)
{
	if (text.len)
		app_text_clean(text, out, size);
}

static struct miner *miner_take(
	struct miner_state *s, const struct app_event *event, uint64_t key, enum miner_way way)
{
	struct miner *miner = keyed_take(&s->miners, &key, keyed_weight(event->time_ns, 1));
	const char *name;

	if (!miner)
		return NULL;
	miner->head.weight = keyed_weight(event->time_ns, 1);
	if (miner->first_ns == 0) {
		miner->first_ns = event->time_ns;
		miner->way = way;
		miner->parties = parties_of(s->networks, &event->key);
		miner->port = event->key.port[1];
		name = s->census ? census_name(s->census, &miner->parties.outside) : "";
		copy_if(miner->pool, sizeof(miner->pool),
			(struct app_text){ name, (uint32_t)strlen(name) });
		miner->is_known_pool = miner_pool_is_known(miner->pool);
	}
	miner->last_ns = event->time_ns;
	return miner;
}

static void miner_learn(struct miner *miner, const struct app_stratum *said)
{
	copy_if(miner->worker, sizeof(miner->worker), said->worker);
	copy_if(miner->agent, sizeof(miner->agent), said->agent);
	copy_if(miner->algorithm, sizeof(miner->algorithm), said->algorithm);
	copy_if(miner->dialect, sizeof(miner->dialect), said->dialect);
	if (miner->pool[0] == '\0')
		copy_if(miner->pool, sizeof(miner->pool), said->pool);
	if (said->difficulty > 0)
		miner->difficulty = said->difficulty;
	if (said->rate_hps > 0)
		miner->rate_hps = said->rate_hps;
	miner->has_miner_agent = miner_agent_is_known(miner->agent);
}

static void miner_count(struct miner *miner, const struct app_stratum *said)
{
	switch (said->what) {
	case STRATUM_LOGIN:
		miner->logins++;
		break;
	case STRATUM_JOB:
		miner->jobs++;
		break;
	case STRATUM_SHARE:
		miner->shares++;
		miner->hashes += miner->difficulty;
		break;
	case STRATUM_RESULT:
		if (app_text_is(said->method, "submit")) {
			miner->accepted += said->is_accepted;
			miner->rejected += !said->is_accepted;
		}
		break;
	case STRATUM_DIFFICULTY:
		break;
	}
}

static void see_stratum(
	struct miner_state *s, const struct app_event *event, struct findings *findings)
{
	struct miner *miner = miner_take(s, event, event->flow, MINER_STRATUM);

	if (!miner)
		return;
	miner_learn(miner, &event->stratum);
	miner_count(miner, &event->stratum);
	if (bot_is_due(&miner->told_ns, event->time_ns))
		miner_tell(miner, event->time_ns, findings);
}

/* A name that could be a pool's: its conversation is kept until its rhythm is known. */
static void see_tls(struct miner_state *s, const struct app_event *event)
{
	char name[FINDING_NAME_MAX];
	struct miner *miner;

	if (event->tls.sni.len == 0)
		return;
	app_text_clean(event->tls.sni, name, sizeof(name));
	if (!miner_pool_is_known(name) && !miner_pool_is_likely(name))
		return;
	miner = miner_take(s, event, event->flow, MINER_TLS);
	if (!miner || miner->way != MINER_TLS)
		return;
	memcpy(miner->pool, name, sizeof(miner->pool));
	miner->is_known_pool = miner_pool_is_known(name);
}

static void see_flow(
	struct miner_state *s, const struct app_event *event, struct findings *findings)
{
	struct miner *miner = keyed_find(&s->miners, &event->flow);

	if (!miner || miner->way != MINER_TLS)
		return;
	miner->last_ns = event->time_ns;
	if (miner_has_rhythm(&event->flow_end) && bot_is_due(&miner->told_ns, event->time_ns))
		miner_tell(miner, event->time_ns, findings);
}

static bool has_bytes(struct app_text text, const char *word)
{
	return text.len && memmem(text.at, text.len, word, strlen(word));
}

static bool asks_for_work(const struct app_http *http)
{
	return has_bytes(http->body, "\"getwork\"") ||
	       has_bytes(http->body, "\"getblocktemplate\"") ||
	       has_bytes(http->body, "\"eth_getWork\"") ||
	       has_bytes(http->body, "\"eth_submitWork\"");
}

/* Requests of one pair count together, whatever conversation they come by. */
static uint64_t pair_key(const struct miner_state *s, const struct flow_key *key)
{
	struct parties parties = parties_of(s->networks, key);
	const struct addr pair[2] = { parties.inside, parties.outside };

	return hash_bytes(pair, sizeof(pair), s->miners.seed) | 1ULL << 63;
}

static void see_http(
	struct miner_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_http *http = &event->http;
	struct miner *miner;

	if (!asks_for_work(http))
		return;
	miner = miner_take(s, event, pair_key(s, &event->key), MINER_HTTP);
	if (!miner)
		return;
	miner->polls++;
	copy_if(miner->agent, sizeof(miner->agent), http->user_agent);
	if (!http->is_bare_address)
		copy_if(miner->pool, sizeof(miner->pool), http->host);
	miner->has_miner_agent = miner_agent_is_known(miner->agent);
	miner->is_known_pool = miner_pool_is_known(miner->pool);
	if (miner_confidence(miner) > 0 && bot_is_due(&miner->told_ns, event->time_ns))
		miner_tell(miner, event->time_ns, findings);
}

/* Only who mines is told about: an inside pool with miners outside loses no work. */
static void miner_event(void *state, const struct app_event *event, struct findings *findings)
{
	const struct miner_state *s = state;

	if (event->type != APP_STRATUM && event->type != APP_TLS && event->type != APP_FLOW &&
		event->type != APP_HTTP)
		return;
	if (event->type != APP_FLOW && parties_of(s->networks, &event->key).inside_side != 0)
		return;
	switch (event->type) {
	case APP_STRATUM:
		see_stratum(state, event, findings);
		break;
	case APP_TLS:
		see_tls(state, event);
		break;
	case APP_FLOW:
		see_flow(state, event, findings);
		break;
	case APP_HTTP:
		see_http(state, event, findings);
		break;
	default:
		break;
	}
}

static void miner_losses(const void *state, struct losses *losses)
{
	const struct miner_state *s = state;

	losses->forgotten += s->miners.evicted;
	losses->uncounted += s->miners.refused;
}

const struct detector detector_miner = {
	.name = "miner",
	.state_size = sizeof(struct miner_state),
	.init = miner_init,
	.event = miner_event,
	.losses = miner_losses,
	.close = miner_close,
};
