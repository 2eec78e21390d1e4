/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/inventory_test.c - what hosts are found to be, what is kept of them, who is not entered. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/inventory.h"
#include "app/oui.h"
#include "conf/conf.h"
#include "conf/networks.h"

static struct conf conf;
static struct networks *networks;
static struct inventory *inventory;
static int64_t now_ns;

static struct addr addr_of(const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	return addr;
}

static struct app_text text_of(const char *text)
{
	return (struct app_text){ text, (uint32_t)strlen(text) };
}

static struct app_event event_of(enum app_event_type type, const char *from, const char *to)
{
	now_ns += NS_PER_MS;
	return (struct app_event){ .type = type,
		.time_ns = now_ns,
		.key = { .addr = { addr_of(from), addr_of(to) },
			.port = { 40000, 443 },
			.proto = IPPROTO_TCP } };
}

static void see(struct app_event event)
{
	inventory_see(inventory, &event);
}

static const struct inventory_host *host_of(const char *addr)
{
	struct addr wanted = addr_of(addr);

	return inventory_find(inventory, &wanted);
}

static struct clue_verdict verdict_of(const char *addr)
{
	const struct inventory_host *host = host_of(addr);

	assert_non_null(host);
	return inventory_judge(inventory, host);
}

static int begin(void **state)
{
	(void)state;
	now_ns = 1700000000 * NS_PER_S;
	conf_default(&conf);
	return networks_open(&conf, NULL, &networks) < 0 ||
	       inventory_open(&conf, networks, 1, &inventory) < 0;
}

static int finish(void **state)
{
	(void)state;
	inventory_close(inventory);
	networks_close(networks);
	return 0;
}

static struct app_event dhcp_of(const char *name, const char *vendor, const char *parameters)
{
	struct app_event event = event_of(APP_HOST, "0.0.0.0", "255.255.255.255");

	event.key.addr[0] = (struct addr){ 0 };
	event.key.port[0] = 68;
	event.key.port[1] = 67;
	event.key.proto = IPPROTO_UDP;
	event.host = (struct app_host){ .proto = PROTO_DHCP,
		.name = text_of(name),
		.vendor = text_of(vendor),
		.parameters = text_of(parameters),
		.addr = addr_of("10.0.0.7"),
		.mac = { 0x00, 0x11, 0x32, 1, 2, 3 },
		.has_mac = true };
	return event;
}

static void a_client_of_dhcp(void **state)
{
	struct clue_verdict verdict;

	(void)state;
	see(dhcp_of("DESKTOP-AB12CD", "MSFT 5.0",
		"\x01\x03\x06\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc"));
	verdict = verdict_of("10.0.0.7");
	assert_int_equal(verdict.kind, HOST_COMPUTER);
	assert_true(verdict.confidence > 0.9);
	assert_string_equal(verdict.system, "Windows 10 or 11");
	assert_int_equal(verdict.reason_count, 3);
	assert_string_equal(host_of("10.0.0.7")->name, "DESKTOP-AB12CD");
	assert_int_equal(host_of("10.0.0.7")->mac_count, 1);
	assert_true(inventory_has_macs(inventory));
	assert_int_equal(inventory_count(inventory), 1);
}

/* A lease that is given makes its sender a DHCP server, and is no statement of the client's. */
static void a_server_of_dhcp(void **state)
{
	struct app_event event = event_of(APP_HOST, "10.0.0.1", "10.0.0.9");

	(void)state;
	event.key.port[0] = 67;
	event.key.port[1] = 68;
	event.key.proto = IPPROTO_UDP;
	event.host = (struct app_host){
		.proto = PROTO_DHCP, .addr = addr_of("10.0.0.9"), .has_mac = true
	};
	see(event);
	assert_int_equal(verdict_of("10.0.0.1").kind, HOST_ROUTER);
	assert_int_equal(verdict_of("10.0.0.9").kind, HOST_UNKNOWN);
	assert_int_equal(host_of("10.0.0.1")->services[0].port, 67);
}

static void announce(const char *from, enum app_proto proto, const char *service, const char *model)
{
	struct app_event event = event_of(APP_HOST, from, "224.0.0.251");

	event.host = (struct app_host){ .proto = proto,
		.addr = addr_of(from),
		.service = text_of(service),
		.model = text_of(model) };
	see(event);
}

static void browse(const char *from, const char *agent)
{
	struct app_event event = event_of(APP_HTTP, from, "198.51.100.1");

	event.http.user_agent = text_of(agent);
	see(event);
}

static void answer_on(const char *addr, uint16_t port, const char *server)
{
	struct app_event event = event_of(APP_CONNECT, "10.0.0.50", addr);

	event.key.port[1] = port;
	see(event);
	event.type = APP_HTTP;
	event.http = (struct app_http){ .server = text_of(server) };
	see(event);
}

static void kinds(void **state)
{
	(void)state;
	announce("10.0.1.1", PROTO_MDNS, "_pdl-datastream._tcp", "HP LaserJet 400");
	announce("10.0.1.2", PROTO_MDNS, "_googlecast._tcp", "Chromecast");
	announce("10.0.1.3", PROTO_SSDP, "urn:schemas-upnp-org:device:InternetGatewayDevice:1", "");
	announce("10.0.1.4", PROTO_MDNS, "_device-info._tcp", "iPad6,11");
	browse("10.0.1.5", "Mozilla/5.0 (iPhone; CPU iPhone OS 13_3 like Mac OS X)");
	answer_on("10.0.1.6", 554, "App-webs/");
	announce("10.0.1.7", PROTO_MDNS, "_esphomelib._tcp", "");
	answer_on("10.0.1.8", 3306, "Apache/2.4.57 (Debian)");
	browse("10.0.1.9", "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36");
	assert_int_equal(verdict_of("10.0.1.1").kind, HOST_PRINTER);
	assert_int_equal(verdict_of("10.0.1.2").kind, HOST_MEDIA);
	assert_int_equal(verdict_of("10.0.1.3").kind, HOST_ROUTER);
	assert_int_equal(verdict_of("10.0.1.4").kind, HOST_TABLET);
	assert_int_equal(verdict_of("10.0.1.5").kind, HOST_PHONE);
	assert_int_equal(verdict_of("10.0.1.6").kind, HOST_CAMERA);
	assert_int_equal(verdict_of("10.0.1.7").kind, HOST_IOT);
	assert_int_equal(verdict_of("10.0.1.8").kind, HOST_SERVER);
	assert_int_equal(verdict_of("10.0.1.9").kind, HOST_MEDIA);
	assert_string_equal(verdict_of("10.0.1.8").system, "Linux (Debian)");
	assert_string_equal(verdict_of("10.0.1.9").system, "webOS");
}

/* One weak hint names nothing; what speaks for two kinds is less sure. */
static void doubt(void **state)
{
	double alone;

	(void)state;
	answer_on("10.0.2.1", 80, "");
	assert_int_equal(verdict_of("10.0.2.1").kind, HOST_UNKNOWN);
	assert_true(verdict_of("10.0.2.1").confidence <= 0);
	browse("10.0.2.2", "Mozilla/5.0 (Windows NT 6.1; Win64)");
	alone = verdict_of("10.0.2.2").confidence;
	assert_string_equal(verdict_of("10.0.2.2").system, "Windows 7");
	announce("10.0.2.2", PROTO_MDNS, "_ipp._tcp", "");
	announce("10.0.2.2", PROTO_MDNS, "", "HP DeskJet");
	assert_true(verdict_of("10.0.2.2").confidence < 0.96);
	assert_true(alone > 0.5);
}

static void traffic_and_services(void **state)
{
	struct app_event event = event_of(APP_FLOW, "10.0.3.1", "10.0.3.2");
	const struct inventory_host *client, *server;

	(void)state;
	event.flow_end = (struct app_flow){ .bytes = { 100, 5000 },
		.packets = { 4, 5 },
		.end = FLOW_END_ONGOING,
		.proto = PROTO_TLS };
	see(event);
	assert_int_equal(host_of("10.0.3.1")->sent_bytes, 0);
	event.flow_end.end = FLOW_END_CLOSED;
	see(event);
	event.flow_end.proto = PROTO_HTTP;
	event.flow_end.bytes[1] = 9000;
	see(event);
	client = host_of("10.0.3.1");
	server = host_of("10.0.3.2");
	assert_int_equal(client->sent_bytes, 200);
	assert_int_equal(client->received_bytes, 14000);
	assert_int_equal(server->sent_bytes, 14000);
	assert_int_equal(client->talk_count, 2);
	assert_int_equal(client->talks[0].proto, PROTO_HTTP);
	assert_int_equal(client->talks[0].bytes, 9100);
	assert_int_equal(client->service_count, 0);
	assert_int_equal(server->service_count, 1);
	assert_int_equal(server->services[0].port, 443);
	for (uint16_t port = 1; port < 40; port++) {
		event = event_of(APP_CONNECT, "10.0.3.1", "10.0.3.2");
		event.key.port[1] = port;
		see(event);
	}
	assert_int_equal(server->service_count, INVENTORY_SERVICES);
	assert_true(server->has_more_services);
}

static void every_protocol(void **state)
{
	const struct inventory_host *host;

	(void)state;
	for (unsigned proto = 0; proto < APP_PROTO_COUNT; proto++) {
		struct app_event event = event_of(APP_FLOW, "10.0.4.1", "198.51.100.1");

		event.flow_end = (struct app_flow){ .bytes = { proto + 1, 0 },
			.packets = { 1, 1 },
			.end = FLOW_END_IDLE,
			.proto = (enum app_proto)proto };
		see(event);
	}
	host = host_of("10.0.4.1");
	assert_int_equal(host->talk_count, INVENTORY_TALKS);
	for (unsigned i = 1; i < INVENTORY_TALKS; i++)
		assert_true(host->talks[i - 1].bytes >= host->talks[i].bytes);
	assert_int_equal(host->talks[0].proto, APP_PROTO_COUNT - 1);
}

/* Outside hosts, groups, what one side alone can bring about with forged addresses. */
static void nobody(void **state)
{
	struct app_event event;

	(void)state;
	see(event_of(APP_REFUSED, "10.0.5.1", "198.51.100.1"));
	event = event_of(APP_FLOW, "10.0.5.3", "10.0.5.4");
	event.flow_end.packets[0] = 1;
	see(event);
	see(event_of(APP_CONNECT, "203.0.113.1", "198.51.100.1"));
	announce("224.0.0.251", PROTO_MDNS, "_ipp._tcp", "");
	assert_int_equal(inventory_count(inventory), 0);
}

/* Many more hosts than there is room for: counted, and those that speak now stay. */
static void crowd(void **state)
{
	unsigned count = 100000;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		struct app_event event = event_of(APP_CONNECT, "10.1.0.0", "198.51.100.1");

		event.key.addr[0].byte[13] = (uint8_t)(i >> 16);
		event.key.addr[0].byte[14] = (uint8_t)(i >> 8);
		event.key.addr[0].byte[15] = (uint8_t)i;
		see(event);
	}
	assert_true(inventory_count(inventory) < count);
	assert_int_equal(inventory_count(inventory) + inventory_forgotten(inventory), count);
	assert_true(inventory_memory(&conf) <= conf.memory.total_bytes / 32);
}

/* Whatever they say, what is kept is clean, ended and bounded. */
static void hostile_texts(void **state)
{
	char wild[4096];
	const struct inventory_host *host;

	(void)state;
	for (unsigned i = 0; i < sizeof(wild); i++)
		wild[i] = (char)(i * 37 + 1);
	for (unsigned len = 0; len < sizeof(wild); len += 61) {
		struct app_event event = event_of(APP_HOST, "10.0.6.1", "224.0.0.251");
		struct app_text text = { wild + sizeof(wild) - len, len };

		event.host = (struct app_host){ .proto = len % 2 ? PROTO_MDNS : PROTO_DHCP,
			.addr = addr_of("10.0.6.1"),
			.name = text,
			.vendor = text,
			.system = text,
			.model = text,
			.service = text,
			.parameters = text };
		see(event);
		event = event_of(APP_HTTP, "10.0.6.1", "10.0.6.2");
		event.http.user_agent = event.http.server = text;
		see(event);
		event = event_of(APP_SSH, "10.0.6.1", "10.0.6.2");
		event.ssh.server = text;
		see(event);
	}
	host = host_of("10.0.6.1");
	for (const char *at = host->name; *at; at++)
		assert_true(*at >= ' ' || *at < 0);
	assert_true(strlen(host->name) < sizeof(host->name));
	assert_true(strlen(host->model) < sizeof(host->model));
}

/* Each rule can fire, has a source and a sane weight. */
static void rules(void **state)
{
	(void)state;
	for (unsigned i = 0; i < clue_rule_count; i++) {
		const struct clue_rule *rule = &clue_rules[i];
		struct clue_set set = { 0 };

		clue_see(&set, rule->clue, text_of(rule->pattern));
		assert_true(set.words[i / 64] >> i % 64 & 1);
		assert_true(rule->weight > 0 && rule->weight < 1);
		assert_true(rule->source && rule->source[0]);
		assert_true(rule->kind != HOST_UNKNOWN || rule->system);
		assert_true(strlen(rule->pattern) <= CLUE_TEXT_MAX);
	}
}

static void makers(void **state)
{
	char path[] = "/tmp/weir-oui-XXXXXX";
	int fd = mkstemp(path);
	static const char list[] =
		"OUI/MA-L                                                    Organization\r\n"
		"28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.\r\n"
		"286FB9     (base 16)\t\tNokia Shanghai Bell Co., Ltd.\r\n"
		"00-11-32   (hex)\t\tSynology Incorporated\r\n"
		"zz-11-32   (hex)\t\tnobody\r\n00-1\r\n00-11-33   (hex)\r\n";
	static const uint8_t mac[6] = { 0x28, 0x6f, 0xb9, 1, 2, 3 };
	static const uint8_t other[6] = { 0x28, 0x6f, 0xb8, 1, 2, 3 };
	static const uint8_t local[6] = { 0x2a, 0x6f, 0xb9, 1, 2, 3 };
	struct oui *oui = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, list, sizeof(list) - 1), sizeof(list) - 1);
	close(fd);
	assert_int_equal(oui_open(path, &oui), 0);
	unlink(path);
	assert_string_equal(oui_maker(oui, mac), "Nokia Shanghai Bell Co., Ltd.");
	assert_string_equal(oui_maker(oui, other), "");
	assert_string_equal(oui_maker(oui, local), "made up");
	assert_string_equal(oui_maker(NULL, mac), "");
	see(dhcp_of("x", "y", "\x01"));
	assert_int_equal(verdict_of("10.0.0.7").kind, HOST_UNKNOWN);
	inventory_set_makers(inventory, oui);
	assert_int_equal(verdict_of("10.0.0.7").kind, HOST_SERVER);
	assert_string_equal(
		inventory_maker(inventory, host_of("10.0.0.7")), "Synology Incorporated");
	inventory_set_makers(inventory, NULL);
	oui_close(oui);
	assert_true(oui_open("/nonexistent/oui.txt", &oui) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client_of_dhcp),
		TEST(a_server_of_dhcp),
		TEST(kinds),
		TEST(doubt),
		TEST(traffic_and_services),
		TEST(every_protocol),
		TEST(nobody),
		TEST(crowd),
		TEST(hostile_texts),
		TEST(rules),
		TEST(makers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
