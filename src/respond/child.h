/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/child.h - running other programs: no shell, clean environment, time limit.
 *
 * The child gets its own process group, empty signal mask, only descriptors 0, 1 and 2, and PATH
 * and LANG as its environment.
 */
#ifndef WEIR_RESPOND_CHILD_H
#define WEIR_RESPOND_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* Starts argv[0] (a path, or a name that is searched in PATH) with at most 64 KiB on its
 * standard input; its output goes to ret_output, a descriptor the caller closes, or to /dev/null
 * when that is NULL. Never waits but for the exec. −errno: what exec said (-ENOENT, -EACCES),
 * -E2BIG. */
int child_start(const char *const argv[], const void *input, size_t input_len, int *ret_output,
	pid_t *ret_pid);

/* Kills the whole process group and reaps the child. */
void child_kill(pid_t pid);

/* Runs it to its end, at most timeout_ms, with any input. Its output, at most output_max bytes, is
 * allocated and ends with 0; the caller frees it. Exit status 0..255, -EINTR after a signal,
 * -ETIMEDOUT (killed), -EFBIG, or as child_start. *ret_output is NULL on −errno. */
int child_run(const char *const argv[], const void *input, size_t input_len, int timeout_ms,
	size_t output_max, char **ret_output);

#endif
