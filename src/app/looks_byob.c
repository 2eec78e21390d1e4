/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_byob.c - BYOB's session; see looks.h.
 *
 * As in the published source (byob/core/security.py, byob/core/payloads.py): both sides first send
 * a public key of Diffie-Hellman in group 14 of RFC 3526, a number of 2048 bits without its leading
 * zeros: 256 bytes, seldom fewer. From then on each message is a length of 4 bytes, big-endian, and
 * so many bytes: AES blocks, or these in base64. A key has the entropy of noise; lengths that lead
 * from one to the next in both directions are no accident.
 */
#include <ctype.h>
#include <string.h>

#include "app/looks.h"
#include "lib/rd.h"

#define KEY_MAX 256
#define KEY_MIN 250	      /* six leading zero bytes: 2^-48 */
#define KEY_ENTROPY 208	      /* 6.5 bits a byte; 250 random bytes have 7.1 to 7.2 */
#define FRAME_MAX (64U << 20) /* uploads of files come in one */
#define FRAMES_TOLD 2

static bool is_base64(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum(bytes[i]) && !strchr("+/=", bytes[i]))
			return false;
	return true;
}

/* A length, and some of what follows it, when that has come. */
static bool is_frame(uint32_t frame_len, const uint8_t *after, size_t after_len)
{
	if (frame_len < 16 || frame_len > FRAME_MAX)
		return false;
	if (after_len >= 8 && is_base64(after, after_len))
		return frame_len % 4 == 0;
	return frame_len % 16 == 0;
}

/* All frames of both sides, once both have sent a key. */
static bool tell_when_due(struct looks_byob *byob, struct parse *parse, unsigned side)
{
	uint32_t frames = (uint32_t)byob->frames[0] + byob->frames[1];

	if (!byob->is_keyed[0] || !byob->is_keyed[1] || frames < FRAMES_TOLD ||
		!looks_is_due(frames))
		return false;
	looks_tell(parse, side, LOOKS_BYOB, 0, frames, NULL, 0);
	return true;
}

static bool end_frame(struct looks_byob *byob, struct parse *parse, unsigned side)
{
	byob->header_len[side] = 0;
	if (byob->frames[side] == UINT16_MAX)
		return false;
	byob->frames[side]++;
	return tell_when_due(byob, parse, side);
}

bool looks_byob_data(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	bool is_told = false;

	while (len > 0 && byob->is_framed[side] && !byob->is_dead) {
		size_t taken = byob->left[side] < len ? byob->left[side] : len;
		struct rd rd;

		if (byob->header_len[side] < 4) {
			byob->header[side][byob->header_len[side]++] = *bytes++;
			len--;
			if (byob->header_len[side] < 4)
				continue;
			rd = rd_over(byob->header[side], 4);
			byob->left[side] = rd_be32(&rd);
			/* Base64 or not was settled at the first one: 4 divides both. */
			byob->is_dead = byob->left[side] < 16 || byob->left[side] > FRAME_MAX ||
					byob->left[side] % 4 != 0;
			continue;
		}
		byob->left[side] -= (uint32_t)taken;
		bytes += taken;
		len -= taken;
		if (byob->left[side] == 0)
			is_told |= end_frame(byob, parse, side);
	}
	return is_told;
}

bool looks_byob_key(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	uint32_t frames = (uint32_t)byob->frames[0] + byob->frames[1];

	if (len < KEY_MIN || parse_entropy(bytes, KEY_MIN) < KEY_ENTROPY)
		return false;
	byob->is_keyed[side] = true;
	if (!byob->is_keyed[!side] || frames < FRAMES_TOLD || byob->is_dead)
		return false;
	looks_tell(parse, side, LOOKS_BYOB, 0, frames, NULL, 0);
	return true;
}

bool looks_byob_frames(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	for (size_t key_len = KEY_MAX; key_len >= KEY_MIN; key_len--) {
		struct rd rd = rd_over(bytes, len);
		uint32_t frame_len;

		rd_skip(&rd, key_len);
		frame_len = rd_be32(&rd);
		if (rd.failed || !is_frame(frame_len, rd.at, rd_left(&rd)))
			continue;
		byob->is_framed[side] = true;
		return looks_byob_data(byob, parse, side, bytes + key_len, len - key_len);
	}
	byob->is_dead = true;
	return false;
}
