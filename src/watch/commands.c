/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/commands.c - what the operator's commands ask of watch (docs/control.md).
 *
 * Reading commands answer from memory. Those that change something go the way of every measure:
 * through the policy's list and the keeper's check, and answer when the keeper has.
 */
#include <errno.h>
#include <string.h>

#include "lib/text.h"
#include "record/filter_words.h"
#include "record/json_hosts.h"
#include "record/json_value.h"
#include "respond/gate.h"
#include "watch/watch_internal.h"

#define TOP_HOSTS 32
#define PAST_MAX 200 /* past incidents in one answer */

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static int run_status(void *context, const json_t *request, json_t *answer, struct err *err)
{
	(void)request;
	(void)err;
	status_put(context, answer);
	return 0;
}

static json_t *value_mitigations(const struct watch *watch, bool is_all, const char *incident)
{
	unsigned count;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++) {
		bool is_over = list[i]->state == MITIGATION_RELEASED ||
			       list[i]->state == MITIGATION_FAILED;

		if ((is_over && !is_all) || (incident && strcmp(incident, list[i]->incident) != 0))
			continue;
		json_array_append_new(array, value_mitigation(list[i]));
	}
	return array;
}

struct past {
	json_t *list;
	const char *id; /* first characters, "" for all */
};

static void add_past(void *context, const char *json)
{
	const struct past *past = context;
	json_t *incident = json_loads(json, 0, NULL), *one;
	const char *id = json_string_value(json_object_get(incident, "id"));
	size_t i;

	/* One that goes on is in the list already, as it is now. */
	json_array_foreach(past->list, i, one) {
		const char *other = json_string_value(json_object_get(one, "id"));

		if (id && other && strcmp(id, other) == 0)
			id = NULL;
	}
	if (id && strncmp(id, past->id, strlen(past->id)) == 0)
		json_array_append(past->list, incident);
	json_decref(incident);
}

static json_t *value_incidents(struct watch *watch, const char *id)
{
	unsigned count;
	struct incident *const *incidents =
		correlator_incidents(live_correlator(watch->live), &count);
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++) {
		json_t *one;

		if (strncmp(incidents[i]->id, id, strlen(id)) != 0)
			continue;
		one = value_incident(incidents[i], (unsigned)watch->conf->report.list_max);
		put(one, "mitigations", value_mitigations(watch, true, incidents[i]->id));
		put(one, "policy", value_text(decider_reason(watch->decider, incidents[i]->id)));
		json_array_append_new(list, one);
	}
	return list;
}

static int run_incidents(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	const char *id = json_string_value(json_object_get(request, "id"));
	int64_t since_s = json_integer_value(json_object_get(request, "since_s"));
	struct past past = { value_incidents(watch, id ? id : ""), id ? id : "" };

	(void)err;
	if (since_s <= 0)
		since_s = 86400;
	if (json_is_true(json_object_get(request, "past")))
		journal_incidents(watch->journal,
			live_now_ns(watch->live, NULL) - since_s * NS_PER_S, PAST_MAX, add_past,
			&past);
	put(answer, "incidents", past.list);
	return 0;
}

static int run_mitigations(void *context, const json_t *request, json_t *answer, struct err *err)
{
	(void)err;
	put(answer, "mitigations",
		value_mitigations(context, json_is_true(json_object_get(request, "all")), NULL));
	return 0;
}

static int run_top(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	struct live_host hosts[TOP_HOSTS];
	unsigned count = live_top(watch->live, hosts, TOP_HOSTS);
	json_t *list = json_array();

	(void)request;
	(void)err;
	status_put(watch, answer);
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "address",
				      value_address(&hosts[i].addr, 128), "inside",
				      (int)hosts[i].is_inside, "received_pps",
				      value_number(hosts[i].received_pps, 1), "received_bps",
				      value_number(hosts[i].received_bps, 1), "sent_pps",
				      value_number(hosts[i].sent_pps, 1), "sent_bps",
				      value_number(hosts[i].sent_bps, 1)));
	put(answer, "time", value_time(live_now_ns(watch->live, NULL)));
	put(answer, "hosts", list);
	put(answer, "incidents", value_incidents(watch, ""));
	put(answer, "mitigations", value_mitigations(watch, false, NULL));
	return 0;
}

/* The text of a request as a prefix, made canonical. */
static int take_prefix(const json_t *request, const char *key, struct err *err, struct prefix *ret)
{
	const char *text = json_string_value(json_object_get(request, key));
	unsigned bits;

	if (!text || addr_prefix_parse(text, &ret->addr, &bits) < 0)
		return err_set(err, -EINVAL,
			"%s must be an address or prefix, such as "
			"198.51.100.7 or 2001:db8::/32",
			key);
	ret->bits = (uint8_t)bits;
	return 0;
}

static int run_hosts(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	struct hosts_question question = { .inventory = live_inventory(watch->live),
		.list_max = (unsigned)watch->conf->report.list_max };
	struct prefix within = { .bits = 0 };
	unsigned total;
	int r = 0;

	if (json_object_get(request, "prefix"))
		r = take_prefix(request, "prefix", err, &within);
	if (r < 0)
		return r;
	question.within = within.addr;
	question.bits = within.bits;
	question.incidents =
		correlator_incidents(live_correlator(watch->live), &question.incident_count);
	put(answer, "hosts", value_hosts(&question, &total));
	put(answer, "hosts_total", json_integer(total));
	put(answer, "hosts_forgotten",
		value_count(question.inventory ? inventory_forgotten(question.inventory) : 0));
	return 0;
}

/* 0 when it is absent. Too long a one must not become "for good". */
static int take_lease_ms(const json_t *request, struct err *err, uint32_t *ret_lease_ms)
{
	const json_t *value = json_object_get(request, "for_s");
	json_int_t for_s = json_integer_value(value);

	if (value && !json_is_null(value) &&
		(!json_is_integer(value) || for_s < 1 || for_s > UINT32_MAX / 1000))
		return err_set(err, -EINVAL, "for_s must be 1 to %u seconds", UINT32_MAX / 1000);
	*ret_lease_ms = (uint32_t)for_s * 1000;
	return 0;
}

/* Puts an operator's measure in force and waits for the keeper's word. */
static int put_in_force(
	struct watch *watch, const struct mitigation *wish, json_t *answer, struct err *err)
{
	const struct mitigation *made;
	uint64_t id;
	int r = decider_add(watch->decider, wish, live_now_ns(watch->live, NULL), err, &id);

	if (r < 0)
		return r;
	orders_settle(watch, id);
	made = decider_mitigation(watch->decider, id);
	if (!made || made->state == MITIGATION_FAILED)
		return err_set(err, -EPERM, "%s", made ? made->why : "it was refused");
	put(answer, "mitigation", value_mitigation(made));
	status_put_mode(watch, answer);
	return 0;
}

static int find_name(const char *name, const char *const *names, unsigned count)
{
	for (unsigned i = 0; name && i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

static int add(struct watch *watch, enum verb verb, const char *whom_key, const json_t *request,
	json_t *answer, struct err *err)
{
	struct mitigation wish = {
		.verb = verb, .origin = ORIGIN_OPERATOR, .coverage = -1, .collateral = -1
	};
	const char *why = json_string_value(json_object_get(request, "why"));
	int64_t now_ns = live_now_ns(watch->live, NULL);
	uint32_t lease_ms = 0;
	int64_t rate = json_integer_value(json_object_get(request, "rate_pps"));
	int class = find_name(json_string_value(json_object_get(request, "class")), class_names,
		WIRE_CLASS_COUNT);
	struct prefix whom;
	int r = take_prefix(request, whom_key, err, &whom);

	if (r == 0)
		r = take_lease_ms(request, err, &lease_ms);
	if (r < 0)
		return r;
	if (lease_ms == 0)
		return err_set(err, -EINVAL, "for_s must say how long, in seconds");
	if (verb == VERB_LIMIT_CLASS && class < 0)
		return err_set(err, -EINVAL,
			"class must be one of syn, tcp, answer, icmp, "
			"fragment, udp, other");
	if ((verb == VERB_LIMIT_CLASS || verb == VERB_LIMIT_SOURCE) &&
		(rate < 1 || rate > UINT32_MAX))
		return err_set(err, -EINVAL, "rate_pps must say how many packets/s may pass");
	wish.whom = whom.addr;
	wish.bits = whom.bits;
	wish.class = class < 0 ? 0 : (uint32_t) class;
	wish.rate_pps = verb == VERB_BLOCK ? 0 : (uint32_t)rate;
	wish.begins_ns = now_ns;
	wish.expires_ns = now_ns + (int64_t)lease_ms * NS_PER_MS;
	text_clean(why ? why : "An operator asked for it.", false, wish.why, sizeof(wish.why));
	return put_in_force(watch, &wish, answer, err);
}

static int run_block(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;

	return add(
		watch, watch->maps ? VERB_BLOCK : VERB_NFT_BLOCK, "prefix", request, answer, err);
}

static int run_add(void *context, const json_t *request, json_t *answer, struct err *err)
{
	const char *name = json_string_value(json_object_get(request, "verb"));
	int verb = find_name(name, verb_names, VERB_COUNT);

	if (verb != VERB_LIMIT_SOURCE && verb != VERB_LIMIT_CLASS && verb != VERB_QUARANTINE &&
		verb != VERB_BLOCK && verb != VERB_NFT_BLOCK)
		return err_set(err, -EINVAL,
			"verb must be one of limit_source, limit_class, "
			"quarantine, block, nft_block");
	return add(context, (enum verb)verb, "whom", request, answer, err);
}

static uint64_t take_id(const json_t *request)
{
	return (uint64_t)json_integer_value(json_object_get(request, "id"));
}

static int run_release(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	uint64_t id = take_id(request);
	int r = decider_release(watch->decider, id, live_now_ns(watch->live, NULL));

	(void)answer;
	if (r < 0)
		return err_set(err, r, "no measure in force has this id");
	orders_settle(watch, id);
	return 0;
}

static int run_explain(void *context, const json_t *request, json_t *answer, struct err *err)
{
	const struct watch *watch = context;
	const struct mitigation *mitigation = decider_mitigation(watch->decider, take_id(request));

	if (!mitigation)
		return err_set(err, -ENOENT, "no measure has this id");
	put(answer, "mitigation", value_mitigation(mitigation));
	return 0;
}

static int change_allow(struct watch *watch, const json_t *request, bool is_removed, json_t *answer,
	struct err *err)
{
	struct prefix prefix;
	uint32_t lease_ms = 0;
	int r = take_prefix(request, "prefix", err, &prefix);

	if (r == 0 && !is_removed)
		r = take_lease_ms(request, err, &lease_ms);
	if (r == 0)
		r = orders_allow(watch, &prefix, lease_ms, is_removed, err);
	if (r == 0)
		status_put_mode(watch, answer);
	return r;
}

static int run_allow(void *context, const json_t *request, json_t *answer, struct err *err)
{
	return change_allow(context, request, false, answer, err);
}

static int run_disallow(void *context, const json_t *request, json_t *answer, struct err *err)
{
	return change_allow(context, request, true, answer, err);
}

struct allowed_list {
	const struct watch *watch;
	json_t *list;
};

static void add_allowed(
	json_t *list, const struct addr *addr, unsigned bits, const char *origin, json_t *expires)
{
	char text[ADDR_TEXT_MAX];

	json_array_append_new(
		list, json_pack("{s:s, s:s, s:o}", "prefix", addr_prefix_format(addr, bits, text),
			      "origin", origin, "expires", expires));
}

static void add_operators(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns)
{
	struct allowed_list *allowed = context;

	if (expires_ns == 0 || expires_ns > live_now_ns(allowed->watch->live, NULL))
		add_allowed(allowed->list, addr, bits, "operator",
			expires_ns ? value_time(expires_ns) : json_null());
}

/* What is in the kernel and of neither configuration nor operator: gateway, resolvers, SSH
 * peers. */
static void add_own(void *context, const struct addr *addr, unsigned bits)
{
	struct allowed_list *allowed = context;
	char text[ADDR_TEXT_MAX];
	const json_t *one;
	size_t i;

	addr_prefix_format(addr, bits, text);
	json_array_foreach(allowed->list, i, one)
		if (strcmp(text, json_string_value(json_object_get(one, "prefix"))) == 0)
			return;
	add_allowed(allowed->list, addr, bits, "own", json_null());
}

static int run_allowed(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	struct allowed_list allowed = { watch, json_array() };

	(void)request;
	(void)err;
	for (uint32_t i = 0; i < watch->conf->allow.count; i++)
		add_allowed(allowed.list, &watch->conf->allow.list[i].addr,
			watch->conf->allow.list[i].bits, "configuration", json_null());
	journal_allowed(watch->journal, add_operators, &allowed);
	if (watch->maps)
		maps_allowed(watch->maps, add_own, &allowed);
	put(answer, "allowed", allowed.list);
	return 0;
}

static int run_mode(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	int mode = find_name(json_string_value(json_object_get(request, "mode")), gate_mode_names,
		WIRE_MODE_ENFORCE + 1);
	struct msg_request ask = { .kind = MSG_MODE };
	bool is_confirmed = json_is_true(json_object_get(request, "confirm"));
	int r = take_lease_ms(request, err, &ask.lease_ms);

	if (mode < 0)
		return err_set(err, -EINVAL, "mode must be learn, shadow or enforce");
	if (r < 0)
		return r;
	if (mode != WIRE_MODE_ENFORCE || is_confirmed)
		ask.lease_ms = 0;
	else if (ask.lease_ms == 0)
		return err_set(err, -EINVAL, "enforce needs for_s, or confirm to stay");
	ask.mode = (uint32_t)mode;
	r = orders_ask(watch, &ask, err);
	if (r == 0)
		status_put_mode(watch, answer);
	return r;
}

static int run_reopen(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct watch *watch = context;
	int r = eve_log_reopen(watch->events);

	(void)request;
	(void)answer;
	return r < 0 ? err_set(err, r, "the event file cannot be opened: %s", strerror(-r)) : 0;
}

const struct control_command watch_commands[] = {
	{ "status", run_status },
	{ "top", run_top },
	{ "incidents", run_incidents },
	{ "hosts", run_hosts },
	{ "mitigations", run_mitigations },
	{ "mitigation.add", run_add },
	{ "mitigation.release", run_release },
	{ "mitigation.explain", run_explain },
	{ "allow", run_allow },
	{ "disallow", run_disallow },
	{ "allowed", run_allowed },
	{ "block", run_block },
	{ "mode", run_mode },
	{ "reopen", run_reopen },
	{ NULL, NULL },
};
