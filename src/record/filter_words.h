/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/filter_words.h - a learned filter in words.
 */
#ifndef WEIR_RECORD_FILTER_WORDS_H
#define WEIR_RECORD_FILTER_WORDS_H

#include <stddef.h>

#include "bpf/wire.h"

#define FILTER_WORDS_MAX 512

/* "protocol UDP, source port 53, length 1200..1400, payload byte 0: 00 01 ?? 80". Returns words. */
const char *filter_words(const struct wire_filter *filter, char *words, size_t size);

/* "syn", "tcp", "answer", "icmp", "fragment", "udp", "other" */
extern const char *const class_names[WIRE_CLASS_COUNT];

#endif
