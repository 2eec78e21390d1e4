/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_byob.c - a session of BYOB, as its published source speaks.
 *
 * Both sides begin with a key of Diffie-Hellman (at most 256 bytes), then each message is a length
 * of four bytes, big endian, and so many bytes of AES. Modules, packages and uploads go over HTTP
 * to the next three ports. Without a server the client tries again every 30 s.
 */
#include <string.h>

#include "gen/bots.h"
#include "types.h"

#define C2_PORT 1337
#define KEY_BYTES 256
#define RETRY_S 30
#define BLOCK_BYTES 16

static void block_say(struct script *script, unsigned side, size_t len)
{
	uint8_t length[4];

	len = (len + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
	put32(length, (uint32_t)len);
	script_say(script, side, length, sizeof(length));
	script_join(script);
	script_noise(script, side, len);
}

static void fetch(struct cast *cast, uint16_t port, const char *path, size_t len)
{
	char text[HOST_TEXT_MAX];
	struct script *script = script_open(&cast->client, &cast->server, port, &cast->prng);

	script_request(script, &(struct web_request){ .method = "GET",
				       .path = path,
				       .host = cast_host(cast, text),
				       .agent = "Python-urllib/3.9" });
	script_answer(script,
		&(struct web_answer){ .status = 200, .type = "text/x-python", .body_len = len });
	cast_play(cast, script);
}

static void upload(struct cast *cast)
{
	char text[HOST_TEXT_MAX];
	struct script *script = script_open(&cast->client, &cast->server, C2_PORT + 3, &cast->prng);

	script_request(script, &(struct web_request){ .method = "POST",
				       .path = "/",
				       .host = cast_host(cast, text),
				       .body_len = 24000,
				       .agent = "Python-urllib/3.9" });
	script_answer(script, &(struct web_answer){ .status = 200 });
	cast_play(cast, script);
}

/* The host asks a public service for its own address. */
static void own_address(struct cast *cast)
{
	struct crowd service = HOST4(203, 0, 113, 150);
	struct addr address = crowd_member(&service, 0);
	struct script *script;

	lookup_address(cast->schedule, cast->at_ns, &cast->client, &office_resolver,
		"api.ipify.org", &address, &cast->prng);
	cast->at_ns += 200 * NS_PER_MS;
	script = script_open(&cast->client, &address, 80, &cast->prng);
	script_request(script, &(struct web_request){ .method = "GET",
				       .path = "/",
				       .host = "api.ipify.org",
				       .agent = "Python-urllib/3.9" });
	script_answer(script, &(struct web_answer){ .status = 200,
				      .type = "text/plain",
				      .body = "203.0.113.7",
				      .body_len = 11 });
	cast_play(cast, script);
}

static void session(struct cast *cast)
{
	struct script *script = cast_script(cast, C2_PORT);
	unsigned tasks = (unsigned)(cast->plan->seconds / 40);

	script_noise(script, 0, KEY_BYTES);
	script_noise(script, 1, KEY_BYTES);
	block_say(script, 0, 430); /* what the host is */
	block_say(script, 1, 48);  /* its number */
	while (tasks--) {
		script_wait(script, 20 + (double)(script_draw(script) % 30));
		block_say(script, 1, 90 + script_draw(script) % 60);
		script_wait(script, 0.5);
		block_say(script, 0, 200 + script_draw(script) % 2500);
	}
	script_end(script, TALK_SILENT);
	cast_play(cast, script);
}

void byob_session(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	int64_t end_ns = cast.at_ns + seconds_ns(plan->seconds);

	if (!plan->variant) {
		fetch(&cast, C2_PORT + 1, "/clients/payloads/var_x9k.py", 9300);
		own_address(&cast);
		fetch(&cast, C2_PORT + 2, "/clients/packages/cryptonight.py", 30000);
		fetch(&cast, C2_PORT + 1, "/core/modules/keylogger.py", 5200);
		session(&cast);
		cast.at_ns = plan_start_ns(plan) + seconds_ns(plan->seconds / 2);
		upload(&cast);
		return;
	}
	for (; cast.at_ns < end_ns; cast.at_ns += RETRY_S * NS_PER_S) {
		struct script *script = cast_script(&cast, C2_PORT);

		script_end(script, TALK_REFUSED);
		script_play(script, schedule, cast.at_ns);
	}
}
