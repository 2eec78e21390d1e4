/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/control.h - what the commands ask of a running weir, over a Unix socket.
 *
 * One connection, one request, one answer, then closed: a line of JSON each way of at most
 * CONTROL_REQUEST_MAX and any length. {"command": "status"} → {"ok": true, …} or {"ok": false,
 * "error": "a sentence"}. The socket has mode 0660 and belongs to run.group; who may connect may do
 * all. Connections are bounded (32), slow ones are dropped after 2 s, nothing ever blocks the loop.
 */
#ifndef WEIR_WATCH_CONTROL_H
#define WEIR_WATCH_CONTROL_H

#include <jansson.h>

#include "lib/err.h"

#define CONTROL_REQUEST_MAX 4096

struct control;

/* A command of the socket: fills answer (an object) or returns −errno with a message. */
struct control_command {
	const char *name;
	int (*run)(void *context, const json_t *request, json_t *answer, struct err *err);
};

/* Listens on an open listening socket (taken over). commands ends with a NULL name. */
int control_open(int listener, const struct control_command *commands, void *context,
	struct control **ret_control);

/* Descriptor to poll (an epoll descriptor) and what to do when it is readable, or every second. */
int control_fd(const struct control *control);
void control_tend(struct control *control);

void control_close(struct control *control);

/* The other side: asks a running weir; runtime_dir from the configuration or --runtime-dir. *ret_answer is
 * the caller's to json_decref. -ENOENT / -ECONNREFUSED (weir does not run here), -EACCES, -EPROTO, or -EREMOTEIO when
 * the answer says ok false: then err has its sentence. */
int control_ask(const char *runtime_dir, json_t *request, struct err *err, json_t **ret_answer);

#endif
