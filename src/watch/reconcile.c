/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/reconcile.c - after a start: journal, policy and keeper are made to agree.
 *
 * What the journal has in force is adopted by the policy and asked for again, for the rest of its
 * lease: the same id extends what is there and puts back what is not. All of it is answered before
 * watch says that it is ready, as the keeper then takes back what was not asked for. So it goes at
 * the keeper's pace (gate.requests_per_s), and what that refused as too fast is sent once more.
 * What is refused for another reason has failed; what has run out meanwhile is written down as
 * over.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "watch/watch_internal.h"

#define PATIENCE_NS (30 * (uint64_t)NS_PER_S) /* half of what the keeper gives a watch to start */
#define PAUSE_MS 20

struct pace {
	uint64_t begun_ns, sent;
	uint64_t rate; /* requests a second that the keeper takes */
};

static void end(struct watch *watch, const struct mitigation *mitigation)
{
	struct mitigation ended = *mitigation;

	ended.state = MITIGATION_RELEASED;
	ended.ended_ns = live_now_ns(watch->live, NULL);
	journal_mitigation(watch->journal, &ended);
}

/* What the kernel part does by itself is seen again when it goes on. */
static void adopt(void *context, const struct mitigation *mitigation)
{
	struct watch *watch = context;

	if (mitigation->origin == ORIGIN_KERNEL ||
		mitigation->expires_ns <= live_now_ns(watch->live, NULL) ||
		decider_adopt(watch->decider, mitigation) < 0)
		end(watch, mitigation);
}

void reconcile_again(struct watch *watch, const struct msg_request *request)
{
	bool is_last = request->serial == watch->awaited.serial;

	watch->is_too_fast = true;
	link_send(watch->link, request); /* its place has just become free */
	if (is_last)
		watch->awaited.serial = link_serial(watch->link);
}

/* Takes replies, waiting for them a moment. */
static int wait_a_moment(struct watch *watch, const struct pace *pace)
{
	struct pollfd fd = { .fd = link_fd(watch->link), .events = POLLIN };

	if (now_monotonic_ns() - pace->begun_ns > PATIENCE_NS)
		return -ETIMEDOUT;
	if (watch->is_too_fast)
		poll(NULL, 0, PAUSE_MS);
	watch->is_too_fast = false;
	poll(&fd, 1, PAUSE_MS);
	return link_tend(watch->link);
}

/* Half of what the keeper takes at once, then four fifths of what it takes a second. */
static bool is_ahead(const struct pace *pace)
{
	double passed_s = (double)(now_monotonic_ns() - pace->begun_ns) / NS_PER_S;

	return (double)pace->sent > (double)pace->rate * (0.5 + 0.8 * passed_s);
}

static int send(struct watch *watch, struct pace *pace, const struct msg_request *request)
{
	int r = 0;

	while (r == 0 && is_ahead(pace))
		r = wait_a_moment(watch, pace);
	while (r == 0 && (r = link_send(watch->link, request)) == -ENOBUFS)
		r = wait_a_moment(watch, pace);
	pace->sent++;
	return r;
}

/* Of the firewall and the operator's program the keeper was told nothing outside of enforce. */
static bool is_only_noted(const struct mitigation *mitigation)
{
	return mitigation->state == MITIGATION_SHADOW &&
	       (mitigation->verb == VERB_NFT_BLOCK || mitigation->verb == VERB_COMMAND);
}

static int claim_all(struct watch *watch, struct pace *pace)
{
	unsigned count;
	const struct mitigation *const *list = decider_mitigations(watch->decider, &count);
	int r = 0;

	for (unsigned i = 0; i < count && r == 0; i++) {
		int64_t left_ns = list[i]->expires_ns - live_now_ns(watch->live, NULL);
		struct msg_request request = { .kind = MSG_APPLY };

		if (is_only_noted(list[i]) || !mitigation_is_live(list[i]))
			continue;
		request.lease_ms = left_ns > 0 ? (uint32_t)(left_ns / NS_PER_MS + 1) : 1;
		orders_fill(&request, list[i]);
		r = send(watch, pace, &request);
	}
	return r;
}

struct allowing {
	struct watch *watch;
	struct pace *pace;
	int result;
};

static void allow_again(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns)
{
	struct allowing *allowing = context;
	int64_t left_ns = expires_ns - live_now_ns(allowing->watch->live, NULL);
	struct msg_request request = { .kind = MSG_ALLOW, .prefix.bits = bits };

	if (allowing->result < 0 || (expires_ns != 0 && left_ns <= 0))
		return;
	request.lease_ms = expires_ns ? (uint32_t)(left_ns / NS_PER_MS + 1) : 0;
	memcpy(request.prefix.addr.byte, addr->byte, sizeof(request.prefix.addr.byte));
	allowing->result = send(allowing->watch, allowing->pace, &request);
}

static int wait_for_answers(struct watch *watch, const struct pace *pace)
{
	int r = 0;

	watch->awaited.serial = link_serial(watch->link);
	watch->awaited.is_here = false;
	/* The keeper answers in the order it was asked, but what it refused was asked again. */
	while (r == 0 && pace->sent > 0 && !watch->awaited.is_here)
		r = wait_a_moment(watch, pace);
	watch->awaited.serial = 0;
	return r;
}

int orders_reconcile(struct watch *watch, struct err *err)
{
	struct pace pace = { .begun_ns = now_monotonic_ns(),
		.rate = watch->conf->gate.requests_per_s };
	struct allowing allowing = { watch, &pace, 0 };
	int r = journal_in_force(watch->journal, adopt, watch);

	if (r < 0)
		return err_set(err, r, "the journal cannot be read: %s", strerror(-r));
	orders_note_journaled(watch);
	watch->is_reconciling = true;
	r = journal_allowed(watch->journal, allow_again, &allowing);
	if (r < 0)
		return err_set(err, r, "the journal cannot be read: %s", strerror(-r));
	r = allowing.result;
	if (r == 0)
		r = claim_all(watch, &pace);
	if (r == 0)
		r = wait_for_answers(watch, &pace);
	watch->is_reconciling = false;
	if (r < 0)
		return err_set(err, r, "the keeper does not answer for what the journal holds: %s",
			strerror(-r));
	orders_write_down(watch);
	return 0;
}
