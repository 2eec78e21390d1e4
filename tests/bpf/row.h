/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/row.h - tables of the kernel part: what the maps hold, a packet in, and why it must go the
 * way it goes. The verdict follows from the reason (WIRE_REASONS), so that no row can contradict
 * the list.
 */
#ifndef WEIR_TESTS_BPF_ROW_H
#define WEIR_TESTS_BPF_ROW_H

#include "bpf/kernel.h"

#define ON_XDP (1u << PROGRAM_XDP)
#define ON_TC (1u << PROGRAM_TC)
#define ON_EGRESS (1u << PROGRAM_EGRESS)
#define ON_GUARD (ON_XDP | ON_TC)

/* Short, as each row has one. */
#define R(reason) WIRE_REASON_##reason

struct row {
	const char *name, *maps, *frame;
	enum wire_reason reason;	    /* of the last packet */
	unsigned sends;			    /* it comes so often (0: once), and meets the reason */
	unsigned programs;		    /* 0: those of the table */
	bool is_shadow;			    /* counted as shadow, and passed */
	const struct wire_filters *filters; /* of the frame's destination, /128 */
	const char *filter_target;	    /* another one */
};

struct table {
	const char *name;
	unsigned programs;
	const struct row *rows;
	unsigned count;
};

#define TABLE(label, on, list)                                                                     \
	{                                                                                          \
		.name = label, .programs = on, .rows = list,                                       \
		.count = sizeof(list) / sizeof(list[0])                                            \
	}

/* Tables, one file each; they end with one without a name. */
extern const struct table parse_tables[], list_tables[], sanity_tables[], class_tables[],
	filter_tables[], mode_tables[], egress_tables[];

/* Fails the cmocka case with what differs. */
void row_run(const struct kernel *kernel, enum program program, const struct row *row);

#endif
