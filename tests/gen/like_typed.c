/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/like_typed.c - encrypted lines on which somebody types, or is asked and answers, as on a
 * shell that was handed out, for good reasons: a tunnel to one's own server, a desktop far away,
 * help from far away, a device that its maker asks for values, a chat.
 */
#include <math.h>

#include "gen/bots.h"
#include "types.h"

/* Pauses of a person are log-normal; this one has a median of so many seconds. */
static double pause_s(struct script *script, double median_s)
{
	double sum = 0;

	for (unsigned i = 0; i < 12; i++)
		sum += (double)(script_draw(script) >> 11) / (double)(1ULL << 53);
	return median_s * exp(sum - 6);
}

static double jittered_s(struct script *script, const struct plan *plan)
{
	double unit = (double)(script_draw(script) >> 11) / (double)(1ULL << 53);

	return (1 + plan->share * (2 * unit - 1)) / plan->rate;
}

/* stunnel's certificate is by the company's own CA; SSH in it: a letter and its echo, or a line and
 * what comes of it. */
void own_tunnel(struct schedule *schedule, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OPENSSL,
		.subject = "gate.company.example",
		.issuer = "Company Root CA",
		.from = "250301000000Z",
		.until = "280301000000Z" };
	struct cast cast = cast_of(schedule, plan);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 8443);
	secure_open(script, &secure);
	secure_say(script, 1, 40);
	secure_say(script, 0, 1500);
	secure_say(script, 1, 1400);
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, pause_s(script, 4));
		if (script_draw(script) % 8 == 0) { /* ServerAliveInterval, and its answer */
			secure_say(script, 1, 52);
			secure_say(script, 0, 36);
			continue;
		}
		secure_say(script, 0, 36 + script_draw(script) % 40);
		secure_say(script, 1, 60 + script_draw(script) % 4000);
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

/* variant 0: our person looks at a desktop far away. 1: somebody far away looks at ours, and moves
 * the mouse and types; the certificate is the program's own. */
void remote_desktop(struct schedule *schedule, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OPENSSL,
		.subject = plan->variant ? "Support Relay" : "desktop-4f2k1",
		.from = "251101000000Z",
		.until = "271101000000Z" };
	struct cast cast = cast_of(schedule, plan);
	unsigned hand = plan->variant ? 1 : 0;
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, plan->variant ? 443 : 3390);
	secure_open(script, &secure);
	secure_say(script, !hand, 9000);
	while (script_seconds(script) < plan->seconds) {
		unsigned moves = 1 + (unsigned)(script_draw(script) % 12);

		script_wait(script, pause_s(script, 2));
		while (moves--) {
			script_wait(script, 0.03);
			secure_say(script, hand, 16 + script_draw(script) % 24);
			if (script_draw(script) % 2)
				secure_say(script, !hand, 200 + script_draw(script) % 3000);
		}
		secure_say(script, !hand, 200 + script_draw(script) % 9000);
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

/* variant 0: the maker asks the device for one of a few blocks of its values, at an interval.
 * 1: its owner tells it by telephone, through the maker's servers, what to do, and sees it done. */
void asked_device(struct schedule *schedule, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OLD,
		.subject = "collector",
		.from = plan->variant ? "240101000000Z" : "260101000000Z",
		.until = "340101000000Z" };
	struct cast cast = cast_of(schedule, plan);
	struct script *script = cast_script(&cast, 10443);

	secure_open(script, &secure);
	secure_say(script, 0, 64);
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, plan->variant ? 1 + pause_s(script, 1.0 / plan->rate)
						  : jittered_s(script, plan));
		secure_say(script, 1, plan->variant ? 20 + script_draw(script) % 40 : 12);
		secure_say(script, 0, 80 + 60 * (script_draw(script) % (plan->variant ? 12 : 4)));
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

/* People write now and then, and the program says every 1/rate seconds, give or take `share`, that
 * it is still there. PLAN_TLS; else in a protocol of its own, which looks like noise. */
void chat_line(struct schedule *schedule, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OPENSSL, .server_name = plan->name };
	bool is_tls = plan->options & PLAN_TLS;
	struct cast cast = cast_of(schedule, plan);
	void (*say)(struct script *, unsigned, size_t) = is_tls ? secure_say : script_noise;
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 443);
	if (is_tls)
		secure_open(script, &secure);
	say(script, 0, 640);
	say(script, 1, 420);
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, jittered_s(script, plan));
		if (script_draw(script) % 9 == 0) {
			say(script, 1, 100 + script_draw(script) % 400);
			say(script, 0, 41);
		}
		say(script, 0, 41);
		say(script, 1, 41);
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}
