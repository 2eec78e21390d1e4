/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/ssh_kex.c - see ssh_kex.h. */
#include "app/ssh_kex.h"

#include "app/tls_digest.h"
#include "lib/rd.h"

#define LISTS 10
#define HASSH_MAX 8192 /* of all four lists together; clients send 1 to 2 KiB */

/* RFC 4253 7.1: kex, host key, encryption, MAC and compression for each direction, languages. */
static const uint8_t wanted[2][4] = { { 0, 2, 4, 6 }, { 0, 3, 5, 7 } };

void ssh_hassh(const uint8_t *payload, size_t len, bool is_server, char hassh[33])
{
	struct rd r = rd_over(payload, len);
	const uint8_t *lists[LISTS];
	uint32_t lens[LISTS];
	char text[HASSH_MAX];
	size_t at = 0;

	hassh[0] = '\0';
	rd_skip(&r, 1 + 16); /* message number, cookie */
	for (unsigned i = 0; i < LISTS; i++) {
		lens[i] = rd_be32(&r);
		lists[i] = rd_bytes(&r, lens[i]);
	}
	if (r.failed)
		return;
	for (unsigned i = 0; i < 4; i++) {
		unsigned list = wanted[is_server][i];

		if (lens[list] + 1 > sizeof(text) - at)
			return;
		if (i > 0)
			text[at++] = ';';
		memcpy(text + at, lists[list], lens[list]);
		at += lens[list];
	}
	tls_md5_hex(text, at, hassh);
}
