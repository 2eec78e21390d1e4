/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/stratum_test.c - the four dialects of miners, and what is none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/app_fixture.h"
#include "app/parser.h"

#define PLAY(parser, port, says)                                                                   \
	fixture_run(&fixture, (parser), (port), (says), sizeof(says) / sizeof((says)[0]))

static struct fixture fixture;

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

#include "app/stratum.h"
#include "app/stratum_json.h"

static const struct app_stratum *said(unsigned index)
{
	const struct app_event *event = fixture_event(&fixture, APP_STRATUM, index);

	assert_non_null(event);
	return &event->stratum;
}

static void dialect_of_btc(void **state)
{
	static const struct say says[] = {
		SAY(0, "{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": "
		       "[\"cgminer/4.9\"]}\n"),
		SAY(1, "{\"id\":1,\"result\":[[[\"mining.set_difficulty\",\"b\"]],\"08\",4],"
		       "\"error\":null}\n"),
		SAY(0, "{\"params\": [\"w.1\", \"x\"], \"id\": 2, \"method\": "
		       "\"mining.authorize\"}\n"),
		SAY(1, "{\"error\":null,\"id\":2,\"result\":true}\n"
		       "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[8192]}\n"
		       "{\"params\":[\"bf\",\"4d\",\"01\",\"72\",[\"a\",\"b\"],\"02\",\"1c\","
		       "\"50\",false],"
		       "\"id\":null,\"method\":\"mining.notify\"}\n"),
		SAY(0, "{\"params\":[\"w.1\",\"bf\",\"00\",\"50\",\"b2\"],\"id\":4,\"method\":"
		       "\"mining.submit\"}\n"),
		SAY(1, "{\"error\":[21,\"stale\",null],\"id\":4,\"result\":null}\n"),
	};

	(void)state;
	PLAY(&parser_stratum, 3333, says);
	assert_int_equal(fixture_count(&fixture, APP_STRATUM), 7);
	assert_int_equal(said(0)->what, STRATUM_LOGIN);
	assert_true(fixture_is(said(0)->method, "mining.subscribe"));
	assert_true(fixture_is(said(0)->agent, "cgminer/4.9"));
	assert_true(fixture_is(said(1)->worker, "w.1"));
	assert_true(fixture_is(said(1)->password, "x"));
	assert_true(fixture_is(said(1)->dialect, "btc"));
	assert_int_equal(said(2)->what, STRATUM_RESULT);
	assert_true(said(2)->is_accepted);
	assert_int_equal(said(3)->what, STRATUM_DIFFICULTY);
	assert_true(said(3)->difficulty == 8192 * 4294967296.0);
	assert_int_equal(said(4)->what, STRATUM_JOB);
	assert_int_equal(said(5)->what, STRATUM_SHARE);
	assert_true(said(5)->difficulty == 8192 * 4294967296.0);
	assert_int_equal(said(6)->what, STRATUM_RESULT);
	assert_true(fixture_is(said(6)->method, "submit"));
	assert_false(said(6)->is_accepted);
}

static void dialect_of_xmr(void **state)
{
	static const struct say says[] = {
		SAY(0, "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":"
		       "\"44wallet\","
		       "\"pass\":\"x\",\"agent\":\"XMRig\\/6.0\",\"algo\":[\"rx/0\",\"cn/r\"]}}\n"),
		SAY(1, "{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"id\":\"s\","
		       "\"job\":{"
		       "\"blob\":\"06\",\"job_id\":\"7\",\"target\":\"dc460300\",\"algo\":\"rx/"
		       "0\"},"
		       "\"status\":\"OK\"}}\n"),
		SAY(0, "{\"method\":\"submit\",\"params\":{\"id\":\"s\",\"job_id\":\"7\",\"nonce\":"
		       "\"00\","
		       "\"result\":\"c9\"},\"id\":1}\n"),
		SAY(1, "{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"status\":\"OK\"}"
		       "}\n"
		       "{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{\"blob\":\"06\",\"job_"
		       "id\":\"8\","
		       "\"target\":\"0000000000000080\"}}\n"),
	};

	(void)state;
	PLAY(&parser_stratum, 443, says);
	assert_int_equal(fixture_count(&fixture, APP_STRATUM), 6);
	assert_true(fixture_is(said(0)->worker, "44wallet"));
	assert_true(fixture_is(said(0)->agent, "XMRig/6.0"));
	assert_int_equal(said(1)->what, STRATUM_RESULT);
	assert_true(said(1)->is_accepted);
	assert_int_equal(said(2)->what, STRATUM_JOB);
	assert_true(said(2)->difficulty > 19999 && said(2)->difficulty < 20002);
	assert_true(fixture_is(said(2)->algorithm, "rx/0"));
	assert_true(fixture_is(said(2)->dialect, "xmr"));
	assert_int_equal(said(3)->what, STRATUM_SHARE);
	assert_true(said(4)->is_accepted);
	assert_true(said(5)->difficulty == 2);
}

static void dialect_of_eth(void **state)
{
	static const struct say says[] = {
		SAY(0, "{\"worker\": \"eth1.0\", \"params\": [\"0x9c/tester\", \"x\"], \"id\": 2, "
		       "\"method\": \"eth_submitLogin\"}\n"),
		SAY(1, "{\"id\":2,\"result\":true}\n"
		       "{\"id\":0,\"result\":["
		       "\"0x415559c31768833f25b6dbfbb39be72e71375e14a3a711e589696850bc9431ec\","
		       "\"0x71a56feffb6f10ea9d76e1a9464eb0abd86e4349ae98fb794923a65b650282a3\","
		       "\"0x0000000100000000000000000000000000000000000000000000000000000000\"]}"
		       "\n"),
		SAY(0, "{\"id\":6,\"method\":\"eth_submitHashrate\",\"params\":[\"0x1d08a61\", "
		       "\"0x1\"]}\n"
		       "{\"id\":4,\"method\":\"eth_submitWork\",\"params\":[\"0x1\",\"0x2\","
		       "\"0x3\"]}\n"),
	};

	(void)state;
	PLAY(&parser_stratum, 9999, says);
	assert_int_equal(fixture_count(&fixture, APP_STRATUM), 5);
	assert_true(fixture_is(said(0)->worker, "0x9c/tester"));
	assert_true(fixture_is(said(0)->algorithm, "ethash"));
	assert_int_equal(said(2)->what, STRATUM_JOB);
	assert_true(said(2)->difficulty == 4294967296.0);
	assert_true(said(3)->rate_hps == 0x1d08a61);
	assert_int_equal(said(4)->what, STRATUM_SHARE);
}

static void dialect_of_zec(void **state)
{
	static const struct say says[] = {
		SAY(0, "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"EWBF 0.3.4b\",null,"
		       "\"eu1.pool.example\",\"3333\"]}\n"),
		SAY(1, "{\"id\":null,\"method\":\"mining.set_target\",\"params\":["
		       "\"0001000000000000000000000000000000000000000000000000000000000000\"]}\n"),
	};

	(void)state;
	PLAY(&parser_stratum, 3333, says);
	assert_int_equal(fixture_count(&fixture, APP_STRATUM), 2);
	assert_true(fixture_is(said(0)->pool, "eu1.pool.example"));
	assert_true(said(1)->difficulty == 65536);
	assert_true(fixture_is(said(1)->algorithm, "equihash"));
	assert_true(fixture_is(said(1)->dialect, "zec"));
}

static void nicehash_of_eth(void **state)
{
	static const struct say says[] = {
		SAY(0, "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"ethminer\","
		       "\"EthereumStratum/1.0.0\"]}\n"),
	};

	(void)state;
	PLAY(&parser_stratum, 3353, says);
	assert_true(fixture_is(said(0)->dialect, "eth"));
	assert_int_equal(said(0)->pool.len, 0);
}

static void hostile_lines_give_nothing(void **state)
{
	static char line[70001];

	(void)state;
	memset(line, '[', sizeof(line) - 1);
	fixture_open(&fixture, &parser_stratum, 3333);
	fixture_say(&fixture, 0, line);
	fixture_say(&fixture, 0, "\n");
	memset(line, '\\', sizeof(line) - 1);
	line[0] = '"';
	fixture_say(&fixture, 1, line);
	fixture_say(&fixture, 1, "\n{\"method\":\"mining.set_difficulty\",\"params\":[-1e400]}\n");
	fixture_say(&fixture, 1, "{\"method\":\"mining.set_target\",\"params\":[\"0\"]}\n");
	fixture_say(
		&fixture, 1, "{\"method\":\"job\",\"params\":{\"target\":\"00000000\"}}\n{\"a\":");
	fixture_end(&fixture);
	assert_int_equal(fixture_count(&fixture, APP_STRATUM), 1);
	assert_true(said(0)->difficulty == 0);
	assert_int_equal(fixture.refused, 0);
}

static void count_scalars(void *context, const char *path, struct app_text text)
{
	(void)path;
	(void)text;
	++*(unsigned *)context;
}

static bool walk(const char *json, unsigned *ret_count)
{
	*ret_count = 0;
	return json_walk(
		(struct app_text){ json, (uint32_t)strlen(json) }, count_scalars, ret_count);
}

static void json_is_walked_and_bounded(void **state)
{
	unsigned count;

	(void)state;
	assert_true(
		walk("{\"a\":[1,\"x\\\"y\",{\"b\":null}],\"c\":true,\"d\":[],\"e\":{}}", &count));
	assert_int_equal(count, 3);
	assert_true(walk("[[[[[[[[1]]]]]]]]", &count));
	assert_false(walk("[[[[[[[[[1]]]]]]]]]", &count));
	assert_false(walk("{\"a\":1", &count));
	assert_int_equal(count, 1);
	assert_false(walk("{\"a\" 1}", &count));
	assert_false(walk("[1]]", &count));
	assert_false(walk("[1}", &count));
	assert_false(walk("\"x", &count));
	assert_false(walk("\"x\\", &count));
	assert_false(walk("", &count));
	assert_true(walk(
		"{\"0123456789012345678901234567890123456789012345678901234567890123456789\":1,"
		"\"a\":2}",
		&count));
	assert_int_equal(count, 1);
	/* What such a key holds is not taken for what stands further out. */
	assert_true(
		walk("{\"0123456789012345678901234567890123456789012345678901234567890123456789\":"
		     "{\"method\":1,\"x\":[1,{\"y\":2}]}}",
			&count));
	assert_int_equal(count, 0);
	/* Nobody asks for the later ones of a long list; what follows it is told. */
	assert_true(walk(
		"{\"a\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,[2,2],{\"b\":2}],\"c\":3}", &count));
	assert_int_equal(count, 1 + JSON_INDEX_MAX + 1);
}

static enum verdict recognise(const char *client, const char *server)
{
	return fixture_recognise(
		&parser_stratum, client, strlen(client), server, strlen(server), 3333);
}

static void other_json_rpc_is_not_taken(void **state)
{
	(void)state;
	assert_int_equal(recognise("{\"id\":1,\"method\":\"mining.subs", ""), VERDICT_MAYBE);
	assert_int_equal(recognise("{\"id\":1,\"method\":\"mining.subscribe\"", ""), VERDICT_YES);
	/* Electrum's wallets. */
	assert_int_equal(recognise("{\"id\":1,\"method\":\"server.version\",\"params\":[]}\n", ""),
		VERDICT_NO);
	assert_int_equal(recognise("{\"method\":\"eth_blockNumber\",\"id\":1}\n", ""), VERDICT_NO);
	assert_int_equal(recognise("{\"method\":\"login\",\"params\":{\"login\":\"bob\","
				   "\"pass\":\"x\"},\"id\":1}\n",
				 ""),
		VERDICT_NO);
	assert_int_equal(
		recognise("", "{\"method\":\"mining.notify\",\"params\":[]}\n"), VERDICT_YES);
	assert_int_equal(recognise("GET / HTTP/1.1\r\n", ""), VERDICT_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(dialect_of_btc, close_fixture),
		cmocka_unit_test_teardown(dialect_of_xmr, close_fixture),
		cmocka_unit_test_teardown(dialect_of_eth, close_fixture),
		cmocka_unit_test_teardown(dialect_of_zec, close_fixture),
		cmocka_unit_test_teardown(nicehash_of_eth, close_fixture),
		cmocka_unit_test_teardown(hostile_lines_give_nothing, close_fixture),
		cmocka_unit_test(json_is_walked_and_bounded),
		cmocka_unit_test(other_json_rpc_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
