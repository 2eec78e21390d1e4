/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/bittorrent_fuzz.c - any conversation and any datagram, for BitTorrent and Kad.
 *
 * Input: one byte chooses: 0 a conversation as in play_fuzz.h, 1 a datagram of BitTorrent, 2 one of
 * Kad; the rest is it. What must hold: ids are of 16 or 20 bytes or not there.
 */
#include "fuzz/datagram_fuzz.h"
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *context, const struct app_event *event)
{
	datagram_look(context, event);
	datagram_require(event->type == APP_P2P && event->p2p.what.len > 0);
	datagram_require(
		event->p2p.id.len == 0 || event->p2p.id.len == 16 || event->p2p.id.len == 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		play_recognise(&parser_bittorrent, data + 1, size - 1);
		play_fuzz(&parser_bittorrent, data + 1, size - 1);
		break;
	case 1:
		datagram_fuzz(&datagram_bittorrent, 0, 6881, data + 1, size - 1, check);
		break;
	default:
		datagram_fuzz(&datagram_kad, 0, 4672, data + 1, size - 1, check);
	}
	return 0;
}
