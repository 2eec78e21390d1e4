/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/report.h - everything `weir inspect` found out, and the three ways to write it down.
 *
 * The engine fills a struct report; text, JSON and EVE only read it. The same report always gives
 * the same bytes.
 */
#ifndef WEIR_RECORD_REPORT_H
#define WEIR_RECORD_REPORT_H

#include <stdio.h>

#include "app/app.h"
#include "app/inventory.h"
#include "capture/source.h"
#include "correlate/incident.h"
#include "decode/decode.h"
#include "decode/fragments.h"
#include "lib/err.h"

#define REPORT_STEPS 80 /* of the traffic curve */
#define REPORT_TALKERS 20
#define REPORT_ASSUMPTIONS 16
#define REPORT_LINK_TYPES 16

struct report_file {
	const char *name;
	const char *format; /* "pcap", "pcapng", "pcapng" */
	const char *error;  /* why reading ended early, or NULL */
	struct source_stats stats;
};

struct report_link_type {
	uint16_t link_type;
	bool is_decoded;
	uint64_t frames;
};

struct report_talker {
	struct addr addr;
	bool is_inside;
	uint64_t sent_bytes, received_bytes, sent_packets, received_packets;
};

struct report_track {
	uint64_t flows, flows_peak, flows_evicted, flow_slots;
	uint64_t pending, pending_evicted, pending_slots;
	uint64_t handshakes, refused, retransmits, verified_packets, unverified_packets;
	uint64_t flows_refused;	       /* verified, but every slot in reach was busy */
	uint64_t hosts_evicted;	       /* talkers pushed out by busier ones */
	uint64_t uncounted, forgotten; /* of all detectors: see struct losses */
	uint64_t findings, findings_lost, incidents_lost;
};

struct report {
	const struct report_file *files;
	unsigned file_count;
	int64_t first_ns, last_ns; /* 0, 0: no packets */
	struct decode_stats decode;
	struct fragments_stats fragments;
	struct report_track track;
	struct app_stats app;		   /* all zero: what conversations say was not read */
	const struct inventory *inventory; /* hosts of ours; NULL: the same */
	struct report_link_type link_types[REPORT_LINK_TYPES];
	unsigned link_type_count;
	struct report_talker talkers[REPORT_TALKERS]; /* most bytes first */
	unsigned talker_count;
	const char *assumptions[REPORT_ASSUMPTIONS]; /* sentences */
	unsigned assumption_count;
	int64_t curve_start_ns, curve_step_ns; /* traffic over time; step 0: no curve */
	uint64_t curve_packets[REPORT_STEPS], curve_bytes[REPORT_STEPS];
	unsigned curve_count;
	uint64_t memory_bytes;		   /* taken for the tables */
	struct incident *const *incidents; /* by severity, then first seen, then id */
	unsigned incident_count;
	unsigned list_max; /* addresses of a role written out (configuration) */
};

struct text_style {
	bool color;	  /* SGR sequences */
	bool is_ascii;	  /* the terminal's character set has no Unicode */
	unsigned columns; /* used from 60 to 100; 100 when not a terminal */
};

/* The report for people. 0 or −errno when writing failed. */
int report_text(const struct report *report, const struct text_style *style, FILE *out);

/* One incident with all its evidence (--explain). */
int report_explain(const struct report *report, const struct incident *incident,
	const struct text_style *style, FILE *out);

/* One JSON document: incidents, capture, stats, assumptions. */
int report_json(const struct report *report, FILE *out);

/* JSON lines in Suricata's EVE shape: an "incident" event each, an "alert" too from medium
 * severity on, "anomaly" counts, one "stats". */
int report_eve(const struct report *report, FILE *out);

/* The exit status the manual promises: 1 when there is an incident of medium severity or above. */
int report_exit_status(const struct report *report);

#endif
