/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/stratum_line.c - one JSON-RPC message between a miner and a pool, taken apart.
 *
 * The dialects, as their authors wrote them down: BTC: mining.* (BIP 310, braiins.com "Stratum
 * V1"); ZEC: ZIP 301; ETH: eth_* as in eth-proxy, and NiceHash's EthereumStratum/1.0.0; XMR: login,
 * job, submit as in xmrig's and node-cryptonote-pool's documentation.
 */
#include <math.h>
#include <stdlib.h>

#include "app/stratum.h"
#include "app/stratum_json.h"

#define WALLET_MIN 34 /* characters; Bitcoin's shortest common form */

struct place {
	const char *path;
	size_t offset;
};

#define PLACE(path, member)                                                                        \
	{                                                                                          \
		path, offsetof(struct stratum_line, member)                                        \
	}

static const struct place places[] = {
	PLACE("id", id),
	PLACE("method", method),
	PLACE("worker", worker),
	PLACE("params/0", params[0]),
	PLACE("params/1", params[1]),
	PLACE("params/2", params[2]),
	PLACE("params/login", login),
	PLACE("params/pass", pass),
	PLACE("params/agent", agent),
	PLACE("params/algo", algorithm),
	PLACE("params/algo/0", algorithm),
	PLACE("params/target", target),
	PLACE("params/job_id", job_id),
	PLACE("result", result),
	PLACE("result/status", status),
	PLACE("result/0", results[0]),
	PLACE("result/1", results[1]),
	PLACE("result/2", results[2]),
	PLACE("result/job/target", job_target),
	PLACE("result/job/algo", job_algorithm),
	PLACE("error", error),
};

static const struct {
	const char *name;
	enum stratum_method method;
} methods[] = {
	{ "mining.subscribe", STRATUM_METHOD_SUBSCRIBE },
	{ "mining.authorize", STRATUM_METHOD_AUTHORIZE },
	{ "mining.submit", STRATUM_METHOD_SUBMIT },
	{ "mining.notify", STRATUM_METHOD_NOTIFY },
	{ "mining.set_difficulty", STRATUM_METHOD_SET_DIFFICULTY },
	{ "mining.set_target", STRATUM_METHOD_SET_TARGET },
	{ "login", STRATUM_METHOD_XMR_LOGIN },
	{ "job", STRATUM_METHOD_XMR_JOB },
	{ "submit", STRATUM_METHOD_XMR_SUBMIT },
	{ "keepalived", STRATUM_METHOD_XMR_OTHER },
	{ "eth_submitLogin", STRATUM_METHOD_ETH_LOGIN },
	{ "eth_login", STRATUM_METHOD_ETH_LOGIN },
	{ "eth_getWork", STRATUM_METHOD_ETH_GET_WORK },
	{ "eth_submitWork", STRATUM_METHOD_ETH_SUBMIT_WORK },
	{ "eth_submitHashrate", STRATUM_METHOD_ETH_HASH_RATE },
};

static enum stratum_method method_of(struct app_text name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (app_text_is(name, methods[i].name))
			return methods[i].method;
	return words_begin(name, "mining.") ? STRATUM_METHOD_OTHER : STRATUM_METHOD_NONE;
}

static void take(void *context, const char *path, struct app_text text)
{
	struct stratum_line *line = context;

	line->has_error |= strncmp(path, "error", 5) == 0;
	line->has_result |= strncmp(path, "result", 6) == 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(path, places[i].path) == 0) {
			struct app_text *at =
				(struct app_text *)(void *)((char *)line + places[i].offset);

			*at = text;
		}
}

bool stratum_line_read(struct app_text text, struct stratum_line *ret_line)
{
	bool is_whole;

	*ret_line = (struct stratum_line){ 0 };
	is_whole = json_walk(text, take, ret_line);
	ret_line->kind = method_of(ret_line->method);
	return is_whole;
}

/* A "login" of something else has no agent, or a name where a miner has its wallet. */
bool stratum_line_is_mining(const struct stratum_line *line)
{
	switch (line->kind) {
	case STRATUM_METHOD_NONE:
	case STRATUM_METHOD_XMR_OTHER:
		return false;
	case STRATUM_METHOD_XMR_LOGIN:
		return line->login.len > 0 &&
		       (line->agent.len > 0 || line->login.len >= WALLET_MIN);
	case STRATUM_METHOD_XMR_JOB:
		return line->target.len > 0 && line->job_id.len > 0;
	case STRATUM_METHOD_XMR_SUBMIT:
		return line->job_id.len > 0;
	default:
		return true;
	}
}

static int nibble_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* -1: not hex, or longer than 64 digits. */
static double hex_of(struct app_text hex)
{
	double value = 0;

	if (words_begin(hex, "0x"))
		hex = words_after(hex, 2);
	if (hex.len == 0 || hex.len > 64)
		return -1;
	for (uint32_t i = 0; i < hex.len; i++) {
		int nibble = nibble_of(hex.at[i]);

		if (nibble < 0)
			return -1;
		value = value * 16 + nibble;
	}
	return value;
}

double stratum_target_hashes(struct app_text hex)
{
	double target = hex_of(hex);

	return target > 0 ? ldexp(1, 256) / target : 0;
}

double stratum_compact_hashes(struct app_text hex)
{
	double target = 0;

	if (hex.len != 8 && hex.len != 16)
		return 0;
	for (uint32_t i = 0; i < hex.len; i += 2) {
		int high = nibble_of(hex.at[i]), low = nibble_of(hex.at[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		target += ldexp(high * 16 + low, (int)(4 * i));
	}
	return target > 0 ? ldexp(1, (int)(4 * hex.len)) / target : 0;
}

double stratum_number(struct app_text text)
{
	char digits[40];
	double value;

	if (words_begin(text, "0x")) {
		value = hex_of(text);
		return value > 0 ? value : 0;
	}
	if (text.len == 0 || text.len >= sizeof(digits))
		return 0;
	memcpy(digits, text.at, text.len);
	digits[text.len] = '\0';
	value = strtod(digits, NULL);
	return isfinite(value) && value > 0 ? value : 0;
}
