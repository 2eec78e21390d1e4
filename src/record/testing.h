/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/testing.h - reports made by hand, and writing them into memory; for tests only.
 *
 * A struct made holds a report with everything it points to. Some made_… functions give one kind of
 * report each: nothing read, a bad day, extreme values, hostile names.
 */
#ifndef WEIR_RECORD_TESTING_H
#define WEIR_RECORD_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/report.h"

#define MADE_INCIDENTS 8
#define MADE_FILES 24
#define MADE_LISTED 100
#define MADE_START 1538129689303795000LL /* 2018-09-28 10:14:49.303795 UTC */

struct made {
	struct report report;
	struct report_file files[MADE_FILES];
	struct incident incidents[MADE_INCIDENTS];
	struct incident *list[MADE_INCIDENTS];
	struct role_entry entries[MADE_INCIDENTS][ROLE_COUNT][MADE_LISTED];
};

static inline struct addr made_addr(const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	return addr;
}

static inline unsigned made_bits(const char *text)
{
	struct addr addr;
	unsigned bits;

	assert_int_equal(addr_prefix_parse(text, &addr, &bits), 0);
	return bits;
}

/* An empty report. Free with free(). */
static inline struct made *made_open(void)
{
	struct made *made = calloc(1, sizeof(*made));

	assert_non_null(made);
	for (unsigned i = 0; i < MADE_INCIDENTS; i++)
		made->list[i] = &made->incidents[i];
	made->report.incidents = made->list;
	made->report.files = made->files;
	made->report.list_max = 20;
	return made;
}

static inline void made_file(
	struct made *made, const char *name, uint64_t packets, const char *error)
{
	made->files[made->report.file_count++] = (struct report_file){
		.name = name,
		.format = "pcap",
		.error = error,
		.stats = { .packets = packets, .bytes = packets * 64 },
	};
}

/* A role with count addresses that count up from first; at most MADE_LISTED are listed. */
static inline void made_role(struct made *made, struct incident *incident, enum role role,
	const char *first, uint64_t count)
{
	struct role_entry *entries = made->entries[incident - made->incidents][role];
	struct role_list *list = &incident->roles[role];

	list->list = entries;
	list->count = count;
	list->listed = count < MADE_LISTED ? (unsigned)count : MADE_LISTED;
	for (unsigned i = 0; i < list->listed; i++) {
		entries[i] = (struct role_entry){ .addr = made_addr(first),
			.bits = (uint8_t)made_bits(first),
			.packets = 1000 - i };
		entries[i].addr.byte[15] = (uint8_t)(entries[i].addr.byte[15] + i);
	}
}

static inline struct incident *made_incident(struct made *made, const char *id, enum kind kind,
	enum severity severity, const char *subject)
{
	struct incident *incident = &made->incidents[made->report.incident_count++];

	snprintf(incident->id, sizeof(incident->id), "%s", id);
	incident->kind = kind;
	incident->severity = severity;
	incident->confidence = 0.97f;
	incident->subject = made_addr(subject);
	incident->subject_bits = (uint8_t)made_bits(subject);
	incident->first_ns = MADE_START;
	incident->last_ns = MADE_START + 23700 * NS_PER_MS;
	return incident;
}

/* What was read: 1.2 million packets in 80 steps, quiet, then loud, then quiet. */
static inline void made_traffic(struct made *made)
{
	struct report *report = &made->report;

	report->first_ns = report->curve_start_ns = MADE_START - 8 * NS_PER_S;
	report->last_ns = MADE_START + 32 * NS_PER_S;
	report->curve_step_ns = NS_PER_S / 2;
	report->curve_count = REPORT_STEPS;
	for (unsigned i = 0; i < REPORT_STEPS; i++) {
		report->curve_packets[i] =
			700 + i % 7 * 130 + (i >= 16 && i < 64 ? 24000 - (i % 5) * 900 : 0);
		report->curve_bytes[i] = report->curve_packets[i] * 64;
	}
	report->decode = (struct decode_stats){
		.frames = 1204118, .bytes = 77063552, .ip_packets = 1204100
	};
	report->decode.layers[LAYER_ETHERNET] = 1204118;
	report->decode.layers[LAYER_IPV4] = 1204020;
	report->decode.layers[LAYER_IPV6] = 80;
	report->decode.layers[LAYER_TCP] = 1191222;
	report->decode.layers[LAYER_UDP] = 12878;
	report->decode.layers[LAYER_ARP] = 18;
	report->decode.anomalies[ANOMALY_TCP_CHECKSUM] = 12;
	report->decode.anomalies[ANOMALY_FRAG_OVERLAP] = 1024;
	report->fragments = (struct fragments_stats){ .datagrams = 402, .attributed = 610 };
	report->track = (struct report_track){ .flows = 12031,
		.flows_peak = 3214,
		.flow_slots = 1048576,
		.pending = 37500,
		.pending_evicted = 12000,
		.pending_slots = 65536,
		.handshakes = 10220,
		.refused = 412,
		.retransmits = 1022,
		.verified_packets = 18400,
		.unverified_packets = 1185700,
		.findings = 53 };
	report->link_types[0] = (struct report_link_type){ 1, true, 1204118 };
	report->link_type_count = 1;
	report->memory_bytes = 118300000;
	report->assumptions[report->assumption_count++] =
		"No networks were given: 198.51.100.0/24 was taken for the inside, because 98 % of "
		"the packets "
		"go to or come from there (networks: in the configuration says otherwise).";
}

static inline void made_talker(struct made *made, const char *addr, bool is_inside, uint64_t bytes)
{
	made->report.talkers[made->report.talker_count++] =
		(struct report_talker){ .addr = made_addr(addr),
			.is_inside = is_inside,
			.sent_bytes = bytes / 12,
			.received_bytes = bytes,
			.sent_packets = bytes / 700,
			.received_packets = bytes / 64 };
}

/* Evidence, timeline and strength of a flood. */
static inline void made_evidence(struct incident *incident)
{
	incident->timeline =
		(struct timeline){ .start_ns = MADE_START, .step_ns = NS_PER_S / 4, .used = 95 };
	for (unsigned i = 0; i < 95; i++)
		incident->timeline.packets[i] = 12000 - (i % 5) * 450.0;
	for (unsigned i = 0; i < 3; i++) {
		incident->findings[i] = (struct finding){ .kind = incident->kind,
			.detector = "flood",
			.reason = "half-open handshakes from sources that were never seen before",
			.window = { MADE_START + i * NS_PER_S, MADE_START + (i + 1) * NS_PER_S },
			.to = incident->subject,
			.to_bits = incident->subject_bits,
			.port = 443,
			.proto = 6,
			.is_spoofable = true,
			.confidence = 0.97f,
			.observed = 48211.4 + i,
			.expected = 1000,
			.packets = 48211,
			.bytes = 2892660,
			.peak_pps = 52300,
			.peak_bps = 26.8e6,
			.evidence = { { "syn_rate", "pps", 48211.4 },
				{ "sources", "addresses", 37412 },
				{ "answered", "share", 0.004 } } };
	}
	incident->finding_count = 3;
	incident->findings_total = 24;
	incident->packets = 1142310;
	incident->bytes = 68538600;
	incident->peak_pps = 52300;
	incident->peak_bps = 26.8e6;
}

static inline void made_syn_flood(struct made *made)
{
	struct incident *incident =
		made_incident(made, "3f9a2c81", KIND_FLOOD_SYN, SEVERITY_CRITICAL, "198.51.100.7");

	made_role(made, incident, ROLE_TARGET, "198.51.100.7", 1);
	incident->port = 443;
	incident->proto = 6;
	incident->is_spoofable = true;
	incident->source_count = 37412;
	made_evidence(incident);
	snprintf(incident->story, sizeof(incident->story),
		"198.51.100.7 was sent 1,142,310 TCP SYNs to port 443 within 23.7 s (peak 52.3 "
		"kpps, 26.8 Mbit/s) "
		"from 37,412 addresses, of which none completed a handshake and 36,990 were never "
		"seen before. This "
		"is not a popular web site: there, nearly every SYN is followed by a handshake; "
		"here it was 0.4 %%.");
	snprintf(incident->remedy, sizeof(incident->remedy),
		"SYN cookies at 198.51.100.7 or in front of it. The sources are spoofable: "
		"blocking them would hit "
		"innocent hosts and stop nothing.");
}

static inline void made_amplification(struct made *made)
{
	struct incident *incident = made_incident(
		made, "b07d11e4", KIND_AMPLIFICATION_DNS, SEVERITY_HIGH, "198.51.100.23");

	made_role(made, incident, ROLE_TARGET, "198.51.100.23", 1);
	made_role(made, incident, ROLE_REFLECTOR, "203.0.113.1", 4127);
	incident->roles[ROLE_REFLECTOR].is_estimate = true;
	incident->port = 53;
	incident->proto = 17;
	incident->is_open = true;
	incident->source_count = 4127;
	incident->packets = 41210;
	incident->bytes = 118000000;
	incident->peak_pps = 3120;
	incident->peak_bps = 71.2e6;
	incident->first_ns += 9 * NS_PER_S;
	incident->last_ns = MADE_START + 32 * NS_PER_S;
	snprintf(incident->story, sizeof(incident->story),
		"About 4,127 DNS servers answered questions that 198.51.100.23 never asked: 41,210 "
		"answers, 118 MB.");
	snprintf(incident->remedy, sizeof(incident->remedy),
		"A rate limit for UDP from port 53 to 198.51.100.23, upstream if the line is "
		"full.");
}

static inline void made_scan(struct made *made, enum severity severity)
{
	struct incident *incident = made_incident(
		made, "90c4e2a7", KIND_SCAN_HORIZONTAL, severity, "2001:db8:85a3::8a2e:370:7334");

	made_role(made, incident, ROLE_ZOMBIE, "2001:db8:85a3::8a2e:370:7334", 1);
	made_role(made, incident, ROLE_TARGET, "198.51.100.1", 700);
	incident->port = 23;
	incident->proto = 6;
	incident->source_count = 1;
	incident->packets = 1402;
	incident->bytes = 84120;
	incident->peak_pps = 61;
	snprintf(incident->story, sizeof(incident->story),
		"One host tried 700 others; 694 did not answer.");
	snprintf(incident->remedy, sizeof(incident->remedy), "Block 2001:db8:85a3::8a2e:370:7334.");
}

/* A quiet capture. */
static inline struct made *made_quiet(void)
{
	struct made *made = made_open();

	made_file(made, "quiet.pcap", 1204118, NULL);
	made_traffic(made);
	return made;
}

/* A flood, a reflection, a scan of little weight, a broken file. */
static inline struct made *made_bad_day(void)
{
	struct made *made = made_open();

	made_file(made, "monday.pcap", 1203306, NULL);
	made_file(made, "captures/broken.pcapng.gz", 812,
		"captures/broken.pcapng.gz: packet 813 at byte 93,114 says it is 2.1 GB long; the "
		"file is damaged "
		"from there on. The 812 packets before it are in this report.");
	made->files[1].format = "pcapng, gzip";
	made_traffic(made);
	made->report.link_types[made->report.link_type_count++] =
		(struct report_link_type){ 147, false, 12 };
	made_syn_flood(made);
	made_amplification(made);
	made_scan(made, SEVERITY_LOW);
	made_talker(made, "198.51.100.7", true, 73400000);
	made_talker(made, "198.51.100.23", true, 2900000);
	made_talker(made, "2001:db8:85a3:1319:8a2e:370:7334:1111", false, 91000);
	return made;
}

/* Numbers and times at their limits, and addresses of full length everywhere. */
static inline struct made *made_extreme(void)
{
	static const char longest[] = "2001:db8:1111:2222:3333:4444:5555:6666";
	struct made *made = made_open();
	struct incident *incident;

	made_file(made, "x", UINT64_MAX, NULL);
	made_traffic(made);
	memset(&made->report.track, 0xff, sizeof(made->report.track));
	memset(&made->report.fragments, 0xff, sizeof(made->report.fragments));
	memset(&made->report.decode, 0xff, sizeof(made->report.decode));
	memset(made->report.curve_packets, 0xff, sizeof(made->report.curve_packets));
	made->report.first_ns = made->report.curve_start_ns = INT64_MIN;
	made->report.last_ns = INT64_MAX;
	made->report.curve_step_ns = INT64_MAX;
	made->report.memory_bytes = UINT64_MAX;
	for (unsigned i = 0; i < REPORT_TALKERS; i++)
		made_talker(made, longest, i % 2, UINT64_MAX);
	for (unsigned i = 0; i < 7; i++) {
		incident = made_incident(
			made, "ffffffffffe", KIND_AMPLIFICATION_ARMS, SEVERITY_CRITICAL, longest);
		made_evidence(incident);
		incident->subject_bits = i % 2 ? 127 : 128;
		incident->port = 65535;
		incident->proto = 255;
		incident->confidence = NAN;
		incident->first_ns = INT64_MIN;
		incident->last_ns = INT64_MAX;
		incident->packets = incident->bytes = incident->source_count = UINT64_MAX;
		incident->peak_pps = INFINITY;
		incident->peak_bps = 1e300;
		incident->is_spoofable = incident->is_open = true;
		for (unsigned role = 0; role < ROLE_COUNT; role++)
			made_role(made, incident, (enum role)role, longest, UINT64_MAX - role);
		memset(incident->story, 'x', sizeof(incident->story) - 1);
		memset(incident->remedy, 'y', sizeof(incident->remedy) - 1);
		incident->timeline.packets[0] = NAN;
		incident->timeline.packets[1] = INFINITY;
		incident->timeline.packets[2] = -1;
		incident->findings[0].observed = NAN;
		incident->findings[0].window = (struct window){ INT64_MIN, INT64_MAX };
	}
	return made;
}

/* Names that try to reach the terminal. */
static inline struct made *made_hostile(void)
{
	struct made *made = made_open();
	struct incident *incident;

	made_traffic(made);
	made_file(made, "\x1b]0;pwned\x07\x1b[2J.pcap", 1,
		"\x1b[31mred\r\n\xc2\x9b"
		"1m: cannot be read");
	made_file(made,
		"\xff\xfe-not-utf8 \xe2\x80\xae"
		"gpj.exe",
		1, NULL);
	incident = made_incident(made, "0badc0de", KIND_FLOOD_UDP, SEVERITY_HIGH, "192.0.2.1");
	incident->scope = SCOPE_GROUP;
	incident->group = "web\x1b[5m\nservers";
	snprintf(incident->story, sizeof(incident->story), "group web\x1b[5m was \x9b flooded");
	made->report.assumptions[made->report.assumption_count++] = "inside \x1b[8m hidden";
	return made;
}

typedef int report_writer(const struct report *report, FILE *out);

/* What the writer writes; free with free(). */
static inline char *made_text_of(report_writer *write, const struct report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(write(report, out), 0);
	fclose(out);
	if (!text) /* as the compiler sees it; assert_non_null() may return */
		abort();
	return text;
}

#endif
