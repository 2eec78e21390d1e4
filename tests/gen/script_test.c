/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/script_test.c - what a script says is what is seen, byte by byte, in order, acknowledged.
 *
 * Every packet of a capture is checked for lengths and checksums by gen_test.c; here it is about
 * the conversation: handshake, data without gaps, end; joined lines in one; waits that are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/script.h"
#include "gen/secure.h"
#include "types.h"

#define IP_BYTES 20

/* What went over the wire, by side. */
struct heard {
	uint8_t bytes[2][8192];
	size_t len[2];
	uint32_t next_seq[2];
	bool is_seq_known[2], has_gap, has_fin[2];
	uint64_t packets, datagrams;
	int64_t first_ns, last_ns;
};

static uint32_t number(const uint8_t *at, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

static void hear_tcp(struct heard *heard, unsigned side, const uint8_t *tcp, size_t len)
{
	size_t head = (size_t)(tcp[12] >> 4) * 4, data = len - head;
	uint32_t seq = number(tcp + 4, 4);

	if (heard->is_seq_known[side] && seq != heard->next_seq[side])
		heard->has_gap = true;
	heard->is_seq_known[side] = true;
	heard->next_seq[side] = seq + (uint32_t)data + (tcp[13] & (TCP_SYN | TCP_FIN) ? 1 : 0);
	heard->has_fin[side] |= tcp[13] & TCP_FIN;
	assert_true(heard->len[side] + data <= sizeof(heard->bytes[0]));
	memcpy(heard->bytes[side] + heard->len[side], tcp + head, data);
	heard->len[side] += data;
}

static int hear(void *state, const struct packet *packet)
{
	struct heard *heard = state;
	const uint8_t *ip = packet->bytes + ETHERNET_BYTES;
	size_t len = number(ip + 2, 2) - IP_BYTES;
	unsigned side = ip[12] != 10; /* the client is 10.… */

	if (!heard->packets++)
		heard->first_ns = packet->time_ns;
	heard->last_ns = packet->time_ns;
	if (ip[9] == PROTO_TCP)
		hear_tcp(heard, side, ip + IP_BYTES, len);
	else
		heard->datagrams++;
	return 0;
}

static struct script *opened(void)
{
	struct crowd client = HOST4(10, 20, 1, 7), server = HOST4(203, 0, 113, 5);
	struct addr from = crowd_member(&client, 0), to = crowd_member(&server, 0);
	struct prng prng = { .state = 7 };

	return script_open(&from, &to, 80, &prng);
}

static void played(struct script *script, struct heard *heard)
{
	struct schedule_settings settings = { .seed = 1, .scale = 1 };
	struct schedule *schedule = schedule_open(&settings, (struct sink){ hear, heard });

	script_play(script, schedule, GEN_EPOCH_NS);
	assert_true(schedule_run(schedule) > 0);
	schedule_close(schedule);
}

static void lines_are_heard_as_said(void **state)
{
	static struct heard heard;
	struct script *script = opened();

	(void)state;
	heard = (struct heard){ 0 };
	script_text(script, 0, "first ");
	script_join(script);
	script_text(script, 0, "and %u", 2);
	script_wait(script, 30);
	script_noise(script, 1, 5000);
	script_text(script, 0, "!");
	played(script, &heard);
	assert_int_equal(heard.len[0], 12);
	assert_memory_equal(heard.bytes[0], "first and 2!", 12);
	assert_int_equal(heard.len[1], 5000);
	assert_false(heard.has_gap);
	assert_true(heard.has_fin[0] && heard.has_fin[1]);
	assert_true(heard.last_ns - heard.first_ns > 30 * NS_PER_S);
	assert_true(heard.last_ns - heard.first_ns < 32 * NS_PER_S);
}

static void ends_are_as_planned(void **state)
{
	static struct heard heard;
	struct script *script = opened();

	(void)state;
	heard = (struct heard){ 0 };
	script_end(script, TALK_REFUSED);
	played(script, &heard);
	assert_int_equal(heard.packets, 2);
	heard = (struct heard){ 0 };
	script = opened();
	script_end(script, TALK_UNANSWERED);
	played(script, &heard);
	assert_int_equal(heard.packets, 4);
	heard = (struct heard){ 0 };
	script = opened();
	script_over_udp(script);
	script_text(script, 0, "ask");
	script_text(script, 1, "answer");
	played(script, &heard);
	assert_int_equal(heard.datagrams, 2);
}

/* Each record begins where the one before ended, and the last ends with the stream. */
static unsigned records_of(const uint8_t *at, size_t len)
{
	unsigned records = 0;

	while (len) {
		size_t record = len >= 5 ? 5 + number(at + 3, 2) : SIZE_MAX;

		assert_true(record <= len && at[0] >= 20 && at[0] <= 23 && at[1] == 3);
		at += record;
		len -= record;
		records++;
	}
	return records;
}

static void tls_is_a_row_of_records(void **state)
{
	static const struct secure kinds[] = { { .client = SECURE_BROWSER,
						       .server_name = "a.example" },
		{ .client = SECURE_OLD, .subject = "localhost" } };
	static struct heard heard;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct script *script = opened();
		const uint8_t *hello = heard.bytes[0];

		heard = (struct heard){ 0 };
		secure_open(script, &kinds[i]);
		secure_say(script, 0, 100);
		secure_say(script, 1, 200);
		secure_close(script);
		played(script, &heard);
		assert_true(records_of(heard.bytes[0], heard.len[0]) >= 4);
		assert_true(records_of(heard.bytes[1], heard.len[1]) >= 4);
		assert_int_equal(hello[5], 1); /* ClientHello, as long as its record */
		assert_int_equal(number(hello + 6, 3) + 4, number(hello + 3, 2));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_heard_as_said),
		cmocka_unit_test(ends_are_as_planned),
		cmocka_unit_test(tls_is_a_row_of_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
