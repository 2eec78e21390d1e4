/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz/socks_fuzz.c - any conversation, for the parser of SOCKS. See play_fuzz.h. */
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play_recognise(&parser_socks, data, size);
	play_fuzz(&parser_socks, data, size);
	return 0;
}
