/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/gate_weigh.c - how much one HTTP request speaks for a bot that talks to its gate.
 *
 * First of all the body must be opaque: encrypted, or one long field of base64 or hex. Much that is
 * honest is that, too (messengers, anti-virus, telemetry), but it says what it is: application/
 * octet-stream, by its own name. What bots do is to lie: a program that calls itself a browser and
 * sends none of the fields that all browsers send, a form that is no form, a page that is noise.
 * So the parts are added up, but without a lie nothing is told, and one lie alone stays below 0.6.
 * The weights are weir's; the traits those of Zeus and Citadel, TrickBot, Emotet and CryptoWall.
 */
#include <ctype.h>
#include <math.h>

#include "app/words.h"
#include "detect/gate_weigh.h"

#define CONFIDENCE_MAX 0.95F
#define ONE_LIE_MAX 0.55F
#define BODY_LEAST 32	   /* bytes: of less entropy says nothing */
#define FIELD_LEAST 100	   /* of one field's value: a token or a hash is shorter */
#define ENTROPY_SHARE 0.88 /* of what so many bytes can have; text has 0.7 */
#define PRINTABLE_MAX 0.75 /* random bytes have 0.39 */
#define NOISE_ENTROPY 7.5  /* of 1 KiB and more; 1 KiB of random bytes has 7.8 */
#define NOISE_LEAST 1024
#define FEW_FIELDS 7 /* Zeus sends 6 or 7, browsers 10 and more */

struct sum {
	float confidence;
	unsigned parts, lies;
};

static void add(struct sum *sum, bool is_so, float weight)
{
	sum->confidence += is_so ? weight : 0;
	sum->parts += is_so;
}

static void add_lie(struct sum *sum, bool is_so, float weight)
{
	add(sum, is_so, weight);
	sum->lies += is_so;
}

static bool is_encrypted(const struct app_http *http)
{
	double most = log2(http->request_body < 4096 ? (double)http->request_body : 4096);

	if (most > 8)
		most = 8;
	return http->body_printable[0] < PRINTABLE_MAX * 255 &&
	       app_entropy_bits(http->body_entropy[0]) >= ENTROPY_SHARE * most;
}

/* "name=BASE64" and nothing else, or hex. The event has the first 256 bytes of it. */
static bool is_one_field(const struct app_http *http)
{
	const char *equals = http->body.len ? memchr(http->body.at, '=', http->body.len) : NULL;
	struct app_text value;
	unsigned digits = 0, letters = 0;

	if (!equals || equals - http->body.at > 32)
		return false;
	value = words_after(http->body, (uint32_t)(equals - http->body.at) + 1);
	for (uint32_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (!isalnum(c) && !strchr("+/=%-_", c))
			return false;
		digits += isdigit(c) != 0;
		letters += isalpha(c) != 0;
	}
	/* Both in some number: neither a word nor a number. */
	return value.len >= FIELD_LEAST && digits * 20 > value.len && letters * 4 > value.len;
}

bool gate_is_opaque(const struct app_http *http)
{
	if (http->request_body < BODY_LEAST || http->body.len == 0)
		return false;
	if (words_begin(http->content_type, "multipart/"))
		return false; /* its parts have names and types of their own */
	return is_encrypted(http) || is_one_field(http);
}

static bool is_noise(const struct app_http *http)
{
	return http->response_body >= NOISE_LEAST &&
	       app_entropy_bits(http->body_entropy[1]) >= NOISE_ENTROPY &&
	       http->body_printable[1] < PRINTABLE_MAX * 255;
}

bool gate_is_config(const struct app_http *http)
{
	static const char *const endings[] = { ".bin", ".dat", ".cfg", ".config", ".enc" };
	struct app_text path = http->uri;

	if (!app_text_is(http->method, "GET") || http->status != 200 || !is_noise(http))
		return false;
	for (uint32_t i = 0; i < path.len; i++)
		if (path.at[i] == '?')
			path.len = i;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		uint32_t len = (uint32_t)strlen(endings[i]);

		if (path.len > len && app_text_is(words_after(path, path.len - len), endings[i]))
			return true;
	}
	return false;
}

/* All browsers send these two with every request, scripts in pages too. */
static bool is_false_browser(const struct app_http *http)
{
	enum agent agent = agent_of(http->user_agent);

	return (agent == AGENT_BROWSER || agent == AGENT_OLD) &&
	       !words_have(http->header_order, "accept-language") &&
	       !words_have(http->header_order, "accept-encoding");
}

/* Says form, page or text and is noise. */
static bool is_false_type(const struct app_http *http)
{
	return is_encrypted(http) && (words_have(http->content_type, "urlencoded") ||
					     words_begin(http->content_type, "text/"));
}

static bool has_random_path(struct app_text uri)
{
	uint32_t begin = 0;

	for (uint32_t i = 0; i <= uri.len; i++) {
		bool is_end = i == uri.len || strchr("/?.", uri.at[i]);

		if (is_end && agent_is_random(words_of(uri.at + begin, i - begin)))
			return true;
		if (is_end)
			begin = i + 1;
		if (i < uri.len && uri.at[i] == '?')
			break;
	}
	return false;
}

/* Came from the very page it goes to, says a request to an address. */
static bool is_self_referred(const struct app_http *http)
{
	return http->is_bare_address && http->uri.len > 1 && http->referer.len > http->uri.len &&
	       memcmp(http->referer.at + http->referer.len - http->uri.len, http->uri.at,
		       http->uri.len) == 0;
}

static struct gate_weight of_family(const char *family)
{
	return (struct gate_weight){
		.confidence = 0.9F,
		.family = family,
		.reason = "it asks as only this family does",
		.parts = 1,
		.lies = 2,
	};
}

struct gate_weight gate_weigh(const struct app_http *http, const struct gate_past *past)
{
	const char *family = gate_family(http);
	struct sum sum = { .confidence = 0.25F, .parts = 1 };
	bool is_php = words_have(http->uri, ".php"), is_bare = http->is_bare_address;

	if (family)
		return of_family(family);
	add(&sum, is_bare, 0.15F);
	add(&sum, http->referer.len == 0, 0.05F);
	add(&sum, http->header_count <= FEW_FIELDS, 0.05F);
	add(&sum, http->content_type.len == 0, 0.1F);
	add(&sum, http->user_agent.len == 0, 0.05F);
	add(&sum, is_php, 0.1F);
	add(&sum, has_random_path(http->uri), 0.1F);
	add(&sum, past->posts > 1, 0.05F);
	add_lie(&sum, is_false_browser(http), 0.15F);
	add_lie(&sum, is_false_type(http), 0.15F);
	add_lie(&sum, is_noise(http) && words_begin(http->response_type, "text/html"), 0.15F);
	add_lie(&sum, is_self_referred(http), 0.1F);
	add_lie(&sum, past->has_config, 0.25F);
	add_lie(&sum, agent_of(http->user_agent) == AGENT_OLD && past->has_other_agents, 0.1F);
	if (sum.lies < 2 && sum.confidence > ONE_LIE_MAX)
		sum.confidence = ONE_LIE_MAX;
	if (sum.lies == 0)
		sum.confidence = 0;
	return (struct gate_weight){
		.confidence = sum.confidence < CONFIDENCE_MAX ? sum.confidence : CONFIDENCE_MAX,
		.family = is_php && past->has_config && is_encrypted(http) && sum.lies >= 2 ? "zeus"
											    : NULL,
		.reason = past->has_config
				  ? "an encrypted report followed an encrypted configuration"
				  : "encrypted reports to a web page, under false pretences",
		.parts = sum.parts,
		.lies = sum.lies,
	};
}
