/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of detect/tor.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define HOST "192.168.1.20"

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static void hello(struct play *p, double time_s, const char *relay, const char *sni,
	const char *subject, const char *issuer)
{
	struct app_event event =
		play_event(p, APP_TLS, time_s, play_addr(HOST), play_addr(relay), IPPROTO_TCP, 443);

	event.tls = (struct app_tls){ .sni = text(sni),
		.subject = text(subject),
		.issuer = text(issuer),
		.has_certificate = subject[0] != '\0',
		.has_server = true };
	play_see(p, &event);
}

static float found(struct play *p)
{
	float confidence;

	play_count(p, KIND_BOT_TOR, play_addr(HOST), &confidence);
	return confidence;
}

static void the_certificate_of_a_relay(void **state)
{
	struct play *p = play_open(&detector_tor, NULL);
	const struct finding *finding;

	(void)state;
	hello(p, 0, "203.0.113.1", "www.k7xqd4vzm2ha.com", "CN=www.5ubx3qkjw7n.net",
		"CN=www.zq6hmv2xpt.com");
	assert_true(found(p) >= 0.8F);
	finding = &p->findings.list[0];
	assert_string_equal(finding->name, "www.k7xqd4vzm2ha.com");
	assert_int_equal(finding->to_role, ROLE_COUNT);
	assert_non_null(strstr(finding->detail, "www.5ubx3qkjw7n.net"));
	play_close(p);
}

/* TLS 1.3 hides the certificate: one such name is low, three relays are not. */
static void names_only(void **state)
{
	struct play *p = play_open(&detector_tor, NULL);

	(void)state;
	hello(p, 0, "203.0.113.1", "www.k7xqd4vzm2ha.com", "", "");
	assert_true(found(p) > 0 && found(p) < 0.6F);
	hello(p, 11, "203.0.113.1", "www.w3nqz7xkfd.com", "", "");
	assert_true(found(p) < 0.6F);
	hello(p, 22, "203.0.113.2", "www.pj6xv2qmzk4wt.com", "", "");
	hello(p, 33, "203.0.113.3", "www.bx5qzt7ndjw.com", "", "");
	assert_true(found(p) >= 0.8F);
	play_close(p);
}

static void the_directory(void **state)
{
	struct play *p = play_open(&detector_tor, NULL);
	struct app_event event = play_event(
		p, APP_HTTP, 0, play_addr(HOST), play_addr("203.0.113.1"), IPPROTO_TCP, 80);

	(void)state;
	event.http.uri = text("/tor/status-vote/current/consensus.z");
	play_see(p, &event);
	assert_true(found(p) >= 0.7F);
	play_close(p);
}

static void ordinary_names(void **state)
{
	static const char *const names[] = { "www.google.com", "www.office365.com",
		"www.mp3tag.com", "www.facebook.com", "www.h2database.com", "www.7-zip.com",
		"www.xn--mgbh0fb.com", "www.3m.com", "www.wikipedia.com",
		"e6858.dsce9.akamaiedge.net", "www.n24.com", "www.4chan.com", "www.9gag.com",
		"www.1and1.com", "www.t3n.com", "www.365online.com", "www.amazonaws.com" };
	struct play *p = play_open(&detector_tor, NULL);
	char relay[32];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(relay, sizeof(relay), "203.0.113.%u", i + 1);
		hello(p, i * 11, relay, names[i], "CN=*.example.net,O=Example", "CN=CA,O=Trust");
	}
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

/* Our own site is fetched from outside, under whatever name. */
static void a_relay_of_ours(void **state)
{
	struct play *p = play_open(&detector_tor, NULL);
	struct app_event event = play_event(
		p, APP_TLS, 0, play_addr("203.0.113.1"), play_addr(HOST), IPPROTO_TCP, 443);

	(void)state;
	event.tls.sni = text("www.k7xqd4vzm2ha.com");
	play_see(p, &event);
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_of_a_relay),
		cmocka_unit_test(names_only),
		cmocka_unit_test(the_directory),
		cmocka_unit_test(ordinary_names),
		cmocka_unit_test(a_relay_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
