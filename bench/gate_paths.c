/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_paths.c - nanoseconds a packet takes in the kernel part, by path, through BPF_PROG_TEST_RUN.
 *
 *   gate_paths FOLDER [ROUNDS]   FOLDER has guard.bpf.o and egress.bpf.o
 *
 * Most paths leave packet and maps as they were: they run REPEAT times in one call, ROUNDS calls,
 * and the median of the rounds is printed. Those that answer a packet or remember it are
 * gate_warm.c's. Beside them stand an empty XDP program and xdp-filter
 * (package xdp-tools) dropping the same packet by its source address. Nothing is attached anywhere
 * and no packet is sent.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate_warm.h"
#include "bpf/kernel.h"

#define REPEAT 100000 /* samples of so many drops fit into their ring */
#define ROUNDS_MAX 101
#define ENTRIES_MAX (1U << 20)
#define BLOCKED_FROM 0x0a000000u /* 10.0.0.0 and on are the entries of the blocklist */

#define UDP "ip4:10.0.0.0>198.51.100.10 udp:53000>7777 text:attackpacket-of-a-bot-net-0123456789"

static const char *const xdp_filter_paths[] = {
	"/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_alw_ip.o",
	"/usr/lib/aarch64-linux-gnu/bpf/xdpfilt_alw_ip.o",
	"/usr/lib/bpf/xdpfilt_alw_ip.o",
};

static struct kernel kernel;
static unsigned rounds = 7;
static struct ring_buffer *samples;
static uint8_t scratch[FRAME_MAX + 256];

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* ns of one call of repeat runs; retval through ret_verdict. */
static double run(int program, const struct frame_text *frame, int repeat, uint32_t *ret_verdict)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
		.data_size_in = (uint32_t)frame->len, .data_out = scratch,
		.data_size_out = FRAME_MAX, .repeat = repeat);

	if (bpf_prog_test_run_opts(program, &opts) < 0) {
		fprintf(stderr, "gate_paths: BPF_PROG_TEST_RUN: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
	*ret_verdict = opts.retval;
	return opts.duration;
}

static int sample_drop(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static void print_row(const char *name, double ns, uint32_t verdict)
{
	static const char *const names[] = { "aborted", "drop", "pass", "tx", "redirect" };

	printf("%-34s %8.0f ns   %s\n", name, ns, verdict < 5 ? names[verdict] : "?");
	fflush(stdout);
}

static double repeated(int program, const struct frame_text *frame, uint32_t *ret_verdict)
{
	double values[ROUNDS_MAX];

	run(program, frame, REPEAT / 10, ret_verdict);
	for (unsigned i = 0; i < rounds; i++) {
		ring_buffer__consume(samples);
		values[i] = run(program, frame, REPEAT, ret_verdict);
	}
	return median(values, rounds);
}

static void measure(const char *name, int program, const char *text)
{
	struct frame_text frame;
	uint32_t verdict;
	double ns;

	frame_write(text, &frame);
	ns = repeated(program, &frame, &verdict);
	print_row(name, ns, verdict);
}

/* r0 = XDP_PASS; exit */
static int empty_program(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", code, 2, NULL);
}

static void fill_blocked(unsigned from, unsigned to)
{
	struct wire_lease lease = { .expires_ns = ~0ULL, .mitigation = 1 };

	for (unsigned i = from; i < to; i++) {
		struct wire_addr addr = { .byte = { [10] = 0xff, [11] = 0xff } };
		uint32_t address = htonl(BLOCKED_FROM + i);

		memcpy(addr.byte + 12, &address, sizeof(address));
		if (bpf_map_update_elem(kernel.map[KERNEL_MAP_blocked], &addr, &lease, BPF_ANY)) {
			perror("gate_paths: blocked");
			exit(EXIT_FAILURE);
		}
	}
}

static void measure_blocked(int program)
{
	gate_warm_reset(&kernel);
	fill_blocked(0, 1);
	measure("blocked, 1 entry", program, UDP);
	fill_blocked(1, 10000);
	measure("blocked, 10 k entries", program, UDP);
	fill_blocked(10000, 1000000);
	measure("blocked, 1 M entries", program, UDP);
	measure("protected, pass, 1 M entries", program,
		"ip4:203.0.113.1>198.51.100.10 udp:53000>7777 data:30");
}

/* All but the last look at a port that the packet has not. */
static void measure_filters(int program, unsigned count)
{
	struct wire_filters filters = { .used = count };
	struct wire_prefix target = { .bits = 128 };
	char name[64];

	for (unsigned i = 0; i < count; i++)
		filters.filter[i] = (struct wire_filter){
			.mask = { 0xffffULL << 48 },
			.value = { (i + 1 == count ? 7777ULL : 1ULL) << 48 },
			.expires_ns = ~0ULL,
			.ip_len_max = 65535,
			.payload_len_max = 65535,
			.ttl_max = 255,
		};
	gate_warm_reset(&kernel);
	frame_addr("198.51.100.10", target.addr.byte, NULL);
	kernel_filter(&kernel, &target, &filters);
	snprintf(name, sizeof(name), "filter drop, %u filter%s", count, count > 1 ? "s" : "");
	measure(name, program, UDP);
}

static void measure_cookies(int program)
{
	struct frame_text syn, ack;

	gate_warm_reset(&kernel);
	frame_write("ip4 tcp:S,mss=1460,sack,ts=77,wscale=7", &syn);
	kernel_set(&kernel, "high:SYN=100 high:TCP=100 hot:SYN hot:TCP", &syn);
	measure("cookie wrong", program, "ip4 tcp:A,seq=1,ack=1");
	frame_write("ip4 tcp:A", &ack);
	kernel_set(&kernel, "flow:open", &ack);
	measure("known connection under attack", program, "ip4 tcp:A");
	gate_warm_reset(&kernel);
	kernel_set(&kernel, "nolists flow:open", &ack);
	measure("known connection, empty lists", program, "ip4 tcp:A");
	if (gate_warm_measure(&kernel, rounds, print_row))
		fputs("gate_paths: warm.bpf.o does not load; cookies are not measured\n", stderr);
}

/* What it is to drop by source address, in its own map. */
static int xdp_filter_map(struct bpf_object *object)
{
	int cpus = libbpf_num_possible_cpus(), map, r;
	uint64_t *flags = calloc((size_t)cpus, sizeof(*flags));
	uint32_t address = htonl(BLOCKED_FROM);

	map = bpf_object__find_map_fd_by_name(object, "filter_ipv4");
	if (!flags || map < 0) {
		free(flags);
		return -ENOENT;
	}
	for (int i = 0; i < cpus; i++)
		flags[i] = 1; /* MAP_FLAG_SRC of xdp-filter */
	r = bpf_map_update_elem(map, &address, flags, BPF_ANY);
	free(flags);
	return r;
}

static struct bpf_object *xdp_filter_load(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_map *map;

	if (!object)
		return NULL;
	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
	bpf_object__for_each_program(program, object)
		bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
	if (bpf_object__load(object) == 0 && xdp_filter_map(object) == 0)
		return object;
	bpf_object__close(object);
	return NULL;
}

static void measure_xdp_filter(void)
{
	for (unsigned i = 0; i < sizeof(xdp_filter_paths) / sizeof(xdp_filter_paths[0]); i++) {
		struct bpf_object *object = xdp_filter_load(xdp_filter_paths[i]);

		if (!object)
			continue;
		measure("xdp-filter, blocked, 1 entry",
			bpf_program__fd(bpf_object__next_program(object, NULL)), UDP);
		measure("xdp-filter, pass", bpf_program__fd(bpf_object__next_program(object, NULL)),
			"ip4:203.0.113.1>198.51.100.10 udp data:30");
		bpf_object__close(object);
		return;
	}
	printf("%-34s %8s      its program does not load here (package xdp-tools)\n", "xdp-filter",
		"-");
}

static void measure_all(int empty)
{
	int program = kernel.program[PROGRAM_XDP];

	measure("empty program", empty, UDP);
	measure_xdp_filter();
	gate_warm_reset(&kernel);
	measure("not protected", program, "ip4:192.0.2.1>203.0.113.5 udp data:30");
	measure("protected, pass (udp)", program, "ip4 udp data:30");
	measure("protected, pass (tcp)", program, "ip4 tcp:A data:30");
	measure("protected, pass (ipv6)", program, "ip6 udp data:30");
	kernel_set(&kernel, "nolists", NULL);
	measure("not protected, empty lists", program, "ip4:192.0.2.1>203.0.113.5 udp data:30");
	measure("protected, pass, empty lists", program, "ip4 udp data:30");
	measure_filters(program, 1);
	measure_filters(program, 16);
	measure_cookies(program);
	measure_blocked(program);
}

int main(int argc, char **argv)
{
	const char *obstacle;
	int empty;

	if (argc < 2) {
		fprintf(stderr, "usage: gate_paths FOLDER [ROUNDS]\n");
		return 2;
	}
	if (argc > 2 && atoi(argv[2]) > 0 && atoi(argv[2]) <= ROUNDS_MAX)
		rounds = (unsigned)atoi(argv[2]);
	obstacle = kernel_obstacle();
	if (obstacle) {
		fprintf(stderr, "gate_paths: cannot be measured here: %s\n", obstacle);
		return EXIT_FAILURE;
	}
	empty = empty_program();
	if (empty < 0 || kernel_load(argv[1], ENTRIES_MAX, &kernel) < 0) {
		fprintf(stderr, "gate_paths: the programs of %s do not load\n", argv[1]);
		return EXIT_FAILURE;
	}
	samples = ring_buffer__new(kernel.map[KERNEL_MAP_samples], sample_drop, NULL, NULL);
	if (!samples) {
		perror("gate_paths: samples");
		return EXIT_FAILURE;
	}
	measure_all(empty);
	ring_buffer__free(samples);
	kernel_close(&kernel);
	return 0;
}
