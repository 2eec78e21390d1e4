/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/miner_judge.c - how sure it is that a host mines, and what is said about it.
 *
 * The lists of pools and programs are names we know, from no catalogue and not complete; that one
 * is missing costs only the cases under TLS.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "detect/miner.h"
#include "lib/addr.h"
#include "lib/text.h"

/* Fewer shares say little of a rate: of n shares it is off by 1/sqrt(n). */
#define SHARES_MIN 3
#define RATE_AFTER_NS (30 * NS_PER_S)

static const char *const pools[] = { "2miners.com", "antpool.com", "btc.com", "braiins.com",
	"c3pool.com", "c3pool.org", "ckpool.org", "dwarfpool.com", "ethermine.org", "f2pool.com",
	"flexpool.io", "flypool.org", "gntl.co.uk", "hashvault.pro", "hellominer.com",
	"herominers.com", "hiveon.net", "kryptex.network", "luckypool.io", "minergate.com",
	"minexmr.com", "moneroocean.stream", "monerohash.com", "nanopool.org", "nicehash.com",
	"poolin.com", "poolto.be", "prohashing.com", "rplant.xyz", "skypool.org", "slushpool.com",
	"sparkpool.com", "supportxmr.com", "unmineable.com", "viabtc.com", "woolypooly.com",
	"xmrpool.eu", "xmr.pt", "zergpool.com", "zpool.ca", NULL };

static const char *const words[] = { "pool", "stratum", "stratums", "xmr", "monero", "mine",
	"miner", "mining", "ethash", "etchash", "randomx", "kawpow", "equihash", "cryptonight",
	"daggerhashimoto", "sha256", "scrypt", NULL };

static const char *const programs[] = { "xmrig", "xmr-stak", "cpuminer", "cgminer", "bfgminer",
	"sgminer", "ccminer", "ethminer", "claymore", "phoenixminer", "ewbf", "t-rex", "lolminer",
	"gminer", "nbminer", "teamredminer", "trm/", "bminer", "nheqminer", "minerd", "nanominer",
	"srbminer", "wildrig", "bzminer", "rigel/", "xmrig-proxy", "jceminer", "poclbm",
	"phoenix miner", "excavator", "optiminer", "whatsminer", "bmminer", NULL };

static bool ends_with_domain(const char *name, const char *domain)
{
	size_t len = strlen(name), part = strlen(domain);

	if (len < part || strcasecmp(name + len - part, domain) != 0)
		return false;
	return len == part || name[len - part - 1] == '.';
}

bool miner_pool_is_known(const char *name)
{
	for (const char *const *pool = pools; *pool; pool++)
		if (ends_with_domain(name, *pool))
			return true;
	return false;
}

static bool is_word(const char *part, size_t len)
{
	for (const char *const *word = words; *word; word++)
		if (strlen(*word) == len && strncasecmp(part, *word, len) == 0)
			return true;
	return false;
}

/* Whole words between dots, dashes and digits: "eu-pool.example.org", not "minecraft". */
bool miner_pool_is_likely(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".-_0123456789");

		if (is_word(name, len))
			return true;
		name += len + (name[len] != '\0');
	}
	return false;
}

bool miner_agent_is_known(const char *agent)
{
	for (const char *const *program = programs; *program; program++)
		if (strcasestr(agent, *program))
			return true;
	return false;
}

/* Jobs come every few seconds to minutes for as long as it lasts, one record each way, none of
 * them big: that is no page, no download, no push channel that sleeps. weir: two minutes and ten
 * jobs are the least that shows it. */
bool miner_has_rhythm(const struct app_flow *flow)
{
	const struct app_rhythm *rhythm = &flow->rhythm;
	double life_s = (double)(flow->last_ns - flow->first_ns) / NS_PER_S;
	double out, in;

	if (life_s < 120 || rhythm->messages[1] < 10 || rhythm->messages[0] < 3)
		return false;
	out = (double)flow->payload_bytes[0] / rhythm->messages[0];
	in = (double)flow->payload_bytes[1] / rhythm->messages[1];
	return in >= 40 && in <= 2000 && out <= 3500 && life_s / rhythm->messages[1] <= 120 &&
	       rhythm->messages[1] / life_s <= 5;
}

static float stratum_confidence(const struct miner *miner)
{
	bool has_worked = miner->jobs > 0 || miner->shares > 0;

	/* A login in Monero's dialect alone could be that of some other JSON-RPC. */
	if (!has_worked && strcmp(miner->dialect, "xmr") == 0 && !miner->has_miner_agent)
		return 0.5F;
	return has_worked ? 0.95F : 0.85F;
}

/* eth_getWork and its elders over HTTP: one's own node is asked the same way, and a page can have a
 * browser ask. */
static float http_confidence(const struct miner *miner)
{
	if (miner->has_miner_agent || miner->is_known_pool)
		return 0.75F;
	return miner->polls >= 5 && !miner->parties.is_local ? 0.5F : 0;
}

float miner_confidence(const struct miner *miner)
{
	switch ((enum miner_way)miner->way) {
	case MINER_STRATUM:
		return stratum_confidence(miner);
	case MINER_HTTP:
		return http_confidence(miner);
	case MINER_TLS:
		break;
	}
	return miner->is_known_pool ? 0.75F : 0.45F;
}

static const char *reason_of(const struct miner *miner)
{
	switch ((enum miner_way)miner->way) {
	case MINER_STRATUM:
		return "it speaks the protocol of miners";
	case MINER_HTTP:
		return "it asks for work as miners do";
	case MINER_TLS:
		break;
	}
	return miner->is_known_pool ? "encrypted, to a known pool, with the rhythm of mining"
				    : "encrypted, to a name like a pool's, with the rhythm of "
				      "mining";
}

/* Expected hashes of all shares over the time they took. 0: too few. */
static double rate_of(const struct miner *miner)
{
	int64_t ns = miner->last_ns - miner->first_ns;

	if (miner->shares < SHARES_MIN || ns < RATE_AFTER_NS)
		return 0;
	return miner->hashes / ((double)ns / NS_PER_S);
}

static void add_evidence(const struct miner *miner, struct finding *finding)
{
	double rate = rate_of(miner);

	if (rate > 0)
		bot_evidence(finding, "hash_rate", "H/s", rate);
	if (miner->rate_hps > 0)
		bot_evidence(finding, "claimed_hash_rate", "H/s", miner->rate_hps);
	if (miner->difficulty > 0)
		bot_evidence(finding, "difficulty", "hashes", miner->difficulty);
	if (miner->way == MINER_STRATUM) {
		bot_evidence(finding, "shares", "shares", miner->shares);
		bot_evidence(finding, "accepted", "shares", miner->accepted);
		bot_evidence(finding, "jobs", "jobs", miner->jobs);
	}
}

static void add_detail(const struct miner *miner, struct finding *finding)
{
	double rate = rate_of(miner) > 0 ? rate_of(miner) : miner->rate_hps;
	char speed[TEXT_NUMBER_MAX] = "", address[ADDR_TEXT_MAX];
	const char *pool =
		miner->pool[0] ? miner->pool : addr_format(&miner->parties.outside, address);

	if (rate > 0)
		text_scaled(rate, "H/s", speed);
	bot_detail(finding, "pool %s port %u%s%s%s%s%s%s%s%s", pool, miner->port,
		miner->worker[0] ? ", worker " : "", miner->worker,
		miner->agent[0] ? ", agent " : "", miner->agent,
		miner->algorithm[0] ? ", algorithm " : "", miner->algorithm,
		speed[0] ? ", about " : "", speed);
}

void miner_tell(const struct miner *miner, int64_t now_ns, struct findings *findings)
{
	float confidence = miner_confidence(miner);
	struct finding finding = bot_finding(
		KIND_BOT_MINER, "miner", &miner->parties, now_ns, confidence, reason_of(miner));

	/* A pool serves whoever comes; who gets the coins is somebody else. */
	finding.to_confidence = 0.4F;
	finding.port = miner->port;
	finding.proto = 6;
	finding.observed = rate_of(miner);
	if (miner->parties.is_foreign)
		finding.confidence *= 0.9F;
	snprintf(finding.name, sizeof(finding.name), "%s", miner->pool);
	add_evidence(miner, &finding);
	add_detail(miner, &finding);
	finding_add(findings, &finding);
}
