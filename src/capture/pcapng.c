/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/pcapng.c - reads pcapng files (draft-ietf-opsawg-pcapng).
 *
 * A file is sections, a section is blocks: type, total length, body, total length again. A
 * section says its byte order (it may differ from the section before); interface descriptions,
 * counted from 0 within the section, say link type, snaplen and what a tick of the clock is
 * worth; packets name their interface. All three kinds of packet blocks are read: enhanced,
 * simple (which has no time: it gets that of the packet before) and the obsolete one. Every other
 * block is skipped without being looked at, whatever its length. The two lengths of a block must
 * agree: that is the one check the format has, and where it fails nobody knows where the next
 * block begins.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/order.h"
#include "capture/reader.h"
#include "capture/timescale.h"

#define BLOCK_FRAME_BYTES 12 /* type, length, length again */
#define BLOCK_MIN_BYTES 12
#define TRAILER_BYTES 4
#define ENHANCED_BYTES 20 /* between the block header and the frame; the obsolete one has as many */
#define SIMPLE_BYTES 4
#define BYTE_ORDER_MAGIC 0x1a2b3c4d

/* As many as the obsolete packet block can name; more is not an interface list but an attack. */
#define INTERFACES_MAX 65536U

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OBSOLETE = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET_ENHANCED = 6,
	BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
};

enum option_code {
	OPTION_END = 0,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
};

struct interface {
	struct timescale timescale;
	uint32_t snaplen; /* 0: none */
	uint16_t link_type;
};

struct pcapng_file {
	struct reader reader;
	struct interface *interfaces;
	unsigned interface_count, interface_cap;
	enum order order;
	uint32_t skipped_length; /* of the block that was skipped but for its end */
	int64_t last_time_ns;
};

/* The fields that the packet blocks have in common. */
struct packet_fields {
	uint64_t ticks;
	uint32_t interface;
	uint32_t captured_len, wire_len;
	bool has_time;
};

struct block {
	uint32_t type;
	uint32_t total_len;
};

bool pcapng_is_magic(const uint8_t bytes[4])
{
	static const uint8_t magic[4] = { 0x0a, 0x0d, 0x0d, 0x0a };

	return memcmp(bytes, magic, sizeof(magic)) == 0;
}

/* The body of a whole block. */
static struct rd block_body(const struct pcapng_file *f, const struct block *block)
{
	return rd_over(f->reader.input->at + 8, block->total_len - BLOCK_FRAME_BYTES);
}

static uint32_t padded(uint32_t len)
{
	return (len + 3) & ~3U;
}

static int section_start(struct pcapng_file *f, const struct block *block, struct err *err)
{
	struct rd r = block_body(f, block);

	rd_skip(&r, 4); /* the magic, read already */
	uint16_t major = order_u16(&r, f->order);

	rd_skip(&r, 2 + 8); /* minor, which changes nothing; section length, often unknown */
	if (r.failed)
		return reader_damage(
			&f->reader, err, "section header of %u bytes", block->total_len);
	if (major != 1)
		return reader_damage(
			&f->reader, err, "pcapng version %u is not known (1 is)", major);
	f->interface_count = 0;
	return 0;
}

static void interface_read_options(const struct pcapng_file *f, struct rd *r, struct interface *ret)
{
	uint8_t resolution = TIMESCALE_MICROSECONDS;
	int64_t offset_s = 0;

	while (rd_left(r) >= 4) {
		uint16_t code = order_u16(r, f->order);
		uint16_t len = order_u16(r, f->order);
		struct rd value = *r;

		if (code == OPTION_END || !rd_skip(r, padded(len)))
			break;
		if (code == OPTION_TSRESOL && len == 1)
			resolution = rd_u8(&value);
		else if (code == OPTION_TSOFFSET && len == 8)
			offset_s = (int64_t)order_u64(&value, f->order);
	}
	ret->timescale = timescale_from(resolution, offset_s);
}

/* Room for one more. The list doubles, so it is allocated a few times in a file, not per block. */
static int interfaces_grow(struct pcapng_file *f, struct err *err)
{
	unsigned cap = f->interface_cap ? f->interface_cap * 2 : 8;
	struct interface *list;

	if (f->interface_count < f->interface_cap)
		return 0;
	if (cap > INTERFACES_MAX)
		return reader_damage(
			&f->reader, err, "more than %u interfaces in a section", INTERFACES_MAX);
	list = reallocarray(f->interfaces, cap, sizeof(*list));
	if (!list)
		return err_set(err, -ENOMEM, "cannot read %s: no memory", f->reader.source.name);
	f->interfaces = list;
	f->interface_cap = cap;
	return 0;
}

static int interface_add(struct pcapng_file *f, const struct block *block, struct err *err)
{
	struct rd r = block_body(f, block);
	struct interface interface = { .link_type = order_u16(&r, f->order) };
	int ret;

	rd_skip(&r, 2);
	interface.snaplen = order_u32(&r, f->order);
	if (r.failed)
		return reader_damage(
			&f->reader, err, "interface description of %u bytes", block->total_len);
	interface_read_options(f, &r, &interface);
	ret = interfaces_grow(f, err);
	if (ret < 0)
		return ret;
	f->interfaces[f->interface_count++] = interface;
	return 0;
}

static void enhanced_fields(const struct pcapng_file *f, struct rd *r, struct packet_fields *ret)
{
	ret->interface = order_u32(r, f->order);
	ret->ticks = (uint64_t)order_u32(r, f->order) << 32;
	ret->ticks |= order_u32(r, f->order);
	ret->captured_len = order_u32(r, f->order);
	ret->wire_len = order_u32(r, f->order);
	ret->has_time = true;
}

static void obsolete_fields(const struct pcapng_file *f, struct rd *r, struct packet_fields *ret)
{
	ret->interface = order_u16(r, f->order);
	rd_skip(r, 2); /* drops since the packet before */
	ret->ticks = (uint64_t)order_u32(r, f->order) << 32;
	ret->ticks |= order_u32(r, f->order);
	ret->captured_len = order_u32(r, f->order);
	ret->wire_len = order_u32(r, f->order);
	ret->has_time = true;
}

/* Says only the length on the wire; captured is what snaplen and the block (room) leave of it. */
static void simple_fields(
	const struct pcapng_file *f, struct rd *r, size_t room, struct packet_fields *ret)
{
	uint32_t snaplen = f->interface_count > 0 ? f->interfaces[0].snaplen : 0;

	*ret = (struct packet_fields){ .wire_len = order_u32(r, f->order) };
	ret->captured_len = ret->wire_len;
	if (snaplen > 0 && ret->captured_len > snaplen)
		ret->captured_len = snaplen;
	if (ret->captured_len > room)
		ret->captured_len = (uint32_t)room;
}

static inline bool block_is_packet(uint32_t type)
{
	return type == BLOCK_PACKET_ENHANCED || type == BLOCK_PACKET_SIMPLE ||
	       type == BLOCK_PACKET_OBSOLETE;
}

static inline int packet_give(
	struct pcapng_file *f, const struct block *block, struct frame *ret_frame, struct err *err)
{
	struct reader *reader = &f->reader;
	bool is_simple = block->type == BLOCK_PACKET_SIMPLE;
	struct rd r = block_body(f, block);
	struct packet_fields fields = { 0 };
	/* One check for the whole header; the reads within it then need none, and cost none. */
	const uint8_t *header = rd_bytes(&r, is_simple ? SIMPLE_BYTES : ENHANCED_BYTES);

	if (!header)
		return reader_damage(reader, err, "packet block of %u bytes", block->total_len);
	struct rd head = rd_over(header, is_simple ? SIMPLE_BYTES : ENHANCED_BYTES);

	if (block->type == BLOCK_PACKET_ENHANCED)
		enhanced_fields(f, &head, &fields);
	else if (is_simple)
		simple_fields(f, &head, rd_left(&r), &fields);
	else
		obsolete_fields(f, &head, &fields);
	const uint8_t *bytes = rd_bytes(&r, fields.captured_len);

	if (!bytes || fields.captured_len > FRAME_MAX_BYTES)
		return reader_damage(reader, err, "captured length %u in a block of %u bytes",
			fields.captured_len, block->total_len);
	if (fields.interface >= f->interface_count)
		return reader_damage(reader, err,
			"it came from interface %u, but the section describes %u", fields.interface,
			f->interface_count);
	const struct interface *interface = &f->interfaces[fields.interface];

	if (fields.has_time)
		f->last_time_ns = timescale_ns(&interface->timescale, fields.ticks);
	*ret_frame = (struct frame){
		.time_ns = f->last_time_ns,
		.bytes = bytes,
		.number = reader->number,
		.captured_len = fields.captured_len,
		.wire_len = fields.wire_len > fields.captured_len ? fields.wire_len
								  : fields.captured_len,
		.link_type = interface->link_type,
		.file = reader->source.file,
	};
	return 1;
}

/* Reads the frame of the next block, which stays where it is. A section header tells the byte order
 * that its own length is written in. 1, 0 at the end, or as reader_next. */
static inline int block_peek(
	struct pcapng_file *f, struct block *ret_block, bool may_read, struct err *err)
{
	struct input *input = f->reader.input;
	int need = input_need(input, BLOCK_FRAME_BYTES, may_read);

	if (need <= 0) {
		if (need == 0 && input_left(input) == 0 && !input->skip_bytes)
			return 0;
		return reader_short(&f->reader, need, BLOCK_FRAME_BYTES, "a block header", err);
	}
	struct rd r = rd_over(input->at, BLOCK_FRAME_BYTES);
	struct rd magic = rd_over(input->at + 8, 4);

	ret_block->type = order_u32(&r, f->order);
	if (ret_block->type == BLOCK_SECTION) {
		uint32_t big = rd_be32(&magic);

		if (big != BYTE_ORDER_MAGIC && __builtin_bswap32(big) != BYTE_ORDER_MAGIC)
			return reader_damage(&f->reader, err, "byte-order magic 0x%08x", big);
		f->order = big == BYTE_ORDER_MAGIC ? ORDER_BIG : ORDER_LITTLE;
	}
	ret_block->total_len = order_u32(&r, f->order);
	if (ret_block->total_len < BLOCK_MIN_BYTES)
		return reader_damage(&f->reader, err, "block of %u bytes", ret_block->total_len);
	return 1;
}

static inline int block_check_lengths(
	const struct pcapng_file *f, const uint8_t *trailer, uint32_t total_len, struct err *err)
{
	struct rd r = rd_over(trailer, TRAILER_BYTES);
	uint32_t again = order_u32(&r, f->order);

	if (again == total_len)
		return 0;
	return reader_damage(
		&f->reader, err, "block of %u bytes says %u at its end", total_len, again);
}

/* The block whose body was skipped before: is it there up to its end? 1 or as reader_next. */
static int skipped_finish(struct pcapng_file *f, bool may_read, struct err *err)
{
	struct input *input = f->reader.input;
	int need = input_need(input, TRAILER_BYTES, may_read);
	int r;

	if (need <= 0)
		return reader_short(&f->reader, need, TRAILER_BYTES, "a skipped block", err);
	r = block_check_lengths(f, input->at, f->skipped_length, err);
	if (r < 0)
		return r;
	input_take(input, TRAILER_BYTES);
	f->skipped_length = 0;
	return 1;
}

/* A whole block that is read: 1 when it gave a frame, 0 when it was something else, -errno. */
static inline int block_read(struct pcapng_file *f, const struct block *block,
	struct frame *ret_frame, bool may_read, struct err *err)
{
	struct input *input = f->reader.input;
	int need = input_need(input, block->total_len, may_read);
	int r;

	if (need <= 0)
		return reader_short(&f->reader, need, block->total_len, "a block", err);
	r = block_check_lengths(
		f, input->at + block->total_len - TRAILER_BYTES, block->total_len, err);
	if (r < 0)
		return r;
	if (block_is_packet(block->type))
		r = packet_give(f, block, ret_frame, err);
	else if (block->type == BLOCK_SECTION)
		r = section_start(f, block, err);
	else
		r = interface_add(f, block, err);
	if (r >= 0)
		input_take(input, block->total_len);
	return r;
}

static inline int pcapng_next(
	struct reader *reader, struct frame *ret_frame, bool may_read, struct err *err)
{
	struct pcapng_file *f = (struct pcapng_file *)reader;
	struct block block = { 0 };
	int r;

	for (;;) {
		if (f->skipped_length > 0) {
			r = skipped_finish(f, may_read, err);
			if (r <= 0)
				return r;
		}
		r = block_peek(f, &block, may_read, err);
		if (r <= 0)
			return r;
		if (block_is_packet(block.type) || block.type == BLOCK_SECTION ||
			block.type == BLOCK_INTERFACE) {
			r = block_read(f, &block, ret_frame, may_read, err);
			if (r != 0)
				return r;
			continue;
		}
		input_skip(reader->input, block.total_len - TRAILER_BYTES);
		f->skipped_length = block.total_len;
		reader->skipped_blocks++;
	}
}

static int pcapng_read(struct source *source, struct frame *frames, unsigned cap, struct err *err)
{
	return reader_batch((struct reader *)source, pcapng_next, frames, cap, err);
}

static void pcapng_close(struct source *source)
{
	free(((struct pcapng_file *)source)->interfaces);
	reader_close(source);
}

static const struct source_ops pcapng_ops = {
	.name = "pcapng",
	.read = pcapng_read,
	.stats = reader_stats,
	.close = pcapng_close,
};

/* The first section is read at once, so that a file that is none is refused when it is opened. */
static int pcapng_read_first_section(struct pcapng_file *f, struct err *err)
{
	struct block block = { 0 };
	int r = block_peek(f, &block, true, err);

	if (r == 0)
		return reader_damage(&f->reader, err, "there is no section header");
	if (r < 0)
		return r;
	if (block.type != BLOCK_SECTION)
		return reader_damage(&f->reader, err, "it does not begin with a section header");
	r = block_read(f, &block, NULL, true, err);
	f->reader.number = 1;
	return r;
}

int pcapng_open_input(
	struct input *input, uint16_t file, struct err *err, struct source **ret_source)
{
	struct pcapng_file *f = calloc(1, sizeof(*f));
	int r;

	if (!f) {
		r = err_set(err, -ENOMEM, "cannot read %s: no memory", input->name);
		input_close(input);
		return r;
	}
	reader_init(&f->reader, &pcapng_ops, input, file);
	r = pcapng_read_first_section(f, err);
	if (r < 0) {
		pcapng_close(&f->reader.source);
		return r;
	}
	*ret_source = &f->reader.source;
	return 0;
}
