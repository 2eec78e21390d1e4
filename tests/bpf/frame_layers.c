/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/frame_layers.c - the layers of frame.h: each has a name, an EtherType, an IP protocol number
 * and a function that appends its bytes. What a header says of the one behind it is looked up here.
 */
#include <stdlib.h>
#include <string.h>

#include "bpf/frame_internal.h"

#define NONE 0xffff /* has no number of this sort */

struct form {
	const char *name;
	unsigned ether_type, protocol;
	void (*put)(struct writer *w, struct layer *layer, unsigned index);
};

static const struct form *form_of(const char *name);

static unsigned ether_after(const struct writer *w, unsigned index)
{
	const struct layer *next = &w->layers[index + 1];

	if (index + 1 >= w->count)
		return 0x0800;
	return strcmp(next->name, "type") == 0 ? (unsigned)strtoul(next->values, NULL, 0)
					       : form_of(next->name)->ether_type;
}

static unsigned protocol_after(const struct writer *w, struct layer *layer, unsigned index)
{
	const struct layer *next = &w->layers[index + 1];
	unsigned number = IPPROTO_UDP;

	if (index + 1 < w->count)
		number = strcmp(next->name, "proto") == 0 ? (unsigned)strtoul(next->values, NULL, 0)
							  : form_of(next->name)->protocol;
	return (unsigned)frame_number(layer, "next", number == NONE ? 253 : number);
}

static void put_tag(struct writer *w, struct layer *layer, unsigned index)
{
	frame_put16(w, (unsigned)strtoul(layer->values, NULL, 0));
	frame_put16(w, ether_after(w, index));
}

static void put_mpls(struct writer *w, struct layer *layer, unsigned index)
{
	(void)index;
	frame_put(w, strchr(layer->name, '.') ? "\0\1\1\100" : "\0\1\0\100", 4);
}

static void put_pppoe(struct writer *w, struct layer *layer, unsigned index)
{
	layer->fix = FIX_PPPOE;
	frame_put(w, "\x11\0\0\1\0\0", 6);
	frame_put16(w, ether_after(w, index) == 0x86dd ? 0x57 : 0x21);
}

/* The EtherType of the frame is a length then; written by the caller as 0x100. */
static void put_snap(struct writer *w, struct layer *layer, unsigned index)
{
	(void)layer;
	frame_put(w, "\xaa\xaa\3\0\0", 6);
	frame_put16(w, ether_after(w, index));
}

static void put_arp(struct writer *w, struct layer *layer, unsigned index)
{
	(void)layer;
	(void)index;
	frame_put(w, "\0\1\10\0\6\4\0\1", 8);
	frame_zeros(w, 20);
}

static void put_nothing(struct writer *w, struct layer *layer, unsigned index)
{
	(void)w;
	(void)layer;
	(void)index;
}

static void put_ip4(struct writer *w, struct layer *layer, unsigned index)
{
	unsigned options = (unsigned)frame_number(layer, "options", 0);
	unsigned ihl = (unsigned)frame_number(layer, "ihl", 5 + options / 4);
	unsigned fragment = (unsigned)frame_number(layer, "frag", 0) / 8;

	layer->fix = FIX_IP4;
	frame_put8(w, (unsigned)frame_number(layer, "version", 4) << 4 | ihl);
	frame_zeros(w, 3);
	frame_put16(w, (unsigned)frame_number(layer, "id", 0x1234));
	if (frame_has(layer, "more"))
		fragment |= 0x2000;
	if (frame_has(layer, "df"))
		fragment |= 0x4000;
	frame_put16(w, fragment);
	frame_put8(w, (unsigned)frame_number(layer, "ttl", 64));
	frame_put8(w, protocol_after(w, layer, index));
	frame_put16(w, 0);
	frame_put_addresses(w, layer, false);
	while (options--)
		frame_put8(w, 1); /* no operation */
}

static void put_ip6(struct writer *w, struct layer *layer, unsigned index)
{
	layer->fix = FIX_IP6;
	frame_put8(w, (unsigned)frame_number(layer, "version", 6) << 4);
	frame_zeros(w, 5);
	frame_put8(w, protocol_after(w, layer, index));
	frame_put8(w, (unsigned)frame_number(layer, "ttl", 64));
	frame_put_addresses(w, layer, true);
}

/* Padding options fill it. */
static void put_extension(struct writer *w, struct layer *layer, unsigned index)
{
	unsigned units = (unsigned)frame_number(layer, "len", 0);
	unsigned present = (unsigned)frame_number(layer, "have", units);

	frame_put8(w, protocol_after(w, layer, index));
	frame_put8(w, units);
	frame_put(w, "\1\4\0\0\0\0", 6);
	frame_zeros(w, (size_t)present * 8);
}

static void put_fragment(struct writer *w, struct layer *layer, unsigned index)
{
	frame_put8(w, protocol_after(w, layer, index));
	frame_put8(w, 0);
	frame_put16(w, (unsigned)frame_number(layer, "offset", 0) | frame_has(layer, "more"));
	frame_put32(w, (uint32_t)frame_number(layer, "id", 0xcafe0001));
}

static void put_auth(struct writer *w, struct layer *layer, unsigned index)
{
	unsigned words = (unsigned)frame_number(layer, "len", 4); /* length in words, less 2 */

	frame_put8(w, protocol_after(w, layer, index));
	frame_put8(w, words);
	frame_zeros(w, (size_t)words * 4 + 6);
}

static void put_ports(struct writer *w, const struct layer *layer, const char *from, const char *to)
{
	char pair[2][PAIR_MAX] = { "", "" };

	frame_pair(layer, pair[0], pair[1]);
	frame_put16(w, (unsigned)strtoul(*pair[0] ? pair[0] : from, NULL, 0));
	frame_put16(w, (unsigned)strtoul(*pair[1] ? pair[1] : to, NULL, 0));
}

/* The first value without '=' and '>' is the flags. */
static unsigned tcp_flags(const struct layer *layer)
{
	static const char letters[] = "FSRPAUEC";
	unsigned flags = 0;

	for (const char *at = layer->values; *at;) {
		size_t len = strcspn(at, ",");

		if (!memchr(at, '=', len) && !memchr(at, '>', len))
			for (size_t i = 0; i < len; i++)
				if (strchr(letters, at[i]))
					flags |= 1u << (strchr(letters, at[i]) - letters);
		at += len + (at[len] == ',');
	}
	return flags;
}

static void put_tcp_options(struct writer *w, const struct layer *layer)
{
	if (frame_has(layer, "mss")) {
		frame_put16(w, 0x0204);
		frame_put16(w, (unsigned)frame_number(layer, "mss", 0));
	}
	if (frame_has(layer, "sack"))
		frame_put32(w, 0x01010402);
	if (frame_has(layer, "ts")) {
		frame_put32(w, 0x0101080a);
		frame_put32(w, (uint32_t)frame_number(layer, "ts", 0));
		frame_put32(w, (uint32_t)frame_number(layer, "tsecr", 0));
	}
	if (frame_has(layer, "wscale"))
		frame_put32(w, 0x01030300 | (uint32_t)frame_number(layer, "wscale", 0));
}

static void put_tcp(struct writer *w, struct layer *layer, unsigned index)
{
	size_t start = w->frame->len, len;

	(void)index;
	layer->fix = FIX_TCP;
	put_ports(w, layer, "40000", "80");
	frame_put32(w, (uint32_t)frame_number(layer, "seq", 0x01020304));
	frame_put32(w, (uint32_t)frame_number(layer, "ack", 0));
	frame_put16(w, tcp_flags(layer));
	frame_put16(w, (unsigned)frame_number(layer, "window", 0x1000));
	frame_put32(w, 0);
	put_tcp_options(w, layer);
	len = w->frame->len - start;
	w->frame->bytes[start + 12] = (uint8_t)(frame_number(layer, "offset", len / 4) << 4);
}

static void put_udp(struct writer *w, struct layer *layer, unsigned index)
{
	(void)index;
	layer->fix = FIX_UDP;
	put_ports(w, layer, "40000", "80");
	frame_put32(w, 0);
}

static void put_sctp(struct writer *w, struct layer *layer, unsigned index)
{
	(void)index;
	put_ports(w, layer, "40000", "80");
	frame_zeros(w, 8);
}

static void put_icmp(struct writer *w, struct layer *layer, unsigned index)
{
	bool is_v6 = strcmp(layer->name, "icmp6") == 0;

	(void)index;
	layer->fix = is_v6 ? FIX_ICMP6 : FIX_ICMP;
	frame_put8(w, (unsigned)frame_number(layer, "type", is_v6 ? 128 : 8));
	frame_put8(w, (unsigned)frame_number(layer, "code", 0));
	frame_put16(w, 0);
	frame_put32(w, 0x00070001);
}

static void put_gre(struct writer *w, struct layer *layer, unsigned index)
{
	(void)layer;
	frame_put16(w, 0);
	frame_put16(w, ether_after(w, index));
}

static void put_vxlan(struct writer *w, struct layer *layer, unsigned index)
{
	(void)layer;
	frame_put(w, "\10\0\0\0\0\0\7\0\2\0\0\0\0\4\2\0\0\0\0\3", 20);
	frame_put16(w, ether_after(w, index));
}

static void put_esp(struct writer *w, struct layer *layer, unsigned index)
{
	(void)layer;
	(void)index;
	frame_put32(w, 0x00001001);
	frame_put32(w, 1);
}

static void put_data(struct writer *w, struct layer *layer, unsigned index)
{
	unsigned long len = strtoul(layer->values, NULL, 0);

	(void)index;
	for (unsigned long i = 0; i < len; i++)
		frame_put8(w, 0x61 + (unsigned)(i % 26));
}

static void put_text(struct writer *w, struct layer *layer, unsigned index)
{
	(void)index;
	frame_put(w, layer->values, strlen(layer->values));
}

static const struct form forms[] = {
	{ "vlan", 0x8100, NONE, put_tag },
	{ "qinq", 0x88a8, NONE, put_tag },
	{ "qinq9100", 0x9100, NONE, put_tag },
	{ "mpls", 0x8847, NONE, put_mpls },
	{ "mpls.", 0x8847, NONE, put_mpls },
	{ "pppoe", 0x8864, NONE, put_pppoe },
	{ "snap", 0x0100, NONE, put_snap },
	{ "arp", 0x0806, NONE, put_arp },
	{ "type", NONE, NONE, put_nothing },
	{ "ip4", 0x0800, 4, put_ip4 },
	{ "ip6", 0x86dd, 41, put_ip6 },
	{ "hop", NONE, 0, put_extension },
	{ "dest", NONE, 60, put_extension },
	{ "route", NONE, 43, put_extension },
	{ "mobility", NONE, 135, put_extension },
	{ "hip", NONE, 139, put_extension },
	{ "shim", NONE, 140, put_extension },
	{ "frag", NONE, 44, put_fragment },
	{ "ah", NONE, 51, put_auth },
	{ "esp", NONE, 50, put_esp },
	{ "none", NONE, 59, put_nothing },
	{ "proto", NONE, NONE, put_nothing },
	{ "tcp", NONE, 6, put_tcp },
	{ "udp", NONE, 17, put_udp },
	{ "sctp", NONE, 132, put_sctp },
	{ "icmp", NONE, 1, put_icmp },
	{ "icmp6", NONE, 58, put_icmp },
	{ "gre", NONE, 47, put_gre },
	{ "vxlan", NONE, NONE, put_vxlan },
	{ "data", NONE, 253, put_data },
	{ "text", NONE, 253, put_text },
	{ "cut", 0x0800, 253, put_nothing },
	{ "poke", 0x0800, 253, put_nothing },
};

static const struct form *form_of(const char *name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	frame_fail("no such layer", name);
}

static bool is_transport(const struct form *form)
{
	return form->put == put_tcp || form->put == put_udp || form->put == put_icmp ||
	       form->put == put_sctp;
}

/* Notes where the outermost IP and what it carries begin. */
static void note(struct writer *w, const struct form *form)
{
	struct frame_text *frame = w->frame;

	if (form->put == put_ip4 || form->put == put_ip6) {
		w->ip = frame->len;
		if (!frame->ip_offset) {
			frame->ip_offset = frame->len;
			frame->version = form->put == put_ip4 ? 4 : 6;
		}
	} else if (is_transport(form) && !frame->transport_offset) {
		frame->transport_offset = frame->len;
		frame->protocol = (uint8_t)form->protocol;
	}
}

void frame_layers(struct writer *w)
{
	unsigned type;

	/* as if a layer stood before the first */
	type = w->count && strcmp(w->layers[0].name, "type") == 0
		       ? (unsigned)strtoul(w->layers[0].values, NULL, 0)
		       : form_of(w->layers[0].name)->ether_type;
	frame_put16(w, type);
	for (unsigned i = 0; i < w->count; i++) {
		const struct form *form = form_of(w->layers[i].name);

		note(w, form);
		w->layers[i].offset = w->frame->len;
		w->layers[i].ip = w->ip;
		form->put(w, &w->layers[i], i);
	}
}
