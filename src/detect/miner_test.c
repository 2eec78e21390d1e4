/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/miner_test.c - bot.miner: what it finds, its estimates, and what is no miner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"
#include "detect/miner.h"

#define HOST "192.168.2.148"
#define POOL "203.0.113.9"

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static struct app_event stratum_event(struct play *play, double time_s, enum stratum_what what)
{
	struct app_event event = play_event(
		play, APP_STRATUM, time_s, play_addr(HOST), play_addr(POOL), IPPROTO_TCP, 3333);

	event.flow = 7;
	event.stratum.what = what;
	event.stratum.dialect = text("xmr");
	event.stratum.method = text(what == STRATUM_RESULT ? "submit" : "x");
	return event;
}

static void say(struct play *play, double time_s, enum stratum_what what, double difficulty)
{
	struct app_event event = stratum_event(play, time_s, what);

	event.stratum.difficulty = difficulty;
	event.stratum.is_accepted = true;
	if (what == STRATUM_LOGIN) {
		event.stratum.worker = text("44wallet");
		event.stratum.agent = text("XMRig/6.0");
		event.stratum.algorithm = text("rx/0");
	}
	play_see(play, &event);
}

static const struct finding *last(const struct play *play)
{
	assert_true(play->findings.count > 0);
	return &play->findings.list[play->findings.count - 1];
}

static void a_miner_is_told_with_its_rate(void **state)
{
	struct play *play = play_open(&detector_miner, NULL);
	struct addr pool = play_addr(POOL);
	float confidence;

	(void)state;
	play_dns(play, 0, play_addr(HOST), "xmr.pool.example", pool);
	say(play, 1, STRATUM_LOGIN, 0);
	assert_int_equal(play_count(play, KIND_BOT_MINER, play_addr(HOST), &confidence), 1);
	assert_true(confidence >= 0.7F);
	say(play, 1.5, STRATUM_JOB, 20000);
	for (unsigned i = 1; i <= 60; i++) {
		say(play, 1 + i * 10, STRATUM_SHARE, 20000);
		say(play, 1.1 + i * 10, STRATUM_RESULT, 20000);
	}
	assert_true(addr_equal(&last(play)->to, &pool));
	assert_string_equal(last(play)->name, "xmr.pool.example");
	assert_non_null(strstr(last(play)->detail, "worker 44wallet"));
	assert_non_null(strstr(last(play)->detail, "algorithm rx/0"));
	assert_true(finding_evidence(last(play), "difficulty", 0) == 20000);
	assert_true(finding_evidence(last(play), "hash_rate", 0) > 1950);
	assert_true(finding_evidence(last(play), "hash_rate", 0) < 2050);
	assert_true(last(play)->confidence > 0.9F);
	play_close(play);
}

static void a_login_of_unknown_make_is_low_until_there_is_work(void **state)
{
	struct play *play = play_open(&detector_miner, NULL);
	struct app_event event = stratum_event(play, 0, STRATUM_LOGIN);

	(void)state;
	event.stratum.agent = text("game/1.0");
	play_see(play, &event);
	assert_true(last(play)->confidence < 0.6F);
	say(play, 20, STRATUM_JOB, 1000);
	assert_true(last(play)->confidence > 0.9F);
	play_close(play);
}

/* A TLS conversation with that name, of that many messages of that size from the server. */
static void tls(
	struct play *play, const char *name, double life_s, uint32_t messages, uint64_t size)
{
	struct app_event event =
		play_event(play, APP_TLS, 0, play_addr(HOST), play_addr(POOL), IPPROTO_TCP, 443);

	event.tls.sni = text(name);
	play_see(play, &event);
	event.type = APP_FLOW;
	event.time_ns += (int64_t)(life_s * (double)NS_PER_S);
	event.flow_end = (struct app_flow){
		.first_ns = PLAY_START_NS,
		.last_ns = event.time_ns,
		.payload_bytes = { messages * 100ULL, messages * size },
		.rhythm = { .messages = { messages, messages } },
	};
	play_see(play, &event);
}

static float tls_confidence(const char *name, double life_s, uint32_t messages, uint64_t size)
{
	struct play *play = play_open(&detector_miner, NULL);
	float confidence;

	tls(play, name, life_s, messages, size);
	play_count(play, KIND_BOT_MINER, play_addr(HOST), &confidence);
	play_close(play);
	return confidence;
}

static void under_tls_name_and_rhythm_tell(void **state)
{
	(void)state;
	assert_true(tls_confidence("xmr-eu1.nanopool.org", 600, 40, 350) >= 0.7F);
	assert_true(tls_confidence("stratum.example.net", 600, 40, 350) > 0.4F);
	assert_true(tls_confidence("stratum.example.net", 600, 40, 350) < 0.6F);
	/* The pool's web site, a sleeping push channel, other names. */
	assert_true(tls_confidence("www.nanopool.org", 20, 12, 9000) == 0);
	assert_true(tls_confidence("www.nanopool.org", 600, 40, 20000) == 0);
	assert_true(tls_confidence("pool.example.com", 3600, 12, 300) == 0);
	assert_true(tls_confidence("minecraft.example.com", 600, 40, 350) == 0);
	assert_true(tls_confidence("mqtt.example.com", 600, 40, 350) == 0);
}

static float http_confidence(const char *agent, const char *host, const char *body, unsigned times)
{
	struct play *play = play_open(&detector_miner, NULL);
	float confidence;

	for (unsigned i = 0; i < times; i++) {
		struct app_event event = play_event(play, APP_HTTP, i * 20.0, play_addr(HOST),
			play_addr(POOL), IPPROTO_TCP, 8332);

		event.http.method = text("POST");
		event.http.user_agent = text(agent);
		event.http.host = text(host);
		event.http.body = text(body);
		play_see(play, &event);
	}
	play_count(play, KIND_BOT_MINER, play_addr(HOST), &confidence);
	play_close(play);
	return confidence;
}

static void work_over_http(void **state)
{
	(void)state;
	assert_true(
		http_confidence("cpuminer/2.5", "a.example", "{\"method\":\"getwork\"}", 1) > 0.7F);
	assert_true(http_confidence("curl", "a.example", "{\"method\":\"getblocktemplate\"}", 9) <
		    0.6F);
	assert_true(
		http_confidence("curl", "a.example", "{\"method\":\"getblocktemplate\"}", 2) == 0);
	/* Wallets and nodes. */
	assert_true(
		http_confidence("geth", "a.example", "{\"method\":\"eth_blockNumber\"}", 99) == 0);
	assert_true(http_confidence("x", "a.example", "{\"method\":\"getblockcount\"}", 99) == 0);
}

static void a_pool_of_ours_does_not_mine(void **state)
{
	struct play *play = play_open(&detector_miner, NULL);
	struct app_event event = play_event(
		play, APP_STRATUM, 0, play_addr(POOL), play_addr(HOST), IPPROTO_TCP, 3333);

	(void)state;
	play_see(play, &event);
	assert_int_equal(play->findings.count, 0);
	play_close(play);
}

static void pool_names(void **state)
{
	(void)state;
	assert_true(miner_pool_is_known("eu.ethermine.org"));
	assert_false(miner_pool_is_known("notethermine.org"));
	assert_true(miner_pool_is_likely("eu1-pool.example.org"));
	assert_false(miner_pool_is_likely("carpool.example.org"));
	assert_false(miner_pool_is_likely("minerals.example.org"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_miner_is_told_with_its_rate),
		cmocka_unit_test(a_login_of_unknown_make_is_low_until_there_is_work),
		cmocka_unit_test(under_tls_name_and_rhythm_tell),
		cmocka_unit_test(work_over_http),
		cmocka_unit_test(a_pool_of_ours_does_not_mine),
		cmocka_unit_test(pool_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
