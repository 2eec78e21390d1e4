/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request_fuzz.c - datagrams of a hostile watch against the keeper's check.
 *
 * The input is cut into datagrams of 512 bytes; what passes is taken as carried out. Whatever
 * comes, no block may touch the protected addresses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/check.h"
#include "keeper/ranges.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct prefix gateway = { .addr = { { { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } } },
	.bits = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf conf;
	struct check *check = NULL;
	struct ranges ranges = { 0 };
	uint64_t now_ns = 1;

	conf_default(&conf);
	conf.policy.blocks_max = 4;
	if (check_open(&conf, 1, &check) < 0 || ranges_set(&ranges, &gateway, 1) < 0 ||
		check_protect(check, &gateway, 1, NULL, 0) < 0)
		abort();
	while (size > 0) {
		size_t len = size < sizeof(struct msg_request) ? size : sizeof(struct msg_request);
		struct msg_request request;
		struct msg_reply reply;

		if (check_request(check, data, len, now_ns += 1000000, &request, &reply) == 0) {
			if (request.kind == MSG_APPLY && request.verb == VERB_BLOCK &&
				ranges_touch(&ranges, &request.prefix))
				abort();
			check_carried_out(check, &request, reply.expires_ns);
		}
		if (check_in_force(check, VERB_BLOCK) > 4)
			abort();
		data += len;
		size -= len;
	}
	ranges_close(&ranges);
	check_close(check);
	return 0;
}
