/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/respond_fixture.h - a machine of its own for a test: network and mount namespace, two
 * ends of a cable (wt0, wt1), a BPF file system and a runtime folder.
 *
 * For the unit tests of respond only. Nothing is left behind: the namespaces end with the process.
 */
#ifndef WEIR_RESPOND_FIXTURE_H
#define WEIR_RESPOND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "lib/now.h"
#include "respond/gate.h"

struct machine {
	struct conf conf; /* defaults, with the folders of this test */
	char bpffs[64], runtime_dir[64];
};

/* Group setup and teardown; *state is the struct machine, NULL where it cannot be made. */
int machine_open(void **state);
int machine_close(void **state);

/* The machine, or skip() with a printed reason. */
struct machine *machine_of(void **state);

/* Runs a command with system(3); its exit status. */
__attribute__((format(printf, 1, 2))) int shell(const char *format, ...);

/* "192.0.2.0/24" in wire form. */
struct wire_prefix prefix_of(const char *text);

/* A request of that verb for that prefix. */
struct msg_request request_of(enum verb verb, uint64_t mitigation, const char *prefix);

/* Opens the gate on wt0, and configures it to protect 198.51.100.0/24 and 2001:db8::/32. */
struct gate *gate_on_wt0(struct machine *machine);

#endif
