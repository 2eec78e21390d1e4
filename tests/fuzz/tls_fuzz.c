/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/tls_fuzz.c - any bytes as what two sides say to each other in TLS.
 *
 * The input is pieces: a byte whose lowest bit is the side and whose others are the length, then as
 * many bytes. Whole or byte by byte, the parser must tell as many events.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/hold.h"
#include "app/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void count(void *context, const struct app_event *event)
{
	(void)event;
	++*(unsigned *)context;
}

static void feed(struct parse *parse, void *state, unsigned side, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (copy && len > 0 && !parse->is_done && !parse->is_side_done[side]) {
		memcpy(copy, bytes, len);
		parser_tls.data(state, parse, side, copy, len);
	}
	free(copy);
}

static unsigned play(
	struct app_log *log, struct blocks *blocks, const uint8_t *bytes, size_t len, size_t cut)
{
	_Alignas(16) uint8_t state[PARSER_STATE_MAX] = { 0 };
	uint64_t refused = 0;
	struct parse_memory memory = { .blocks = blocks, .refused = &refused };
	struct parse parse = { .log = log, .owner = &memory, .now_ns = 1 };
	unsigned events = 0;

	while (len > 0) {
		unsigned side = bytes[0] & 1;
		size_t piece = bytes[0] >> 1, at = 0;

		bytes++;
		len--;
		piece = piece < len ? piece : len;
		for (; at < piece; at += cut) {
			size_t part = piece - at < cut ? piece - at : cut;

			feed(&parse, state, side, bytes + at, part);
		}
		bytes += piece;
		len -= piece;
	}
	parser_tls.end(state, &parse);
	parse_memory_clear(&memory);
	app_logs_drain(&log, 1, count, &events);
	return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct app_log *log;
	static struct blocks *blocks;

	if (!log && app_log_open(65536, &log) < 0)
		abort();
	if (!blocks && blocks_open(262144, &blocks) < 0)
		abort();
	if (len > 16384)
		return 0;
	if (play(log, blocks, bytes, len, 128) != play(log, blocks, bytes, len, 1))
		abort();
	return 0;
}
