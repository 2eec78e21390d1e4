/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz/tls_fuzz.c - any conversation, for the parser of TLS. See play_fuzz.h. */
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play_recognise(&parser_tls, data, size);
	play_fuzz(&parser_tls, data, size);
	return 0;
}
