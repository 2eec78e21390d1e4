/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_synproxy.c - who completes the handshakes that cookies begin for hosts behind this
 * machine: nftables' synproxy, set up while weir drops and the machine forwards.
 *
 *   OFF       nothing of it is there; SYNs to those hosts pass, whatever their number
 *   WATCHING  conntrack is there and takes over the connections it sees (nf_conntrack_tcp_loose 1)
 *   ON        what conntrack does not know is no connection, and may bring a cookie
 *
 * ON drops ACKs of forwarded connections that conntrack has never seen. So it comes after
 * gate.synproxy_after_s of WATCHING, and after ON there is WATCHING again, not OFF, while only the
 * mode has changed: the sequence numbers of what synproxy has made are translated by conntrack for
 * as long as the table is there. The flag in the settings is set after the rules are there and
 * taken back before they go: no cookie is sent that nobody would complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/addr.h"
#include "respond/gate_internal.h"
#include "respond/nft.h"

#define NS_PER_S 1000000000ULL
#define AGAIN_NS (60 * NS_PER_S) /* after a failure */

static bool is_forwarding(const char *path)
{
	char value = '0';
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &value, 1) != 1)
		value = '0';
	close(fd);
	return value != '0';
}

static bool is_v4(const struct wire_prefix *prefix)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);

	return addr_is_v4(&addr) && prefix->bits >= ADDR_V4_BITS;
}

/* The prefixes behind this machine that it forwards to, as far as it can be told: own addresses
 * within them never come to the hook forward. To be freed; NULL: there are none, or no memory. */
static struct wire_prefix *list_behind(const struct gate *gate, unsigned *ret_count)
{
	const struct gate_protect *bases = gate->bases.list;
	bool forwards[2] = { is_forwarding("/proc/sys/net/ipv6/conf/all/forwarding"),
		is_forwarding("/proc/sys/net/ipv4/ip_forward") };
	struct wire_prefix *list;
	unsigned count = 0;

	*ret_count = 0;
	if (!gate->bases.count || !(forwards[0] || forwards[1]))
		return NULL;
	list = calloc(gate->bases.count, sizeof(*list));
	for (uint32_t i = 0; list && i < gate->bases.count; i++)
		if (!(bases[i].flags & WIRE_TARGET_LOCAL) && forwards[is_v4(&bases[i].prefix)])
			list[count++] = bases[i].prefix;
	if (!count) {
		free(list);
		return NULL;
	}
	*ret_count = count;
	return list;
}

/* Only XDP answers SYNs. */
static bool can_answer(const struct gate *gate)
{
	for (unsigned i = 0; i < gate->interface_count; i++)
		if (gate->interfaces[i].attached == GATE_NATIVE ||
			gate->interfaces[i].attached == GATE_GENERIC)
			return true;
	return false;
}

static bool is_enforcing(const struct gate *gate, uint64_t now_ns)
{
	return gate->settings.mode == WIRE_MODE_ENFORCE &&
	       (!gate->settings.enforce_until_ns || gate->settings.enforce_until_ns > now_ns);
}

/* What it should be, given that there is somebody behind. */
static enum gate_synproxy wanted_state(const struct gate *gate, uint64_t now_ns)
{
	uint64_t after_ns = gate->conf->gate.synproxy_after_s * NS_PER_S;

	if (gate->conf->gate.synproxy != CONF_ON || !can_answer(gate))
		return GATE_SYNPROXY_OFF;
	if (!is_enforcing(gate, now_ns))
		return gate->synproxy.state == GATE_SYNPROXY_OFF ? GATE_SYNPROXY_OFF
								 : GATE_SYNPROXY_WATCHING;
	if (gate->synproxy.state == GATE_SYNPROXY_OFF ||
		(gate->synproxy.since_ns && now_ns - gate->synproxy.since_ns < after_ns))
		return GATE_SYNPROXY_WATCHING;
	return GATE_SYNPROXY_ON;
}

static int write_flag(struct gate *gate, bool has_synproxy)
{
	struct wire_settings settings = gate->settings;

	settings.has_synproxy = has_synproxy;
	return settings.has_synproxy == gate->settings.has_synproxy
		       ? 0
		       : gate_settings_write(gate, &settings);
}

static int go(struct gate *gate, enum gate_synproxy state, const struct nft_synproxy *synproxy,
	struct err *err)
{
	int result = state == GATE_SYNPROXY_ON ? 0 : write_flag(gate, false);

	if (result == 0 && state == GATE_SYNPROXY_OFF)
		result = nft_synproxy_disable(gate->runtime_dir, err);
	else if (result == 0 && state == GATE_SYNPROXY_WATCHING)
		result = nft_synproxy_watch(gate->runtime_dir, synproxy, err);
	else if (result == 0)
		result = nft_synproxy_enable(gate->runtime_dir, synproxy, err);
	if (result == 0 && state == GATE_SYNPROXY_ON)
		result = write_flag(gate, true);
	return result;
}

static void fail(struct gate *gate, uint64_t now_ns)
{
	write_flag(gate, false);
	if (gate->synproxy.state == GATE_SYNPROXY_ON)
		gate->synproxy.state = GATE_SYNPROXY_WATCHING;
	gate->synproxy.again_ns = now_ns + AGAIN_NS;
}

int gate_synproxy_tend(struct gate *gate, uint64_t now_ns, struct err *err)
{
	struct nft_synproxy synproxy = { .mss = gate->settings.cookie_mss4,
		.window_scale = gate->settings.cookie_window_scale };
	struct wire_prefix *behind;
	enum gate_synproxy wanted;
	int result;

	if (now_ns < gate->synproxy.again_ns)
		return 0;
	behind = list_behind(gate, &synproxy.count);
	wanted = behind ? wanted_state(gate, now_ns) : GATE_SYNPROXY_OFF;
	if (wanted == gate->synproxy.state &&
		(wanted == GATE_SYNPROXY_OFF || !gate->synproxy.is_stale)) {
		free(behind);
		return 0;
	}
	synproxy.prefixes = behind;
	result = go(gate, wanted, &synproxy, err);
	free(behind);
	if (result) {
		fail(gate, now_ns);
		return result;
	}
	if (gate->synproxy.state == GATE_SYNPROXY_OFF)
		gate->synproxy.since_ns = now_ns;
	result = wanted != gate->synproxy.state;
	gate->synproxy.state = wanted;
	gate->synproxy.is_stale = false;
	return result;
}

enum gate_synproxy gate_synproxy_state(const struct gate *gate)
{
	return gate->synproxy.state;
}

/* Adopted: conntrack has been watching since before. */
void gate_synproxy_adopt(struct gate *gate)
{
	gate->synproxy.is_stale = true;
	if (gate->settings.has_synproxy)
		gate->synproxy.state = GATE_SYNPROXY_ON;
}

/* What was left by one that was killed while WATCHING is not known, and taken away all the same. */
int gate_synproxy_remove(struct gate *gate)
{
	int result;

	if (gate->synproxy.state == GATE_SYNPROXY_OFF && !gate->is_adopted)
		return 0;
	result = nft_synproxy_disable(gate->runtime_dir, NULL);
	return result == -ENOENT && gate->synproxy.state == GATE_SYNPROXY_OFF ? 0 : result;
}
