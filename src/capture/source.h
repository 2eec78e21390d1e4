/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/source.h - where frames come from.
 *
 * A source is a const vtable with its state. Frames point into memory of the source and stay valid
 * until the next read of that source or its close; nothing is copied where the file can be mapped.
 */
#ifndef WEIR_CAPTURE_SOURCE_H
#define WEIR_CAPTURE_SOURCE_H

#include "lib/err.h"
#include "types.h"

struct source_stats {
	uint64_t packets;	 /* frames given out */
	uint64_t bytes;		 /* captured bytes of them */
	uint64_t bytes_total;	 /* size of the file as it lies there; 0: not known (a pipe) */
	uint64_t bytes_done;	 /* how far in it we are; of a pipe: how much content came */
	uint64_t snapped;	 /* frames shorter than on the wire */
	uint64_t kernel_drops;	 /* live only */
	uint64_t skipped_blocks; /* pcapng blocks not looked at: names, statistics, unknown */
};

struct source;

struct source_ops {
	const char *name; /* "pcap", "pcapng" */
	/* Fills at most cap (> 0) frames. Returns how many, 0 at the end, −errno when the input is
	 * damaged or cannot be read (err says where: file, packet number, byte); all before it was
	 * given out. Waits for a pipe only while it has nothing to give. err may be NULL. */
	int (*read)(struct source *source, struct frame *frames, unsigned cap, struct err *err);
	void (*stats)(const struct source *source, struct source_stats *ret_stats);
	void (*close)(struct source *source);
};

struct source {
	const struct source_ops *ops;
	const char *name; /* as the user wrote it, "standard input" for "-" */
	uint16_t file;	  /* index that its frames carry */
};

/* Opens a capture file of any kind we know: pcap (µs, ns, both byte orders), pcapng, each plain
 * or gzip'd; "-" is standard input. -errno with a message: not there, not readable, a directory,
 * empty, not a capture (says what it looks like). */
int source_open_file(const char *path, uint16_t file, struct err *err, struct source **ret_source);

/* NULL is fine. */
void source_close(struct source *source);

/* "ETHERNET", "RAW", …; "LINKTYPE 147" for one without a name. text: 32 bytes. Returns text. */
const char *source_link_type_name(uint16_t link_type, char *text);

#endif
