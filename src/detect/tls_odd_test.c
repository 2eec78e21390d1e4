/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of detect/tls_odd.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"
#include "detect/tls_odd.h"

#define HOST "192.168.1.20"
#define SERVER "203.0.113.1"
#define START_S (PLAY_START_NS / NS_PER_S)
#define YEAR_S (365LL * 86400)

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static struct app_tls certificate(
	const char *subject, const char *issuer, int64_t age_s, int64_t life_s)
{
	struct app_tls tls = { .subject = text(subject),
		.issuer = text(issuer),
		.has_certificate = true,
		.has_server = true,
		.is_self_signed = strcmp(subject, issuer) == 0,
		.not_before_s = START_S - age_s,
		.not_after_s = START_S - age_s + life_s };

	strcpy(tls.ja4, "t12i000000_000000000000_000000000000");
	return tls;
}

static void see(struct play *p, const char *client, const char *server, uint16_t port,
	const struct app_tls *tls)
{
	struct app_event event =
		play_event(p, APP_TLS, 1, play_addr(client), play_addr(server), IPPROTO_TCP, port);

	event.tls = *tls;
	play_see(p, &event);
}

static float found(struct play *p)
{
	float confidence;

	play_count(p, KIND_BOT_TLS, (struct addr){ 0 }, &confidence);
	return confidence;
}

/* Ten hosts with a common client. */
static void populate(struct play *p)
{
	struct app_tls tls = { .sni = text("www.example.org") };

	strcpy(tls.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	for (unsigned i = 0; i < 10; i++) {
		char host[32];

		snprintf(host, sizeof(host), "192.168.1.%u", 100 + i);
		play_connection(
			p, 0, play_addr(host), play_addr("198.51.100.1"), 443, PROTO_TLS, 1, 1);
		see(p, host, "198.51.100.1", 443, &tls);
	}
}

static void the_certificate_of_a_kit(void **state)
{
	struct play *p = play_open(&detector_tls_odd, NULL);
	struct app_tls tls =
		certificate("CN=AsyncRAT Server", "CN=AsyncRAT Server", 1000, 8000 * YEAR_S);

	(void)state;
	see(p, HOST, SERVER, 6606, &tls);
	assert_true(found(p) >= 0.85F);
	assert_string_equal(p->findings.list[0].family, "asyncrat");
	assert_int_equal(p->findings.list[0].to_role, ROLE_CONTROLLER);
	play_close(p);
}

static void many_traits(void **state)
{
	static const char name[] =
		"CN=example.com,OU=IT Department,O=Global Security,L=London,C=GB";
	struct play *p = play_open(&detector_tls_odd, NULL);
	struct app_tls tls = certificate(name, name, 3600, YEAR_S);

	(void)state;
	populate(p);
	see(p, HOST, SERVER, 449, &tls);
	assert_true(found(p) >= 0.7F);
	assert_non_null(strstr(p->findings.list[0].detail, "self-signed"));
	play_close(p);
}

/* With an unusual port, too, none of these gets far. */
static void ordinary_oddities(void **state)
{
	static const char *const subjects[] = { "CN=192.168.1.1", "CN=HP LaserJet 400,O=HP",
		"CN=vpn.example.net", "CN=Plex", "CN=Synology,O=Synology Inc.", "CN=localhost",
		"CN=WIN-8DK3NQ" };
	struct play *p = play_open(&detector_tls_odd, NULL);

	(void)state;
	populate(p);
	for (unsigned i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct app_tls tls = certificate(subjects[i], subjects[i], YEAR_S, 20 * YEAR_S);
		char server[32];

		snprintf(server, sizeof(server), "203.0.113.%u", i + 1);
		see(p, HOST, server, 4500, &tls);
	}
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

/* Messengers and P2P: no name, no certificate to be seen, a client of their own. */
static void a_messenger(void **state)
{
	struct play *p = play_open(&detector_tls_odd, NULL);
	struct app_tls tls = { .version = 0x0304, .has_server = true };

	(void)state;
	strcpy(tls.ja4, "t13i000000_000000000000_000000000000");
	populate(p);
	see(p, HOST, SERVER, 5222, &tls);
	see(p, HOST, "203.0.113.2", 50321, &tls);
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

/* Within the LAN, and to a server of ours, it is not our business. */
static void inside_and_inwards(void **state)
{
	struct play *p = play_open(&detector_tls_odd, NULL);
	struct app_tls tls = certificate("CN=AsyncRAT Server", "CN=AsyncRAT Server", 10, YEAR_S);

	(void)state;
	see(p, HOST, "192.168.1.21", 443, &tls);
	see(p, SERVER, HOST, 443, &tls);
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

static void each_trait(void **state)
{
	struct app_tls tls = certificate("CN=a", "CN=b", YEAR_S, YEAR_S);
	int64_t now_s = START_S;

	(void)state;
	tls.sni = text("www.example.org");
	assert_int_equal(tls_odd_traits(&tls, 443, false, now_s), 0);
	assert_int_equal(tls_odd_traits(&tls, 4433, false, now_s), TRAIT_TLS_PORT);
	tls.sni = text("xkgk7fdx362yyyxib.com");
	assert_int_equal(tls_odd_traits(&tls, 443, false, now_s), TRAIT_TLS_RANDOM);
	tls.sni.len = 0;
	assert_int_equal(tls_odd_traits(&tls, 443, true, now_s), 0);
	assert_int_equal(tls_odd_traits(&tls, 443, false, now_s), TRAIT_TLS_BARE);
	tls = certificate("CN=a", "CN=a", YEAR_S, 20 * YEAR_S);
	assert_int_equal(
		tls_odd_traits(&tls, 443, true, now_s), TRAIT_TLS_SELF_SIGNED | TRAIT_TLS_LONG);
	tls = certificate("O=Internet Widgits Pty Ltd", "CN=b", 10, YEAR_S);
	assert_int_equal(tls_odd_traits(&tls, 443, true, now_s), TRAIT_TLS_SAMPLE);
	tls = certificate("CN=a", "CN=a", 10, YEAR_S);
	assert_int_equal(
		tls_odd_traits(&tls, 443, true, now_s), TRAIT_TLS_SELF_SIGNED | TRAIT_TLS_YOUNG);
	assert_true(tls_odd_score(0xff) >= 0.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_of_a_kit),
		cmocka_unit_test(many_traits),
		cmocka_unit_test(ordinary_oddities),
		cmocka_unit_test(a_messenger),
		cmocka_unit_test(inside_and_inwards),
		cmocka_unit_test(each_trait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
