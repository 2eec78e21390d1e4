/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/interface_spread.h - the program by which the kernel spreads packets over the sockets of
 * a fanout group. Shared by interface.c and its test.
 */
#ifndef WEIR_CAPTURE_INTERFACE_SPREAD_H
#define WEIR_CAPTURE_INTERFACE_SPREAD_H

#include <linux/filter.h>
#include <stdint.h>

#define SPREAD_MAX 128 /* instructions; the program has about 110 */

/* Writes the program into code (SPREAD_MAX). seed: secret, so that nobody can aim at one worker.
 * Returns its length. */
unsigned spread_program(struct sock_filter *code, uint32_t seed);

#endif
