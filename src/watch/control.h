/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/control.h - what the commands ask of a running weir, over a Unix socket.
 *
 * One connection, one request, one answer, then closed: a line of JSON each way, the request of at
 * most CONTROL_REQUEST_MAX bytes, the answer of any length. {"command": "status"} → {"ok": true, …}
 * or {"ok": false, "error": "a sentence"}; docs/control.md lists them all. The socket,
 * CONTROL_SOCKET in run.runtime_dir, has mode 0660 and belongs to run.group; who may connect may do
 * all. Connections are bounded, slow ones are dropped, nothing ever blocks the loop.
 */
#ifndef WEIR_WATCH_CONTROL_H
#define WEIR_WATCH_CONTROL_H

#include <jansson.h>
#include <stdint.h>

#include "lib/err.h"

#define CONTROL_SOCKET "control.sock"
#define CONTROL_REQUEST_MAX 4096
#define CONTROL_CONNECTIONS 32
#define CONTROL_SLOW_MS 2000 /* for the request to arrive, and again for the answer to be taken */

struct control;

struct control_stats {
	uint64_t served;
	uint64_t refused; /* malformed, too long, unknown, or more than CONTROL_CONNECTIONS */
	uint64_t dropped; /* slow, or gone before the end */
};

/* A command of the socket: fills answer (an object) or returns −errno with a message. request has
 * "peer": {"uid", "pid"}, whatever the client wrote there, as the kernel tells it. */
struct control_command {
	const char *name;
	int (*run)(void *context, const json_t *request, json_t *answer, struct err *err);
};

/* Listens on an open listening socket (taken over). commands ends with a NULL name. */
int control_open(int listener, const struct control_command *commands, void *context,
	struct control **ret_control);

/* Does what can be done without waiting; to be called many times a second. */
void control_tend(struct control *control);

void control_stats(const struct control *control, struct control_stats *ret_stats);

/* NULL is fine. */
void control_close(struct control *control);

/* A line as a request: an object with a command. -EPROTO with a message. */
int control_parse(const char *line, size_t len, struct err *err, json_t **ret_request);

/* The other side: asks a running weir; runtime_dir from the configuration or --runtime-dir.
 * Takes the request; *ret_answer is the caller's to json_decref. Waits at most 10 s. -ENOENT,
 * -ECONNREFUSED (weir does not run here), -EACCES, -EPROTO, -ETIMEDOUT, or -EREMOTEIO when the
 * answer says ok false: then err has its sentence. */
int control_ask(const char *runtime_dir, json_t *request, struct err *err, json_t **ret_answer);

#endif
