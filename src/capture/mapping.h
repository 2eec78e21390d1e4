/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/mapping.h - a regular file in memory, that may shrink under us without killing us.
 *
 * Reading a mapped page that the file no longer has raises SIGBUS. A handler, installed with each
 * mapping, puts zero pages there instead and marks the mapping as shrunk; whoever reads it asks
 * mapping_is_shrunk() after a batch and gives up. A SIGBUS anywhere else goes where it went before.
 * Never more is mapped than the size seen at open: a file that grows is read up to there.
 */
#ifndef WEIR_CAPTURE_MAPPING_H
#define WEIR_CAPTURE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAPPINGS_MAX 1024 /* at the same time; beyond it files are read through a buffer */

struct mapping {
	const uint8_t *bytes; /* NULL: not open */
	size_t size_bytes;
	size_t released_bytes; /* from the front, given back to the page cache */
	unsigned slot;	       /* in the table that the SIGBUS handler looks into */
};

/* Maps size_bytes > 0 of fd for reading from front to end. -errno; -ENOSPC: MAPPINGS_MAX reached.
 */
int mapping_open(struct mapping *mapping, int fd, size_t size_bytes);

/* The pages before done_bytes are not read any more: the process need not hold them. */
void mapping_release(struct mapping *mapping, size_t done_bytes);

/* The file became shorter while it was read: some of the bytes seen since then are zeros. */
bool mapping_is_shrunk(const struct mapping *mapping);

/* A mapping that is not open is fine. */
void mapping_close(struct mapping *mapping);

#endif
