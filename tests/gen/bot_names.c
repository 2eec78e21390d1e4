/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_names.c - bots that live in DNS: generated names, fast flux, and tunnels.
 *
 * The names are drawn as three sorts of families draw them (letters like Conficker, hexadecimal
 * digits like Bamital, words like Suppobox); none is any family's own sequence.
 */
#include "gen/bots.h"

#include <stdio.h>

#include "gen/catalogue.h"
#include "types.h"

#define FLUX_ADDRESSES 5
#define FLUX_TTL_S 60
#define TUNNEL_LABEL 60
#define BASE32 "abcdefghijklmnopqrstuvwxyz234567" /* RFC 4648, in lower case */
#define PING_BYTES 900

static void letters_name(char *out, struct prng *prng)
{
	unsigned len = prng_between(prng, 11, 18);

	for (unsigned i = 0; i < len; i++)
		out[i] = 'a' + (char)prng_below(prng, 26);
	out[len] = 0;
}

static void hex_name(char *out, struct prng *prng)
{
	for (unsigned i = 0; i < 24; i++)
		out[i] = "0123456789abcdef"[prng_below(prng, 16)];
	out[24] = 0;
}

static void words_name(char *out, size_t size, struct prng *prng)
{
	static const char *const words[] = { "window", "strength", "gather", "remember", "children",
		"perhaps", "thought", "believe", "difference", "picture", "station", "machine",
		"morning", "certain", "college", "together" };
	unsigned first = prng_below(prng, LENGTH_OF(words));
	unsigned second = prng_below(prng, LENGTH_OF(words));

	snprintf(out, size, "%s%s", words[first], words[second]);
}

static void generated_name(char *out, size_t size, enum dga dga, struct prng *prng)
{
	static const char *const tops[] = { "com", "net", "info", "biz", "org", "ru" };
	char label[48];

	if (dga == DGA_LETTERS)
		letters_name(label, prng);
	else if (dga == DGA_HEX)
		hex_name(label, prng);
	else
		words_name(label, sizeof(label), prng);
	snprintf(out, size, "%s.%s", label,
		dga == DGA_WORDS ? "net" : tops[prng_below(prng, LENGTH_OF(tops))]);
}

void dga_search(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct lookup lookup = { .type = LOOKUP_A, .code = LOOKUP_NXDOMAIN };
	char name[80], text[HOST_TEXT_MAX];
	struct script *script;

	for (unsigned i = 0; i < plan->count; i++) {
		generated_name(name, sizeof(name), (enum dga)plan->variant, &cast.prng);
		lookup.name = name;
		if (i + 1 == plan->count) {
			lookup.code = LOOKUP_FOUND;
			lookup.count = 1;
			lookup.address[0] = addr_number(&cast.server);
		}
		lookup_play(
			schedule, cast.at_ns, &cast.client, &office_resolver, &lookup, &cast.prng);
		cast.at_ns += prng_between(&cast.prng, 200, 900) * NS_PER_MS;
	}
	script = cast_script(&cast, 80);
	cast_host(&cast, text);
	script_request(script, &(struct web_request){ .method = "POST",
				       .path = "/search?q=0",
				       .host = name,
				       .body_len = 120,
				       .agent = "Mozilla/4.0 (compatible; MSIE 7.0)" });
	script_answer(script,
		&(struct web_answer){ .status = 200, .type = "text/html", .body_len = 300 });
	cast_play(&cast, script);
}

/* A name that is somewhere else every few minutes, and the bot goes there. */
void fast_flux(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	int64_t end_ns = cast.at_ns + seconds_ns(plan->seconds);
	struct crowd nodes = plan->to;

	for (; cast.at_ns < end_ns; cast.at_ns += (FLUX_TTL_S + 5) * NS_PER_S) {
		struct lookup lookup = { .name = plan->name,
			.type = LOOKUP_A,
			.ttl_s = FLUX_TTL_S,
			.count = FLUX_ADDRESSES };
		struct script *script;

		for (unsigned i = 0; i < FLUX_ADDRESSES; i++) {
			struct addr node = crowd_pick(&nodes, &cast.prng);

			lookup.address[i] = addr_number(&node);
		}
		cast.server = addr_v4(lookup.address[0]);
		lookup_play(
			schedule, cast.at_ns, &cast.client, &office_resolver, &lookup, &cast.prng);
		script = cast_script(&cast, 80);
		script_request(script, &(struct web_request){ .method = "GET",
					       .path = "/in.cgi?3",
					       .host = plan->name,
					       .agent = "Mozilla/4.0 (compatible; MSIE 8.0)" });
		script_answer(
			script, &(struct web_answer){
					.status = 200, .type = "text/html", .body_len = 700 });
		script_play(script, schedule, cast.at_ns + 200 * NS_PER_MS);
	}
}

/* Three labels of base32 under the tunnel's domain. */
static void tunnel_name(char *out, const char *domain, struct prng *prng)
{
	size_t len = 0;

	for (unsigned label = 0; label < 3; label++) {
		unsigned digits = label < 2 ? TUNNEL_LABEL : prng_between(prng, 8, TUNNEL_LABEL);

		while (digits--)
			out[len++] = BASE32[prng_below(prng, 32)];
		out[len++] = '.';
	}
	len += put_text((uint8_t *)out + len, domain);
	out[len] = 0;
}

static void tunnel_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct addr client = crowd_member(&plan->from, 0), resolver = crowd_member(&plan->to, 0);
	char name[256], target[256];
	uint8_t data[220];
	struct lookup lookup = { .name = name,
		.type = (enum lookup_type)plan->variant,
		.ttl_s = 1,
		.data = data,
		.data_len = prng_between(&paced->prng, 90, sizeof(data)) };

	tunnel_name(name, plan->name, &paced->prng);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = prng_next(&paced->prng) >> 56;
	for (size_t i = 0; lookup.type == LOOKUP_TXT && i < sizeof(data); i++)
		data[i] = (uint8_t)BASE32[data[i] % 32];
	if (lookup.type == LOOKUP_CNAME) {
		tunnel_name(target, plan->name, &paced->prng);
		lookup.target = target;
	}
	lookup_play(schedule, paced->piece.at_ns, &client, &resolver, &lookup, &paced->prng);
}

void dns_tunnel(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, tunnel_emit);
}

/* Echo requests and replies full of other bytes, never the same twice. */
static void icmp_emit(struct paced *paced, struct schedule *schedule)
{
	struct head head = { .from = crowd_member(&paced->plan.from, 0),
		.to = crowd_member(&paced->plan.to, 0),
		.id = (uint16_t)prng_next(&paced->prng) };
	struct head back = { .from = head.to, .to = head.from, .ttl = 52 };
	uint32_t rest = 0x7e57U << 16 | (uint32_t)(paced->number & 0xffff);
	uint8_t payload[PING_BYTES];
	struct packet packet;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = prng_next(&paced->prng) >> 56;
	packet_icmp(&packet, &head, 8, 0, rest, payload, prng_between(&paced->prng, 80, 900));
	schedule_emit(schedule, &packet);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = prng_next(&paced->prng) >> 56;
	packet_icmp(&packet, &back, 0, 0, rest, payload, prng_between(&paced->prng, 80, 900));
	schedule_emit_later(schedule, paced->piece.at_ns + 30 * NS_PER_MS, &packet);
}

void icmp_tunnel(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, icmp_emit);
}
