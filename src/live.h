/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - the engine on live packets: the same lanes, detectors and correlation as inspect.
 *
 * Worker w of W has its own socket of every interface and owns the lanes l with l % W == w; as the
 * kernel spreads packets by address pair, it maps pkt.lane into its own lanes. live_step() lets all
 * workers drain their rings, then ends the windows that are over. Time is packet time: the age of a
 * packet in its ring, taken from a clock that only goes forward (CLOCK_MONOTONIC set beside
 * CLOCK_REALTIME once at the start), so a stepped wall clock neither ends windows nor moves leases.
 */
#ifndef WEIR_LIVE_H
#define WEIR_LIVE_H

#include "app/app.h"
#include "app/inventory.h"
#include "capture/source.h"
#include "correlate/correlate.h"
#include "decide/memory.h"
#include "lane.h"
#include "track/hosts.h"
#include "track/track.h"
#include "types.h"

struct live;

/* Both clocks at one moment. */
typedef void live_clock(void *context, int64_t *ret_realtime_ns, uint64_t *ret_monotonic_ns);

struct live_options {
	const struct conf *conf;
	struct networks *networks; /* the caller's; what is inside */
	unsigned workers;
	/* sources[interface * workers + worker], taken over, also on failure; the array is the
	 * caller's. One that gives 0 is asked again, one that gives -ENETDOWN too; after any other
	 * failure no more. */
	struct source **sources;
	unsigned interface_count;
	live_clock *clock; /* NULL: the machine's. For tests */
	void *clock_context;
	const struct oui *makers; /* of network cards, the caller's; NULL: not known */
	struct event_sink events; /* told every event, in order, on the thread of live_step() */
};

struct live_stats {
	uint64_t packets, bytes, kernel_drops, late;
	struct track_stats track;
	struct losses losses;
	struct app_stats app;
	struct correlator_stats correlator;
	uint64_t memory_bytes;
	/* Or gone: no socket of theirs has given a frame since it said so. */
	unsigned interfaces_down;
};

int live_open(const struct live_options *options, struct err *err, struct live **ret_live);

/* Reads what is there, or waits for it at most timeout_ms. Calls window() for each window that
 * ended, after all lanes are merged and judged and before the findings are correlated: it may add
 * findings of its own (what the kernel part counts). Returns packets seen, or −errno (-ENETDOWN: no
 * interface left). */
struct live_hooks {
	void (*window)(void *context, struct window window, struct findings *findings);
	void *context;
};
int live_step(struct live *live, int timeout_ms, const struct live_hooks *hooks);

/* A packet that the kernel part dropped, from its ring of samples: only the traffic memory sees
 * it. *ret_pkt is what was read of it; false when that is no IP packet. */
bool live_see_dropped(struct live *live, const struct wire_sample *sample, struct pkt *ret_pkt);

/* Packet time now, and the CLOCK_MONOTONIC moment it belongs to. */
int64_t live_now_ns(const struct live *live, uint64_t *ret_monotonic_ns);
int64_t live_time_of_monotonic(const struct live *live, uint64_t monotonic_ns);

/* The secret seed of its tables, for those of others that strangers fill. */
uint64_t live_seed(const struct live *live);

/* For the control thread, between steps. */
struct correlator *live_correlator(struct live *live);
/* The hosts of ours; NULL: what conversations say is not read. */
const struct inventory *live_inventory(const struct live *live);
struct memory *const *live_memories(const struct live *live, unsigned *ret_count);
void live_stats(const struct live *live, struct live_stats *ret_stats);

/* As panel_warning(); valid until the next live_reload(). */
const char *live_warning(const struct live *live, unsigned index);
/* The busiest hosts now, most bytes in the last 10 s first (for top). Returns how many. */
struct live_host {
	struct addr addr;
	bool is_inside;
	double received_pps, received_bps, sent_pps, sent_bps;
};
unsigned live_top(struct live *live, struct live_host *hosts, unsigned cap);

/* A new configuration (reload): tables are opened anew, incidents stay. On failure nothing has
 * changed. */
int live_reload(
	struct live *live, const struct conf *conf, struct networks *networks, struct err *err);

/* NULL is fine. */
void live_close(struct live *live);

#endif
