/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/like_line.c - lines that stay open and say a little now and then, as bots' do, for good
 * reasons: a wallet, a sensor, a web page that is told news, a phone, a VPN.
 */
#include "gen/bots.h"
#include "types.h"

#define BITCOIN_MAGIC 0xf9beb4d9U
#define BITCOIN_HASH_BYTES 32
#define HEADERS 500
#define HEADER_BYTES 81 /* with the number of transactions, which is 0 */
#define VPN_KEEPALIVE_S 25

/* A message of Bitcoin's peers: magic, command, length, checksum, payload. fixed: its beginning, of
 * fixed_len bytes, after which there is noise. */
static void bitcoin_say(struct script *script, unsigned side, const char *command,
	const uint8_t *fixed, size_t fixed_len, size_t noise_len)
{
	uint8_t head[24] = { 0 };
	size_t len = fixed_len + noise_len;

	put32(head, BITCOIN_MAGIC);
	put_text(head + 4, command);
	head[16] = len & 0xff; /* little endian */
	head[17] = len >> 8 & 0xff;
	put32(head + 20, (uint32_t)script_draw(script));
	script_say(script, side, head, sizeof(head));
	if (fixed_len) {
		script_join(script);
		script_say(script, side, fixed, fixed_len);
	}
	if (noise_len) {
		script_join(script);
		script_noise(script, side, noise_len);
	}
}

/* Version 70016, services, two addresses, a nonce, a name of 16 letters, a height. */
static void bitcoin_version(struct script *script, unsigned side)
{
	uint8_t version[102] = { 0x80, 0x11, 1, 0, 9, 4 };

	version[80] = 16;
	put_text(version + 81, "/Satoshi:27.0.0/");
	put32(version + 97, 0x10c70c00);
	bitcoin_say(script, side, "version", version, sizeof(version), 0);
}

static void bitcoin_open(struct script *script)
{
	static const uint8_t from[] = { 0x80, 0x11, 1, 0, 31 }; /* version, hashes */
	static uint8_t headers[3 + HEADERS * HEADER_BYTES] = { 0xfd, HEADERS & 0xff, HEADERS >> 8 };

	for (size_t i = 3; i < sizeof(headers); i++)
		headers[i] = (i - 2) % HEADER_BYTES ? script_draw(script) >> 56 : 0;
	bitcoin_version(script, 0);
	bitcoin_version(script, 1);
	bitcoin_say(script, 1, "verack", NULL, 0, 0);
	bitcoin_say(script, 0, "verack", NULL, 0, 0);
	bitcoin_say(script, 0, "getheaders", from, sizeof(from), 32 * BITCOIN_HASH_BYTES);
	bitcoin_say(script, 1, "headers", headers, sizeof(headers), 0);
}

/* What others have; hashes are preceded by what they are of: 1, a transaction. */
static void bitcoin_hashes(struct script *script, unsigned side, const char *command, uint8_t count)
{
	uint8_t list[1 + 9 * (4 + BITCOIN_HASH_BYTES)] = { count };

	for (unsigned i = 0; i < count; i++) {
		uint8_t *at = list + 1 + (size_t)i * (4 + BITCOIN_HASH_BYTES);

		at[0] = 1;
		for (unsigned digit = 0; digit < BITCOIN_HASH_BYTES; digit++)
			at[4 + digit] = script_draw(script) >> 56;
	}
	bitcoin_say(script, side, command, list, 1 + (size_t)count * (4 + BITCOIN_HASH_BYTES), 0);
}

void wallet(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 8333);
	bitcoin_open(script);
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, 1 + (double)(script_draw(script) % 12));
		bitcoin_hashes(script, 1, "inv", 1 + (uint8_t)(script_draw(script) % 8));
		if (script_draw(script) % 2)
			bitcoin_hashes(script, 0, "getdata", 1);
		if (script_draw(script) % 4 == 0) {
			bitcoin_say(script, 0, "ping", NULL, 0, 8);
			bitcoin_say(script, 1, "pong", NULL, 0, 8);
		}
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

void mqtt_sensor(struct schedule *schedule, const struct plan *plan)
{
	static const uint8_t connect[] = { 0x10, 20, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 8,
		's', 'e', 'n', 's', 'o', 'r', '-', '1' };
	static const uint8_t accepted[] = { 0x20, 2, 0, 0 };
	static const uint8_t topic[] = { 0x30, 21, 0, 11, 'h', 'a', 'l', 'l', '/', 'c', 'l', 'i',
		'm', 'a', 't' };
	struct cast cast = cast_of(schedule, plan);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 1883);
	script_say(script, 0, connect, sizeof(connect));
	script_say(script, 1, accepted, sizeof(accepted));
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, 1.0 / plan->rate);
		script_say(script, 0, topic, sizeof(topic));
		script_join(script);
		script_text(script, 0, "{\"t\":%02u}", (unsigned)(15 + script_draw(script) % 10));
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

void web_socket(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct web_request request = { .method = "GET",
		.path = "/live",
		.host = plan->name,
		.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		.head = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" };
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 80);
	script_request(script, &request);
	script_answer(
		script, &(struct web_answer){ .status = 101,
				.head = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
					"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" });
	while (script_seconds(script) < plan->seconds) {
		uint8_t head[2] = { 0x81, (uint8_t)(20 + script_draw(script) % 80) };

		script_wait(script, 1.0 / plan->rate);
		script_say(script, 1, head, sizeof(head));
		script_join(script);
		script_text(script, 1, "%.*s", head[1],
			"{\"topic\":\"scores\",\"home\":1,\"away\":0,\"minute\":57,\"text\":"
			"\"corner, and "
			"another one, and a long wait\"}          ");
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

void push_channel(struct schedule *schedule, const struct plan *plan)
{
	struct secure secure = { .client = SECURE_OPENSSL, .server_name = plan->name };
	struct cast cast = cast_of(schedule, plan);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 5228);
	secure_open(script, &secure);
	secure_say(script, 0, 800);
	secure_say(script, 1, 300);
	while (script_seconds(script) < plan->seconds) {
		script_wait(script, 1.0 / plan->rate);
		if (script_draw(script) % 4 == 0)
			secure_say(script, 1, 200 + script_draw(script) % 900);
		secure_say(script, 0, 12);
		secure_say(script, 1, 12);
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

/* WireGuard: type, three zeros, then noise; sizes of its handshake, keepalives and data. */
static void vpn_say(struct script *script, unsigned side, uint8_t type, size_t len)
{
	uint8_t head[4] = { type };

	script_say(script, side, head, sizeof(head));
	script_join(script);
	script_noise(script, side, len - sizeof(head));
}

void vpn(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 51820);
	script_over_udp(script);
	vpn_say(script, 0, 1, 148);
	vpn_say(script, 1, 2, 92);
	while (script_seconds(script) < plan->seconds) {
		unsigned packets =
			script_draw(script) % 3 ? 0 : (unsigned)(script_draw(script) % 40);

		script_wait(script, VPN_KEEPALIVE_S);
		vpn_say(script, 0, 4, 32);
		while (packets--)
			vpn_say(script, script_draw(script) % 3 != 0, 4,
				32 + script_draw(script) % 80 * 16);
	}
	cast_play(&cast, script);
}
