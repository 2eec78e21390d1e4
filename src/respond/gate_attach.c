/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_attach.c - the programs on the interfaces.
 *
 * Inbound the fastest place that works: XDP in the driver, XDP in the stack, clsact. An XDP link is
 * pinned as links/xdp-NAME and so outlives us; a link that is already there gets the new program in
 * one step (bpf_link_update), so no packet passes without one. Another program's XDP stays where it
 * is, and we go to clsact. Outbound it is always clsact. Interfaces that are no longer in the list
 * lose theirs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "respond/gate_internal.h"

const char *const gate_attach_names[4] = { "none", "native", "generic", "tc" };
const char *const gate_mode_names[WIRE_MODE_ENFORCE + 1] = { "learn", "shadow", "enforce" };

static void xdp_pin(const char *bpffs, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/links/xdp-%s", bpffs, name);
}

static int program_fd(const struct gate *gate, const char *name)
{
	struct bpf_program *program = gate_program(gate, name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

/* The pinned link of an interface of that name and index; −1 when there is none that holds. */
static int pinned_link(const char *bpffs, const char *name, unsigned index)
{
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);
	char path[GATE_PATH_MAX + 64];
	int fd;

	xdp_pin(bpffs, name, path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -1;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == BPF_LINK_TYPE_XDP &&
		info.xdp.ifindex == index)
		return fd;
	/* The interface it was for has gone; one of the same name is another. */
	unlink(path);
	close(fd);
	return -1;
}

static void drop_link(const char *bpffs, const char *name)
{
	char path[GATE_PATH_MAX + 64];
	int fd;

	xdp_pin(bpffs, name, path, sizeof(path));
	fd = bpf_obj_get(path);
	unlink(path);
	if (fd < 0)
		return;
	/* Others may hold the link open (a keeper that is still dying): this takes it off now. */
	bpf_link_detach(fd);
	close(fd);
}

static int xdp_attach(struct gate *gate, const struct gate_interface *interface, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	char path[GATE_PATH_MAX + 64];
	int program = program_fd(gate, "weir_guard"), fd, result = 0;

	if (program < 0)
		return program;
	fd = bpf_link_create(program, (int)interface->index, BPF_XDP, &options);
	if (fd < 0)
		return -errno;
	xdp_pin(gate->bpffs, interface->name, path, sizeof(path));
	if (bpf_obj_pin(fd, path))
		result = -errno;
	close(fd); /* the pin holds it, or nothing does */
	return result;
}

static enum gate_attach mode_of(unsigned index)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)index, 0, &query) || query.attach_mode == XDP_ATTACHED_NONE)
		return GATE_NONE;
	return query.attach_mode == XDP_ATTACHED_SKB ? GATE_GENERIC : GATE_NATIVE;
}

static bool is_wanted(const struct gate *gate, enum gate_attach mode)
{
	switch (gate->conf->gate.attach) {
	case CONF_ATTACH_AUTO:
		return true;
	case CONF_ATTACH_NATIVE:
		return mode == GATE_NATIVE;
	case CONF_ATTACH_GENERIC:
		return mode == GATE_GENERIC;
	case CONF_ATTACH_TC:
		return mode == GATE_TC;
	default:
		return false;
	}
}

/* Gives the link that is there our program. True when it has it and may stay. */
static bool adopt_link(struct gate *gate, struct gate_interface *interface)
{
	int fd = pinned_link(gate->bpffs, interface->name, interface->index), result;
	enum gate_attach mode = mode_of(interface->index);

	if (fd < 0)
		return false;
	result = is_wanted(gate, mode) ? bpf_link_update(fd, program_fd(gate, "weir_guard"), NULL)
				       : -EINVAL;
	close(fd);
	if (result) {
		drop_link(gate->bpffs, interface->name);
		return false;
	}
	interface->attached = mode;
	interface->was_there = true;
	return true;
}

static void note(struct gate_interface *interface, const char *what, int result)
{
	size_t used = strlen(interface->note);

	snprintf(interface->note + used, sizeof(interface->note) - used, "%s%s: %s",
		used ? "; " : "", what, strerror(-result));
}

/* Tries XDP in the driver, then in the stack, as far as they are wanted. */
static bool try_xdp(struct gate *gate, struct gate_interface *interface)
{
	static const struct {
		enum gate_attach mode;
		uint32_t flags;
		const char *what;
	} ways[] = {
		{ GATE_NATIVE, XDP_FLAGS_DRV_MODE, "XDP in the driver" },
		{ GATE_GENERIC, XDP_FLAGS_SKB_MODE, "XDP in the stack" },
	};

	if (mode_of(interface->index) != GATE_NONE) {
		note(interface, "another XDP program is attached", -EBUSY);
		return false;
	}
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int result;

		if (!is_wanted(gate, ways[i].mode))
			continue;
		result = xdp_attach(gate, interface, ways[i].flags);
		if (result == 0) {
			interface->attached = ways[i].mode;
			return true;
		}
		note(interface, ways[i].what, result);
	}
	return false;
}

static int try_tc(struct gate *gate, struct gate_interface *interface)
{
	bool is_new = false;
	int program = program_fd(gate, "weir_guard_tc");
	int result = program < 0
			     ? program
			     : gate_tc_attach(gate, interface, BPF_TC_INGRESS, program, &is_new);

	if (result) {
		note(interface, "tc ingress", result);
		return result;
	}
	interface->attached = GATE_TC;
	interface->was_there = !is_new;
	return 0;
}

static int attach_inbound(struct gate *gate, struct gate_interface *interface)
{
	bool wants_tc = is_wanted(gate, GATE_TC);
	bool wants_xdp = gate->conf->gate.attach != CONF_ATTACH_TC;
	bool has_xdp = adopt_link(gate, interface) || (wants_xdp && try_xdp(gate, interface));

	if (has_xdp) {
		gate_tc_detach(gate->bpffs, interface->name, interface->index, BPF_TC_INGRESS);
		return 0;
	}
	return wants_tc ? try_tc(gate, interface) : -EOPNOTSUPP;
}

static int attach_outbound(struct gate *gate, struct gate_interface *interface)
{
	int program = program_fd(gate, "weir_egress");
	int result;

	if (program < 0)
		return program;
	result = gate_tc_attach(gate, interface, BPF_TC_EGRESS, program, &interface->made_egress);
	if (result)
		note(interface, "tc egress", result);
	return result;
}

static void undo_one(struct gate *gate, struct gate_interface *interface)
{
	if (!interface->was_there && interface->attached == GATE_TC)
		gate_tc_detach(gate->bpffs, interface->name, interface->index, BPF_TC_INGRESS);
	else if (!interface->was_there && interface->attached != GATE_NONE)
		drop_link(gate->bpffs, interface->name);
	if (interface->made_egress)
		gate_tc_detach(gate->bpffs, interface->name, interface->index, BPF_TC_EGRESS);
	gate_tc_clean(gate->bpffs, interface->name, interface->index);
	interface->attached = GATE_NONE;
	interface->made_egress = false;
}

int gate_attach_one(struct gate *gate, struct gate_interface *interface, struct err *err)
{
	int result;

	interface->note[0] = 0;
	interface->attached = GATE_NONE;
	interface->was_there = interface->made_egress = false;
	interface->index = if_nametoindex(interface->name);
	if (!interface->index)
		return err_set(err, -ENODEV,
			"there is no interface %s; see ip link, and interfaces in the "
			"configuration",
			interface->name);
	if (gate->conf->gate.attach == CONF_ATTACH_NONE)
		return 0;
	result = attach_inbound(gate, interface);
	if (result == 0)
		result = attach_outbound(gate, interface);
	if (result == 0)
		return 0;
	undo_one(gate, interface);
	return err_set(err, result,
		"cannot attach to %s (%s); try gate.attach: auto, and see weir doctor",
		interface->name, interface->note);
}

int gate_reattach(struct gate *gate, unsigned interface, struct err *err)
{
	if (interface >= gate->interface_count)
		return -EINVAL;
	return gate_attach_one(gate, &gate->interfaces[interface], err);
}

static bool is_listed(const struct gate *gate, const char *name)
{
	for (unsigned i = 0; gate && i < gate->interface_count; i++)
		if (strcmp(gate->interfaces[i].name, name) == 0)
			return true;
	return false;
}

/* "xdp-eth0" → "eth0", "tc-eth0-in" → "eth0", "qdisc-eth0" → "eth0". */
static bool interface_of_pin(const char *pin, char *name, size_t size)
{
	const char *dash = strchr(pin, '-');
	size_t len;

	if (!dash)
		return false;
	len = strlen(dash + 1);
	if (strncmp(pin, "tc-", 3) == 0)
		len = (size_t)(strrchr(pin, '-') - dash) ? (size_t)(strrchr(pin, '-') - dash - 1)
							 : 0;
	if (!len || len >= size)
		return false;
	memcpy(name, dash + 1, len);
	name[len] = 0;
	return true;
}

static void detach(const char *bpffs, const char *name)
{
	unsigned index = if_nametoindex(name);

	drop_link(bpffs, name);
	gate_tc_detach(bpffs, name, index, BPF_TC_INGRESS);
	gate_tc_detach(bpffs, name, index, BPF_TC_EGRESS);
	gate_tc_clean(bpffs, name, index);
}

/* Detaches from all interfaces of which there are pins, but for those in keep's list. */
static void detach_others(const char *bpffs, const struct gate *keep)
{
	char path[GATE_PATH_MAX + 8], name[IF_NAMESIZE];
	const struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/links", bpffs);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (interface_of_pin(entry->d_name, name, sizeof(name)) && !is_listed(keep, name))
			detach(bpffs, name);
	closedir(folder);
}

/* Those that have a program already come last: when a new one fails, nothing of theirs has
 * changed. */
int gate_attach_all(struct gate *gate, struct err *err)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < gate->interface_count; i++) {
			struct gate_interface *interface = &gate->interfaces[i];
			unsigned index = if_nametoindex(interface->name);
			int fd = pinned_link(gate->bpffs, interface->name, index);
			bool was_there = fd >= 0 || gate_tc_is_there(gate->bpffs, interface->name,
							    index, BPF_TC_INGRESS);
			int result;

			if (fd >= 0)
				close(fd);
			if (was_there != (pass == 1) || interface->index)
				continue;
			result = gate_attach_one(gate, interface, err);
			if (result)
				return result;
		}
	}
	detach_others(gate->bpffs, gate);
	return 0;
}

void gate_attach_undo(struct gate *gate)
{
	for (unsigned i = 0; i < gate->interface_count; i++)
		if (gate->interfaces[i].attached != GATE_NONE)
			undo_one(gate, &gate->interfaces[i]);
}

void gate_detach_all(struct gate *gate)
{
	detach_others(gate->bpffs, NULL);
	for (unsigned i = 0; i < gate->interface_count; i++)
		gate->interfaces[i].attached = GATE_NONE;
}

enum gate_attach gate_attached(const struct gate *gate, unsigned interface)
{
	return interface < gate->interface_count ? gate->interfaces[interface].attached : GATE_NONE;
}

const char *gate_note(const struct gate *gate, unsigned interface)
{
	return interface < gate->interface_count ? gate->interfaces[interface].note : "";
}
