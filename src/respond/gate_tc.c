/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_tc.c - programs at clsact, for egress and where XDP does not fit.
 *
 * A filter has a handle and priority of ours, so attaching again replaces it in one step and a
 * packet always meets one of the two programs. tc has no links that could be pinned before Linux
 * 6.6; instead the attached program itself is pinned as links/tc-NAME-in or -out, which tells a
 * later keeper that the filter is ours, and links/qdisc-NAME that the clsact qdisc is. What another
 * program has put on our place is left alone (-EBUSY).
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "respond/gate_internal.h"

#define TC_HANDLE 0x77656972 /* "weir" */
#define TC_PRIORITY 7	     /* early: a filter with a lower number comes before */

static void tc_pin(const char *bpffs, const char *name, int direction, char *path, size_t size)
{
	snprintf(path, size, "%s/links/tc-%s-%s", bpffs, name,
		direction == BPF_TC_INGRESS ? "in" : "out");
}

static void qdisc_pin(const char *bpffs, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/links/qdisc-%s", bpffs, name);
}

/* Id of the program at our place, 0: none. */
static uint32_t attached_id(unsigned index, int direction)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index, .attach_point = direction);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = TC_HANDLE, .priority = TC_PRIORITY);

	return bpf_tc_query(&hook, &options) ? 0 : options.prog_id;
}

static bool is_ours(uint32_t program_id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(program_id);
	bool ours = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
		    strncmp(info.name, "weir_", 5) == 0;

	if (fd >= 0)
		close(fd);
	return ours;
}

bool gate_tc_is_there(const char *bpffs, const char *name, unsigned index, int direction)
{
	char path[GATE_PATH_MAX + 64];
	uint32_t id = attached_id(index, direction);

	tc_pin(bpffs, name, direction, path, sizeof(path));
	return id && access(path, F_OK) == 0 && is_ours(id);
}

static int pin(int program_fd, const char *path)
{
	unlink(path);
	return bpf_obj_pin(program_fd, path);
}

static int make_qdisc(const struct gate *gate, const struct gate_interface *interface, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface->index,
		.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	char path[GATE_PATH_MAX + 64];
	int result = bpf_tc_hook_create(&hook);

	if (result == -EEXIST)
		return 0;
	if (result)
		return result;
	qdisc_pin(gate->bpffs, interface->name, path, sizeof(path));
	result = pin(program, path);
	if (result)
		bpf_tc_hook_destroy(&hook);
	return result;
}

int gate_tc_attach(struct gate *gate, const struct gate_interface *interface, int direction,
	int program_fd, bool *ret_is_new)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface->index, .attach_point = direction);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = TC_HANDLE, .priority = TC_PRIORITY,
		.prog_fd = program_fd);
	uint32_t before = attached_id(interface->index, direction);
	char path[GATE_PATH_MAX + 64];
	int result;

	if (before && !is_ours(before))
		return -EBUSY;
	result = make_qdisc(gate, interface, program_fd);
	if (before)
		options.flags = BPF_TC_F_REPLACE;
	if (result == 0)
		result = bpf_tc_attach(&hook, &options);
	if (result) {
		gate_tc_clean(gate->bpffs, interface->name, interface->index);
		return result;
	}
	tc_pin(gate->bpffs, interface->name, direction, path, sizeof(path));
	result = pin(program_fd, path);
	if (result)
		gate_tc_detach(gate->bpffs, interface->name, interface->index, direction);
	else
		*ret_is_new = !before;
	return result;
}

void gate_tc_detach(const char *bpffs, const char *name, unsigned index, int direction)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index, .attach_point = direction);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	uint32_t id = index ? attached_id(index, direction) : 0;
	char path[GATE_PATH_MAX + 64];

	if (id && is_ours(id))
		bpf_tc_detach(&hook, &options);
	tc_pin(bpffs, name, direction, path, sizeof(path));
	unlink(path);
}

/* Asks for all filters of one side of clsact. */
static int send_dump(int fd, unsigned index, uint32_t parent)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg message;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETTFILTER,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.message = { .tcm_family = AF_UNSPEC,
			.tcm_ifindex = (int)index,
			.tcm_parent = parent },
	};

	return send(fd, &request, sizeof(request), 0) == sizeof(request) ? 0 : -errno;
}

/* True also when it cannot be told: then the qdisc stays. */
static bool has_filters(unsigned index, uint32_t parent)
{
	char answer[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool found = true;
	ssize_t len;

	if (fd < 0)
		return true;
	if (send_dump(fd, index, parent) == 0 && (len = recv(fd, answer, sizeof(answer), 0)) > 0) {
		const struct nlmsghdr *head = (const struct nlmsghdr *)answer;

		found = !NLMSG_OK(head, (uint32_t)len) || head->nlmsg_type != NLMSG_DONE;
	}
	close(fd);
	return found;
}

static bool has_pins(const char *bpffs, const char *name)
{
	char in[GATE_PATH_MAX + 64], out[GATE_PATH_MAX + 64];

	tc_pin(bpffs, name, BPF_TC_INGRESS, in, sizeof(in));
	tc_pin(bpffs, name, BPF_TC_EGRESS, out, sizeof(out));
	return access(in, F_OK) == 0 || access(out, F_OK) == 0;
}

void gate_tc_clean(const char *bpffs, const char *name, unsigned index)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index,
		.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	char path[GATE_PATH_MAX + 64];

	qdisc_pin(bpffs, name, path, sizeof(path));
	if (access(path, F_OK))
		return;
	if (index && !has_filters(index, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) &&
		!has_filters(index, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		bpf_tc_hook_destroy(&hook);
	else if (index && has_pins(bpffs, name))
		return;
	/* Else somebody else's filters hang there: it is theirs from now on. */
	unlink(path);
}
