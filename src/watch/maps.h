/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/maps.h - what the kernel part counts, read by watch.
 *
 * Watch has the maps as descriptors that can only read (the ring of samples must be written to be
 * read, and is nobody else's). Nothing here needs a privilege, and nothing walks a whole map but
 * where it says so.
 */
#ifndef WEIR_WATCH_MAPS_H
#define WEIR_WATCH_MAPS_H

#include "decide/decide.h"
#include "lib/err.h"
#include "msg.h"

struct maps;

/* Takes the descriptors over, also on failure. fds[i] is that of enum msg_map i. */
int maps_open(const int fds[MSG_MAP_COUNT], struct err *err, struct maps **ret_maps);

/* Calls for every sample that has come since the last time, at most cap. Returns how many. */
typedef void maps_sampled(void *context, const struct wire_sample *sample);
unsigned maps_samples(struct maps *maps, maps_sampled *call, void *context, unsigned cap);

/* Counts of one host; false when it has had no traffic. */
bool maps_host(const struct maps *maps, const struct addr *addr, struct wire_host *ret_counts);

/* True when nobody completes handshakes that cookies to this host would begin. */
bool maps_is_without_cookies(const struct maps *maps, const struct addr *addr);

/* How often those of a list (in the order of ids) were hit that are in force and lie in the maps;
 * of the others, nothing: what the kernel part does by itself, nft_block, command. A filter or
 * limit of a wide target may lie in several entries, whose hits are added up. Walks the filters (at
 * most WIRE_FILTER_TARGETS_MAX), and when there are limits of classes the targets, once a second:
 * else these limits are left out. hits has room for count. Returns how many. */
unsigned maps_hits(struct maps *maps, const struct mitigation *const *list, unsigned count,
	uint64_t now_ns, struct gate_hit *hits);

/* Calls for every entry of the allowlist in the kernel. */
void maps_allowed(const struct maps *maps,
	void (*call)(void *context, const struct addr *addr, unsigned bits), void *context);

/* Counters by reason, all processors together. −errno. */
int maps_counters(const struct maps *maps, struct wire_counter ret_counters[WIRE_REASON_COUNT]);
int maps_losses(const struct maps *maps, uint64_t ret_losses[WIRE_LOSS_COUNT]);
int maps_settings(const struct maps *maps, struct wire_settings *ret_settings);

/* To wait for samples with poll(POLLIN). */
int maps_fd(const struct maps *maps);

/* NULL is fine. */
void maps_close(struct maps *maps);

#endif
