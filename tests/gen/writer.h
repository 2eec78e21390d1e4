/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/writer.h - writes a capture file in the classic pcap format.
 *
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html, link type Ethernet, time stamps
 * in micro- or nanoseconds, in the byte order of this machine (both are read everywhere). One large
 * buffer and write(2), nothing per packet.
 */
#ifndef WEIR_GEN_WRITER_H
#define WEIR_GEN_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/packet.h"
#include "lib/err.h"

struct writer_settings {
	uint32_t snap_bytes; /* cut frames to this; 0: whole */
	bool is_micro;	     /* microseconds instead of nanoseconds */
};

struct writer;

/* path "-" is standard output. −errno with a message. */
int writer_open(const char *path, const struct writer_settings *settings,
	struct writer **ret_writer, struct err *err);

/* Appends a frame; a struct sink's put. −errno when the disk says no. */
int writer_put(void *writer, const struct packet *packet);

/* Writes what is left and closes. −errno with a message; NULL is fine. */
int writer_close(struct writer *writer, struct err *err);

#endif
