/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_top.c - the busiest hosts now.
 *
 * The host tables of the lanes count for PERIOD_NS, then are merged into one and begin anew; who is
 * asked adds the last whole period and the one that goes on. So a rate is that of the last 5 to 10
 * s, and a host that was busy yesterday takes no place from today's.
 */
#include "conf/networks.h"
#include "live_internal.h"

#define PERIOD_NS (5 * NS_PER_S)

void live_top_turn(struct live *live)
{
	int64_t length_ns = live->window.end_ns - live->period_from_ns;

	if (length_ns < PERIOD_NS)
		return;
	hosts_clear(live->period);
	for (unsigned l = 0; l < DECODE_LANES; l++) {
		hosts_merge(live->period, live->tables->lanes[l].hosts);
		hosts_clear(live->tables->lanes[l].hosts);
	}
	live->period_ns = length_ns;
	live->period_from_ns = live->window.end_ns;
}

unsigned live_top(struct live *live, struct live_host *hosts, unsigned cap)
{
	struct host_talk top[64];
	int64_t span_ns = live->period_ns + live->now_ns - live->period_from_ns;
	double seconds = (double)(span_ns > NS_PER_S ? span_ns : NS_PER_S) / (double)NS_PER_S;
	unsigned count;

	hosts_clear(live->all);
	hosts_merge(live->all, live->period);
	for (unsigned l = 0; l < DECODE_LANES; l++)
		hosts_merge(live->all, live->tables->lanes[l].hosts);
	count = hosts_top(live->all, top, cap < 64 ? cap : 64);
	for (unsigned i = 0; i < count; i++)
		hosts[i] = (struct live_host){
			.addr = top[i].addr,
			.is_inside = networks_is_inside(live->env.networks, &top[i].addr),
			.sent_pps = (double)top[i].packets[0] / seconds,
			.sent_bps = (double)top[i].bytes[0] * 8 / seconds,
			.received_pps = (double)top[i].packets[1] / seconds,
			.received_bps = (double)top[i].bytes[1] * 8 / seconds,
		};
	return count;
}
