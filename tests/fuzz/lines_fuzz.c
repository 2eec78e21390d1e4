/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/lines_fuzz.c - any conversation, for the parsers of line protocols.
 *
 * Input: one byte chooses the parser, then pieces: a byte (bit 7: the side, bits 0-6: the length;
 * 127: lost bytes) and that many bytes. See play_fuzz.h for what must hold.
 */
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stream_parser *const parsers[] = { &parser_smtp, &parser_ftp,
		&parser_telnet, &parser_mail, &parser_irc };

	if (size == 0)
		return 0;
	play_recognise(parsers[data[0] % 5], data + 1, size - 1);
	play_fuzz(parsers[data[0] % 5], data + 1, size - 1);
	return 0;
}
