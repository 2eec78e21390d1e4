/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/send.c - puts rehearsed attacks on a link of the lab, and on no other; see send.h. */
#include "drill/send.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "drill/packets.h"
#include "lib/now.h"

#define BATCH 64
#define POOL 4096 /* frames made before the first is sent: making them would slow the sending */
#define NS 1000000000ULL

#define ATTACK(symbol, name, kind, meaning) { name, kind, meaning },
const struct attack_info attack_infos[ATTACK_COUNT] = { DRILL_ATTACKS(ATTACK) };
#undef ATTACK

/* A network of the lab has nothing in it but the lab's links; the machine's own has others. Where
 * the first process can be asked for its network, ours must be another one, too. */
static bool is_labs_network(void)
{
	struct if_nameindex *interfaces = if_nameindex();
	struct stat own, first;
	bool is_labs = interfaces != NULL;

	for (unsigned i = 0; is_labs && interfaces[i].if_index != 0; i++)
		is_labs = strcmp(interfaces[i].if_name, "lo") == 0 ||
			  strcmp(interfaces[i].if_name, LAB_INTERNET_LINK) == 0 ||
			  strcmp(interfaces[i].if_name, LAB_LAN_LINK) == 0;
	if (interfaces)
		if_freenameindex(interfaces);
	if (!is_labs || stat("/proc/self/ns/net", &own) < 0)
		return false;
	return stat("/proc/1/ns/net", &first) < 0 || own.st_dev != first.st_dev ||
	       own.st_ino != first.st_ino;
}

static bool is_veth(const char *interface)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return false;
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	r = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return r == 0 && strcmp(info.driver, "veth") == 0;
}

int send_check_interface(const char *interface, struct err *err)
{
	if (strcmp(interface, LAB_INTERNET_LINK) != 0 && strcmp(interface, LAB_LAN_LINK) != 0)
		return err_set(err, -EPERM, "a drill sends only on its own links, and %s is none",
			interface);
	if (!is_labs_network())
		return err_set(err, -EPERM,
			"a drill sends only in a network that holds nothing but its own links");
	if (!is_veth(interface))
		return err_set(err, -EPERM, "%s is not a virtual link, so nothing is sent on it",
			interface);
	return 0;
}

static int check_bounds(const struct send_order *order, struct err *err)
{
	if (order->pps < 1 || order->pps > SEND_PPS_MAX || order->seconds < 1 ||
		order->seconds > SEND_SECONDS_MAX || order->senders < 1 || order->senders > 131072)
		return err_set(err, -ERANGE, "a drill sends at most %d packets/s for at most %d s",
			SEND_PPS_MAX, SEND_SECONDS_MAX);
	return 0;
}

static int open_link(const char *interface, struct err *err)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1, buffer = 4 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return err_set(err, r, "cannot send on %s: %s", interface, strerror(-r));
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	return fd;
}

struct pool {
	uint8_t bytes[POOL][PACKET_MAX];
	struct iovec parts[POOL];
	struct mmsghdr messages[POOL];
};

static void fill(struct pool *pool, const struct send_order *order, uint64_t first)
{
	for (unsigned i = 0; i < POOL; i++) {
		pool->parts[i].iov_base = pool->bytes[i];
		pool->parts[i].iov_len = attack_packet(order, first + i, pool->bytes[i]);
		pool->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &pool->parts[i], .msg_iovlen = 1 };
	}
}

/* Sends what is due by now and no more; what the link did not take is not made up for. */
static void run(
	int fd, const struct send_order *order, struct pool *pool, struct send_progress *progress)
{
	uint64_t start = now_monotonic_ns(), end = start + order->seconds * NS, now;
	uint64_t due, done = 0;

	progress->first_ns = (uint64_t)now_clock_ns(CLOCK_REALTIME);
	while ((now = now_monotonic_ns()) < end && done < SEND_PACKETS_MAX) {
		due = (now - start) * order->pps / NS + 1;
		if (done >= due) {
			struct timespec pause = { 0, 50000 };

			nanosleep(&pause, NULL);
			continue;
		}
		while (done < due) {
			unsigned at = (unsigned)(done % POOL), count = BATCH;
			int sent;

			if (at == 0 && done > 0 && order->pps <= 50000)
				fill(pool, order, done);
			if (count > due - done)
				count = (unsigned)(due - done);
			if (count > POOL - at)
				count = POOL - at;
			sent = sendmmsg(fd, &pool->messages[at], count, 0);
			progress->sent += sent > 0 ? (unsigned)sent : 0;
			progress->refused += count - (sent > 0 ? (unsigned)sent : 0);
			done += count;
		}
	}
}

int send_attack(const struct send_order *order, struct send_progress *progress, struct err *err)
{
	struct pool *pool;
	int fd, r = check_bounds(order, err);

	if (r == 0)
		r = send_check_interface(order->interface, err);
	if (r < 0)
		return r;
	fd = open_link(order->interface, err);
	if (fd < 0)
		return fd;
	pool = calloc(1, sizeof(*pool));
	if (pool) {
		fill(pool, order, 0);
		run(fd, order, pool, progress);
	}
	free(pool);
	close(fd);
	return pool ? 0 : err_set(err, -ENOMEM, "no memory");
}
