/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/probe_interface.c - the probes of one interface; see probe.h.
 *
 * Asked by ioctl and netlink, not in /sys, which may show another network namespace.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "respond/probe.h"

/* A page less XDP's headroom (256) and the tail of an skb (320), less the Ethernet header and
 * VLAN tag: what most drivers take in one buffer without multi-buffer XDP. */
#define MTU_NATIVE_MAX 3502
#define NAMES_MAX 128 /* features of an interface: 64 on Linux 6.18 */

/* Drivers whose XDP in the driver is known: include/net/xdp.h users of Linux 6.1. */
static const char *const native_drivers[] = { "atlantic", "bnxt_en", "bonding", "bond", "cpsw",
	"ena", "enetc", "fec", "fsl_dpaa", "fsl_dpaa2_eth", "funeth", "gve", "hv_netvsc", "i40e",
	"ice", "igb", "igc", "ixgbe", "ixgbevf", "lan966x", "mana", "mlx4_en", "mlx5_core",
	"mvneta", "mvpp2", "mtk_soc_eth", "netsec", "nfp", "octeontx2", "qede", "rvu_nicpf", "sfc",
	"stmmac", "st_gmac", "thunder", "nicvf", "tsnep", "tun", "veth", "virtio_net", "vif",
	"xen_netfront" };

static int ask(const char *interface, unsigned long request, void *data, struct ifreq *ret_answer)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = 0;

	if (fd < 0)
		return -errno;
	memset(ret_answer, 0, sizeof(*ret_answer));
	snprintf(ret_answer->ifr_name, sizeof(ret_answer->ifr_name), "%s", interface);
	if (data)
		ret_answer->ifr_data = data;
	if (ioctl(fd, request, ret_answer))
		result = -errno;
	close(fd);
	return result;
}

static int ask_ethtool(const char *interface, void *command)
{
	struct ifreq answer;

	return ask(interface, SIOCETHTOOL, command, &answer);
}

/* Says so when the interface is not there. */
static bool is_missing(const char *interface, struct probe *probe)
{
	if (if_nametoindex(interface))
		return false;
	probe_say(probe, PROBE_FAIL, "see ip link", "there is no interface %s", interface);
	return true;
}

static bool has_native(const char *driver)
{
	for (unsigned i = 0; i < sizeof(native_drivers) / sizeof(native_drivers[0]); i++)
		if (strcmp(driver, native_drivers[i]) == 0)
			return true;
	return false;
}

void probe_driver(const char *interface, struct probe *ret_probe)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (is_missing(interface, ret_probe))
		return;
	if (ask_ethtool(interface, &info) || !info.driver[0])
		probe_say(ret_probe, PROBE_WARN, "",
			"%s: its driver is not known; XDP will run in the stack", interface);
	else if (has_native(info.driver))
		probe_say(ret_probe, PROBE_OK, "", "%s: driver %.30s has XDP", interface,
			info.driver);
	else
		probe_say(ret_probe, PROBE_WARN,
			"use a card whose driver has XDP for more than about 1 Mpps",
			"%s: driver %.30s is not known to have XDP; it will run in the stack",
			interface, info.driver);
}

void probe_xdp(const char *interface, struct probe *ret_probe)
{
	static const char *const modes[] = { [XDP_ATTACHED_NONE] = "none",
		[XDP_ATTACHED_DRV] = "in the driver",
		[XDP_ATTACHED_SKB] = "in the stack",
		[XDP_ATTACHED_HW] = "in the card",
		[XDP_ATTACHED_MULTI] = "in several places" };
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (is_missing(interface, ret_probe))
		return;
	if (bpf_xdp_query((int)if_nametoindex(interface), 0, &query))
		probe_say(ret_probe, PROBE_WARN, "", "%s: XDP cannot be asked for: %s", interface,
			strerror(errno));
	else if (query.attach_mode == XDP_ATTACHED_NONE)
		probe_say(ret_probe, PROBE_OK, "", "%s: no XDP program", interface);
	else
		probe_say(ret_probe, PROBE_OK, "", "%s: XDP program %u %s", interface,
			query.prog_id ? query.prog_id : query.drv_prog_id,
			query.attach_mode <= XDP_ATTACHED_MULTI ? modes[query.attach_mode] : "?");
}

void probe_mtu(const char *interface, struct probe *ret_probe)
{
	struct ifreq answer = { 0 };

	if (is_missing(interface, ret_probe))
		return;
	if (ask(interface, SIOCGIFMTU, NULL, &answer))
		probe_say(ret_probe, PROBE_WARN, "", "%s: its MTU is not known", interface);
	else if (answer.ifr_mtu > MTU_NATIVE_MAX)
		probe_say(ret_probe, PROBE_WARN, "ip link set INTERFACE mtu 3502, or less",
			"%s: with an MTU of %d many drivers refuse XDP; it may run in the stack",
			interface, answer.ifr_mtu);
	else
		probe_say(ret_probe, PROBE_OK, "", "%s: MTU %d fits XDP in the driver", interface,
			answer.ifr_mtu);
}

/* ETHTOOL_GFLAGS has LRO; GRO-HW has to be looked up by name among the features. */
static bool has_feature(const char *interface, const char *name)
{
	/* Structs that end with an array of what was asked for; aligned for all of them. */
	static uint64_t memory[3][(64 + NAMES_MAX * ETH_GSTRING_LEN) / sizeof(uint64_t)];
	struct ethtool_sset_info *sets = (void *)memory[0];
	struct ethtool_gstrings *strings = (void *)memory[1];
	struct ethtool_gfeatures *features = (void *)memory[2];

	memset(memory, 0, sizeof(memory));
	*sets = (struct ethtool_sset_info){ .cmd = ETHTOOL_GSSET_INFO,
		.sset_mask = 1ULL << ETH_SS_FEATURES };
	*strings = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = NAMES_MAX
	};
	*features = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES, .size = NAMES_MAX / 32 };
	/* The kernel writes as many names as it has, whatever we have room for. */
	if (ask_ethtool(interface, sets) || sets->data[0] > NAMES_MAX ||
		ask_ethtool(interface, strings) || ask_ethtool(interface, features))
		return false;
	for (uint32_t i = 0; i < sets->data[0]; i++)
		if (strncmp((const char *)strings->data + (size_t)i * ETH_GSTRING_LEN, name,
			    ETH_GSTRING_LEN) == 0)
			return features->features[i / 32].active & 1U << i % 32;
	return false;
}

void probe_offloads(const char *interface, struct probe *ret_probe)
{
	bool lro, gro_hw;

	if (is_missing(interface, ret_probe))
		return;
	lro = has_feature(interface, "rx-lro");
	gro_hw = has_feature(interface, "rx-gro-hw");
	if (lro || gro_hw)
		probe_say(ret_probe, PROBE_WARN, "ethtool -K INTERFACE lro off rx-gro-hw off",
			"%s: %s%s%s: the card joins packets before XDP sees them", interface,
			lro ? "lro" : "", lro && gro_hw ? " and " : "", gro_hw ? "rx-gro-hw" : "");
	else
		probe_say(ret_probe, PROBE_OK, "", "%s: no offload joins packets before XDP",
			interface);
}

void probe_queues(const char *interface, struct probe *ret_probe)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned queues;

	if (is_missing(interface, ret_probe))
		return;
	if (ask_ethtool(interface, &channels)) {
		probe_say(ret_probe, PROBE_OK, "", "%s: has no queues to be set", interface);
		return;
	}
	queues = channels.combined_count + channels.rx_count;
	if (queues < processors && channels.max_combined > channels.combined_count)
		probe_say(ret_probe, PROBE_WARN, "ethtool -L INTERFACE combined N",
			"%s: %u receive queues for %ld processors, %u are possible", interface,
			queues, processors, channels.max_combined);
	else
		probe_say(ret_probe, PROBE_OK, "", "%s: %u receive queues for %ld processors",
			interface, queues, processors);
}
