/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dropper.c - finds hosts of ours that fetch malware (bot.dropper).
 *
 * A file that comes to a host of ours is weighed: what it is (a program, a script and what that
 * does), where from (an address without a name), who asks (wget, Python, nothing, a random word),
 * what it says it is (a picture that is a program), and what came before from there (a script that
 * downloads, programs for other architectures). The sum is the confidence; most parts are small, as
 * each of them alone is somebody's ordinary day: programs come from vendors by name, developers
 * pipe curl into a shell, servers call everything text/plain. What stands in the way of false
 * alarms: a name caps what a script alone may be worth, known hosts and package managers are not
 * told of, nor is what our hosts give one another.
 *
 * One capped table by (our host, sender). What an exchange's FILE events need of its HTTP event is
 * remembered from it: they are told one behind the other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/words.h"
#include "conf/conf.h"
#include "detect/agent.h"
#include "detect/bot.h"
#include "detect/calling.h"
#include "detect/detectors.h"
#include "detect/dropper_weigh.h"
#include "lib/keyed.h"

#define PAIR_PLACES 16384
#define STAGE_NS (600 * NS_PER_S) /* weir: a loader runs what it fetched at once; retries */
#define MACHINES 6

struct dropper_key {
	struct addr inside, outside;
};

struct dropper_pair {
	struct keyed_head head;
	struct dropper_key key;
	int64_t told_ns, stage_ns;
	float told;
	uint32_t files;
	uint16_t machines[MACHINES]; /* of the programs; 0: none */
};

struct dropper_state {
	const struct networks *networks;
	bool is_configured;
	struct keyed pairs;
	struct dropper_request last; /* the last exchange that was told of */
	uint64_t last_flow;
};

static int dropper_init(void *state, const struct detector_env *env)
{
	struct dropper_state *s = state;

	s->networks = env->networks;
	s->is_configured = calling_is_configured(env->conf);
	return keyed_open(&s->pairs, PAIR_PLACES, sizeof(struct dropper_pair),
		sizeof(struct dropper_key), env->seed);
}

static void dropper_close(void *state)
{
	struct dropper_state *s = state;

	keyed_close(&s->pairs);
}

static void dropper_losses(const void *state, struct losses *losses)
{
	const struct dropper_state *s = state;

	losses->uncounted += s->pairs.refused;
	losses->forgotten += s->pairs.evicted;
}

/* Whose file it is: the inside one receives it. */
static bool receiver(const struct dropper_state *s, const struct app_event *event, unsigned sender,
	struct parties *ret_parties)
{
	struct parties parties = parties_of(s->networks, &event->key);

	if (parties.is_local) {
		parties.inside_side = !sender;
		parties.inside = event->key.addr[!sender];
		parties.outside = event->key.addr[sender];
	} else if (sender == 1) {
		if (!calling_parties(s->networks, s->is_configured, &event->key, &parties))
			return false;
	} else if (parties.inside_side != 1) {
		return false;
	}
	*ret_parties = parties;
	return true;
}

static struct dropper_pair *pair_of(
	struct dropper_state *s, const struct parties *parties, int64_t now_ns)
{
	struct dropper_key key = { parties->inside, parties->outside };
	struct dropper_pair *pair = keyed_take(&s->pairs, &key, keyed_weight(now_ns, 1));

	if (pair) {
		pair->files++;
		pair->head.weight = keyed_weight(now_ns, pair->files);
	}
	return pair;
}

/* How many architectures came from there, this one included. */
static unsigned count_machines(struct dropper_pair *pair, const struct app_file *file)
{
	unsigned i;

	for (i = 0; i < MACHINES && pair->machines[i]; i++)
		if (pair->machines[i] == file->machine)
			break;
	if (file->magic == MAGIC_ELF && file->machine && i < MACHINES)
		pair->machines[i] = file->machine;
	for (i = 0; i < MACHINES && pair->machines[i];)
		i++;
	return i;
}

static void describe(
	struct finding *finding, const struct app_file *file, const struct dropper_request *request)
{
	char url[96], type[40], name[FINDING_NAME_MAX];
	struct app_text host = file->url;

	for (uint32_t i = 0; i < host.len; i++)
		if (host.at[i] == '/' || host.at[i] == ':')
			host.len = i;
	if (!file->is_bare_address && host.len)
		snprintf(finding->name, sizeof(finding->name), "%s",
			app_text_clean(host, name, sizeof(name)));
	bot_detail(finding, "%s of %llu bytes, %s%s%s%s%s", dropper_words(file->magic),
		(unsigned long long)file->size,
		file->url.len ? app_text_clean(file->url, url, sizeof(url)) : "sent bare over TCP",
		file->declared_type.len ? ", said to be " : "",
		app_text_clean(file->declared_type, type, sizeof(type)),
		request->agent[0] ? ", fetched by " : "", request->agent);
}

static void tell(struct dropper_state *s, const struct app_event *event,
	const struct parties *parties, struct dropper_pair *pair,
	const struct dropper_weight *weight, struct findings *findings)
{
	const struct app_file *file = &event->file;
	struct finding finding;

	(void)s;
	if (!bot_is_news(&pair->told_ns, &pair->told, event->time_ns, weight->confidence))
		return;
	finding = bot_finding(KIND_BOT_DROPPER, "dropper", parties, event->time_ns,
		weight->confidence, weight->reason);
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.to_confidence = weight->confidence * 0.7F; /* it may be a hacked server */
	finding.observed = (double)file->size;
	bot_evidence(&finding, "size", "bytes", (double)file->size);
	bot_evidence(&finding, "entropy", "bits a byte", app_entropy_bits(file->entropy));
	bot_evidence(&finding, "traits", "traits", __builtin_popcount(file->traits));
	bot_evidence(&finding, "architectures", "architectures", weight->machines);
	bot_evidence(&finding, "evidence", "parts", weight->parts);
	describe(&finding, file, &s->last);
	finding_add(findings, &finding);
}

static void see_file(
	struct dropper_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_file *file = &event->file;
	struct dropper_past past = { 0 };
	struct dropper_weight weight;
	struct dropper_pair *pair;
	struct parties parties;

	if ((file->proto == PROTO_HTTP && file->side != 1) || file->proto == PROTO_SMTP ||
		!receiver(s, event, file->side, &parties))
		return;
	if (event->flow != s->last_flow || file->proto != PROTO_HTTP)
		s->last = (struct dropper_request){ .agent_kind = AGENT_OTHER };
	if (!dropper_is_worth(file, &s->last))
		return;
	pair = pair_of(s, &parties, event->time_ns);
	if (!pair)
		return;
	past.machines = count_machines(pair, file);
	past.has_stage = pair->stage_ns && event->time_ns - pair->stage_ns < STAGE_NS;
	past.is_local = parties.is_local;
	past.is_pushed = file->side == 0;
	if (dropper_is_stage(file))
		pair->stage_ns = event->time_ns;
	weight = dropper_weigh(file, &s->last, &past);
	if (weight.confidence >= DROPPER_TOLD)
		tell(s, event, &parties, pair, &weight, findings);
}

static void see_http(struct dropper_state *s, const struct app_event *event)
{
	const struct app_http *http = &event->http;

	s->last_flow = event->flow;
	s->last = (struct dropper_request){
		.agent_kind = agent_of(http->user_agent),
		.status = http->status,
		.is_known_host = !http->is_bare_address && agent_is_known_host(http->host),
		.is_odd_path = dropper_is_odd_path(http->uri),
		.is_get = app_text_is(http->method, "GET"),
		.is_asked = http->method.len > 0,
		.has_known_path = dropper_has_known_path(http->uri),
	};
	app_text_clean(http->user_agent, s->last.agent, sizeof(s->last.agent));
}

static void dropper_event(void *state, const struct app_event *event, struct findings *findings)
{
	if (event->type == APP_HTTP)
		see_http(state, event);
	else if (event->type == APP_FILE)
		see_file(state, event, findings);
}

const struct detector detector_dropper = {
	.name = "dropper",
	.state_size = sizeof(struct dropper_state),
	.init = dropper_init,
	.event = dropper_event,
	.losses = dropper_losses,
	.close = dropper_close,
};
