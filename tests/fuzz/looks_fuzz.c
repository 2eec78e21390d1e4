/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/looks_fuzz.c - any conversation, for the parser of what is in no known protocol, and for
 * SMB.
 *
 * Input: a byte that chooses the parser, then pieces as play_fuzz.h says.
 */
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stream_parser *parser;

	if (size == 0)
		return 0;
	parser = data[0] & 1 ? &parser_smb : &parser_looks;
	play_recognise(parser, data + 1, size - 1);
	play_fuzz(parser, data + 1, size - 1);
	return 0;
}
