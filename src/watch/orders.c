/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/orders.c - what was decided goes to the keeper, and what came of it into the journal.
 *
 * A mitigation is journaled before its request leaves, also one that is taken back, and again
 * whenever its state or lease has changed; an operator is answered after that. So whatever process
 * dies when, the journal is what was wanted last: after a start what it has in force is asked for
 * again (reconcile.c), and the keeper takes back what it does not know.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "watch/watch_internal.h"

#define ASK_MS 500 /* a command waits so long for the keeper */

void orders_fill(struct msg_request *request, const struct mitigation *mitigation)
{
	request->mitigation = mitigation->id;
	request->verb = mitigation->verb;
	request->prefix.bits = mitigation->bits;
	memcpy(request->prefix.addr.byte, mitigation->whom.byte, sizeof(request->prefix.addr.byte));
	if (mitigation->verb == VERB_LIMIT_CLASS)
		request->class = mitigation->class;
	if (mitigation->verb == VERB_LIMIT_CLASS || mitigation->verb == VERB_LIMIT_SOURCE)
		request->rate_pps = mitigation->rate_pps;
	if (mitigation->verb == VERB_FILTER) {
		request->filter = mitigation->filter;
		request->filter.expires_ns = 0;
		request->filter.mitigation = 0;
		request->filter.hits = request->filter.bytes = request->filter.last_hit_ns = 0;
	}
	if (mitigation->verb == VERB_COMMAND)
		request->has_run = mitigation->state == MITIGATION_IN_FORCE;
	snprintf(request->incident, sizeof(request->incident), "%s", mitigation->incident);
	if (mitigation->incident[0])
		snprintf(request->kind_name, sizeof(request->kind_name), "%s",
			kind_info(mitigation->kind)->name);
}

static void send_order(struct watch *watch, const struct order *order)
{
	const struct mitigation *mitigation = order->mitigation;
	struct msg_request request = { .kind = MSG_APPLY, .lease_ms = order->lease_ms };
	int r;

	if (order->kind == ORDER_REVOKE)
		request = (struct msg_request){ .kind = MSG_REVOKE, .mitigation = mitigation->id };
	else
		orders_fill(&request, mitigation);
	r = link_send(watch->link, &request);
	if (r < 0)
		decider_told(watch->decider, mitigation->id, order->kind, r,
			"too many requests wait for the keeper", mitigation->expires_ns);
}

static void write_one(struct watch *watch, const struct mitigation *mitigation)
{
	struct mitigation ended;

	/* Refused before the policy's first look at the time. */
	if (!mitigation_is_live(mitigation) && mitigation->ended_ns == 0) {
		ended = *mitigation;
		ended.ended_ns = live_now_ns(watch->live, NULL);
		mitigation = &ended;
	}
	journal_mitigation(watch->journal, mitigation);
}

void orders_note_journaled(struct watch *watch)
{
	unsigned count;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);

	for (unsigned i = 0; i < count && i < MITIGATIONS_MAX; i++)
		watch->journaled[i] =
			(struct journaled){ list[i]->id, list[i]->state, list[i]->expires_ns };
	watch->journaled_count = count < MITIGATIONS_MAX ? count : MITIGATIONS_MAX;
}

/* Both lists are in the order of ids. */
void orders_write_down(struct watch *watch)
{
	unsigned count, k = 0;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);

	for (unsigned i = 0; i < count; i++) {
		const struct mitigation *one = list[i];
		const struct journaled *old;

		while (k < watch->journaled_count && watch->journaled[k].id < one->id)
			k++;
		old = k < watch->journaled_count ? &watch->journaled[k] : NULL;
		if (old && old->id == one->id && old->state == one->state &&
			old->expires_ns == one->expires_ns)
			continue;
		write_one(watch, one);
		if (!old || old->id != one->id || old->state != one->state)
			eve_log_mitigation(watch->events, one, live_now_ns(watch->live, NULL));
	}
	orders_note_journaled(watch);
}

static void write_incident(struct watch *watch, const struct incident *incident)
{
	journal_incident(watch->journal, incident);
	eve_log_incident(watch->events, incident, live_now_ns(watch->live, NULL),
		(unsigned)watch->conf->report.list_max);
}

static void incident_ended(void *context, const struct incident *incident)
{
	write_incident(context, incident);
}

/* An incident is written down when it begins, when it gets worse, and when it has ended. */
static void tell(struct watch *watch, const struct incident *incident)
{
	struct told_incident *told = NULL;

	for (unsigned i = 0; i < watch->told_count && !told; i++)
		if (strcmp(watch->told[i].id, incident->id) == 0)
			told = &watch->told[i];
	if (!told && watch->told_count < WATCH_TOLD_MAX) {
		told = &watch->told[watch->told_count++];
		*told = (struct told_incident){ .severity = SEVERITY_COUNT };
		memcpy(told->id, incident->id, sizeof(told->id));
	}
	if (!told)
		return;
	told->is_seen = true;
	if (told->severity != SEVERITY_COUNT && incident->severity <= told->severity)
		return;
	told->severity = incident->severity;
	write_incident(watch, incident);
}

static void tell_all(struct watch *watch, const struct picture *picture)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < picture->incident_count; i++)
		tell(watch, picture->incidents[i]);
	for (unsigned i = 0; i < watch->told_count; i++) {
		struct told_incident one = watch->told[i];

		if (!one.is_seen)
			continue;
		one.is_seen = false;
		watch->told[kept++] = one;
	}
	watch->told_count = kept;
}

static void decide(struct watch *watch)
{
	struct picture picture;

	view_picture(watch, &picture);
	decider_decide(watch->decider, &picture, &watch->orders);
	orders_write_down(watch);
	for (unsigned i = 0; i < watch->orders.count; i++)
		send_order(watch, &watch->orders.list[i]);
	tell_all(watch, &picture);
}

void orders_of_window(struct watch *watch)
{
	struct correlator_hook hook = { incident_ended, watch };

	correlator_tell(live_correlator(watch->live), live_now_ns(watch->live, NULL), &hook);
	decide(watch);
}

void orders_replied(void *context, const struct msg_request *request, const struct msg_reply *reply)
{
	struct watch *watch = context;
	const struct mitigation *mitigation;
	enum order_kind kind = request->kind == MSG_REVOKE ? ORDER_REVOKE : ORDER_APPLY;

	if (watch->is_reconciling && reply->result == -EBUSY) {
		reconcile_again(watch, request);
		return;
	}
	if (reply->result < 0)
		watch->refused++;
	else if (request->kind == MSG_BEAT)
		watch->commands = reply->commands;
	if (request->serial == watch->awaited.serial) {
		watch->awaited.reply = *reply;
		watch->awaited.is_here = true;
	}
	if (request->kind == MSG_MODE && reply->result == 0) {
		watch->welcome.mode = request->mode;
		watch->welcome.enforce_until_ns = request->lease_ms ? reply->expires_ns : 0;
	}
	if (request->kind != MSG_APPLY && request->kind != MSG_REVOKE)
		return;
	mitigation = decider_mitigation(watch->decider, request->mitigation);
	if (!mitigation)
		return;
	/* After a start what is in force is asked for as if it were new: refused is not there. */
	if (kind == ORDER_APPLY && mitigation->state == MITIGATION_IN_FORCE &&
		!watch->is_reconciling)
		kind = ORDER_EXTEND;
	decider_told(watch->decider, request->mitigation, kind, reply->result, reply->why,
		reply->result < 0 ? mitigation->expires_ns
				  : live_time_of_monotonic(watch->live, reply->expires_ns));
}

static bool is_settled(const struct watch *watch, uint64_t id)
{
	const struct mitigation *mitigation = decider_mitigation(watch->decider, id);

	return !mitigation ||
	       (mitigation->state != MITIGATION_ASKED &&
		       (mitigation->state != MITIGATION_SHADOW || watch->awaited.is_here));
}

void orders_settle(struct watch *watch, uint64_t mitigation)
{
	uint64_t until_ns = now_monotonic_ns() + ASK_MS * (uint64_t)NS_PER_MS;
	uint64_t before = link_serial(watch->link);

	decide(watch);
	watch->awaited.serial = link_serial(watch->link);
	/* Nothing was asked: nothing is waited for. */
	watch->awaited.is_here = watch->awaited.serial == before;
	while (!is_settled(watch, mitigation) && now_monotonic_ns() < until_ns) {
		struct pollfd fd = { .fd = link_fd(watch->link), .events = POLLIN };

		if (link_tend(watch->link) < 0)
			break;
		poll(&fd, 1, 10);
	}
	watch->awaited.serial = 0;
	orders_write_down(watch);
}

int orders_ask(struct watch *watch, struct msg_request *request, struct err *err)
{
	uint64_t until_ns = now_monotonic_ns() + ASK_MS * (uint64_t)NS_PER_MS;
	int r;

	watch->awaited.is_here = false;
	r = link_send(watch->link, request);
	watch->awaited.serial = link_serial(watch->link);
	while (r == 0 && !watch->awaited.is_here && now_monotonic_ns() < until_ns) {
		struct pollfd fd = { .fd = link_fd(watch->link), .events = POLLIN };

		poll(&fd, 1, 10);
		r = link_tend(watch->link);
	}
	watch->awaited.serial = 0;
	if (r < 0)
		return err_set(err, r, "the keeper does not answer: %s", strerror(-r));
	if (!watch->awaited.is_here)
		return err_set(err, -ETIMEDOUT, "the keeper has not answered within %d ms", ASK_MS);
	if (watch->awaited.reply.result < 0)
		return err_set(err, watch->awaited.reply.result, "the keeper refuses: %.103s",
			watch->awaited.reply.why);
	return 0;
}

struct allow_load {
	struct prefix_set *set;
	int64_t now_ns;
	int64_t until_ns; /* when the first of them runs out; 0: none does */
	int result;
};

static void add_allowed(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns)
{
	struct allow_load *load = context;
	struct prefix prefix = { *addr, (uint8_t)bits };

	if (load->result < 0 || (expires_ns != 0 && expires_ns <= load->now_ns))
		return;
	if (expires_ns != 0 && (load->until_ns == 0 || expires_ns < load->until_ns))
		load->until_ns = expires_ns;
	load->result = prefix_set_add(load->set, &prefix, 1);
}

int orders_load_allow(struct watch *watch)
{
	struct allow_load load = { .now_ns = live_now_ns(watch->live, NULL) };
	struct prefix_set *old = watch->allow;

	load.result = prefix_set_open(&load.set);
	for (uint32_t i = 0; load.result == 0 && i < watch->conf->allow.count; i++)
		load.result = prefix_set_add(load.set, &watch->conf->allow.list[i], 1);
	if (load.result == 0)
		journal_allowed(watch->journal, add_allowed, &load);
	if (load.result == 0)
		load.result = prefix_set_build(load.set, NULL);
	if (load.result < 0) {
		prefix_set_close(load.set);
		return load.result;
	}
	watch->allow = load.set;
	watch->allow_until_ns = load.until_ns;
	if (watch->decider)
		decider_reload(watch->decider, watch->conf, watch->networks, watch->allow);
	prefix_set_close(old);
	return 0;
}

int orders_allow(struct watch *watch, const struct prefix *prefix, uint32_t lease_ms,
	bool is_removed, struct err *err)
{
	struct msg_request request = { .kind = is_removed ? MSG_DISALLOW : MSG_ALLOW,
		.lease_ms = is_removed ? 0 : (uint32_t)lease_ms };
	int64_t expires_ns =
		lease_ms ? live_now_ns(watch->live, NULL) + (int64_t)lease_ms * NS_PER_MS : 0;
	int r;

	request.prefix.bits = prefix->bits;
	memcpy(request.prefix.addr.byte, prefix->addr.byte, sizeof(request.prefix.addr.byte));
	r = orders_ask(watch, &request, err);
	if (r < 0)
		return r;
	r = journal_allow(watch->journal, &prefix->addr, prefix->bits, expires_ns, is_removed);
	if (r < 0 && r != -EAGAIN) /* which is: it waits, and will be written */
		return err_set(err, r, "it holds, but could not be journaled: %s", strerror(-r));
	r = orders_load_allow(watch);
	return r < 0 ? err_set(err, r, "it holds, but the policy does not know it: %s",
			       strerror(-r))
		     : 0;
}
