/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/frame.c - text to frame: the layers are appended one after another, then lengths and
 * checksums are filled in from the innermost outwards.
 */
#include "bpf/frame_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE4 "192.0.2.1"
#define INSIDE4 "198.51.100.10"
#define OUTSIDE6 "2001:db8:a::1"
#define INSIDE6 "2001:db8:b::10"

void frame_fail(const char *what, const char *text)
{
	fprintf(stderr, "tests/bpf/frame: %s: %s\n", what, text);
	abort();
}

void frame_put(struct writer *w, const void *bytes, size_t len)
{
	if (w->frame->len + len > FRAME_MAX)
		frame_fail("frame too long", w->text);
	memcpy(w->frame->bytes + w->frame->len, bytes, len);
	w->frame->len += len;
}

void frame_put8(struct writer *w, unsigned value)
{
	frame_put(w, &(uint8_t){ (uint8_t)value }, 1);
}

void frame_put16(struct writer *w, unsigned value)
{
	frame_put8(w, value >> 8);
	frame_put8(w, value & 255);
}

void frame_put32(struct writer *w, uint32_t value)
{
	frame_put16(w, value >> 16);
	frame_put16(w, value & 0xffff);
}

void frame_zeros(struct writer *w, size_t len)
{
	while (len--)
		frame_put8(w, 0);
}

/* Copies the value of a key, or the word itself; false when the layer has none of that name. */
static bool value_of(const struct layer *layer, const char *key, char *ret_value, size_t cap)
{
	size_t key_len = strlen(key);

	for (const char *at = layer->values; *at;) {
		size_t len = strcspn(at, ",");
		bool has_key = len >= key_len && strncmp(at, key, key_len) == 0 &&
			       (at[key_len] == '=' || len == key_len);

		if (has_key) {
			size_t skip = len == key_len ? key_len : key_len + 1;

			snprintf(ret_value, cap, "%.*s", (int)(len - skip), at + skip);
			return true;
		}
		at += len + (at[len] == ',');
	}
	return false;
}

bool frame_has(const struct layer *layer, const char *key)
{
	char value[64];

	return value_of(layer, key, value, sizeof(value));
}

unsigned long frame_number(const struct layer *layer, const char *key, unsigned long otherwise)
{
	char value[64];

	return value_of(layer, key, value, sizeof(value)) ? strtoul(value, NULL, 0) : otherwise;
}

bool frame_pair(const struct layer *layer, char *ret_from, char *ret_to)
{
	const char *arrow = strchr(layer->values, '>'), *from = arrow;
	size_t len;

	if (!arrow)
		return false;
	while (from > layer->values && from[-1] != ',')
		from--;
	len = strcspn(arrow + 1, ",");
	snprintf(ret_from, PAIR_MAX, "%.*s", (int)(arrow - from), from);
	snprintf(ret_to, PAIR_MAX, "%.*s", (int)len, arrow + 1);
	return true;
}

void frame_addr(const char *text, uint8_t ret_addr[16], unsigned *ret_bits)
{
	char address[64];
	const char *slash = strchr(text, '/');
	bool is_v6 = strchr(text, ':');

	snprintf(address, sizeof(address), "%.*s", (int)(slash ? slash - text : 63), text);
	memset(ret_addr, 0, 10);
	memset(ret_addr + 10, 0xff, 2);
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, is_v6 ? ret_addr : ret_addr + 12) != 1)
		frame_fail("not an address", text);
	if (ret_bits)
		*ret_bits = slash ? (unsigned)atoi(slash + 1) + (is_v6 ? 0 : 96) : 128;
}

void frame_put_addresses(struct writer *w, const struct layer *layer, bool is_v6)
{
	char from[PAIR_MAX] = "", to[PAIR_MAX] = "";
	uint8_t addr[16];

	frame_pair(layer, from, to);
	if (!*from)
		snprintf(from, sizeof(from), "%s", is_v6 ? OUTSIDE6 : OUTSIDE4);
	if (!*to)
		snprintf(to, sizeof(to), "%s", is_v6 ? INSIDE6 : INSIDE4);
	frame_addr(from, addr, NULL);
	frame_put(w, is_v6 ? addr : addr + 12, is_v6 ? 16 : 4);
	frame_addr(to, addr, NULL);
	frame_put(w, is_v6 ? addr : addr + 12, is_v6 ? 16 : 4);
}

uint16_t frame_sum(const void *bytes, size_t len, uint32_t start)
{
	const uint8_t *at = bytes;
	uint32_t sum = start;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	if (len & 1)
		sum += (uint32_t)at[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t frame_transport_sum(const uint8_t *ip, const uint8_t *transport, size_t len, uint8_t proto)
{
	bool is_v4 = ip[0] >> 4 == 4;
	uint32_t start = 0;

	if (!is_v4 || proto != IPPROTO_ICMP) {
		start = (uint16_t)~frame_sum(ip + (is_v4 ? 12 : 8), is_v4 ? 8 : 32, 0);
		start += proto + (uint32_t)len;
	}
	return frame_sum(transport, len, start);
}

static void store16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Lengths first, outermost to innermost, as checksums cover them. */
static void fix_lengths(struct frame_text *frame, const struct layer *layer)
{
	uint8_t *at = frame->bytes + layer->offset;
	size_t len = frame->len - layer->offset;
	size_t ip6_max = 0xffff + 40;

	switch (layer->fix) {
	case FIX_IP4:
		store16(at + 2, (unsigned)frame_number(layer, "len", len));
		break;
	case FIX_IP6:
		len = len > ip6_max ? ip6_max : len;
		store16(at + 4, (unsigned)frame_number(layer, "len", len - 40));
		break;
	case FIX_UDP:
		store16(at + 4, (unsigned)frame_number(layer, "len", len));
		break;
	case FIX_PPPOE:
		store16(at + 4, (unsigned)len - 6);
		break;
	default:
		break;
	}
}

static void fix_sum(struct writer *w, const struct layer *layer)
{
	static const struct {
		uint8_t field, proto;
	} sums[] = { [FIX_TCP] = { 16, 6 },
		[FIX_UDP] = { 6, 17 },
		[FIX_ICMP] = { 2, 1 },
		[FIX_ICMP6] = { 2, 58 } };
	uint8_t *at = w->frame->bytes + layer->offset;
	size_t len = w->frame->len - layer->offset;

	if (layer->fix == FIX_IP4)
		store16(at + 10, frame_sum(at, (size_t)(at[0] & 15) * 4, 0));
	else if (layer->fix >= FIX_TCP && layer->ip && len > sums[layer->fix].field + 1u)
		store16(at + sums[layer->fix].field,
			frame_transport_sum(
				w->frame->bytes + layer->ip, at, len, sums[layer->fix].proto));
}

static void finish(struct writer *w)
{
	for (unsigned i = 0; i < w->count; i++)
		fix_lengths(w->frame, &w->layers[i]);
	for (unsigned i = w->count; i-- > 0;)
		fix_sum(w, &w->layers[i]);
	for (unsigned i = 0; i < w->count; i++) {
		const struct layer *layer = &w->layers[i];
		char *end;

		if (strcmp(layer->name, "cut") == 0)
			w->frame->len = strtoul(layer->values, NULL, 0);
		if (strcmp(layer->name, "poke") == 0) {
			unsigned long at = strtoul(layer->values, &end, 0);

			w->frame->bytes[at] = (uint8_t)strtoul(end + 1, NULL, 0);
		}
	}
}

static void split(struct writer *w)
{
	for (const char *at = w->text; *at;) {
		size_t len = strcspn(at, " "), name = strcspn(at, ": ");
		struct layer *layer = &w->layers[w->count];

		if (len && w->count++ < LAYERS_MAX - 1) {
			snprintf(layer->name, sizeof(layer->name), "%.*s", (int)name, at);
			if (name < len)
				snprintf(layer->values, sizeof(layer->values), "%.*s",
					(int)(len - name - 1), at + name + 1);
		} else if (len) {
			frame_fail("too many layers", w->text);
		}
		at += len + (at[len] == ' ');
	}
}

void frame_write(const char *text, struct frame_text *ret_frame)
{
	struct writer *w = calloc(1, sizeof(*w));

	memset(ret_frame, 0, sizeof(*ret_frame));
	if (!w)
		abort();
	w->text = text;
	w->frame = ret_frame;
	split(w);
	frame_put(w, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	frame_layers(w);
	finish(w);
	free(w);
}
