/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/inflate.h - reads the content of gzip'd bytes from a descriptor (RFC 1952).
 *
 * Several members after one another give their contents one after another, as gzip(1) does; what
 * follows the last member and is no member (padding of a tape) is ignored, as gzip(1) does too.
 */
#ifndef WEIR_CAPTURE_INFLATE_H
#define WEIR_CAPTURE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inflater;

/* Whether bytes that begin like this are gzip'd (magic and the only method there is, deflate). */
bool inflate_is_gzip(const uint8_t *bytes, size_t len);

/* first: bytes that were read from fd already (copied, at most 64 KiB). -ENOMEM, -EINVAL. */
int inflater_open(int fd, const uint8_t *first, size_t first_len, struct inflater **ret_inflater);

/* Up to cap bytes of content; 0 at the end; -EBADMSG damaged or cut off, other -errno of read;
 * then *ret_reason is a clause in static storage. Waits for the descriptor only while it has
 * nothing to give. Adds to *taken_bytes what was read from fd. */
int64_t inflater_read(struct inflater *inflater, uint8_t *bytes, size_t cap, uint64_t *taken_bytes,
	const char **ret_reason);

/* NULL is fine. */
void inflater_close(struct inflater *inflater);

/* read(2) that waits and is not disturbed by signals or a non-blocking descriptor. -errno. */
int64_t read_some(int fd, uint8_t *bytes, size_t cap);

#endif
