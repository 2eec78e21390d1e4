/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/fastflux_test.c - a name that leads to ever other hosts is found; content networks,
 * clouds, pools, round robin are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define BOT "192.168.0.7"

static int set_up(void **state)
{
	*state = play_open(&detector_fastflux, NULL);
	return 0;
}

static int tear_down(void **state)
{
	play_close(*state);
	return 0;
}

/* A host somewhere in the world, in a /16 of its own. */
static struct addr somewhere(uint32_t number)
{
	static const uint8_t regions[] = { 24, 37, 46, 58, 71, 78, 84, 89, 91, 109, 118, 151, 177,
		188, 190, 213 };

	return addr_from_v4((uint8_t[]){ regions[number % 16], (uint8_t)(number * 37 + 11),
		(uint8_t)(number * 11), (uint8_t)(number + 1) });
}

/* An answer with five addresses from first on, made by make. */
static void answer(struct play *play, double time_s, const char *name, uint32_t ttl_s,
	struct addr (*make)(uint32_t), uint32_t first, const char *alias)
{
	struct app_event event = play_event(
		play, APP_DNS, time_s, play_addr(BOT), play_addr("192.168.0.1"), IPPROTO_UDP, 53);
	struct app_dns *dns = &event.dns;

	*dns = (struct app_dns){ .name = { name, (uint32_t)strlen(name) }, .type = 1 };
	if (alias)
		dns->answers[dns->listed++] = (struct app_dns_answer){
			.type = 5, .ttl_s = ttl_s, .data = { alias, (uint32_t)strlen(alias) }
		};
	for (uint32_t i = 0; i < 5; i++)
		dns->answers[dns->listed++] = (struct app_dns_answer){
			.type = 1, .ttl_s = ttl_s, .addr = make(first + i)
		};
	dns->answer_count = dns->listed;
	play_see(play, &event);
}

/* Answers once a minute, each with others, and a connection to the first of each. */
static void live(struct play *play, const char *name, uint32_t ttl_s, struct addr (*make)(uint32_t),
	uint16_t port, const char *alias)
{
	for (uint32_t i = 0; i < 8; i++) {
		answer(play, 60.0 * i, name, ttl_s, make, i * 5, alias);
		play_connection(play, 60.0 * i + 1, play_addr(BOT), make(i * 5), port, PROTO_HTTP,
			300, 900);
	}
}

static void test_flux(void **state)
{
	struct play *play = *state;
	const struct finding *finding;

	live(play, "login.bank-account.com", 180, somewhere, 80, NULL);
	assert_true(play->findings.count >= 1);
	finding = &play->findings.list[play->findings.count - 1];
	assert_int_equal(finding->kind, KIND_BOT_FASTFLUX);
	assert_string_equal(finding->name, "login.bank-account.com");
	assert_int_equal(finding->to_role, ROLE_CONTROLLER);
	assert_true(finding->confidence >= 0.6F);
}

/* Nobody of ours goes there. */
static void test_not_contacted(void **state)
{
	struct play *play = *state;

	for (uint32_t i = 0; i < 12; i++)
		answer(play, 60.0 * i, "login.bank-account.com", 180, somewhere, i * 5, NULL);
	assert_int_equal(play->findings.count, 0);
}

static struct addr of_cloud(uint32_t number)
{
	return addr_from_v4((uint8_t[]){
		52, (uint8_t)(216 + number % 4), (uint8_t)(number * 7), (uint8_t)(number * 13) });
}

static struct addr of_few(uint32_t number)
{
	return somewhere(number % 8);
}

static void test_look_alikes(void **state)
{
	struct play *play = *state;

	live(play, "0.pool.ntp.org", 150, somewhere, 123, NULL);
	live(play, "seed.bitcoin.example.org", 60, somewhere, 8333, NULL);
	live(play, "s3.example.com", 5, of_cloud, 443, NULL);
	live(play, "robin.example.org", 60, of_few, 80, NULL);
	live(play, "www.shop.example.net", 20, somewhere, 443, "shop.cdn-example.org");
	live(play, "www.steady.example.edu", 86400, somewhere, 80, NULL);
	live(play, "srv.office.lan", 60, somewhere, 80, NULL);
	assert_int_equal(play->findings.count, 0);
}

/* Filters answer with addresses of their own. */
static struct addr private_one(uint32_t number)
{
	return addr_from_v4((uint8_t[]){ 10, (uint8_t)number, 0, 1 });
}

static void test_private(void **state)
{
	struct play *play = *state;

	live(play, "www.example.com", 60, private_one, 80, NULL);
	assert_int_equal(play->findings.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flux, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_contacted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look_alikes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_private, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
