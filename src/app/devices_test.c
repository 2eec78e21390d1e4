/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of what hosts say of themselves: DHCP, mDNS, LLMNR, NBNS, SSDP; whole, cut, and noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app_fixture.h"

static const uint8_t mac[6] = { 0x02, 0x00, 0x5e, 0x10, 0x20, 0x30 };
static const uint8_t magic[4] = { 0x63, 0x82, 0x53, 0x63 }; /* RFC 1497 */

/* op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, sname and file,
 * magic, options. */
static size_t dhcp_message(
	uint8_t op, const char *given, const void *options, size_t len, uint8_t out[600])
{
	memset(out, 0, 600);
	out[0] = op;
	out[1] = 1;
	out[2] = 6;
	memcpy(out + 16, given, 4);
	memcpy(out + 28, mac, sizeof(mac));
	memcpy(out + 236, magic, sizeof(magic));
	memcpy(out + 240, options, len);
	return 240 + len;
}

static const struct app_host *host_of(struct fixture *fixture, unsigned index)
{
	const struct app_event *event = fixture_event(fixture, APP_HOST, index);

	assert_non_null(event);
	return &event->host;
}

/* All cuts: no crash. The copies of the fixture are of just their size, for AddressSanitizer. */
static void cut_everywhere(
	uint16_t port, const struct datagram_parser *parser, const void *bytes, size_t len)
{
	struct fixture fixture;

	fixture_open(&fixture, NULL, port);
	for (size_t cut = 0; cut < len; cut++)
		fixture_datagram(&fixture, parser, 1, bytes, cut);
	fixture_close(&fixture);
}

static void test_dhcp_request(void **state)
{
	static const char options[] = "\x35\1\3\0\0\x0c\x06laptop\x3c\x08MSFT 5.0\x37\4\1\3\6\x0f"
				      "\x32\4\x0a\0\0\x09\xff";
	struct addr addr = addr_from_v4((uint8_t[]){ 10, 0, 0, 9 });
	struct fixture fixture;
	const struct app_host *host;
	uint8_t bytes[600];
	size_t len = dhcp_message(1, "\0\0\0\0", options, sizeof(options) - 1, bytes);

	(void)state;
	fixture_open(&fixture, NULL, 67);
	assert_true(fixture_datagram(&fixture, &datagram_dhcp, 0, bytes, len));
	host = host_of(&fixture, 0);
	assert_true(fixture_is(host->name, "laptop"));
	assert_true(fixture_is(host->vendor, "MSFT 5.0"));
	assert_true(fixture_is(host->parameters, "\1\3\6\x0f"));
	assert_true(host->has_mac);
	assert_memory_equal(host->mac, mac, sizeof(mac));
	assert_true(addr_equal(&host->addr, &addr));
	assert_int_equal(host->proto, PROTO_DHCP);
	fixture_close(&fixture);
	cut_everywhere(67, &datagram_dhcp, bytes, len);
}

static void test_dhcp_fqdn(void **state)
{
	static const char plain[] = "\x51\x09\0\0\0phone\0\xff",
			  wire[] = "\x51\x0a\4\0\0\3tab\1x\0";
	struct fixture fixture;
	uint8_t bytes[600];
	size_t len = dhcp_message(1, "\0\0\0\0", plain, sizeof(plain) - 1, bytes);

	(void)state;
	fixture_open(&fixture, NULL, 67);
	fixture_datagram(&fixture, &datagram_dhcp, 0, bytes, len);
	assert_true(fixture_is(host_of(&fixture, 0)->name, "phone"));
	len = dhcp_message(1, "\0\0\0\0", wire, sizeof(wire) - 1, bytes);
	fixture_datagram(&fixture, &datagram_dhcp, 0, bytes, len);
	assert_true(fixture_is(host_of(&fixture, 1)->name, "tab"));
	/* A label longer than the option. */
	len = dhcp_message(1, "\0\0\0\0", "\x51\4\4\0\0\x3f", 6, bytes);
	fixture_datagram(&fixture, &datagram_dhcp, 0, bytes, len);
	assert_int_equal(host_of(&fixture, 2)->name.len, 0);
	fixture_close(&fixture);
}

static void test_dhcp_ack(void **state)
{
	struct addr addr = addr_from_v4((uint8_t[]){ 10, 0, 0, 9 });
	struct fixture fixture;
	uint8_t bytes[600];
	size_t len = dhcp_message(2, "\x0a\0\0\x09", "\x35\1\5\xff", 4, bytes);

	(void)state;
	fixture_open(&fixture, NULL, 67);
	assert_true(fixture_datagram(&fixture, &datagram_dhcp, 1, bytes, len));
	assert_true(addr_equal(&host_of(&fixture, 0)->addr, &addr));
	assert_memory_equal(host_of(&fixture, 0)->mac, mac, sizeof(mac));
	/* An offer is no lease. */
	len = dhcp_message(2, "\x0a\0\0\x09", "\x35\1\2\xff", 4, bytes);
	assert_true(fixture_datagram(&fixture, &datagram_dhcp, 1, bytes, len));
	assert_int_equal(fixture_count(&fixture, APP_HOST), 1);
	bytes[239] = 0; /* BOOTP without the magic */
	assert_false(fixture_datagram(&fixture, &datagram_dhcp, 1, bytes, len));
	fixture_close(&fixture);
}

/* "_ipp._tcp.local" leads to "P._ipp._tcp.local", which is served by prn.local, with a model. */
static const char mdns_answer[] =
	"\0\0\x84\0\0\0\0\4\0\0\0\0"
	"\4_ipp\4_tcp\5local\0\0\x0c\0\1\0\0\0\x78\0\4\1P\xc0\x0c"
	"\1P\xc0\x0c\0\x21\x80\1\0\0\0\x78\0\x0c\0\0\0\0\2\x77\3prn\xc0\x16"
	"\1P\xc0\x0c\0\x10\x80\1\0\0\0\x78\0\x13\x09ty=Laser8\x08mf=Print"
	"\3prn\xc0\x16\0\1\x80\1\0\0\0\x78\0\4\xcb\0\x71\5";

static void test_mdns(void **state)
{
	struct addr addr = addr_from_v4((uint8_t[]){ 203, 0, 113, 5 });
	struct fixture fixture;
	const struct app_host *host;

	(void)state;
	fixture_open(&fixture, NULL, 5353);
	assert_true(fixture_datagram(
		&fixture, &datagram_mdns, 1, mdns_answer, sizeof(mdns_answer) - 1));
	host = host_of(&fixture, 0);
	assert_true(fixture_is(host->service, "_ipp._tcp"));
	assert_true(fixture_is(host->name, "prn"));
	assert_true(fixture_is(host->model, "Laser8"));
	assert_true(fixture_is(host->vendor, "Print"));
	assert_true(addr_equal(&host->addr, &addr));
	/* A question says nothing of who asks. */
	assert_true(fixture_datagram(
		&fixture, &datagram_mdns, 0, "\0\0\0\0\0\1\0\0\0\0\0\0\1a\5local\0\0\1\0\1", 25));
	assert_int_equal(fixture_count(&fixture, APP_HOST), 1);
	fixture_close(&fixture);
	cut_everywhere(5353, &datagram_mdns, mdns_answer, sizeof(mdns_answer) - 1);
}

static void test_llmnr(void **state)
{
	static const char answer[] = "\0\1\x80\0\0\1\0\1\0\0\0\0\2pc\0\0\1\0\1"
				     "\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4\xcb\0\x71\5";
	struct fixture fixture;

	(void)state;
	fixture_open(&fixture, NULL, 5355);
	assert_true(fixture_datagram(&fixture, &datagram_mdns, 1, answer, sizeof(answer) - 1));
	assert_true(fixture_is(host_of(&fixture, 0)->name, "pc"));
	fixture_close(&fixture);
}

/* A registration of the name "PC" of that use and with these flags. */
static size_t nbns_registration(const char *use, const char *flags, uint8_t out[200])
{
	size_t len = 0;

#define PUT(text) (memcpy(out + len, text, sizeof(text) - 1), len += sizeof(text) - 1)
	PUT("\0\1\x29\x10\0\1\0\0\0\0\0\1\x20"
	    "FAEDCACACACACACACACACACACACACA");
	memcpy(out + len, use, 2);
	len += 2;
	PUT("\0\0\x20\0\1\xc0\x0c\0\x20\0\1\0\4\x93\xe0\0\6");
	memcpy(out + len, flags, 2);
	len += 2;
	PUT("\x0a\0\0\1");
#undef PUT
	return len;
}

static void test_nbns(void **state)
{
	struct fixture fixture;
	uint8_t bytes[200];
	size_t len;

	(void)state;
	fixture_open(&fixture, NULL, 137);
	len = nbns_registration("AA", "\0\0", bytes);
	assert_true(fixture_datagram(&fixture, &datagram_mdns, 0, bytes, len));
	assert_true(fixture_is(host_of(&fixture, 0)->name, "PC"));
	/* A group's name, and one of another use, are not the host's. */
	len = nbns_registration("AA", "\x80\0", bytes);
	assert_true(fixture_datagram(&fixture, &datagram_mdns, 0, bytes, len));
	len = nbns_registration("BN", "\0\0", bytes);
	assert_true(fixture_datagram(&fixture, &datagram_mdns, 0, bytes, len));
	assert_int_equal(fixture_count(&fixture, APP_HOST), 1);
	fixture_close(&fixture);
	cut_everywhere(137, &datagram_mdns, bytes, len);
}

static void test_ssdp(void **state)
{
	static const char notify[] =
		"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
		"NT: upnp:rootdevice\r\nserver: Linux/3.14 UPnP/1.0 Roku/9.1\r\n"
		"USN: uuid:1::upnp:rootdevice\r\n\r\n";
	static const char search[] = "M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n"
				     "USER-AGENT: Google Chrome/80 Windows\r\n\r\n";
	struct fixture fixture;

	(void)state;
	fixture_open(&fixture, NULL, 1900);
	assert_true(fixture_datagram(&fixture, &datagram_ssdp, 0, notify, sizeof(notify) - 1));
	assert_true(fixture_is(host_of(&fixture, 0)->system, "Linux/3.14 UPnP/1.0 Roku/9.1"));
	assert_true(fixture_is(host_of(&fixture, 0)->model, "Roku/9.1"));
	assert_true(fixture_is(host_of(&fixture, 0)->service, "uuid:1::upnp:rootdevice"));
	assert_true(fixture_datagram(&fixture, &datagram_ssdp, 0, search, sizeof(search) - 1));
	assert_true(fixture_is(host_of(&fixture, 1)->system, "Google Chrome/80 Windows"));
	assert_int_equal(host_of(&fixture, 1)->service.len, 0);
	assert_false(fixture_datagram(&fixture, &datagram_ssdp, 0, "GET / HTTP/1.1\r\n", 16));
	fixture_close(&fixture);
	cut_everywhere(1900, &datagram_ssdp, notify, sizeof(notify) - 1);
}

static void test_noise(void **state)
{
	static const struct {
		const struct datagram_parser *parser;
		uint16_t port;
	} all[] = { { &datagram_dhcp, 67 }, { &datagram_mdns, 5353 }, { &datagram_mdns, 137 },
		{ &datagram_ssdp, 1900 } };
	uint32_t noise = 1;
	uint8_t bytes[500];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct fixture fixture;

		fixture_open(&fixture, NULL, all[i].port);
		for (unsigned round = 0; round < 500; round++) {
			for (unsigned j = 0; j < sizeof(bytes); j++) {
				noise = noise * 1664525 + 1013904223;
				bytes[j] = (uint8_t)(noise >> 24);
			}
			fixture_datagram(&fixture, all[i].parser, 1, bytes, round);
		}
		fixture_close(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcp_request),
		cmocka_unit_test(test_dhcp_fqdn),
		cmocka_unit_test(test_dhcp_ack),
		cmocka_unit_test(test_mdns),
		cmocka_unit_test(test_llmnr),
		cmocka_unit_test(test_nbns),
		cmocka_unit_test(test_ssdp),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
