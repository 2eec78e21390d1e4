/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/link.c - requests in one ring: those that fly, then those that wait.
 *
 * The keeper answers in the order it was asked, so a reply always belongs to the oldest request
 * that flies; any other serial means that the two do not speak the same language, and the link is
 * given up.
 */
#include "watch/link.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINK_FLYING 64	/* more in the air would only wait in the socket */
#define LINK_QUEUE 1024 /* requests; orders of four windows (ORDERS_MAX 256) */
#define LINK_WAIT_MS 10000
#define LINK_FDS_MAX (MSG_SOCKETS_MAX + MSG_MAP_COUNT + 1)

struct link {
	int channel;
	struct link_hook hook;
	uint64_t serial; /* of the request queued last */
	/* Numbers of requests, growing for ever; their place is the number modulo LINK_QUEUE. */
	uint64_t answered, sent, queued;
	struct msg_request ring[LINK_QUEUE];
};

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

/* Takes the descriptors out of the ancillary data; those beyond cap are closed. */
static unsigned take_fds(struct msghdr *header, int *fds, unsigned cap)
{
	unsigned count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		size_t number = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < number; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
			if (count < cap)
				fds[count++] = fd;
			else
				close(fd);
		}
	}
	return count;
}

static bool is_sound(const struct msg_welcome *welcome)
{
	if (welcome->version != MSG_VERSION || welcome->has_maps > 1 ||
		welcome->mode > WIRE_MODE_ENFORCE ||
		welcome->interface_count > MSG_INTERFACES_MAX ||
		welcome->sockets_each > MSG_SOCKETS_MAX ||
		welcome->interface_count * welcome->sockets_each > MSG_SOCKETS_MAX ||
		welcome->own_networks[sizeof(welcome->own_networks) - 1] != '\0')
		return false;
	for (unsigned i = 0; i < welcome->interface_count; i++)
		if (!memchr(welcome->interface[i].name, '\0', sizeof(welcome->interface[i].name)))
			return false;
	return true;
}

static int take_welcome(
	int channel, struct err *err, struct msg_welcome *welcome, int *fds, unsigned *ret_count)
{
	struct pollfd wait = { .fd = channel, .events = POLLIN };
	union {
		char bytes[CMSG_SPACE(sizeof(int) * LINK_FDS_MAX)];
		struct cmsghdr aligned;
	} control;
	struct iovec body = { .iov_base = welcome, .iov_len = sizeof(*welcome) };
	struct msghdr header = { .msg_iov = &body,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t len;
	unsigned count;

	memset(&control, 0, sizeof(control));
	if (poll(&wait, 1, LINK_WAIT_MS) <= 0)
		return err_set(err, -ETIMEDOUT, "the keeper has not said a word in %d s",
			LINK_WAIT_MS / 1000);
	len = recvmsg(channel, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (len <= 0)
		return err_set(err, len < 0 ? -errno : -EPIPE, "the keeper is gone: %s",
			len < 0 ? strerror(errno) : "closed");
	count = take_fds(&header, fds, LINK_FDS_MAX);
	if (len != (ssize_t)sizeof(*welcome) || header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
		!is_sound(welcome)) {
		close_all(fds, count);
		return err_set(err, -EPROTO,
			"the keeper's first message is not of this version; restart weir");
	}
	*ret_count = count;
	return 0;
}

int link_open(int channel, const struct link_hook *hook, struct err *err,
	struct msg_welcome *ret_welcome, int *ret_fds, unsigned *ret_fd_count,
	struct link **ret_link)
{
	struct link *link = calloc(1, sizeof(*link));
	int r;

	if (!link) {
		close(channel);
		return err_set(err, -ENOMEM, "no memory for the link to the keeper");
	}
	r = take_welcome(channel, err, ret_welcome, ret_fds, ret_fd_count);
	if (r < 0) {
		close(channel);
		free(link);
		return r;
	}
	link->channel = channel;
	link->hook = *hook;
	*ret_link = link;
	return 0;
}

static struct msg_request *at(struct link *link, uint64_t number)
{
	return &link->ring[number % LINK_QUEUE];
}

/* As many as may fly and the socket takes. */
static int send_waiting(struct link *link)
{
	while (link->sent < link->queued && link->sent - link->answered < LINK_FLYING) {
		ssize_t len = send(link->channel, at(link, link->sent), sizeof(struct msg_request),
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (len < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return 0;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -EPIPE;
		link->sent++;
	}
	return 0;
}

int link_send(struct link *link, const struct msg_request *request)
{
	struct msg_request *place;

	if (link->queued - link->answered >= LINK_QUEUE)
		return -ENOBUFS;
	place = at(link, link->queued++);
	*place = *request;
	place->version = MSG_VERSION;
	place->serial = ++link->serial;
	/* When the keeper is gone, link_tend() says so. */
	send_waiting(link);
	return 0;
}

uint64_t link_serial(const struct link *link)
{
	return link->serial;
}

int link_fd(const struct link *link)
{
	return link->channel;
}

/* The hook may send: so the place is given free before, and the request is a copy. */
static int take_reply(struct link *link, struct msg_reply *reply)
{
	struct msg_request request;

	reply->why[sizeof(reply->why) - 1] = '\0';
	if (reply->version != MSG_VERSION || link->answered == link->sent ||
		at(link, link->answered)->serial != reply->serial)
		return -EPROTO;
	request = *at(link, link->answered++);
	if (link->hook.replied)
		link->hook.replied(link->hook.context, &request, reply);
	return 0;
}

int link_tend(struct link *link)
{
	struct msg_reply reply;
	int r = 0;

	/* Bounded: no more replies than requests fly; a keeper that says more is none. */
	for (unsigned i = 0; r == 0 && i <= LINK_FLYING; i++) {
		ssize_t len = recv(link->channel, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0)
			return -EPIPE;
		r = len == (ssize_t)sizeof(reply) ? take_reply(link, &reply) : -EPROTO;
	}
	return r < 0 ? r : send_waiting(link);
}

void link_close(struct link *link)
{
	if (!link)
		return;
	close(link->channel);
	free(link);
}
