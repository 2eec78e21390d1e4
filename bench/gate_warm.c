/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_warm.c - cookies sent and checked, by a ring of SYNs and of the ACKs that bring the cookies
 * back: each from another port, so each ACK is the first of its connection.
 *
 * warm.bpf.c puts the frames in place, one a run; what that takes is measured by itself, right
 * before, and taken off. Own targets have a listening socket of this process; it is never connected
 * to.
 */
#include "bench/gate_warm.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/warm_wire.h"
#include "warm.skel.h"

#define ROUNDS_MAX 101
#define FIRST_PORT 20000
#define SAMPLE_ONE_IN 16 /* default of gate.sample_one_in */
#define HOT "high:SYN=100 high:TCP=100 hot:SYN hot:TCP"
#define SYN_SEQUENCE 0x01020304U

struct warm_bench {
	const struct kernel *kernel;
	struct warm *warm;
	unsigned rounds;
	gate_warm_row *row;
};

void gate_warm_reset(const struct kernel *kernel)
{
	struct wire_settings settings = kernel_settings();
	__u32 zero = 0;

	settings.sample_one_in = SAMPLE_ONE_IN;
	kernel_reset(kernel);
	bpf_map_update_elem(kernel->map[KERNEL_MAP_settings], &zero, &settings, BPF_ANY);
}

static void ring_write(const struct warm_bench *b, __u32 at, const struct frame_text *frame)
{
	struct warm_frame entry = { .len = (__u32)frame->len };

	memcpy(entry.bytes, frame->bytes, frame->len < WARM_BYTES ? frame->len : WARM_BYTES);
	bpf_map_update_elem(bpf_map__fd(b->warm->maps.warm_frames), &at, &entry, BPF_ANY);
}

/* ns a packet of one turn of the ring. */
static double turn(const struct warm_bench *b, int subject, __u32 *ret_verdict)
{
	static __u8 frame[WARM_BYTES], out[FRAME_MAX + 256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		.data_out = out, .data_size_out = FRAME_MAX, .repeat = WARM_FRAMES);
	__u32 zero = 0;

	if (bpf_map_update_elem(
		    bpf_map__fd(b->warm->maps.warm_subject), &zero, &subject, BPF_ANY) ||
		bpf_prog_test_run_opts(bpf_program__fd(b->warm->progs.warm_run), &opts)) {
		fprintf(stderr, "gate_warm: cannot run the programs: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	*ret_verdict = opts.retval;
	return opts.duration;
}

static void syn_write(unsigned i, struct frame_text *ret_frame)
{
	char text[96];

	snprintf(text, sizeof(text), "ip4 tcp:S,%u>80,seq=%u,mss=1460,sack,ts=77,wscale=7",
		FIRST_PORT + i, SYN_SEQUENCE);
	frame_write(text, ret_frame);
}

/* One by one: to ask the map what it holds would walk, and put into the cache, all of it. */
static void forget_flows(const struct warm_bench *b)
{
	struct frame_text frame;
	struct wire_flow_key key;

	syn_write(0, &frame);
	key = kernel_flow_key(&frame, false);
	for (unsigned i = 0; i < WARM_FRAMES; i++) {
		key.outside_port = (__u16)(FIRST_PORT + i);
		bpf_map_delete_elem(b->kernel->map[KERNEL_MAP_flows], &key);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The first turn warms up. */
static void measure(const struct warm_bench *b, const char *name)
{
	double ns[ROUNDS_MAX];
	__u32 verdict;

	for (unsigned i = 0; i <= b->rounds; i++) {
		double besides, all;

		forget_flows(b);
		besides = turn(b, bpf_program__fd(b->warm->progs.warm_nothing), &verdict);
		all = turn(b, b->kernel->program[PROGRAM_XDP], &verdict);
		ns[i ? i - 1 : 0] = all - besides;
	}
	qsort(ns, b->rounds, sizeof(*ns), by_value);
	b->row(name, ns[b->rounds / 2], verdict);
}

/* The ACK to the answer that the gate gives to a SYN. */
static void ack_write(const struct warm_bench *b, unsigned i, struct frame_text *ret_frame)
{
	static __u8 out[FRAME_MAX + 256];
	const __u8 *at = out + 14 + 20 + 4; /* sequence number */
	char text[96];
	size_t len;

	syn_write(i, ret_frame);
	kernel_run(b->kernel, PROGRAM_XDP, ret_frame->bytes, ret_frame->len, out, &len);
	snprintf(text, sizeof(text), "ip4 tcp:A,%u>80,seq=%u,ack=%u", FIRST_PORT + i,
		SYN_SEQUENCE + 1,
		((__u32)at[0] << 24 | (__u32)at[1] << 16 | (__u32)at[2] << 8 | at[3]) + 1);
	frame_write(text, ret_frame);
}

static void measure_target(
	const struct warm_bench *b, const char *words, const char *sent, const char *checked)
{
	struct frame_text frame;

	gate_warm_reset(b->kernel);
	frame_write("ip4 tcp:S", &frame);
	kernel_set(b->kernel, words, &frame);
	for (unsigned i = 0; i < WARM_FRAMES; i++) {
		syn_write(i, &frame);
		ring_write(b, i, &frame);
	}
	measure(b, sent);
	for (unsigned i = 0; i < WARM_FRAMES; i++) {
		ack_write(b, i, &frame);
		ring_write(b, i, &frame);
	}
	measure(b, checked);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(fd, 16) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int gate_warm_measure(const struct kernel *kernel, unsigned rounds, gate_warm_row *row)
{
	struct warm_bench b = { kernel, warm__open_and_load(),
		rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX, row };
	int listener;

	if (!b.warm)
		return -errno;
	measure_target(
		&b, "nolists " HOT, "cookie sent, host behind", "cookie checked, host behind");
	listener = listen_on(80);
	measure_target(&b, "nolists protect:198.51.100.0/24,local " HOT, "cookie sent, own address",
		"cookie checked, own address");
	if (listener >= 0)
		close(listener);
	warm__destroy(b.warm);
	return 0;
}
