/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/pcap.c - reads classic capture files (draft-ietf-opsawg-pcap).
 *
 * A header of 24 bytes, then packets: a header of 16 bytes (24 in Kuznetzov's variant) and the
 * bytes. The magic number gives byte order, variant and unit of the fraction. Honest files break
 * the format's rules and are read all the same: captured beyond snaplen, beyond the wire length
 * (then that is what was on the wire), fractions of a second and more (the packet stays in its
 * second: carrying them over would move it by up to 71 minutes), seconds beyond 2038 (unsigned,
 * as the draft says: they last until 2106). A captured length beyond FRAME_MAX_BYTES is damage,
 * as there is no way to find the next packet.
 */
#include <errno.h>
#include <stdlib.h>

#include "capture/order.h"
#include "capture/reader.h"

#define FILE_HEADER_BYTES 24
#define PACKET_HEADER_BYTES 16
#define KUZNETZOV_HEADER_BYTES 24 /* and interface index, protocol, packet type */

/* The network field: link type in the low half, what is known of checksums at frame ends on top. */
#define NETWORK_LINK_TYPE_MASK 0x0000ffffU
#define NETWORK_RESERVED_MASK 0x03ff0000U
#define LINK_TYPE_UNASSIGNED 0xffffU

#define LINKTYPE_ATM_RFC1483 100
#define LINKTYPE_RAW 101

struct variant {
	uint32_t magic;
	uint32_t packet_header_bytes;
	uint32_t fraction_ns;  /* one unit of the fraction */
	uint32_t fraction_max; /* the largest that makes sense */
};

static const struct variant variants[] = {
	{ 0xa1b2c3d4, PACKET_HEADER_BYTES, 1000, 999999 },
	{ 0xa1b23c4d, PACKET_HEADER_BYTES, 1, 999999999 },
	{ 0xa1b2cd34, KUZNETZOV_HEADER_BYTES, 1000, 999999 },
};

/* Files older than version 2.4 have the two lengths of a packet in the other order (libpcap's
 * history: 2.0 to 2.2 and DG/UX's 543.0 always, 2.3 depending on who wrote it; the captured one
 * is smaller). */
enum lengths {
	LENGTHS_NORMAL,
	LENGTHS_SWAPPED,
	LENGTHS_SMALLER_FIRST,
};

struct pcap_file {
	struct reader reader;
	const struct variant *variant;
	enum order order;
	enum lengths lengths;
	uint16_t link_type;
};

static const struct variant *variant_find(const uint8_t bytes[4], enum order order)
{
	struct rd r = rd_over(bytes, 4);
	uint32_t magic = order_u32(&r, order);

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (variants[i].magic == magic)
			return &variants[i];
	return NULL;
}

bool pcap_is_magic(const uint8_t bytes[4])
{
	return variant_find(bytes, ORDER_BIG) || variant_find(bytes, ORDER_LITTLE);
}

/* Old writers put the number of their own system there instead of the one for files. */
static uint16_t link_type_of_network(uint32_t network)
{
	if (network & NETWORK_RESERVED_MASK)
		return LINK_TYPE_UNASSIGNED;
	switch (network & NETWORK_LINK_TYPE_MASK) {
	case 11: /* DLT_ATM_RFC1483 everywhere */
		return LINKTYPE_ATM_RFC1483;
	case 12: /* DLT_RAW, except on OpenBSD */
	case 14: /* DLT_RAW on OpenBSD */
		return LINKTYPE_RAW;
	default:
		return (uint16_t)(network & NETWORK_LINK_TYPE_MASK);
	}
}

static int lengths_of_version(uint16_t major, uint16_t minor, enum lengths *ret_lengths)
{
	if (major == 543 && minor == 0)
		*ret_lengths = LENGTHS_SWAPPED;
	else if (major != 2)
		return -EBADMSG;
	else if (minor < 3)
		*ret_lengths = LENGTHS_SWAPPED;
	else
		*ret_lengths = minor == 3 ? LENGTHS_SMALLER_FIRST : LENGTHS_NORMAL;
	return 0;
}

static inline void lengths_sort(enum lengths lengths, uint32_t *captured_len, uint32_t *wire_len)
{
	uint32_t first = *captured_len;

	if (lengths == LENGTHS_SMALLER_FIRST && first <= *wire_len)
		return;
	*captured_len = *wire_len;
	*wire_len = first;
}

/* What a refusal of input_need means here: nothing left is the end, a piece is a cut. */
static int pcap_short(
	const struct pcap_file *f, int need, size_t need_bytes, const char *what, struct err *err)
{
	if (need == 0 && input_left(f->reader.input) == 0)
		return 0;
	return reader_short(&f->reader, need, need_bytes, what, err);
}

static inline int pcap_next(
	struct reader *reader, struct frame *ret_frame, bool may_read, struct err *err)
{
	struct pcap_file *f = (struct pcap_file *)reader;
	uint32_t header_bytes = f->variant->packet_header_bytes;
	struct input *input = reader->input;
	int need = input_need(input, header_bytes, may_read);

	if (need <= 0)
		return pcap_short(f, need, header_bytes, "a packet header", err);
	struct rd r = rd_over(input->at, PACKET_HEADER_BYTES);
	uint32_t seconds = order_u32(&r, f->order);
	uint32_t fraction = order_u32(&r, f->order);
	uint32_t captured_len = order_u32(&r, f->order);
	uint32_t wire_len = order_u32(&r, f->order);

	if (fraction > f->variant->fraction_max)
		fraction = f->variant->fraction_max;
	if (f->lengths != LENGTHS_NORMAL)
		lengths_sort(f->lengths, &captured_len, &wire_len);
	if (captured_len > FRAME_MAX_BYTES)
		return reader_damage(
			reader, err, "captured length %u is beyond 16 MiB", captured_len);
	need = input_need(input, header_bytes + captured_len, may_read);
	if (need <= 0)
		return reader_short(reader, need, header_bytes + captured_len, "a packet", err);
	*ret_frame = (struct frame){
		.time_ns = seconds * NS_PER_S + fraction * (int64_t)f->variant->fraction_ns,
		.bytes = input->at + header_bytes,
		.number = reader->number,
		.captured_len = captured_len,
		.wire_len = wire_len > captured_len ? wire_len : captured_len,
		.link_type = f->link_type,
		.file = reader->source.file,
	};
	input_take(input, header_bytes + captured_len);
	/* Where the header after the next one is when packets come in one size, as they often do:
	 * headers lead from one to the next, so nothing else asks for their memory in time. */
	__builtin_prefetch(input->at + header_bytes + captured_len);
	return 1;
}

static int pcap_read(struct source *source, struct frame *frames, unsigned cap, struct err *err)
{
	return reader_batch((struct reader *)source, pcap_next, frames, cap, err);
}

static const struct source_ops pcap_ops = {
	.name = "pcap",
	.read = pcap_read,
	.stats = reader_stats,
	.close = reader_close,
};

static int pcap_read_header(struct pcap_file *f, struct err *err)
{
	struct input *input = f->reader.input;
	int need = input_need(input, FILE_HEADER_BYTES, true);

	if (need <= 0)
		return reader_short(&f->reader, need, FILE_HEADER_BYTES, "the file header", err);
	struct rd r = rd_over(input->at, FILE_HEADER_BYTES);
	const uint8_t *magic = rd_bytes(&r, 4);

	f->order = variant_find(magic, ORDER_BIG) ? ORDER_BIG : ORDER_LITTLE;
	f->variant = variant_find(magic, f->order);
	if (!f->variant)
		return reader_damage(&f->reader, err, "no pcap magic number");
	uint16_t major = order_u16(&r, f->order);
	uint16_t minor = order_u16(&r, f->order);

	rd_skip(&r, 12); /* zone and accuracy, always 0, and snaplen, which real packets exceed */
	f->link_type = link_type_of_network(order_u32(&r, f->order));
	if (lengths_of_version(major, minor, &f->lengths) < 0)
		return err_set(err, -EBADMSG,
			"%s: pcap version %u.%u is not known (2.0 to 2.4 are); the file header is "
			"damaged",
			f->reader.source.name, major, minor);
	input_take(input, FILE_HEADER_BYTES);
	f->reader.number = 1;
	return 0;
}

int pcap_open_input(struct input *input, uint16_t file, struct err *err, struct source **ret_source)
{
	struct pcap_file *f = calloc(1, sizeof(*f));
	int r;

	if (!f) {
		r = err_set(err, -ENOMEM, "cannot read %s: no memory", input->name);
		input_close(input);
		return r;
	}
	reader_init(&f->reader, &pcap_ops, input, file);
	r = pcap_read_header(f, err);
	if (r < 0) {
		reader_close(&f->reader.source);
		return r;
	}
	*ret_source = &f->reader.source;
	return 0;
}
