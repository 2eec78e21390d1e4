/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/requests.c - the channel: a datagram in, checked, carried out, a datagram out.
 *
 * Descriptors that watch might send are never taken: there is no room for ancillary data, so the
 * kernel drops them. When watch does not read its replies they are lost, which is its own loss.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "keeper/keeper_internal.h"
#include "keeper/say.h"

#define TAKEN_AT_ONCE 256 /* then signals and timers get their turn */

static int apply(struct keeper *keeper, const struct msg_request *request, uint64_t expires_ns,
	struct err *err)
{
	return responders_apply(keeper->responders, request, expires_ns, err);
}

static int set_mode(struct keeper *keeper, const struct msg_request *request, uint64_t expires_ns)
{
	int r = responders_set_mode(
		keeper->responders, request->mode, request->lease_ms > 0 ? expires_ns : 0);

	if (r == 0)
		keeper_say(LOG_NOTICE, "mode is %s now%s", gate_mode_names[request->mode],
			request->lease_ms > 0 ? ", for a time" : "");
	return r;
}

static void ready(struct keeper *keeper)
{
	if (keeper->watch.is_ready)
		return;
	keeper->watch.is_ready = keeper->watch.was_ever_ready = true;
	keeper->watch.tries = 0;
	claims_ready(keeper, now_monotonic_ns());
	keeper_say(LOG_INFO, "ready: process %d watches", (int)keeper->watch.pid);
	sd_notify(0, "READY=1\nSTATUS=protecting");
}

static int carry_out(struct keeper *keeper, const struct msg_request *request, uint64_t expires_ns,
	struct err *err)
{
	switch (request->kind) {
	case MSG_APPLY:
		return apply(keeper, request, expires_ns, err);
	case MSG_REVOKE:
		return responders_revoke(keeper->responders, request->mitigation);
	case MSG_ALLOW: /* what stands there for good must not get an end */
		return protect_is_for_good(keeper, &request->prefix)
			       ? 0
			       : responders_allow(keeper->responders, &request->prefix, expires_ns);
	case MSG_DISALLOW:
		return protect_is_for_good(keeper, &request->prefix)
			       ? 0
			       : responders_disallow(keeper->responders, &request->prefix);
	case MSG_MODE:
		return set_mode(keeper, request, expires_ns);
	case MSG_READY:
		ready(keeper);
		return 0;
	default:
		return 0;
	}
}

static void answer(struct keeper *keeper, const void *bytes, size_t len)
{
	struct msg_request request;
	struct msg_reply reply;
	struct err err = { "" };
	uint64_t now_ns = now_monotonic_ns();
	int r = check_request(keeper->check, bytes, len, now_ns, &request, &reply);

	if (r == 0) {
		r = carry_out(keeper, &request, reply.expires_ns, &err);
		/* What is gone already is gone, whatever the responder says. */
		if (r == 0 || (r == -ENOENT && request.kind != MSG_APPLY))
			check_carried_out(keeper->check, &request, reply.expires_ns);
		if (request.kind == MSG_BEAT) {
			keeper->watch.beat_ns = now_ns;
			reply.expires_ns = now_ns + KEEPER_SILENT_NS;
			responders_command_counts(keeper->responders, &reply.commands);
		}
		reply.result = r;
		if (r < 0)
			snprintf(reply.why, sizeof(reply.why), "%.103s",
				err.text[0] ? err.text : strerror(-r));
	}
	if (send(keeper->channel, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
		errno != EAGAIN && errno != EPIPE)
		keeper_say(LOG_WARNING, "cannot answer watch: %s", strerror(errno));
}

void requests_take(struct keeper *keeper)
{
	uint8_t bytes[sizeof(struct msg_request) + 1]; /* one more, so that too long a one shows */

	for (unsigned i = 0; i < TAKEN_AT_ONCE && keeper->channel >= 0; i++) {
		ssize_t len = recv(keeper->channel, bytes, sizeof(bytes), MSG_DONTWAIT);

		/* The end of the channel is the end of watch, which its signal tells. */
		if (len <= 0)
			return;
		answer(keeper, bytes, (size_t)len);
	}
}

void requests_account(struct keeper *keeper)
{
	char text[512] = "";
	uint64_t refused = 0;
	size_t len = 0;

	for (unsigned i = 0; i < CHECK_REFUSAL_COUNT; i++) {
		uint64_t count = check_refused(keeper->check, i);

		refused += count;
		if (count > 0 && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %llu",
				len > 0 ? ", " : "", check_refusal_names[i],
				(unsigned long long)count);
	}
	if (refused > keeper->refused_said)
		keeper_say(LOG_WARNING, "requests of watch refused so far: %s", text);
	keeper->refused_said = refused;
}
