/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/frame_internal.h - what frame.c (text, lengths, checksums) and frame_layers.c (one function a
 * layer) share: the writer with the list of layers of one frame.
 */
#ifndef WEIR_TESTS_BPF_FRAME_INTERNAL_H
#define WEIR_TESTS_BPF_FRAME_INTERNAL_H

#include <netinet/in.h>
#include <stdbool.h>

#include "bpf/frame.h"

#define LAYERS_MAX 40
#define PAIR_MAX 64

enum fix { FIX_NONE, FIX_IP4, FIX_IP6, FIX_PPPOE, FIX_TCP, FIX_UDP, FIX_ICMP, FIX_ICMP6 };

struct layer {
	char name[16], values[160];
	size_t offset; /* in the frame */
	size_t ip;     /* offset of the IP header it belongs to, 0: none */
	enum fix fix;
};

struct writer {
	const char *text;
	struct frame_text *frame;
	struct layer layers[LAYERS_MAX];
	unsigned count;
	size_t ip; /* of the layer at hand */
};

_Noreturn void frame_fail(const char *what, const char *text);
void frame_put(struct writer *w, const void *bytes, size_t len);
void frame_put8(struct writer *w, unsigned value);
void frame_put16(struct writer *w, unsigned value);
void frame_put32(struct writer *w, uint32_t value);
void frame_zeros(struct writer *w, size_t len);
bool frame_has(const struct layer *layer, const char *key);
unsigned long frame_number(const struct layer *layer, const char *key, unsigned long otherwise);
bool frame_pair(const struct layer *layer, char *ret_from, char *ret_to); /* of PAIR_MAX each */
void frame_put_addresses(struct writer *w, const struct layer *layer, bool is_v6);

/* Appends all layers. */
void frame_layers(struct writer *w);

#endif
