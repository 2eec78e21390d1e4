/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/capture_oracle_test.c - our readers against libpcap, on every capture in WEIR_CAPTURES
 * (default: shared/captures beside the source tree; skipped when there is none).
 *
 * Number of packets, lengths, bytes and times must be the same. Where libpcap refuses and we
 * read, that is printed; where it reads and we do not, that is a failure. Known differences, by
 * intention: libpcap cuts frames to snaplen, keeps a wire length below the captured one, gives
 * packets without a time the time 0, takes seconds beyond 2038 for negative ones, and gives out
 * fractions of more than a second.
 */
#include "capture/testing.h"

#include <ftw.h>
#include <pcap/pcap.h>
#include <signal.h>

static unsigned files_compared, files_only_ours, files_neither, files_differ;
static uint64_t packets_compared;

/* The next frame of ours, batch by batch. */
struct ours {
	struct source *source;
	struct frame frames[256];
	int count, at;
	struct err err;
};

static const struct frame *ours_next(struct ours *ours)
{
	if (ours->at >= ours->count) {
		ours->at = 0;
		ours->count = ours->source->ops->read(ours->source, ours->frames, 256, &ours->err);
	}
	return ours->count > 0 ? &ours->frames[ours->at++] : NULL;
}

static bool is_same(
	const struct frame *f, const struct pcap_pkthdr *h, const uint8_t *bytes, uint32_t snaplen)
{
	bool is_fraction_good = h->ts.tv_usec >= 0 && h->ts.tv_usec < NS_PER_S;
	int64_t second_ns = (int64_t)(uint32_t)h->ts.tv_sec * NS_PER_S;
	int64_t time_ns = is_fraction_good ? second_ns + h->ts.tv_usec : second_ns;
	int64_t our_time_ns = is_fraction_good ? f->time_ns : f->time_ns / NS_PER_S * NS_PER_S;
	uint32_t wire_len = h->len > f->captured_len ? h->len : f->captured_len;

	if (f->captured_len != h->caplen && !(h->caplen == snaplen && f->captured_len > snaplen))
		return false;
	if (time_ns != 0 && our_time_ns != time_ns)
		return false;
	return f->wire_len == wire_len && memcmp(f->bytes, bytes, h->caplen) == 0;
}

/* Packet by packet, for as long as libpcap has some. What it calls damaged we may read further. */
static const char *compare(pcap_t *theirs, struct ours *ours)
{
	uint32_t snaplen = (uint32_t)pcap_snapshot(theirs);
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int r;

	while ((r = pcap_next_ex(theirs, &header, &bytes)) == 1) {
		const struct frame *frame = ours_next(ours);

		if (!frame)
			return ours->count < 0 ? ours->err.text : "ours ends early";
		if (!is_same(frame, header, bytes, snaplen))
			return "a packet differs";
		packets_compared++;
	}
	if (r != PCAP_ERROR_BREAK) {
		if (!ours_next(ours) && ours->count == 0)
			return "libpcap sees damage, ours a clean end";
		printf("libpcap stops, %s: %s\n", ours->count < 0 ? "so do we" : "we read on",
			pcap_geterr(theirs));
		return NULL;
	}
	return ours_next(ours) || ours->count < 0 ? "libpcap ends, ours does not" : NULL;
}

static void compare_file(const char *path, struct ours *ours)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *theirs =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	int r = source_open_file(path, 0, &ours->err, &ours->source);
	const char *difference = NULL;

	if (theirs && r == 0) {
		difference = compare(theirs, ours);
		files_compared++;
	} else if (theirs) {
		difference = ours->err.text;
	} else if (r == 0) {
		printf("only we read %s (libpcap: %s)\n", path, why);
		files_only_ours++;
	} else {
		printf("neither reads it: %s\n", ours->err.text);
		files_neither++;
	}
	if (difference) {
		print_error("%s: %s\n", path, difference);
		files_differ++;
	}
	if (r == 0)
		source_close(ours->source);
	if (theirs)
		pcap_close(theirs);
}

static bool is_capture_name(const char *path)
{
	static const char *const endings[] = { ".pcap", ".pcapng", ".cap", ".pcap.gz" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t len = strlen(endings[i]);

		if (strlen(path) > len && strcmp(path + strlen(path) - len, endings[i]) == 0)
			return true;
	}
	return false;
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)where;
	if (kind == FTW_F && is_capture_name(path)) {
		struct ours *ours = calloc(1, sizeof(*ours));

		compare_file(path, ours);
		free(ours);
	}
	return 0;
}

static const char *captures_directory(char *path, size_t cap)
{
	const char *given = getenv("WEIR_CAPTURES");
	const char *source = getenv("WEIR_SOURCE");

	if (given)
		return given;
	snprintf(path, cap, "%s/../shared/captures", source ? source : ".");
	return path;
}

static void same_as_libpcap(void **state)
{
	char path[512];
	const char *directory = captures_directory(path, sizeof(path));

	(void)state;
	if (access(directory, R_OK) < 0)
		skip();
	nftw(directory, visit, 16, FTW_PHYS);
	printf("%u files with %llu packets compared, %u only we read, %u neither\n", files_compared,
		(unsigned long long)packets_compared, files_only_ours, files_neither);
	assert_int_equal(files_differ, 0);
}

/* The same for a file of our own making, so that something is compared on any machine. */
static void same_on_made_files(void **state)
{
	char path[] = "/tmp/weir-capture-XXXXXX";
	int fd = mkstemp(path);
	struct ours *ours = calloc(1, sizeof(*ours));
	struct made m;

	(void)state;
	made_open(&m, ORDER_BIG);
	put_pcap_header(&m, 0xa1b2cd34, 4, 0x24000001);
	for (unsigned i = 0; i < 20; i++) {
		put_number(&m, UINT32_MAX - i, 4);
		put_number(&m, 999999 - i, 4);
		put_number(&m, 3 * i, 4);
		put_number(&m, 50 * i, 4);
		put_payload(&m, 8 + 3 * i);
	}
	assert_int_equal(write(fd, m.bytes, m.len), m.len);
	files_differ = 0;
	compare_file(path, ours);
	assert_int_equal(files_differ, 0);
	free(ours);
	made_close(&m);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_on_made_files),
		cmocka_unit_test(same_as_libpcap),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
