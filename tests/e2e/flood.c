/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood.c - the drill's sender as a program, for tests and benchmarks: `flood ATTACK PPS SECONDS
 * INTERFACE MAC [SENDERS [behind]]`. It has the drill's limits: a virtual link of the lab's name,
 * inside a network namespace that holds nothing else, for at most a minute.
 * `flood poll INTERFACE [sink]` makes such a link take what XDP sends back (drill/poll.h).
 * Prints when the first packet left (CLOCK_REALTIME, seconds) and how many did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/poll.h"
#include "drill/send.h"

static int fail(const char *why)
{
	fprintf(stderr, "flood: %s\n", why);
	return 1;
}

int main(int argc, char **argv)
{
	struct send_order order = { .senders = 100000 };
	struct send_progress progress = { 0 };
	struct err err = { "" };
	unsigned char *mac = order.to_mac;
	unsigned attack;

	if (argc >= 3 && strcmp(argv[1], "poll") == 0)
		return poll_link(argv[2], argc > 3, &err) < 0 ? fail(err.text) : 0;
	if (argc < 6)
		return fail("usage: flood ATTACK PPS SECONDS INTERFACE MAC [SENDERS [behind]]");
	for (attack = 0; attack < ATTACK_COUNT; attack++)
		if (strcmp(argv[1], attack_infos[attack].name) == 0)
			break;
	order.is_ipv6 = strcmp(argv[1], "syn6") == 0;
	if (attack == ATTACK_COUNT && !order.is_ipv6)
		return fail("there is no such attack");
	order.attack = order.is_ipv6 ? ATTACK_SYN : (enum drill_attack)attack;
	order.pps = (unsigned)strtoul(argv[2], NULL, 10);
	order.seconds = (unsigned)strtoul(argv[3], NULL, 10);
	order.interface = argv[4];
	if (sscanf(argv[5], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		    &mac[4], &mac[5]) != 6)
		return fail("that is no MAC address");
	if (argc > 6)
		order.senders = (unsigned)strtoul(argv[6], NULL, 10);
	order.is_behind = argc > 7 && strcmp(argv[7], "behind") == 0;
	if (send_attack(&order, &progress, &err) < 0)
		return fail(err.text);
	printf("%.6f %llu\n", (double)progress.first_ns / 1e9, (unsigned long long)progress.sent);
	return 0;
}
