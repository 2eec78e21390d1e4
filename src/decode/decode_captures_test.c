/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode/decode_captures_test.c - every capture of others is decoded, and every frame is counted.
 *
 * Reads $WEIR_CAPTURES (default: ../shared/captures beside the source) with libpcap; skipped when
 * it is not there. Each frame is decoded from memory of just its size, so that sanitizers see every
 * step beyond. Prints, by folder, what was found; for benign/ also the files with anomalies of
 * severity 1 and up, for a person to judge: what is odd in them may truly be odd.
 */
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <unistd.h>

#include "decode/fragments.h"
#include "decode/test_packets.h"

struct folder {
	const char *name;
	bool is_benign;
	unsigned files;
	struct decode_stats stats;
};

static struct folder folders[] = {
	{ .name = "attacks" },
	{ .name = "benign", .is_benign = true },
	{ .name = "odd" },
	{ .name = "bots" },
};

static const char *captures_folder(void)
{
	static char path[4096];
	const char *configured = getenv("WEIR_CAPTURES"), *source = getenv("WEIR_SOURCE");

	snprintf(path, sizeof(path), "%s%s",
		configured ? configured
		: source   ? source
			   : ".",
		configured ? "" : "/../shared/captures");
	return access(path, R_OK) == 0 ? path : NULL;
}

static void assert_sound(const struct pkt *pkt)
{
	assert_true(pkt->ip_offset <= pkt->transport_offset);
	assert_true(pkt->transport_offset <= pkt->payload_offset);
	assert_true(pkt->payload_offset + (uint64_t)pkt->payload_len <= pkt->captured_len);
	assert_true(pkt->payload_len <= pkt->payload_wire_len);
	assert_true(pkt->ip_offset + (uint64_t)pkt->ip_len <= pkt->wire_len);
	assert_true(pkt->lane < DECODE_LANES && pkt->tunnels <= PKT_TUNNELS_MAX);
}

static void see_frame(
	const struct frame *frame, struct fragments *fragments, struct decode_stats *stats)
{
	uint8_t *copy = malloc(frame->captured_len + 1u);
	struct frame exact = *frame;
	uint64_t anomalies;
	struct pkt pkt;

	assert_non_null(copy);
	memcpy(copy, frame->bytes, frame->captured_len);
	exact.bytes = copy;
	decode_frame(&exact, TEST_SEED, &pkt, stats);
	assert_sound(&pkt);
	anomalies = pkt.anomalies;
	fragments_see(fragments, &pkt, TEST_SEED);
	if (pkt.anomalies != anomalies)
		stats->anomalies[ANOMALY_FRAG_OVERLAP]++;
	free(copy);
}

/* False when libpcap cannot read it. */
static bool see_file(const char *path, struct fragments *fragments, struct decode_stats *stats)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);
	struct frame frame = { 0 };
	struct pcap_pkthdr *header;

	if (!pcap)
		return false;
	frame.link_type = (uint16_t)pcap_datalink(pcap);
	while (pcap_next_ex(pcap, &header, &frame.bytes) == 1) {
		frame.number++;
		frame.time_ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec;
		frame.captured_len = header->caplen;
		frame.wire_len = header->len;
		see_frame(&frame, fragments, stats);
	}
	pcap_close(pcap);
	assert_int_equal(stats->frames, frame.number);
	assert_int_equal(stats->frames, stats->ip_packets + stats->layers[LAYER_OTHER]);
	return true;
}

static void print_anomalies(const char *title, const struct decode_stats *stats, unsigned least)
{
	for (unsigned i = 0; i < ANOMALY_COUNT; i++)
		if (stats->anomalies[i] && anomaly_infos[i].severity >= least)
			printf("  %-48s %u %-18s %8llu\n", title, anomaly_infos[i].severity,
				anomaly_infos[i].name, (unsigned long long)stats->anomalies[i]);
}

static void see_folder(const char *root, struct folder *folder)
{
	char path[8192];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", root, folder->name);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct decode_stats stats = { 0 };
		struct fragments *fragments;

		if (!strstr(entry->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", root, folder->name, entry->d_name);
		assert_int_equal(fragments_open(1024, TEST_SEED, &fragments), 0);
		folder->files += see_file(path, fragments, &stats);
		fragments_close(fragments);
		decode_stats_add(&folder->stats, &stats);
		if (folder->is_benign)
			print_anomalies(entry->d_name, &stats, 1);
	}
	if (dir)
		closedir(dir);
}

static void print_folder(const struct folder *folder)
{
	const struct decode_stats *stats = &folder->stats;

	printf("%s: %u files, %llu frames, %llu IP, %llu not IP, %llu of unknown link types\n",
		folder->name, folder->files, (unsigned long long)stats->frames,
		(unsigned long long)stats->ip_packets,
		(unsigned long long)stats->layers[LAYER_OTHER],
		(unsigned long long)stats->unknown_link);
	for (unsigned i = 0; i < LAYER_COUNT; i++)
		if (stats->layers[i])
			printf(" %s %llu", layer_names[i], (unsigned long long)stats->layers[i]);
	printf("\n");
	print_anomalies(folder->name, stats, 0);
}

static void test_captures(void **state)
{
	const char *root = captures_folder();

	(void)state;
	if (!root)
		skip();
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		see_folder(root, &folders[i]);
		print_folder(&folders[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
