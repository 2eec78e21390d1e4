/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/parser_test.c - the kernel part's parser and the decoder say the same (compare.h) of every
 * frame of the tables, of every capture of others ($WEIR_CAPTURES, Ethernet only; skipped when
 * absent), and of frames made of the tables' by mutation, always the same ones. Needs no
 * privileges.
 */
#include <ftw.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/compare.h"
#include "bpf/row.h"

#define MUTATED_FRAMES 200000
#define DIFFERENCES_SHOWN 20

static const struct table *const tables[] = { parse_tables, list_tables, sanity_tables,
	class_tables, filter_tables, mode_tables, egress_tables };
static struct compare_counts counts;
static unsigned differences, files;

static void show(const char *what, const char *where, const uint8_t *bytes, uint32_t len)
{
	if (differences++ >= DIFFERENCES_SHOWN)
		return;
	print_message("%s: %s differs:", where, what);
	for (uint32_t i = 0; i < len && i < 160; i++)
		print_message(" %02x", bytes[i]);
	print_message("\n");
}

/* From memory of just the captured size, so that a sanitizer sees every step beyond. */
static void see(const uint8_t *bytes, uint32_t captured, uint32_t wire_len, const char *where)
{
	uint8_t *copy = malloc(captured + !captured);
	const char *what;

	assert_non_null(copy);
	memcpy(copy, bytes, captured);
	what = compare_frame(copy, captured, wire_len, &counts);
	if (what)
		show(what, where, bytes, captured);
	free(copy);
}

static void print_counts(const char *name)
{
	print_message("%s: %llu frames, %llu not IP, %llu the same, %llu tunnels, %llu flawed, "
		      "%llu refused (%llu without an anomaly)\n",
		name, (unsigned long long)counts.frames, (unsigned long long)counts.not_ip,
		(unsigned long long)counts.same, (unsigned long long)counts.tunnels,
		(unsigned long long)counts.flawed, (unsigned long long)counts.refused,
		(unsigned long long)counts.refused_plain);
}

static int begin(void **state)
{
	(void)state;
	memset(&counts, 0, sizeof(counts));
	differences = 0;
	return 0;
}

static const struct row *row_at(unsigned index)
{
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct table *table = tables[i]; table->name; table++) {
			if (index < table->count)
				return &table->rows[index];
			index -= table->count;
		}
	return NULL;
}

static void test_tables(void **state)
{
	struct frame_text frame;
	const struct row *row;

	(void)state;
	for (unsigned i = 0; (row = row_at(i)); i++) {
		frame_write(row->frame, &frame);
		see(frame.bytes, (uint32_t)frame.len, (uint32_t)frame.len, row->frame);
	}
	print_counts("tables");
	assert_int_equal(differences, 0);
}

/* xorshift64*: the same numbers on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static const uint8_t telling[] = { 0x00, 0x01, 0x04, 0x06, 0x08, 0x11, 0x20, 0x2b, 0x2c, 0x2f, 0x32,
	0x33, 0x3a, 0x3b, 0x3c, 0x3f, 0x40, 0x45, 0x46, 0x4f, 0x60, 0x7f, 0x80, 0x81, 0x84, 0x86,
	0x87, 0x88, 0x8b, 0x8c, 0xa8, 0xdd, 0xff };

/* One change: a byte becomes a telling one or any, a bit flips, a part is doubled or taken out. */
static void mutate(struct frame_text *frame, uint64_t *state)
{
	uint64_t random = next_random(state);
	size_t at = (random >> 8) % frame->len, len = 1 + (random >> 40) % 16;

	switch (random & 7) {
	case 0:
	case 1:
	case 2:
		frame->bytes[at] = telling[(random >> 32) % sizeof(telling)];
		break;
	case 3:
		frame->bytes[at] = (uint8_t)(random >> 32);
		break;
	case 4:
		frame->bytes[at] ^= (uint8_t)(1u << (random >> 32) % 8);
		break;
	case 5:
		if (at + len <= frame->len && frame->len + len <= FRAME_MAX) {
			memmove(frame->bytes + at + len, frame->bytes + at, frame->len - at);
			frame->len += len;
		}
		break;
	case 6:
		if (at + len < frame->len) {
			memmove(frame->bytes + at, frame->bytes + at + len, frame->len - at - len);
			frame->len -= len;
		}
		break;
	default:
		if (random >> 60 == 0)
			frame->len = at + 1;
	}
}

static void test_mutated(void **state)
{
	uint64_t random = 0x9e3779b97f4a7c15ULL;
	unsigned rows = 0;

	(void)state;
	while (row_at(rows))
		rows++;
	assert_true(rows > 0);
	for (unsigned i = 0; i < MUTATED_FRAMES && rows > 0; i++) {
		struct frame_text frame;
		uint32_t cut;

		frame_write(row_at(i % rows)->frame, &frame);
		for (unsigned n = 1 + (unsigned)(next_random(&random) % 6); n-- && frame.len;)
			mutate(&frame, &random);
		/* every fourth is cut by the capture */
		cut = i % 4 || !frame.len ? 0 : (uint32_t)(next_random(&random) % frame.len);
		see(frame.bytes, (uint32_t)frame.len - cut, (uint32_t)frame.len, "mutated");
	}
	print_counts("mutated");
	assert_int_equal(differences, 0);
}

static int see_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
	char message[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	pcap_t *pcap;

	(void)status;
	(void)where;
	if (type != FTW_F || !strstr(path, "cap"))
		return 0;
	pcap = pcap_open_offline(path, message);
	if (!pcap)
		return 0;
	files += pcap_datalink(pcap) == DLT_EN10MB;
	while (pcap_datalink(pcap) == DLT_EN10MB && pcap_next_ex(pcap, &header, &bytes) == 1)
		see(bytes, header->caplen, header->len, path);
	pcap_close(pcap);
	return 0;
}

static void test_captures(void **state)
{
	const char *configured = getenv("WEIR_CAPTURES"), *source = getenv("WEIR_SOURCE");
	char root[4096];

	(void)state;
	snprintf(root, sizeof(root), "%s%s",
		configured ? configured
		: source   ? source
			   : ".",
		configured ? "" : "/../shared/captures");
	if (access(root, R_OK) != 0) {
		print_message("skipped: there are no captures in %s\n", root);
		skip();
	}
	nftw(root, see_file, 16, FTW_PHYS);
	print_message("%u files of link type Ethernet\n", files);
	print_counts("captures");
	assert_int_equal(differences, 0);
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test_setup(test_tables, begin),
		cmocka_unit_test_setup(test_mutated, begin),
		cmocka_unit_test_setup(test_captures, begin),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
