/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/link.h - watch's end of the channel to the keeper.
 *
 * Sends requests and never waits for their replies: at most LINK_FLYING fly at a time, the rest
 * waits in a bounded queue; each reply is handed to the hook with the request it answers.
 */
#ifndef WEIR_WATCH_LINK_H
#define WEIR_WATCH_LINK_H

#include "lib/err.h"
#include "msg.h"

struct link;

struct link_hook {
	void (*replied)(
		void *context, const struct msg_request *request, const struct msg_reply *reply);
	void *context;
};

/* Receives the welcome (waits at most 10 s) with its descriptors, which become the caller's: fds
 * has room for MSG_SOCKETS_MAX + MSG_MAP_COUNT + 1. channel is taken over. */
int link_open(int channel, const struct link_hook *hook, struct err *err,
	struct msg_welcome *ret_welcome, int *ret_fds, unsigned *ret_fd_count,
	struct link **ret_link);

/* Queues a request (version and serial are filled in). -ENOBUFS when the queue is full. */
int link_send(struct link *link, const struct msg_request *request);

/* Serial of the request queued last, to know its reply by. */
uint64_t link_serial(const struct link *link);

/* Descriptor to poll for POLLIN; link_tend takes replies and sends what waits. -EPIPE: the keeper
 * is gone. */
int link_fd(const struct link *link);
int link_tend(struct link *link);

void link_close(struct link *link);

#endif
