/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http_body.c - what a body is: its first bytes, unpacked when they are packed.
 *
 * Unpacking is done once, when the body is over, on what was kept of it: at most HTTP_UNPACK_MAX
 * bytes come out, of which the first DECODED_KEEP are looked at. zlib and brotli take their memory
 * from a block a thread, so nothing is allocated, and what they want beyond it they do not get: the
 * body is then looked at as it came.
 */
#include <brotli/decode.h>
#include <string.h>
#include <zlib.h>

#include "app/http.h"
#include "app/magic.h"
#include "app/words.h"

#define DECODED_KEEP 16384
#define ARENA_BYTES (384U << 10) /* zlib: 40 KiB; brotli: as its window, which may be 16 MiB */
#define BOMB_RATIO 100		 /* weir: text packs to a tenth, zlib's most is a thousandth */

struct arena {
	size_t used;
	_Alignas(16) uint8_t bytes[ARENA_BYTES];
};

struct unpacked {
	const uint8_t *bytes; /* the first ones */
	size_t kept;
	size_t total; /* that came out */
	size_t used;  /* of what went in */
	bool is_good;
};

static _Thread_local struct arena arena;
static _Thread_local uint8_t decoded[DECODED_KEEP];

static void *arena_take(void *context, size_t size)
{
	struct arena *a = context;
	size_t room = sizeof(a->bytes) - a->used;
	void *block = a->bytes + a->used;

	if (size > room || ((size + 15) & ~(size_t)15) > room)
		return NULL;
	a->used += (size + 15) & ~(size_t)15;
	return block;
}

static void *zlib_take(void *context, unsigned items, unsigned size)
{
	return arena_take(context, (size_t)items * size);
}

static void arena_give(void *context, void *block)
{
	(void)context;
	(void)block;
}

/* "deflate" is zlib's format, but some servers send it bare. */
static int window_bits(enum http_coding coding, const uint8_t *bytes, size_t len)
{
	if (coding == HTTP_CODING_GZIP)
		return 15 + 16;
	return len >= 2 && (bytes[0] & 0x0f) == 8 && (bytes[0] << 8 | bytes[1]) % 31 == 0 ? 15
											  : -15;
}

/* Where the next bytes go: behind those that are kept, then always to the same place. */
static uint8_t *output(const struct unpacked *out, uint8_t *spill, size_t spill_size, size_t *room)
{
	if (out->kept < DECODED_KEEP) {
		*room = DECODED_KEEP - out->kept;
		return decoded + out->kept;
	}
	*room = spill_size;
	return spill;
}

static void unpack_zlib(
	enum http_coding coding, const uint8_t *bytes, size_t len, struct unpacked *out)
{
	z_stream stream = { .zalloc = zlib_take, .zfree = arena_give, .opaque = &arena };
	uint8_t spill[4096];
	int result = Z_OK;

	if (inflateInit2(&stream, window_bits(coding, bytes, len)) != Z_OK)
		return;
	stream.next_in = (uint8_t *)(uintptr_t)bytes;
	stream.avail_in = (unsigned)len;
	while (result == Z_OK && out->total < HTTP_UNPACK_MAX) {
		size_t room, got;
		uint8_t *to = output(out, spill, sizeof(spill), &room);

		stream.next_out = to;
		stream.avail_out = (unsigned)room;
		result = inflate(&stream, Z_SYNC_FLUSH);
		got = room - stream.avail_out;
		out->total += got;
		if (to != spill)
			out->kept += got;
		if (got == 0)
			break;
	}
	out->used = len - stream.avail_in;
	out->is_good = out->total > 0 || result == Z_STREAM_END;
	inflateEnd(&stream);
}

static void unpack_brotli(const uint8_t *bytes, size_t len, struct unpacked *out)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(arena_take, arena_give, &arena);
	BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	uint8_t spill[4096];
	size_t left = len;

	if (!state)
		return;
	while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && out->total < HTTP_UNPACK_MAX) {
		size_t room, want;
		uint8_t *to = output(out, spill, sizeof(spill), &room), *next = to;

		want = room;
		result = BrotliDecoderDecompressStream(state, &left, &bytes, &room, &next, NULL);
		out->total += want - room;
		if (to != spill)
			out->kept += want - room;
	}
	out->used = len - left;
	out->is_good = out->total > 0 || result == BROTLI_DECODER_RESULT_SUCCESS;
	BrotliDecoderDestroyInstance(state);
}

static struct unpacked unpack(enum http_coding coding, const uint8_t *bytes, size_t len)
{
	struct unpacked out = { .bytes = decoded };

	arena.used = 0;
	if (coding == HTTP_CODING_BROTLI)
		unpack_brotli(bytes, len, &out);
	else if (coding == HTTP_CODING_GZIP || coding == HTTP_CODING_DEFLATE)
		unpack_zlib(coding, bytes, len, &out);
	if (!out.is_good)
		out = (struct unpacked){ .bytes = bytes, .kept = len };
	return out;
}

/* Pages and their parts are no scripts of a shell, and there are many of them. */
static bool is_page(struct app_text type, const uint8_t *bytes, size_t len)
{
	static const char *const types[] = { "javascript", "ecmascript", "text/css", "json",
		"xml" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (words_have(type, types[i]))
			return true;
	while (len > 0 && (*bytes <= ' ' || *bytes >= 0x80)) {
		bytes++;
		len--;
	}
	return len > 0 && (*bytes == '<' || *bytes == '{' || *bytes == '[');
}

static bool is_script(enum file_magic magic)
{
	return magic == MAGIC_SHELL_SCRIPT || magic == MAGIC_PYTHON || magic == MAGIC_POWERSHELL;
}

struct http_look http_body_look(
	const struct http_message *message, const uint8_t *bytes, struct app_text type)
{
	bool is_whole = message->body_seen == message->body_len;
	struct http_look look = { .size = message->body_seen };
	struct unpacked out;

	if (message->body_seen == 0)
		return look;
	out = unpack(message->coding, bytes, message->body_len);
	look.first = words_of(out.bytes, out.kept);
	look.magic = file_magic_of(out.bytes, out.kept);
	look.machine = file_machine_of(out.bytes, out.kept);
	look.entropy = parse_entropy(out.bytes, out.kept);
	look.printable = parse_printable(out.bytes, out.kept);
	if (is_script(look.magic) ||
		(look.magic == MAGIC_TEXT && !is_page(type, out.bytes, out.kept)))
		look.traits = script_traits_of(out.bytes, out.kept);
	if (out.is_good && (is_whole || out.total > look.size))
		look.size = out.total;
	look.is_bomb = out.total >= HTTP_UNPACK_MAX && out.used * BOMB_RATIO <= out.total;
	return look;
}
