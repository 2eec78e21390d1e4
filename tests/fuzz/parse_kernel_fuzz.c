/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/parse_kernel_fuzz.c - any Ethernet frame through the kernel part's parser and the decoder of
 * user space, which must say the same of it (tests/bpf/compare.h).
 *
 * Input: how many bytes the capture cut off (1 byte, times 4), then what it has of the frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compare_counts counts = { 0 };
	const char *difference;
	uint32_t captured;
	uint8_t *copy;

	if (size < 1)
		return 0;
	captured = (uint32_t)size - 1;
	copy = malloc(captured + !captured);
	if (!copy)
		abort();
	memcpy(copy, data + 1, captured);
	difference = compare_frame(copy, captured, captured + data[0] * 4u, &counts);
	free(copy);
	if (difference) {
		fprintf(stderr, "the parsers differ: %s\n", difference);
		abort();
	}
	return 0;
}
