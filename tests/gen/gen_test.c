/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/gen_test.c - the generator says what it means.
 *
 * Every capture of the catalogue is made small, several times over: in memory, where each packet is
 * checked by a second implementation of lengths and checksums, and as a file, which libpcap reads
 * back. The truths are parsed as JSON and held against kinds.h.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "gen/catalogue.h"
#include "gen/content.h"
#include "gen/prng.h"
#include "gen/response.h"
#include "gen/truth.h"
#include "gen/writer.h"
#include "types.h"

#define SMALL_PACKETS 3000
#define SMALL_SCALE 0.02

/* What a run gave: every packet is checked, and all are condensed into one number. */
struct seen {
	uint64_t packets, digest, bad_checksums, bad_lengths;
	int64_t last_ns;
	bool is_time_backwards;
	const struct addr *without; /* leave out what is from or to this IPv4 host */
};

static uint64_t digest_add(uint64_t digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ at[i]) * 0x100000001b3ULL; /* FNV-1a */
	return digest;
}

/* RFC 1071 as its text has it, byte by byte with the carry at once: 0 over bytes with a right
 * checksum. */
static uint16_t checksum_by_the_book(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)(~sum & 0xffff);
}

static uint32_t number16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static bool is_transport_right(uint8_t proto, const uint8_t *addresses, size_t addresses_len,
	const uint8_t *at, size_t len)
{
	uint32_t pseudo = proto + (uint32_t)len;

	if (proto == PROTO_ICMP)
		return checksum_by_the_book(0, at, len) == 0;
	if (proto != PROTO_TCP && proto != PROTO_UDP && proto != PROTO_ICMP6)
		return true;
	for (size_t i = 0; i < addresses_len; i += 2)
		pseudo += number16(addresses + i);
	return checksum_by_the_book((pseudo & 0xffff) + (pseudo >> 16), at, len) == 0;
}

static void check_ip4(struct seen *seen, const uint8_t *at, size_t len)
{
	size_t header = (size_t)(at[0] & 15) * 4, total = number16(at + 2);

	if (header < 20 || total < header || total > len) {
		seen->bad_lengths++;
		return;
	}
	if (checksum_by_the_book(0, at, header) != 0)
		seen->bad_checksums++;
	if ((number16(at + 6) & 0x3fff) == 0 &&
		!is_transport_right(at[9], at + 12, 8, at + header, total - header))
		seen->bad_checksums++;
}

static void check_ip6(struct seen *seen, const uint8_t *at, size_t len)
{
	size_t payload = number16(at + 4);

	if (payload + 40 > len)
		seen->bad_lengths++;
	else if (!is_transport_right(at[6], at + 8, 32, at + 40, payload))
		seen->bad_checksums++;
}

static int seen_put(void *state, const struct packet *packet)
{
	struct seen *seen = state;
	const uint8_t *at = packet->bytes + ETHERNET_BYTES;
	size_t len = packet->len - ETHERNET_BYTES;

	if (number16(packet->bytes + 12) == 0x8100) {
		at += 4;
		len -= 4;
	}
	if (at[0] >> 4 == 6)
		check_ip6(seen, at, len);
	else
		check_ip4(seen, at, len);
	seen->is_time_backwards |= packet->time_ns < seen->last_ns;
	seen->last_ns = packet->time_ns;
	if (seen->without && (memcmp(at + 12, &seen->without->byte[12], 4) == 0 ||
				     memcmp(at + 16, &seen->without->byte[12], 4) == 0))
		return 0;
	seen->packets++;
	seen->digest = digest_add(seen->digest, &packet->time_ns, sizeof(packet->time_ns));
	seen->digest = digest_add(seen->digest, packet->bytes, packet->len);
	return 0;
}

static struct seen run(const struct capture *capture, uint64_t seed, uint64_t packets, double scale,
	const struct addr *without)
{
	struct schedule_settings settings = {
		.seed = seed, .scale = scale, .packets = packets, .vlan = capture->vlan
	};
	struct seen seen = { .without = without };
	struct schedule *schedule = schedule_open(&settings, (struct sink){ seen_put, &seen });

	capture_start(capture, schedule);
	assert_true(schedule_run(schedule) >= 0);
	schedule_close(schedule);
	return seen;
}

/* The checks below would not notice anything if these two did not. */
static void a_spoiled_packet_is_noticed(void **state)
{
	struct head head = {
		.from = addr_v4(0x0a010001), .to = addr_v4(0xc633640a), .to_port = 53
	};
	struct head head6 = { .from = { .byte = { 0x20, 1 } }, .to = { .byte = { 0x20, 2 } } };
	struct tcp tcp = { .flags = TCP_SYN };
	struct packet packet;
	struct seen seen = { 0 };

	(void)state;
	packet_udp(&packet, &head, "odd", 3);
	seen_put(&seen, &packet);
	packet_tcp(&packet, &head6, &tcp, "text", 4);
	seen_put(&seen, &packet);
	assert_int_equal(seen.bad_checksums, 0);
	packet.bytes[ETHERNET_BYTES + 40 + 21] ^= 1;
	seen_put(&seen, &packet);
	assert_int_equal(seen.bad_checksums, 1);
	packet_udp(&packet, &head, "odd", 3);
	packet.bytes[ETHERNET_BYTES + 28] ^= 1;
	seen_put(&seen, &packet);
	packet.bytes[ETHERNET_BYTES + 8] ^= 1;
	seen_put(&seen, &packet);
	assert_int_equal(seen.bad_checksums, 4); /* the last one in header and payload */
	put16(packet.bytes + ETHERNET_BYTES + 2, 1000);
	seen_put(&seen, &packet);
	assert_int_equal(seen.bad_lengths, 1);
}

static void every_packet_is_sound(void **state)
{
	const struct capture *capture;

	(void)state;
	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		struct seen seen = run(capture, 1, SMALL_PACKETS, SMALL_SCALE, NULL);

		if (!seen.packets || seen.bad_lengths || seen.is_time_backwards)
			fail_msg("%s: %llu packets, %llu bad lengths", capture->name,
				(unsigned long long)seen.packets,
				(unsigned long long)seen.bad_lengths);
		if (seen.bad_checksums)
			fail_msg("%s: %llu bad checksums", capture->name,
				(unsigned long long)seen.bad_checksums);
	}
}

static void same_seed_gives_same_bytes(void **state)
{
	const struct capture *capture;

	(void)state;
	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		struct seen first = run(capture, 7, SMALL_PACKETS, SMALL_SCALE, NULL);
		struct seen again = run(capture, 7, SMALL_PACKETS, SMALL_SCALE, NULL);
		struct seen other = run(capture, 8, SMALL_PACKETS, SMALL_SCALE, NULL);

		assert_int_equal(first.packets, again.packets);
		assert_true(first.digest == again.digest);
		assert_true(first.digest != other.digest);
	}
}

/* extra: the target of the flood. */
static void check_storm(const char *calm_name, const char *storm_name, struct addr extra)
{
	struct seen calm = run(catalogue_find(calm_name), 1, 0, SMALL_SCALE, &extra);
	struct seen storm = run(catalogue_find(storm_name), 1, 0, SMALL_SCALE, &extra);

	assert_true(calm.packets > 1000);
	assert_int_equal(calm.packets, storm.packets);
	assert_true(calm.digest == storm.digest);
	assert_true(run(catalogue_find(storm_name), 1, 0, SMALL_SCALE, NULL).packets >
		    storm.packets + (uint64_t)(4000000 * SMALL_SCALE) - 3);
}

/* The promise on which the storm test rests. */
static void storm_is_calm_and_one_flood(void **state)
{
	(void)state;
	check_storm("storm-calm", "storm", addr_v4(0xc6336432));	   /* 198.51.100.50 */
	check_storm("storm-bots-calm", "storm-bots", addr_v4(0x0a140809)); /* 10.20.8.9 */
}

static void write_capture(
	const struct capture *capture, const char *path, const struct writer_settings *format)
{
	struct schedule_settings settings = {
		.seed = 1, .scale = SMALL_SCALE, .packets = 500, .vlan = capture->vlan
	};
	struct schedule *schedule;
	struct writer *writer;
	struct err err;

	assert_int_equal(writer_open(path, format, &writer, &err), 0);
	schedule = schedule_open(&settings, (struct sink){ writer_put, writer });
	capture_start(capture, schedule);
	assert_true(schedule_run(schedule) > 0);
	schedule_close(schedule);
	assert_int_equal(writer_close(writer, &err), 0);
}

/* Packets that libpcap finds; all of them no longer than snap and in order. */
static uint64_t read_capture(const char *path, uint32_t snap)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint64_t packets = 0;
	int64_t last_ns = 0;

	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		int64_t time_ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec;

		assert_true(header->caplen <= header->len && header->caplen <= snap);
		assert_true(time_ns >= last_ns && time_ns >= GEN_EPOCH_NS);
		last_ns = time_ns;
		packets++;
	}
	pcap_close(pcap);
	return packets;
}

static void libpcap_reads_every_capture(void **state)
{
	char path[] = "/tmp/weir_gen_test_XXXXXX";
	int fd = mkstemp(path);
	const struct capture *capture;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		write_capture(capture, path, &(struct writer_settings){ .is_micro = i % 2 });
		assert_in_range(read_capture(path, 65535), 1, 500);
		write_capture(capture, path, &(struct writer_settings){ .snap_bytes = 96 });
		assert_in_range(read_capture(path, 96), 1, 500);
	}
	unlink(path);
}

static void writer_says_what_is_wrong(void **state)
{
	struct packet packet = { .time_ns = GEN_EPOCH_NS, .len = 1500 };
	struct writer_settings format = { 0 };
	struct writer *writer;
	struct err err;
	int rc = 0;

	(void)state;
	assert_int_equal(writer_open("/nonexistent/x.pcap", &format, &writer, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.pcap"));
	assert_int_equal(writer_open("/dev/full", &format, &writer, &err), 0);
	for (unsigned i = 0; i < 2000 && rc == 0; i++)
		rc = writer_put(writer, &packet);
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(writer_close(writer, &err), -ENOSPC);
	assert_int_equal(writer_close(NULL, &err), 0);
}

struct tick {
	struct piece piece;
	uint8_t name;
};

static bool tick_step(struct piece *piece, struct schedule *schedule)
{
	struct packet packet = { .len = 64, .bytes = { ((struct tick *)piece)->name } };

	schedule_emit(schedule, &packet);
	if (packet.bytes[0] == 'a')
		schedule_emit_later(schedule, 0, &packet); /* the past means now */
	return false;
}

static int name_put(void *state, const struct packet *packet)
{
	char *names = state;
	size_t len = strlen(names);

	names[len] = (char)packet->bytes[0];
	return len == 7 ? -EIO : 0;
}

static void schedule_goes_by_time_then_start(void **state)
{
	static const char order[] = "dbcafe";
	char names[16] = "";
	struct schedule *schedule = schedule_open(
		&(struct schedule_settings){ .scale = 1 }, (struct sink){ name_put, names });

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct tick *tick =
			schedule_start(schedule, sizeof(*tick), order[i] < 'd' ? 5 : 9, tick_step);

		tick->name = (uint8_t)order[i];
	}
	assert_int_equal(schedule_run(schedule), 7);
	assert_string_equal(names, "bcaadfe");
	schedule_start(schedule, sizeof(struct tick), 0, tick_step);
	assert_int_equal(schedule_run(schedule), -EIO);
	schedule_close(schedule);
	schedule_close(NULL);
}

static void crowds_stay_within(void **state)
{
	struct crowd net = NET4(198, 51, 100, 0, 24), public = PUBLIC_OF(50), anyone = PUBLIC;
	struct prng prng = { .state = 1 };

	(void)state;
	assert_int_equal(crowd_count(&net), 254);
	for (unsigned i = 0; i < 5000; i++) {
		struct addr host = crowd_pick(&net, &prng), stranger = crowd_pick(&anyone, &prng);
		struct addr member = crowd_member(&public, i),
			    again = crowd_member(&public, i + 50);

		assert_in_range(addr_number(&host), 0xc6336401, 0xc63364fe);
		assert_true(addr_equal(&member, &again));
		assert_false(addr_is_multicast(&stranger));
		assert_in_range(stranger.byte[12], 1, 223);
		assert_int_not_equal(stranger.byte[12], 10);
		assert_int_not_equal(stranger.byte[12], 127);
	}
}

static void prng_keeps_its_ranges(void **state)
{
	struct prng prng = { .state = 0 };
	int64_t sum = 0;

	(void)state;
	/* first outputs of splitmix64 for seed 0, as published with it */
	assert_true(prng_next(&prng) == 0xe220a8397b1dcdafULL);
	assert_true(prng_next(&prng) == 0x6e789e6aa1b965f4ULL);
	for (unsigned i = 0; i < 100000; i++) {
		assert_in_range(prng_between(&prng, 3, 9), 3, 9);
		sum += prng_exponential(&prng, 1000);
	}
	assert_in_range(sum / 100000, 980, 1020);
}

static void http_length_is_that_of_the_body(void **state)
{
	struct message message = { .content = CONTENT_HTTP, .side = 1, .len = 700, .seed = 5 };
	char text[701] = "";
	const char *body;

	(void)state;
	content_fill(&message, 0, (uint8_t *)text, 700);
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10),
		700 - (size_t)(body + 4 - text));
}

static void responses_have_room(void **state)
{
	static uint8_t payload[RESPONSE_BYTES_MAX];
	struct prng prng = { .state = 3 };

	(void)state;
	for (int kind = KIND_AMPLIFICATION_DNS; kind <= KIND_AMPLIFICATION_OTHER; kind++) {
		const struct response *response = response_of((enum kind)kind);

		assert_int_not_equal(response->port, 0);
		assert_in_range(response->write(payload, response->bytes, &prng), 60, 1472);
		if (response->bytes_long)
			assert_in_range(response->write(payload, response->bytes_long, &prng), 1473,
				RESPONSE_BYTES_MAX);
	}
}

/* One expected incident of the printed truth. */
static void check_incident(const char *name, const json_t *expected)
{
	const json_t *kind, *addresses, *address;
	const char *role;
	struct addr addr;
	unsigned bits;
	size_t i;

	json_array_foreach(json_object_get(expected, "kinds"), i, kind)
		if (kind_by_name(json_string_value(kind)) == KIND_NONE)
			fail_msg("%s: no kind is called %s", name, json_string_value(kind));
	json_object_foreach((json_t *)json_object_get(expected, "roles"), role, addresses) {
		assert_non_null(strstr("target zombie reflector controller", role));
		assert_true(json_array_size(addresses) > 0);
		json_array_foreach(addresses, i, address)
			assert_int_equal(
				addr_prefix_parse(json_string_value(address), &addr, &bits), 0);
	}
}

static void check_truth(const json_t *truth)
{
	const json_t *expected = json_object_get(truth, "expected"), *one;
	const char *name = json_string_value(json_object_get(truth, "name"));
	bool is_attack = json_is_true(json_object_get(truth, "judged")) &&
			 json_is_false(json_object_get(truth, "quiet"));
	size_t i;

	assert_non_null(catalogue_find(name));
	assert_int_equal(json_array_size(expected) > 0, is_attack);
	json_array_foreach(expected, i, one)
		check_incident(name, one);
	json_array_foreach(json_object_get(truth, "tolerated"), i, one)
		assert_int_not_equal(kind_by_name(json_string_value(one)), KIND_NONE);
}

static void truths_cover_every_capture(void **state)
{
	char *text;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);
	json_t *all, *one;
	struct err err;

	(void)state;
	assert_int_equal(truth_print(out, "all", &err), 0);
	fclose(out);
	all = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	json_array_foreach(all, i, one) {
		const struct capture *capture = catalogue_at((unsigned)i);

		assert_string_equal(json_string_value(json_object_get(one, "name")), capture->name);
		assert_ptr_equal(catalogue_find(capture->name), capture); /* names are unique */
		check_truth(one);
	}
	assert_null(catalogue_at((unsigned)json_array_size(all)));
	json_decref(all);
	free(text);
	assert_int_equal(truth_print(stdout, "nothing", &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prng_keeps_its_ranges),
		cmocka_unit_test(crowds_stay_within),
		cmocka_unit_test(schedule_goes_by_time_then_start),
		cmocka_unit_test(writer_says_what_is_wrong),
		cmocka_unit_test(http_length_is_that_of_the_body),
		cmocka_unit_test(responses_have_room),
		cmocka_unit_test(a_spoiled_packet_is_noticed),
		cmocka_unit_test(every_packet_is_sound),
		cmocka_unit_test(same_seed_gives_same_bytes),
		cmocka_unit_test(storm_is_calm_and_one_flood),
		cmocka_unit_test(libpcap_reads_every_capture),
		cmocka_unit_test(truths_cover_every_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
