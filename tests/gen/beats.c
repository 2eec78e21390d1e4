/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/beats.c - something that comes back at an interval, more or less.
 *
 * Each wait is interval × (1 − jitter … 1 + jitter), drawn evenly: what Cobalt Strike, Sliver and
 * others call jitter. share 0: only the few ms that a scheduler is late.
 */
#include "gen/beats.h"

#include "gen/bots.h"
#include "types.h"

#define LATE_NS_MAX (20 * NS_PER_MS)

struct beater {
	struct piece piece;
	struct plan plan;
	struct prng prng;
	struct addr client, server;
	int64_t end_ns;
	unsigned number;
};

static void say_bot_tls(struct script *script, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OLD,
		.server_name = plan->name,
		.subject = "localhost",
		.from = "260104000000Z",
		.until = "360102000000Z" };

	secure_open(script, &secure);
	secure_say(script, 0, 148);
	secure_say(script, 1, 52);
	secure_close(script);
}

static void say_bot_http(struct script *script, const struct plan *plan, const char *host)
{
	struct web_request request = { .method = "GET",
		.path = "/jquery-3.3.1.slim.min.js?id=7f3a91c2",
		.host = host,
		.agent = "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko" };

	(void)plan;
	script_request(script, &request);
	script_answer(script,
		&(struct web_answer){
			.status = 200, .type = "application/octet-stream", .body_len = 48 });
}

static void say_ntp(struct script *script, struct beater *beater)
{
	uint8_t message[48] = { 0x23, 0, 6, 0xe9 };

	script_over_udp(script);
	for (unsigned i = 40; i < 48; i++)
		message[i] = prng_next(&beater->prng) >> 56;
	script_say(script, 0, message, sizeof(message));
	message[0] = 0x24;
	message[1] = 2;
	script_say(script, 1, message, sizeof(message));
}

static void say_telemetry(struct script *script, struct beater *beater)
{
	struct secure secure = { .client = SECURE_OPENSSL, .server_name = beater->plan.name };

	secure_open(script, &secure);
	secure_say(script, 0, prng_between(&beater->prng, 600, 3000));
	secure_say(script, 1, prng_between(&beater->prng, 150, 220));
	secure_close(script);
}

static void say_connectivity(struct script *script, const char *host)
{
	script_request(script, &(struct web_request){ .method = "GET",
				       .path = "/generate_204",
				       .host = host,
				       .agent = "NetworkManager/1.42" });
	script_answer(script, &(struct web_answer){ .status = 204 });
}

static void say_update(struct script *script, const char *host)
{
	script_request(script, &(struct web_request){ .method = "GET",
				       .path = "/dists/stable/InRelease",
				       .host = host,
				       .agent = "Debian APT-HTTP/1.3 (2.6.1)" });
	script_answer(script, &(struct web_answer){ .status = 304 });
}

static void say_mail(struct script *script, struct beater *beater)
{
	struct secure secure = { .client = SECURE_OPENSSL, .server_name = beater->plan.name };

	secure_open(script, &secure);
	secure_say(script, 0, 412);
	secure_say(script, 1, prng_below(&beater->prng, 10) ? 188 : 6200);
	secure_close(script);
}

static void say_own(struct script *script, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OPENSSL,
		.server_name = plan->name,
		.subject = "home.company.example",
		.issuer = "Company Root CA",
		.from = "250301000000Z",
		.until = "280301000000Z" };

	secure_open(script, &secure);
	secure_say(script, 0, 230);
	secure_say(script, 1, 96);
	secure_close(script);
}

static uint16_t beat_port(enum beat beat)
{
	switch (beat) {
	case BEAT_NTP:
		return 123;
	case BEAT_BOT_TLS:
	case BEAT_TELEMETRY:
	case BEAT_MAIL:
	case BEAT_OWN:
		return 443;
	case BEAT_DEAD:
		return 27001;
	case BEAT_BOT_HTTP:
	case BEAT_CONNECTIVITY:
	case BEAT_UPDATE:
		break;
	}
	return 80;
}

static void beat_say(struct beater *beater, struct script *script, const char *host)
{
	switch ((enum beat)beater->plan.variant) {
	case BEAT_BOT_TLS:
		say_bot_tls(script, &beater->plan);
		break;
	case BEAT_BOT_HTTP:
		say_bot_http(script, &beater->plan, host);
		break;
	case BEAT_NTP:
		say_ntp(script, beater);
		break;
	case BEAT_TELEMETRY:
		say_telemetry(script, beater);
		break;
	case BEAT_CONNECTIVITY:
		say_connectivity(script, host);
		break;
	case BEAT_UPDATE:
		say_update(script, host);
		break;
	case BEAT_MAIL:
		say_mail(script, beater);
		break;
	case BEAT_OWN:
		say_own(script, &beater->plan);
		break;
	case BEAT_DEAD:
		script_end(script, TALK_REFUSED);
		break;
	}
}

static bool beater_step(struct piece *piece, struct schedule *schedule)
{
	struct beater *beater = (struct beater *)piece;
	double interval = 1.0 / beater->plan.rate, jitter = beater->plan.share;
	struct cast cast = { .schedule = schedule,
		.plan = &beater->plan,
		.client = beater->client,
		.server = beater->server,
		.at_ns = piece->at_ns };
	char text[HOST_TEXT_MAX];
	struct script *script;

	cast.prng.state = prng_next(&beater->prng);
	if (beater->number++ % 20 == 0)
		cast_lookup(&cast);
	script = cast_script(&cast, beat_port((enum beat)beater->plan.variant));
	beat_say(beater, script, cast_host(&cast, text));
	cast_play(&cast, script);
	piece->at_ns += seconds_ns(interval * (1.0 + jitter * (2 * prng_unit(&beater->prng) - 1)));
	piece->at_ns += prng_below(&beater->prng, LATE_NS_MAX);
	return piece->at_ns < beater->end_ns;
}

void beats(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	unsigned hosts = plan->count ? plan->count : crowd_count(&plan->from);

	for (unsigned i = 0; i < hosts; i++) {
		double phase = prng_unit(&cast.prng) / plan->rate;
		struct beater *beater = schedule_start(
			schedule, sizeof(*beater), cast.at_ns + seconds_ns(phase), beater_step);

		beater->plan = *plan;
		beater->prng.state = prng_next(&cast.prng);
		beater->client = crowd_member(&plan->from, i);
		beater->server = cast.server;
		beater->end_ns = cast.at_ns + seconds_ns(plan->seconds);
	}
}
