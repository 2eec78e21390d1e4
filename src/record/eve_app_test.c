/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/eve_app_test.c - events of protocols: Suricata's field names, switches, hostile texts, and
 * how many a second the file of a running weir takes. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/log.h"
#include "record/eve_app.h"
#include "record/eve_log.h"
#include "record/json_value.h"

#define START_NS 1538129689303795000LL

static struct app_text text_of(const char *text)
{
	return (struct app_text){ text, (uint32_t)strlen(text) };
}

static struct app_event event_of(enum app_event_type type)
{
	struct app_event event = { .type = type,
		.time_ns = START_NS,
		.flow = 0xfff0000000000042ULL,
		.key = { .port = { 50000, 443 }, .proto = IPPROTO_TCP } };

	event.key.addr[0] = addr_from_v4((const uint8_t[]){ 10, 0, 0, 1 });
	event.key.addr[1] = addr_from_v4((const uint8_t[]){ 203, 0, 113, 5 });
	return event;
}

#define HEAD "\"timestamp\":\"2018-09-28T10:14:49.303795+0000\",\"flow_id\":66,\"event_type\":"
#define ENDS                                                                                       \
	"\"src_ip\":\"10.0.0.1\",\"src_port\":50000,\"dest_ip\":\"203.0.113.5\",\"dest_port\":"    \
	"443,"                                                                                     \
	"\"proto\":\"TCP\","

static void check(const struct app_event *event, const char *expected)
{
	json_t *made = eve_app(event), *wanted = json_loads(expected, 0, NULL);
	char *line = json_dumps(made, JSON_STYLE);

	assert_non_null(wanted);
	if (!json_equal(made, wanted))
		fail_msg("made %s\nwanted %s", line, expected);
	free(line);
	json_decref(made);
	json_decref(wanted);
}

static void flow(void **state)
{
	struct app_event event = event_of(APP_FLOW);

	(void)state;
	event.flow_end = (struct app_flow){ .first_ns = START_NS - 5 * NS_PER_S,
		.last_ns = START_NS,
		.bytes = { 100, 200 },
		.packets = { 1, 2 },
		.end = FLOW_END_CLOSED,
		.proto = PROTO_TLS };
	check(&event, "{" HEAD "\"flow\"," ENDS
		      "\"app_proto\":\"tls\",\"flow\":{\"pkts_toserver\":1,\"pkts_toclient\":2,"
		      "\"bytes_toserver\":100,\"bytes_toclient\":200,"
		      "\"start\":\"2018-09-28T10:14:44.303795+0000\","
		      "\"end\":\"2018-09-28T10:14:49.303795+0000\",\"age\":5,\"state\":\"closed\","
		      "\"reason\":\"timeout\",\"alerted\":false}}");
}

static void http(void **state)
{
	struct app_event event = event_of(APP_HTTP);

	(void)state;
	event.http = (struct app_http){ .method = text_of("GET"),
		.host = text_of("example.org"),
		.uri = text_of("/a?b=c"),
		.user_agent = text_of("curl/8"),
		.referer = text_of("http://x/"),
		.response_type = text_of("text/html; charset=utf-8"),
		.location = text_of("/b"),
		.status = 302,
		.version = 11,
		.has_response = true,
		.response_body = 12 };
	check(&event, "{" HEAD "\"http\"," ENDS
		      "\"app_proto\":\"http\",\"http\":{\"hostname\":\"example.org\","
		      "\"url\":\"/a?b=c\",\"http_user_agent\":\"curl/8\","
		      "\"http_content_type\":\"text/html\",\"http_refer\":\"http://x/\","
		      "\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":302,"
		      "\"redirect\":\"/b\",\"length\":12,\"request_length\":0}}");
}

/* A file's source is who sent it. */
static void fileinfo(void **state)
{
	struct app_event event = event_of(APP_FILE);

	(void)state;
	event.file = (struct app_file){ .url = text_of("example.org/bin/mips"),
		.name = text_of("mips"),
		.magic = MAGIC_ELF,
		.proto = PROTO_HTTP,
		.size = 4096,
		.entropy = 160,
		.side = 1,
		.is_complete = true };
	check(&event, "{" HEAD "\"fileinfo\",\"src_ip\":\"203.0.113.5\",\"src_port\":443,"
		      "\"dest_ip\":\"10.0.0.1\",\"dest_port\":50000,\"proto\":\"TCP\","
		      "\"app_proto\":\"http\",\"fileinfo\":{\"filename\":\"/bin/mips\","
		      "\"magic\":\"ELF\",\"gaps\":false,\"state\":\"CLOSED\",\"stored\":false,"
		      "\"size\":4096,\"entropy\":5.0}}");
}

static void dns(void **state)
{
	struct app_event event = event_of(APP_DNS);

	(void)state;
	event.dns = (struct app_dns){
		.name = text_of("example.org"), .type = 1, .id = 7, .flags = 0x8180, .listed = 2
	};
	event.dns.answers[0] =
		(struct app_dns_answer){ .type = 5, .ttl_s = 60, .data = text_of("x.example.net") };
	event.dns.answers[1] = (struct app_dns_answer){
		.type = 1, .ttl_s = 30, .addr = addr_from_v4((const uint8_t[]){ 192, 0, 2, 7 })
	};
	check(&event, "{" HEAD "\"dns\"," ENDS
		      "\"app_proto\":\"dns\",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":7,"
		      "\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,\"opcode\":0,"
		      "\"rrname\":\"example.org\",\"rrtype\":\"A\",\"rcode\":\"NOERROR\","
		      "\"answers\":[{\"rrtype\":\"CNAME\",\"ttl\":60,\"rdata\":\"x.example.net\"},"
		      "{\"rrtype\":\"A\",\"ttl\":30,\"rdata\":\"192.0.2.7\"}],"
		      "\"grouped\":{\"CNAME\":[\"x.example.net\"],\"A\":[\"192.0.2.7\"]}}}");
	event.dns = (struct app_dns){ .name = text_of("a.b"), .type = 731, .id = 8, .rcode = 200 };
	check(&event, "{" HEAD "\"dns\"," ENDS
		      "\"app_proto\":\"dns\",\"dns\":{\"version\":2,\"type\":\"answer\",\"id\":8,"
		      "\"flags\":\"0\",\"qr\":false,\"rd\":false,\"ra\":false,\"opcode\":0,"
		      "\"rrname\":\"a.b\",\"rrtype\":\"TYPE731\",\"rcode\":\"RCODE200\"}}");
}

static void tls(void **state)
{
	struct app_event event = event_of(APP_TLS);

	(void)state;
	event.tls = (struct app_tls){ .sni = text_of("example.org"),
		.alpn = text_of("h2"),
		.subject = text_of("CN=a"),
		.issuer = text_of("CN=b"),
		.serial = text_of("0a1b"),
		.not_before_s = 1500000000,
		.not_after_s = 1600000000,
		.version = 0x0303,
		.ja3 = "aa",
		.ja3s = "bb",
		.ja4 = "t13",
		.fingerprint = "0a1b2c",
		.has_certificate = true,
		.is_self_signed = true };
	check(&event, "{" HEAD "\"tls\"," ENDS
		      "\"app_proto\":\"tls\",\"tls\":{\"subject\":\"CN=a\",\"issuerdn\":\"CN=b\","
		      "\"serial\":\"0A:1B\",\"fingerprint\":\"0a:1b:2c\","
		      "\"notbefore\":\"2017-07-14T02:40:00\",\"notafter\":\"2020-09-13T12:26:40\","
		      "\"sni\":\"example.org\",\"version\":\"TLS 1.2\",\"ja3\":{\"hash\":\"aa\"},"
		      "\"ja3s\":{\"hash\":\"bb\"},\"ja4\":\"t13\",\"alpn\":\"h2\","
		      "\"self_signed\":true}}");
	event.type = APP_QUIC;
	check(&event, "{" HEAD "\"quic\"," ENDS
		      "\"app_proto\":\"quic\",\"quic\":{\"sni\":\"example.org\","
		      "\"ja3\":{\"hash\":\"aa\"},\"ja4\":\"t13\",\"alpn\":\"h2\"}}");
}

static void ssh_and_mail(void **state)
{
	struct app_event event = event_of(APP_SSH);

	(void)state;
	event.ssh = (struct app_ssh){ .client = text_of("OpenSSH_9.2"),
		.server = text_of("dropbear"),
		.version = { "2.0", "1.99" },
		.hassh = "cc" };
	check(&event,
		"{" HEAD "\"ssh\"," ENDS
		"\"app_proto\":\"ssh\",\"ssh\":{\"client\":{\"proto_version\":\"2.0\","
		"\"software_version\":\"OpenSSH_9.2\",\"hassh\":{\"hash\":\"cc\"}},"
		"\"server\":{\"proto_version\":\"1.99\",\"software_version\":\"dropbear\"}}}");
	event = event_of(APP_SMTP);
	event.smtp = (struct app_smtp){ .helo = text_of("h"),
		.from = text_of("<a@b>"),
		.to = text_of("<c@d>"),
		.subject = text_of("hi"),
		.recipients = 1,
		.reply = 250,
		.bytes = 99 };
	check(&event, "{" HEAD "\"smtp\"," ENDS
		      "\"app_proto\":\"smtp\",\"smtp\":{\"helo\":\"h\",\"mail_from\":\"<a@b>\","
		      "\"rcpt_to\":[\"<c@d>\"],\"recipients\":1,\"reply\":250,\"rejects\":0,"
		      "\"tls\":false},\"email\":{\"status\":\"PARSE_DONE\",\"subject\":\"hi\","
		      "\"size\":99}}");
}

/* A password is never written. */
static void secrets(void **state)
{
	struct app_event event = event_of(APP_FTP);
	json_t *made;
	char *line;

	(void)state;
	event.ftp = (struct app_ftp){
		.command = text_of("pass"), .argument = text_of("hunter2"), .reply = 230
	};
	check(&event,
		"{" HEAD "\"ftp\"," ENDS "\"app_proto\":\"ftp\",\"ftp\":{\"command\":\"pass\","
		"\"completion_code\":[\"230\"],\"reply_received\":\"yes\"}}");
	event = event_of(APP_IRC);
	event.irc = (struct app_irc){ .what = IRC_REGISTER, .password = text_of("hunter2") };
	made = eve_app(&event);
	line = json_dumps(made, JSON_STYLE);
	assert_null(strstr(line, "hunter2"));
	assert_non_null(strstr(line, "\"has_password\":true"));
	free(line);
	json_decref(made);
	event = event_of(APP_STRATUM);
	event.stratum.password = text_of("hunter2");
	made = eve_app(&event);
	line = json_dumps(made, JSON_STYLE);
	assert_null(strstr(line, "hunter2"));
	free(line);
	json_decref(made);
}

static uint64_t *switch_of(struct conf *conf, enum app_event_type type)
{
	switch (type) {
	case APP_FLOW:
		return &conf->events.flow;
	case APP_HTTP:
		return &conf->events.http;
	case APP_FILE:
		return &conf->events.fileinfo;
	case APP_DNS:
		return &conf->events.dns;
	case APP_TLS:
	case APP_QUIC:
		return &conf->events.tls;
	case APP_SSH:
		return &conf->events.ssh;
	case APP_SMTP:
		return &conf->events.smtp;
	case APP_FTP:
		return &conf->events.ftp;
	default:
		return &conf->events.other;
	}
}

static bool has_no_event(enum app_event_type type)
{
	return type == APP_CONNECT || type == APP_REFUSED || type == APP_BURST ||
	       type == APP_EXCHANGE || type == APP_LOOKS;
}

static void switches(void **state)
{
	struct conf conf;

	(void)state;
	conf_default(&conf);
	assert_false(eve_app_has_any(&conf));
	for (unsigned type = 0; type < APP_EVENT_TYPES; type++) {
		struct app_event event = event_of((enum app_event_type)type);
		json_t *made = eve_app(&event);

		event.flow_end.end = type == APP_FLOW ? FLOW_END_IDLE : FLOW_END_ONGOING;
		assert_false(eve_app_is_wanted(&conf, &event));
		assert_int_equal(made == NULL, has_no_event(event.type));
		json_decref(made);
		if (has_no_event(event.type))
			continue;
		*switch_of(&conf, event.type) = CONF_ON;
		assert_true(eve_app_is_wanted(&conf, &event));
		assert_true(eve_app_has_any(&conf));
		*switch_of(&conf, event.type) = CONF_OFF;
	}
}

/* Any bytes in any text give one line of ASCII that parses, of bounded length. */
static void hostile_texts(void **state)
{
	char wild[4096];

	(void)state;
	for (unsigned i = 0; i < sizeof(wild); i++)
		wild[i] = i % 5 ? (char)(i * 151) : "\n\"\\\x80\0"[i / 5 % 5];
	for (unsigned type = 0; type < APP_EVENT_TYPES; type++) {
		struct app_event event = event_of((enum app_event_type)type);
		struct app_text *texts[APP_TEXTS_MAX];
		unsigned count;
		json_t *made, *again;
		char *line;

		if (type == APP_DNS)
			event.dns.listed = DNS_ANSWERS;
		count = app_event_texts(&event, texts);
		for (unsigned i = 0; i < count; i++)
			*texts[i] = (struct app_text){ wild, sizeof(wild) };
		made = eve_app(&event);
		if (!made)
			continue;
		line = json_dumps(made, JSON_STYLE);
		again = json_loads(line, 0, NULL);
		assert_non_null(again);
		assert_true(strlen(line) < 65536);
		for (const char *at = line; *at; at++)
			assert_true(*at >= ' ' && *at < 0x7f);
		json_decref(again);
		json_decref(made);
		free(line);
	}
}

static void so_many_a_second(void **state)
{
	char path[] = "/tmp/weir-eve-XXXXXX";
	struct app_event event = event_of(APP_IRC);
	struct eve_log_stats stats;
	struct eve_log *log;
	struct conf conf;
	struct err err;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	conf_default(&conf);
	assert_int_equal(eve_log_open(path, &err, &log), 0);
	eve_log_app(log, &conf, &event);
	eve_log_state(log, &stats);
	assert_int_equal(stats.written + stats.held_back, 0);
	conf.events.other = CONF_ON;
	for (unsigned i = 0; i < EVE_LOG_PROTOCOLS_PER_S + 7; i++)
		eve_log_app(log, &conf, &event);
	eve_log_state(log, &stats);
	assert_int_equal(stats.written, EVE_LOG_PROTOCOLS_PER_S);
	assert_int_equal(stats.held_back, 7);
	event.time_ns += NS_PER_S;
	eve_log_app(log, &conf, &event);
	eve_log_state(log, &stats);
	assert_int_equal(stats.written, EVE_LOG_PROTOCOLS_PER_S + 1);
	eve_log_close(log);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow),
		cmocka_unit_test(http),
		cmocka_unit_test(fileinfo),
		cmocka_unit_test(dns),
		cmocka_unit_test(tls),
		cmocka_unit_test(ssh_and_mail),
		cmocka_unit_test(secrets),
		cmocka_unit_test(switches),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(so_many_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
