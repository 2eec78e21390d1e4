/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_conf.c - settings and targets from the configuration, and the mode.
 *
 * Settings are one value that is written whole. Targets are brought to what is wanted entry by
 * entry, first those that are wanted, then without those that are not, so no packet meets an empty
 * list. The cookies offer what the kernel would: the MSS that fits the smallest MTU, and the window
 * scale that it computes from its receive buffers, which it also assumes when the cookie comes
 * back.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "respond/gate_internal.h"

#define MSS_MIN 536	    /* RFC 9293 3.7.1: what every IPv4 host takes */
#define WINDOW_SCALE_MAX 14 /* RFC 7323 2.3 */

int gate_settings_write(struct gate *gate, const struct wire_settings *settings)
{
	uint32_t first = 0;

	if (bpf_map_update_elem(gate_map(gate, "settings"), &first, settings, BPF_ANY))
		return -errno;
	gate->settings = *settings;
	return 0;
}

static unsigned mtu_of(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned mtu = 1500;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0)
		mtu = (unsigned)request.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

/* The third number of the file, or its only one; 0 when it cannot be read. */
static unsigned long last_number(const char *path)
{
	unsigned long number[3] = { 0 };
	FILE *file = fopen(path, "re");
	int count;

	if (!file)
		return 0;
	count = fscanf(file, "%lu %lu %lu", &number[0], &number[1], &number[2]);
	fclose(file);
	return count > 0 ? number[count - 1] : 0;
}

/* As tcp_select_initial_window() of the kernel has it. */
static uint8_t window_scale(void)
{
	unsigned long space = last_number("/proc/sys/net/ipv4/tcp_rmem");
	unsigned long most = last_number("/proc/sys/net/core/rmem_max");
	int scale = -15;

	for (space = space > most ? space : most; space > 1; space >>= 1)
		scale++;
	if (scale < 0)
		return 0;
	return scale > WINDOW_SCALE_MAX ? WINDOW_SCALE_MAX : (uint8_t)scale;
}

/* wanted, or what the MTU leaves after so many bytes of headers; at least MSS_MIN. */
static uint16_t fitting_mss(unsigned wanted, unsigned mtu, unsigned headers)
{
	unsigned room = mtu > headers + MSS_MIN ? mtu - headers : MSS_MIN;

	return (uint16_t)(wanted < room ? wanted : room);
}

static void settings_from_conf(
	const struct gate *gate, const struct conf *conf, struct wire_settings *settings)
{
	unsigned mtu = 65535, mss = (unsigned)conf->gate.cookie_mss;

	for (unsigned i = 0; i < gate->interface_count; i++) {
		unsigned own = mtu_of(gate->interfaces[i].name);

		mtu = own < mtu ? own : mtu;
	}
	settings->version = WIRE_VERSION;
	settings->drops_unreadable = conf->gate.unreadable == CONF_DROP;
	settings->drops_bogons = conf->gate.bogons == CONF_DROP;
	settings->checks_spoofing = conf->gate.antispoof == CONF_ON;
	settings->sample_one_in = (uint32_t)conf->gate.sample_one_in;
	settings->hold_ms = (uint32_t)conf->gate.hold_ms;
	settings->cookie_mss4 = fitting_mss(mss, mtu, 40);
	/* The IPv6 header is 20 bytes longer. */
	settings->cookie_mss6 = fitting_mss(mss > MSS_MIN + 20 ? mss - 20 : MSS_MIN, mtu, 60);
	settings->cookie_window_scale = window_scale();
}

static void template_from_conf(const struct conf *conf, struct wire_target *target)
{
	*target = (struct wire_target){
		.high_pps = { [WIRE_CLASS_SYN] = (uint32_t)conf->gate.syn_high_pps,
			[WIRE_CLASS_TCP] = (uint32_t)conf->gate.tcp_high_pps,
			[WIRE_CLASS_ANSWER] = (uint32_t)conf->gate.answer_high_pps,
			[WIRE_CLASS_ICMP] = (uint32_t)conf->gate.icmp_high_pps,
			[WIRE_CLASS_FRAGMENT] = (uint32_t)conf->gate.fragment_high_pps },
		.low_pps = { [WIRE_CLASS_SYN] = (uint32_t)conf->gate.syn_low_pps,
			[WIRE_CLASS_TCP] = (uint32_t)conf->gate.tcp_low_pps,
			[WIRE_CLASS_ANSWER] = (uint32_t)conf->gate.answer_low_pps,
			[WIRE_CLASS_ICMP] = (uint32_t)conf->gate.icmp_low_pps,
			[WIRE_CLASS_FRAGMENT] = (uint32_t)conf->gate.fragment_low_pps },
	};
}

int gate_settings_adopt(struct gate *gate)
{
	uint32_t first = 0;

	return bpf_map_lookup_elem(gate_map(gate, "settings"), &first, &gate->settings) ? -errno
											: 0;
}

/* Adopted settings keep their mode: what the kernel part last knew, unless shadow is asked for. */
int gate_settings_start(struct gate *gate, bool is_shadow, struct err *err)
{
	struct wire_settings settings = gate->settings;
	int result;

	if (!gate->is_adopted)
		settings.mode = (uint32_t)gate->conf->run.mode;
	if (is_shadow) {
		settings.mode = WIRE_MODE_SHADOW;
		settings.enforce_until_ns = 0;
	}
	settings_from_conf(gate, gate->conf, &settings);
	template_from_conf(gate->conf, &gate->template);
	result = gate_settings_write(gate, &settings);
	return result ? err_set(err, result, "cannot write the settings of the kernel part: %s",
				strerror(-result))
		      : 0;
}

static int check_protect(const struct gate_protect *protect, unsigned count, struct err *err)
{
	if (count > WIRE_TARGETS_MAX / 2)
		return err_set(err, -ENOSPC,
			"%u networks and addresses to protect are more than the %d that fit; name "
			"larger networks instead",
			count, WIRE_TARGETS_MAX / 2);
	for (unsigned i = 0; i < count; i++)
		if (!gate_prefix_is_sound(&protect[i].prefix))
			return err_set(err, -EINVAL,
				"a network to protect has bits beyond its length, or is ::/0, "
				"which "
				"would be IPv4 too: use 2000::/3");
	return 0;
}

int gate_configure(struct gate *gate, const struct conf *conf, const struct gate_protect *protect,
	unsigned count, struct err *err)
{
	struct wire_settings settings = gate->settings;
	int result = check_protect(protect, count, err);

	if (result)
		return result;
	settings_from_conf(gate, conf, &settings);
	template_from_conf(conf, &gate->template);
	result = gate_targets_configure(gate, protect, count);
	if (result == 0)
		result = gate_settings_write(gate, &settings);
	if (result)
		return err_set(err, result, "cannot write the targets of the kernel part: %s",
			strerror(-result));
	gate->conf = conf;
	gate->synproxy.is_stale = true;
	return 0;
}

int gate_set_mode(struct gate *gate, enum wire_mode mode, uint64_t until_ns)
{
	struct wire_settings settings = gate->settings;
	int result;

	if (mode > WIRE_MODE_ENFORCE || (until_ns && mode != WIRE_MODE_ENFORCE))
		return -EINVAL;
	/* The listener must know of cookies before the first is sent. */
	result = mode == WIRE_MODE_ENFORCE
			 ? gate_sysctl_set(gate->runtime_dir, GATE_SYSCTL_COOKIES, NULL)
			 : 0;
	if (result)
		return result;
	settings.mode = mode;
	settings.enforce_until_ns = until_ns;
	result = gate_settings_write(gate, &settings);
	if (result == 0 && mode != WIRE_MODE_ENFORCE)
		result = gate_sysctl_restore(gate->runtime_dir, GATE_SYSCTL_COOKIES);
	return result;
}

enum wire_mode gate_mode(const struct gate *gate, uint64_t *ret_until_ns)
{
	if (ret_until_ns)
		*ret_until_ns = gate->settings.enforce_until_ns;
	return gate->settings.mode;
}
