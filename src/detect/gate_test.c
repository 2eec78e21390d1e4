/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of detect/gate.c: reports to gates, families, and honest posts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define HOST "192.168.1.20"
#define OLD "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)"
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0"
#define BROWSER_ORDER "host,user-agent,accept,accept-language,accept-encoding,referer,content-type"
#define HEX "6b787638683333616b6431660f05f2393c1a354ad6e57d984568037ecebfe360"
#define BASE64                                                                                     \
	"U6yKuycpyrtWSffsIT9gHat3iWBeoClJC627YeIJvNZ8w0V19THZ5LojccyPn%2BOJaTyN9bLgKJ%2FujJRle6N4" \
	"1jquWXBduzcsDRDP3eo2eiR74fOUe9LIh%2FmaOBVP%2B1Pm"

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

/* 300 bytes that are encrypted, to a page of a bare address; the answer says OK. */
static struct app_http report(const char *host, const char *uri, const char *agent)
{
	return (struct app_http){
		.method = text("POST"),
		.host = text(host),
		.uri = text(uri),
		.user_agent = text(agent),
		.header_order =
			text("accept,user-agent,host,content-length,connection,cache-control"),
		.response_type = text("text/html"),
		.body = { "\x81\x02\xfe\x93", 4 },
		.request_body = 300,
		.response_body = 2,
		.status = 200,
		.header_count = 6,
		.version = 11,
		.has_response = true,
		.is_bare_address = host[0] >= '0' && host[0] <= '9',
		.body_entropy = { 7.2 * 32, 32 },
		.body_printable = { 95, 255 },
	};
}

static struct app_http config(void)
{
	struct app_http http = report("gate.example", "/img/cfg.bin", OLD);

	http.method = text("GET");
	http.request_body = 0;
	http.body.len = 0;
	http.response_body = 30000;
	http.body_entropy[1] = 254;
	http.body_printable[1] = 97;
	return http;
}

static void said(struct play *p, double time_s, const struct app_http *http)
{
	struct app_event event = play_event(
		p, APP_HTTP, time_s, play_addr(HOST), play_addr("203.0.113.1"), IPPROTO_TCP, 80);

	event.http = *http;
	play_see(p, &event);
}

static float confidence(const struct play *p)
{
	float best;

	play_count(p, KIND_BOT_HTTP, play_addr(HOST), &best);
	return best;
}

static const char *family_of(const struct app_http *http)
{
	static struct play *p;
	const char *family;

	p = play_open(&detector_gate, NULL);
	said(p, 0, http);
	family = p->findings.count ? p->findings.list[0].family : NULL;
	assert_true(!family || confidence(p) >= 0.85F);
	play_close(p);
	return family;
}

static float of_one(const struct app_http *http)
{
	struct play *p = play_open(&detector_gate, NULL);
	float best;

	said(p, 0, http);
	best = confidence(p);
	play_close(p);
	return best;
}

static void zeus(void **state)
{
	struct play *p = play_open(&detector_gate, NULL);
	struct app_http post = report("gate.example", "/panel/gate.php", OLD), get = config();

	(void)state;
	said(p, 0, &get);
	assert_int_equal(p->findings.count, 0);
	said(p, 5, &post);
	assert_true(confidence(p) >= 0.7F);
	assert_string_equal(p->findings.list[0].family, "zeus");
	assert_string_equal(p->findings.list[0].name, "gate.example");
	/* Told again after 10 s, not before. */
	said(p, 6, &post);
	assert_int_equal(p->findings.count, 1);
	said(p, 20, &post);
	assert_int_equal(p->findings.count, 2);
	play_close(p);
}

static void families(void **state)
{
	struct app_http http = report("h.example", "/76N1Lm.php?n=x4tk7t4jo6", OLD);

	(void)state;
	http.body = text("o=" HEX);
	http.body_printable[0] = 255;
	assert_string_equal(family_of(&http), "cryptowall");
	http.uri = text("/76N1Lm.php?name=x4tk7t4jo6");
	assert_null(family_of(&http));
	http = report(
		"192.0.2.1", "/mor1/ADMIN-PC_W617601.8D2F5A8D2F5A8D2F5A8D2F5A8D2F5A12/81/", OLD);
	http.content_type = text("multipart/form-data; boundary=x");
	assert_string_equal(family_of(&http), "trickbot");
	http.uri = text("/mor1/ADMIN-PC_W617601.8D2F/81/");
	assert_null(family_of(&http));
	http = report("192.0.2.1:7080", "/OK21pqJAtyyGBEo00sk", OLD);
	http.referer = text("http://192.0.2.1/OK21pqJAtyyGBEo00sk");
	http.header_order = text("referer,content-type,dnt,user-agent,host,content-length");
	http.body = text("OK21pqJAtyyGBEo00sk=" BASE64);
	http.body_printable[0] = 255;
	assert_string_equal(family_of(&http), "emotet");
}

/* No family's own way, but enough false pretences. */
static void an_unknown_gate(void **state)
{
	struct app_http http = report("192.0.2.1", "/a/gate.php", OLD);

	(void)state;
	http.content_type = text("application/x-www-form-urlencoded");
	assert_true(of_one(&http) >= 0.7F);
	http.body_entropy[1] = 254;
	http.body_printable[1] = 97;
	http.response_body = 5000;
	assert_true(of_one(&http) >= 0.85F);
	/* One pretence alone is low at most. */
	http = report("192.0.2.1", "/a/gate.php", OLD);
	assert_true(of_one(&http) < 0.6F);
}

static void honest_posts(void **state)
{
	struct app_http http = report("192.0.2.1", "/mmtls/00005a3b", "MicroMessenger Client");

	(void)state;
	http.content_type = text("application/octet-stream");
	assert_true(of_one(&http) == 0);
	http = report("192.0.2.1", "/api", ""); /* a messenger over HTTP */
	assert_true(of_one(&http) == 0);
	http = report("www.example.org", "/login.php", FIREFOX);
	http.header_order = text(BROWSER_ORDER);
	http.content_type = text("application/x-www-form-urlencoded");
	http.body = text("user=joe&password=secret&token=" HEX HEX);
	http.body_printable[0] = 255;
	http.body_entropy[0] = 5 * 32;
	assert_true(of_one(&http) == 0);
	/* A token alone, from a browser. */
	http.body = text("token=" HEX HEX);
	assert_true(of_one(&http) == 0);
	/* Upload of a picture from a page. */
	http = report("www.example.org", "/upload.php", FIREFOX);
	http.header_order = text(BROWSER_ORDER);
	http.content_type = text("multipart/form-data; boundary=x");
	assert_true(of_one(&http) == 0);
	/* An old program that calls itself Internet Explorer and sends a readable form. */
	http = report("update.vendor.example", "/check.php", OLD);
	http.content_type = text("application/x-www-form-urlencoded");
	http.body = text("product=1&version=2.3.4&language=en");
	http.body_printable[0] = 255;
	http.body_entropy[0] = 4 * 32;
	assert_true(of_one(&http) == 0);
	/* A known vendor's telemetry. */
	http = report("v10.events.data.microsoft.com", "/a.php", OLD);
	http.content_type = text("text/plain");
	assert_true(of_one(&http) == 0);
}

/* A service of ours that is posted to by strangers. */
static void from_outside(void **state)
{
	struct play *p = play_open(&detector_gate, NULL);
	struct app_http http = report("192.168.1.20", "/a/gate.php", OLD);
	struct app_event event = play_event(
		p, APP_HTTP, 0, play_addr("203.0.113.1"), play_addr(HOST), IPPROTO_TCP, 80);

	(void)state;
	http.content_type = text("text/plain");
	event.http = http;
	play_see(p, &event);
	assert_int_equal(p->findings.count, 0);
	play_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeus),
		cmocka_unit_test(families),
		cmocka_unit_test(an_unknown_gate),
		cmocka_unit_test(honest_posts),
		cmocka_unit_test(from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
