/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate.c - opening, closing and removing the kernel part: the order of things.
 *
 * Programs are attached after the maps hold what they need and before the pins of an older version
 * are replaced: at each moment there is one whole version in force, and what is pinned as settings
 * belongs to it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "respond/gate_internal.h"

/* What loading programs of network kind takes: CAP_NET_ADMIN and CAP_BPF, or CAP_SYS_ADMIN. */
static bool is_privileged(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	uint64_t effective;

	if (syscall(SYS_capget, &head, data))
		return false;
	effective = data[0].effective | (uint64_t)data[1].effective << 32;
	return (effective & 1ULL << CAP_NET_ADMIN) &&
	       (effective & (1ULL << CAP_BPF | 1ULL << CAP_SYS_ADMIN));
}

static int start(const struct gate_options *options, struct err *err, struct gate **ret_gate)
{
	struct gate *gate;

	if (!is_privileged())
		return err_set(err, -EPERM,
			"no privilege to load the kernel part: start as root, or with CAP_BPF, "
			"CAP_NET_ADMIN and CAP_PERFMON");
	if (options->interface_count > MSG_INTERFACES_MAX)
		return err_set(err, -E2BIG, "%u interfaces are more than the %d that weir takes",
			options->interface_count, MSG_INTERFACES_MAX);
	gate = calloc(1, sizeof(*gate));
	if (!gate)
		return -ENOMEM;
	gate->conf = options->conf;
	gate->interface_count = options->interface_count;
	snprintf(gate->bpffs, sizeof(gate->bpffs), "%s", options->conf->gate.bpffs);
	snprintf(
		gate->runtime_dir, sizeof(gate->runtime_dir), "%s", options->conf->run.runtime_dir);
	for (unsigned i = 0; i < gate->interface_count; i++)
		snprintf(gate->interfaces[i].name, sizeof(gate->interfaces[i].name), "%s",
			options->interfaces[i]);
	*ret_gate = gate;
	return 0;
}

/* Before anything is changed: a name that is wrong should not cost a verifier run. */
static int check_interfaces(const struct gate *gate, struct err *err)
{
	for (unsigned i = 0; i < gate->interface_count; i++)
		if (!if_nametoindex(gate->interfaces[i].name))
			return err_set(err, -ENODEV,
				"there is no interface %s; see ip link, and interfaces in the "
				"configuration",
				gate->interfaces[i].name);
	return 0;
}

static int adopt_contents(struct gate *gate, struct err *err)
{
	int result = gate_settings_adopt(gate);

	if (result == 0)
		result = gate_leases_adopt(gate);
	if (result == 0)
		result = gate_targets_adopt(gate);
	if (result == 0)
		result = gate_filters_adopt(gate);
	if (result == 0)
		gate_synproxy_adopt(gate);
	return result ? err_set(err, result, "cannot read what is in force: %s", strerror(-result))
		      : 0;
}

/* Takes the folders below gate.bpffs away when they are empty. */
static void remove_folders(const struct gate *gate)
{
	char path[GATE_PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/maps", gate->bpffs);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/links", gate->bpffs);
	rmdir(path);
	rmdir(gate->bpffs);
}

int gate_open(const struct gate_options *options, struct err *err, struct gate **ret_gate)
{
	struct gate *gate = NULL;
	int result;

	gate_libbpf_listen();
	result = start(options, err, &gate);
	if (result)
		return result;
	result = gate_index_open(&gate->index);
	if (result == 0)
		result = check_interfaces(gate, err);
	if (result == 0)
		result = gate_bpffs_prepare(gate->bpffs, err);
	if (result)
		goto fail;
	result = gate_maps_open(gate, err);
	if (result == 0 && gate->is_adopted)
		result = adopt_contents(gate, err);
	if (result == 0)
		result = gate_settings_start(gate, options->is_shadow, err);
	if (result)
		goto fail_folders;
	if (gate->settings.mode == WIRE_MODE_ENFORCE)
		result = gate_sysctl_set(gate->runtime_dir, GATE_SYSCTL_COOKIES, err);
	if (result == 0)
		result = gate_attach_all(gate, err);
	if (result == 0 && !gate->is_adopted)
		result = gate_maps_pin(gate, err);
	if (result)
		goto fail_attached;
	*ret_gate = gate;
	return 0;
fail_attached:
	gate_attach_undo(gate);
	if (!gate->is_adopted)
		gate_sysctl_restore(gate->runtime_dir, GATE_SYSCTL_COOKIES);
fail_folders:
	remove_folders(gate);
fail:
	gate_close(gate);
	return result;
}

bool gate_is_adopted(const struct gate *gate)
{
	return gate->is_adopted;
}

int gate_remove(struct gate *gate, struct err *err)
{
	int result, synproxy;

	/* Settings first: a keeper that starts meanwhile must not adopt what is going. */
	gate_maps_unpin(gate);
	gate_detach_all(gate);
	remove_folders(gate);
	result = gate_sysctl_restore(gate->runtime_dir, GATE_SYSCTL_COOKIES);
	if (result)
		err_set(err, result,
			"cannot put the kernel's settings back as %s/sysctl.saved has them: %s",
			gate->runtime_dir, strerror(-result));
	/* After the programs, which send cookies that it completes. */
	synproxy = gate_synproxy_remove(gate);
	if (synproxy)
		err_set(err, synproxy,
			"the table inet weir_synproxy or net.netfilter.nf_conntrack_tcp_loose is "
			"not as it was before: %s",
			strerror(-synproxy));
	return result ? result : synproxy;
}

void gate_close(struct gate *gate)
{
	if (!gate)
		return;
	bpf_object__close(gate->guard);
	bpf_object__close(gate->egress);
	gate_index_close(&gate->index);
	gate_array_close(&gate->allowed);
	gate_array_close(&gate->bases);
	gate_array_close(&gate->limits);
	gate_array_close(&gate->targets);
	gate_array_close(&gate->filters);
	gate_array_close(&gate->filtered);
	free(gate);
}
