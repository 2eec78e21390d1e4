/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_miner.c - miners at a pool: Stratum and its variants, JSON a line.
 *
 * The dialects are those of the pools' documents: Monero (login, job, submit), Bitcoin
 * (mining.subscribe, mining.authorize, mining.notify), Ethereum (eth_submitLogin, eth_getWork).
 */
#include "gen/bots.h"
#include "types.h"

#define JOB_S 30

static void hex(struct script *script, char *out, unsigned digits)
{
	for (unsigned i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[script_draw(script) >> 60];
	out[digits] = 0;
}

static void monero(struct script *script, unsigned jobs)
{
	char blob[153], address[96];

	hex(script, address, 94);
	script_text(script, 0,
		"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"4%s\","
		"\"pass\":\"x\",\"agent\":\"XMRig/6.21.0 (Linux x86_64)\",\"algo\":[\"rx/0\"]}}\n",
		address);
	hex(script, blob, 152);
	script_text(script, 1,
		"{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"id\":\"a1\",\"job\":{"
		"\"blob\":\"%s\",\"job_id\":\"1\",\"target\":\"b88d0600\",\"algo\":\"rx/0\","
		"\"height\":3048213,\"seed_hash\":\"%.64s\"},\"status\":\"OK\"}}\n",
		blob, blob);
	for (unsigned i = 2; i < jobs; i++) {
		script_wait(script, JOB_S / 2);
		hex(script, blob, 152);
		script_text(script, 0,
			"{\"id\":%u,\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{\"id\":"
			"\"a1\",\"job_id\":\"%u\",\"nonce\":\"%.8s\",\"result\":\"%.64s\"}}\n",
			i, i - 1, blob, blob);
		script_text(script, 1,
			"{\"id\":%u,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"status\":"
			"\"OK\""
			"}}\n",
			i);
		script_wait(script, JOB_S / 2);
		script_text(script, 1,
			"{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{\"blob\":\"%s\","
			"\"job_id\":\"%u\",\"target\":\"b88d0600\",\"algo\":\"rx/0\"}}\n",
			blob, i);
	}
}

static void bitcoin(struct script *script, unsigned jobs)
{
	char digits[129];

	script_text(script, 0,
		"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"cgminer/4.10.0\"]}\n");
	script_text(script, 1,
		"{\"id\":1,\"result\":[[[\"mining.set_difficulty\",\"1\"],[\"mining.notify\",\"1\"]"
		"],"
		"\"08000002\",4],\"error\":null}\n");
	script_text(script, 0,
		"{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"farm.worker7\",\"x\"]}\n");
	script_text(script, 1,
		"{\"id\":2,\"result\":true,\"error\":null}\n"
		"{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[8192]}\n");
	for (unsigned i = 3; i < jobs; i++) {
		hex(script, digits, 128);
		script_text(script, 1,
			"{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"%x\",\"%.64s\","
			"\"01000000\",\"%.32s\",[],\"20000000\",\"1703255b\",\"65a1c2d3\",true]}\n",
			i, digits, digits + 64);
		script_wait(script, JOB_S);
		script_text(script, 0,
			"{\"id\":%u,\"method\":\"mining.submit\",\"params\":[\"farm.worker7\","
			"\"%x\",\"00000000\",\"65a1c2d3\",\"%.8s\"]}\n",
			i, i, digits);
		script_text(script, 1, "{\"id\":%u,\"result\":true,\"error\":null}\n", i);
	}
}

static void ethereum(struct script *script, unsigned jobs)
{
	char digits[129];

	script_text(script, 0,
		"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"eth_submitLogin\",\"worker\":\"rig1\","
		"\"params\":[\"0x52a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3\",\"x\"]}\n");
	script_text(script, 1, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":true}\n");
	for (unsigned i = 2; i < jobs; i++) {
		hex(script, digits, 128);
		script_text(script, 0,
			"{\"id\":%u,\"jsonrpc\":\"2.0\",\"method\":\"eth_getWork\",\"params\":[]}"
			"\n",
			i);
		script_text(script, 1,
			"{\"id\":%u,\"jsonrpc\":\"2.0\",\"result\":[\"0x%.64s\",\"0x%.64s\","
			"\"0x00000000ffff00000000ffff00000000ffff00000000ffff00000000ffff0000\"]}"
			"\n",
			i, digits, digits + 64);
		script_wait(script, JOB_S);
		script_text(script, 0,
			"{\"id\":%u,\"jsonrpc\":\"2.0\",\"method\":\"eth_submitWork\",\"params\":["
			"\"0x%.16s\",\"0x%.64s\",\"0x%.64s\"]}\n",
			i, digits, digits, digits + 64);
		script_text(script, 1, "{\"id\":%u,\"jsonrpc\":\"2.0\",\"result\":true}\n", i);
	}
}

void miner(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	unsigned jobs = (unsigned)(plan->seconds / JOB_S);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 3333);
	switch ((enum coin)plan->variant) {
	case COIN_MONERO:
		monero(script, jobs);
		break;
	case COIN_BITCOIN:
		bitcoin(script, jobs);
		break;
	case COIN_ETHEREUM:
		ethereum(script, jobs);
		break;
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}
