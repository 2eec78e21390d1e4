/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/response.c - payloads of reflected responses.
 *
 * Sizes are those reported for the protocols (US-CERT alert TA14-017A and the amplification studies
 * it cites); the bytes are valid as far as a dissector looks. A line of the table for each
 * AMPLIFIERS entry of kinds.h.
 */
#include "gen/response.h"

#include <stdio.h>
#include <string.h>

#include "gen/content.h"
#include "gen/dns_message.h"
#include "gen/packet.h"

#define CHUNK_BYTES 1024 /* content_… writes less than 2048 at a time */

static size_t noise(uint8_t *out, size_t len, struct prng *prng)
{
	for (size_t done = 0; done < len; done += CHUNK_BYTES)
		content_noise(prng_next(prng), out + done,
			len - done < CHUNK_BYTES ? len - done : CHUNK_BYTES);
	return len;
}

static size_t text(uint8_t *out, size_t len, struct prng *prng)
{
	for (size_t done = 0; done < len; done += CHUNK_BYTES)
		content_text(prng_next(prng), out + done,
			len - done < CHUNK_BYTES ? len - done : CHUNK_BYTES);
	return len;
}

static size_t write_dns(uint8_t *out, size_t bytes, struct prng *prng)
{
	return dns_answer(out, (uint16_t)prng_next(prng), 7, DNS_TYPE_ANY, bytes);
}

/* An answer to `monlist`: mode 7, request code 42, 6 items of 72 bytes (ntpd's ntp_request.h). */
static size_t write_ntp(uint8_t *out, size_t bytes, struct prng *prng)
{
	(void)bytes;
	put32(out, 0xd700032a | prng_below(prng, 100) << 16);
	put32(out + 4, 6U << 16 | 72);
	return 8 + noise(out + 8, 432, prng);
}

static size_t write_ssdp(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const char format[] =
		"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"
		"LOCATION: http://192.168.1.1:49152/rootDesc.xml\r\n"
		"SERVER: Linux/3.4 UPnP/1.0 device/1.0\r\nST: upnp:rootdevice\r\n"
		"USN: uuid:00000000-0000-1000-8000-%012u::upnp:rootdevice\r\n\r\n";

	(void)bytes;
	return (size_t)snprintf((char *)out, 512, format, (unsigned)prng_below(prng, 1000000000));
}

/* BER: tag, length in two bytes (X.690 8.1.3.5), for content of len bytes. Returns where that
 * begins. */
static uint8_t *ber(uint8_t *at, uint8_t tag, size_t len)
{
	at[0] = tag;
	at[1] = 0x82;
	put16(at + 2, (uint16_t)len);
	return at + 4;
}

/* searchResEntry with one Netlogon attribute, then searchResDone (RFC 4511, MS-ADTS 6.3.3). */
static size_t write_cldap(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const uint8_t message_id[] = { 2, 1, 7 };
	static const uint8_t name[] = { 4, 8, 'n', 'e', 't', 'l', 'o', 'g', 'o', 'n' };
	static const uint8_t done[] = { 48, 12, 2, 1, 7, 0x65, 7, 10, 1, 0, 4, 0, 4, 0 };
	size_t value = bytes - 60, at_value = value + 4;
	uint8_t *at = ber(out, 0x30, at_value + sizeof(name) + 21);

	memcpy(at, message_id, sizeof(message_id));
	at = ber(at + sizeof(message_id), 0x64, at_value + sizeof(name) + 14);
	*at++ = 4; /* an empty object name */
	*at++ = 0;
	at = ber(at, 0x30, at_value + sizeof(name) + 8);
	at = ber(at, 0x30, at_value + sizeof(name) + 4);
	memcpy(at, name, sizeof(name));
	at = ber(at + sizeof(name), 0x31, at_value);
	at = ber(at, 4, value);
	at += noise(at, value, prng);
	memcpy(at, done, sizeof(done));
	return (size_t)(at - out) + sizeof(done);
}

/* UDP frame header, then a stored value (memcached's protocol.txt). */
static size_t write_memcached(uint8_t *out, size_t bytes, struct prng *prng)
{
	int n;

	put32(out, prng_below(prng, 65536) << 16);
	put32(out + 4, 1U << 16);
	n = snprintf((char *)out + 8, 64, "VALUE a 0 %zu\r\n", bytes);
	text(out + 8 + n, bytes, prng);
	return 8 + (size_t)n + bytes + put_text(out + 8 + n + bytes, "\r\nEND\r\n");
}

/* Lines of 72 characters, each begins one further on (RFC 864). */
static size_t write_chargen(uint8_t *out, size_t bytes, struct prng *prng)
{
	uint32_t first = prng_below(prng, 95);

	for (size_t i = 0; i < bytes; i++) {
		size_t line = i / 74, column = i % 74;

		out[i] = column == 72	? '\r'
			 : column == 73 ? '\n'
					: ' ' + (first + line + column) % 95;
	}
	return bytes;
}

/* GetResponse to a GetBulk of community public, SNMPv2c (RFC 3416). */
static size_t write_snmp(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const uint8_t before[] = { 2, 1, 1, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c' };
	static const uint8_t status[] = { 2, 1, 0, 2, 1, 0 };
	static const uint8_t name[] = { 6, 8, 0x2b, 6, 1, 2, 1, 1, 1, 0 }; /* sysDescr.0 */
	static const uint8_t variable_bytes = sizeof(name) + 2 + 100;
	size_t count = bytes / (variable_bytes + 2U) + 1, list = count * (variable_bytes + 2U);
	uint8_t *at = ber(out, 0x30, list + sizeof(before) + 20);

	memcpy(at, before, sizeof(before));
	at = ber(at + sizeof(before), 0xa2, list + 16);
	put16(at, 0x0204);
	put32(at + 2, (uint32_t)prng_next(prng) >> 1);
	memcpy(at + 6, status, sizeof(status));
	at = ber(at + 12, 0x30, list);
	for (size_t i = 0; i < count; i++) {
		*at++ = 0x30;
		*at++ = variable_bytes;
		memcpy(at, name, sizeof(name));
		at += sizeof(name);
		*at++ = 4;
		*at++ = 100;
		at += text(at, 100, prng);
	}
	return (size_t)(at - out);
}

static size_t write_qotd(uint8_t *out, size_t bytes, struct prng *prng)
{
	return text(out, bytes, prng);
}

static size_t write_mdns(uint8_t *out, size_t bytes, struct prng *prng)
{
	size_t len = dns_answer(out, 0, prng_below(prng, 100), DNS_TYPE_ANY, bytes);

	put16(out + 2, 0x8400); /* an authoritative answer (RFC 6762 18) */
	return len;
}

/* NBSTAT response with 8 names (RFC 1002 4.2.18). */
static size_t write_netbios(uint8_t *out, size_t bytes, struct prng *prng)
{
	uint8_t *at = out + 12;

	(void)bytes;
	memset(out, 0, 400);
	put16(out, (uint16_t)prng_next(prng));
	put16(out + 2, 0x8400);
	put16(out + 6, 1);
	memcpy(at,
		"\x20"
		"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		34);
	put16(at + 34, 0x21); /* NBSTAT */
	put16(at + 36, 1);
	put16(at + 42, 1 + 8 * 18 + 46);
	at += 44;
	*at++ = 8;
	for (unsigned i = 0; i < 8; i++, at += 18) {
		memset(at, ' ', 15);
		put_text(at, "HOST");
		at[15] = (uint8_t)(i * 4);
		put16(at + 16, 0x0400);
	}
	return (size_t)(at - out) + 46;
}

/* Reply to DUMP: a list of services (RFC 1833 3). */
static size_t write_portmap(uint8_t *out, size_t bytes, struct prng *prng)
{
	size_t len = 24, entries = bytes / 20;

	memset(out, 0, len);
	put32(out, (uint32_t)prng_next(prng));
	put32(out + 4, 1); /* a reply, accepted, without verifier, success */
	for (size_t i = 0; i < entries; i++, len += 20) {
		put32(out + len, 1);
		put32(out + len + 4, 100000 + (uint32_t)i / 2);
		put32(out + len + 8, 2 + (uint32_t)i % 3);
		put32(out + len + 12, i % 2 ? PROTO_TCP : PROTO_UDP);
		put32(out + len + 16, 111 + prng_below(prng, 60000));
	}
	put32(out + len, 0);
	return len + 4;
}

/* The first DATA block (RFC 1350). */
static size_t write_tftp(uint8_t *out, size_t bytes, struct prng *prng)
{
	(void)bytes;
	put32(out, 3U << 16 | 1);
	return 4 + noise(out + 4, 512, prng);
}

static size_t write_wsd(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const char format[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
		"xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
		"xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><soap:Header>"
		"<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</"
		"wsa:Action>"
		"</soap:Header><soap:Body><wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference>"
		"<wsa:Address>urn:uuid:00000000-0000-1000-8000-%012u</wsa:Address>"
		"</wsa:EndpointReference><wsd:Scopes>%0400u</wsd:Scopes></wsd:ProbeMatch>"
		"</wsd:ProbeMatches></soap:Body></soap:Envelope>";

	(void)bytes;
	return (size_t)snprintf((char *)out, RESPONSE_BYTES_MAX, format,
		(unsigned)prng_below(prng, 1000000000), (unsigned)prng_below(prng, 1000000000));
}

/* 2.05 Content to a GET of /.well-known/core (RFC 7252, 6690). */
static size_t write_coap(uint8_t *out, size_t bytes, struct prng *prng)
{
	size_t len = 7;

	put16(out, 0x5045); /* version 1, NON, no token, 2.05 */
	put16(out + 2, (uint16_t)prng_next(prng));
	put16(out + 4, 0xc128); /* content format: link-format */
	out[6] = 0xff;
	for (unsigned i = 0; len < bytes; i++)
		len += (size_t)snprintf((char *)out + len, 64,
			"%s</sensors/%u>;rt=\"temperature\";if=\"sensor\"", i ? "," : "", i);
	return len;
}

/* Binding success with XOR-MAPPED-ADDRESS and SOFTWARE (RFC 8489). */
static size_t write_stun(uint8_t *out, size_t bytes, struct prng *prng)
{
	(void)bytes;
	put16(out, 0x0101);
	put16(out + 2, 12 + 4 + 64);
	put32(out + 4, 0x2112a442);
	noise(out + 8, 12, prng);
	put32(out + 20, 0x00200008);
	put32(out + 24, 0x00010000 | prng_below(prng, 65536));
	put32(out + 28, (uint32_t)prng_next(prng));
	put32(out + 32, 0x80220040);
	text(out + 36, 64, prng);
	return 100;
}

/* A full routing table: 25 entries (RFC 1058 3.1). */
static size_t write_rip(uint8_t *out, size_t bytes, struct prng *prng)
{
	(void)bytes;
	memset(out, 0, 504);
	put32(out, 0x02010000);
	for (unsigned i = 0; i < 25; i++) {
		put16(out + 4 + i * 20, 2);
		put32(out + 8 + i * 20, 0x0a000000 | prng_below(prng, 65536) << 8);
		put32(out + 20 + i * 20, 1 + prng_below(prng, 15));
	}
	return 504;
}

/* IKEv1 main mode, second message: header, security association, vendor id (RFC 2408 3). */
static size_t write_ike(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const uint8_t association[] = { 13, 0, 0, 44, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 32, 1,
		1, 0, 1, 0, 0, 0, 24, 1, 1, 0, 0, 0x80, 1, 0, 5, 0x80, 2, 0, 2, 0x80, 3, 0, 1, 0x80,
		4, 0, 2 };
	size_t len = 28 + sizeof(association) + 20;

	(void)bytes;
	memset(out, 0, len);
	noise(out, 16, prng);
	put32(out + 16, 0x01100200); /* next: SA; version 1.0; identity protection */
	put32(out + 24, (uint32_t)len);
	memcpy(out + 28, association, sizeof(association));
	put16(out + 28 + sizeof(association) + 2, 20);
	noise(out + 28 + sizeof(association) + 4, 16, prng);
	return len;
}

/* BVLC unicast, complex acknowledgement of ReadProperty with a long name (ASHRAE 135 annex J,
 * 20.1). */
static size_t write_bacnet(uint8_t *out, size_t bytes, struct prng *prng)
{
	static const uint8_t head[] = { 0x81, 0x0a, 0, 0, 1, 0, 0x30, 1, 12, 0x0c, 2, 0, 0, 1, 0x19,
		77, 0x3e, 0x75, 0xfe };
	size_t value = bytes - sizeof(head) - 4;

	memcpy(out, head, sizeof(head));
	put16(out + sizeof(head), (uint16_t)(value + 1));
	out[sizeof(head) + 2] = 0; /* UTF-8 */
	for (size_t i = 0; i < value; i++)
		out[sizeof(head) + 3 + i] = (uint8_t)('a' + prng_below(prng, 26));
	out[sizeof(head) + 3 + value] = 0x3f;
	put16(out + 2, (uint16_t)bytes);
	return bytes;
}

/* A video recorder's answer to a discovery: 32 bytes of header, then JSON. */
static size_t write_dvr(uint8_t *out, size_t bytes, struct prng *prng)
{
	int n;

	(void)bytes;
	memset(out, 0, 32);
	put32(out, 0x20000000);
	put_text(out + 4, "DHIP");
	n = snprintf((char *)out + 32, 1200,
		"{\"mac\":\"02:00:00:%02x:%02x:%02x\",\"method\":\"client.notifyDevInfo\","
		"\"params\":"
		"{\"deviceInfo\":{\"AlarmInputChannels\":16,\"DeviceClass\":\"HDVR\","
		"\"DeviceType\":"
		"\"DVR\",\"HttpPort\":80,\"IPv4Address\":{\"DefaultGateway\":\"192.168.1.1\","
		"\"DhcpEnable\":false,\"IPAddress\":\"192.168.1.108\",\"SubnetMask\":"
		"\"255.255.255.0\"},\"MachineName\":\"DVR\",\"Port\":37777,"
		"\"RemoteVideoInputChannels\""
		":0,\"SerialNo\":\"%020u\",\"Vendor\":\"General\",\"Version\":\"3.2\","
		"\"VideoInputChannels\":8,\"VideoOutputChannels\":1}}}\n",
		prng_below(prng, 256), prng_below(prng, 256), prng_below(prng, 256),
		prng_below(prng, 1000000000));
	out[16] = out[24] = (uint8_t)n;
	out[17] = out[25] = (uint8_t)(n >> 8);
	return 32 + (size_t)n;
}

/* Apple Remote Management's answer to five bytes. */
static size_t write_arms(uint8_t *out, size_t bytes, struct prng *prng)
{
	memset(out, 0, bytes);
	put32(out, 0x000103ea);
	text(out + 8, 64, prng);
	return bytes;
}

/* A discovery protocol without a kind of its own: type-length-value triples with addresses and
 * names. */
static size_t write_other(uint8_t *out, size_t bytes, struct prng *prng)
{
	size_t len = 4;

	while (len < bytes) {
		out[len] = (uint8_t)prng_between(prng, 1, 20);
		put16(out + len + 1, 16);
		len += 3 + text(out + len + 3, 16, prng);
	}
	put32(out, 0x01000000 | (uint32_t)(len - 4));
	return len;
}

static const struct response responses[] = {
	[KIND_AMPLIFICATION_DNS] = { 53, write_dns, 1150, 3400 },
	[KIND_AMPLIFICATION_NTP] = { 123, write_ntp, 0, 0 },
	[KIND_AMPLIFICATION_SSDP] = { 1900, write_ssdp, 0, 0 },
	[KIND_AMPLIFICATION_CLDAP] = { 389, write_cldap, 1400, 2950 },
	[KIND_AMPLIFICATION_MEMCACHED] = { 11211, write_memcached, 1380, 4000 },
	[KIND_AMPLIFICATION_CHARGEN] = { 19, write_chargen, 1024, 3700 },
	[KIND_AMPLIFICATION_SNMP] = { 161, write_snmp, 1200, 4500 },
	[KIND_AMPLIFICATION_QOTD] = { 17, write_qotd, 480, 0 },
	[KIND_AMPLIFICATION_MDNS] = { 5353, write_mdns, 500, 0 },
	[KIND_AMPLIFICATION_NETBIOS] = { 137, write_netbios, 0, 0 },
	[KIND_AMPLIFICATION_PORTMAP] = { 111, write_portmap, 640, 0 },
	[KIND_AMPLIFICATION_TFTP] = { 69, write_tftp, 0, 0 },
	[KIND_AMPLIFICATION_WSD] = { 3702, write_wsd, 0, 0 },
	[KIND_AMPLIFICATION_COAP] = { 5683, write_coap, 900, 0 },
	[KIND_AMPLIFICATION_STUN] = { 3478, write_stun, 0, 0 },
	[KIND_AMPLIFICATION_RIP] = { 520, write_rip, 0, 0 },
	[KIND_AMPLIFICATION_IKE] = { 500, write_ike, 0, 0 },
	[KIND_AMPLIFICATION_BACNET] = { 47808, write_bacnet, 420, 0 },
	[KIND_AMPLIFICATION_DVR] = { 37810, write_dvr, 0, 0 },
	[KIND_AMPLIFICATION_ARMS] = { 3283, write_arms, 1034, 0 },
	[KIND_AMPLIFICATION_OTHER] = { 10001, write_other, 206, 0 },
};

_Static_assert(sizeof(responses) / sizeof(responses[0]) == KIND_AMPLIFICATION_OTHER + 1,
	"every amplifier of kinds.h has a line");

const struct response *response_of(enum kind kind)
{
	return &responses[kind];
}
