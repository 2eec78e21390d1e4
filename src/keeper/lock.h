/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/lock.h - one weir in a runtime directory: keeper.pid, held by flock(2) as long as it
 * lives.
 *
 * The lock is the truth, the file only says who holds it; so a file that a killed keeper left
 * behind is in nobody's way. Three lines: the process, the mode of the configuration it runs with
 * (by which the next one sees whether it was changed), and, written at the end, what was done at
 * the stop.
 */
#ifndef WEIR_KEEPER_LOCK_H
#define WEIR_KEEPER_LOCK_H

#include <sys/types.h>

#include "lib/err.h"

struct lock_note {
	pid_t pid;
	int mode; /* enum wire_mode; -1: not known */
	char stopped[256];
};

/* Makes the directory if needed and takes the lock. ret_before: what the last keeper left, pid 0
 * if none. *ret_fd is the lock. -EBUSY with a message that names the process that has it. */
int lock_take(const char *runtime_dir, struct err *err, struct lock_note *ret_before, int *ret_fd);

/* Writes the file. -errno. */
int lock_write(int fd, const struct lock_note *note);

/* For others: who holds it? 0 with the file open (*ret_fd, to watch the lock by); -ESRCH:
 * nobody; else −errno with a message. */
int lock_find(const char *runtime_dir, struct err *err, struct lock_note *ret_note, int *ret_fd);

/* Has the holder gone? Then ret_note is what it wrote last. */
int lock_has_gone(int fd, struct lock_note *ret_note);

#endif
