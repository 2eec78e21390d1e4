/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/control.c - the control socket's serving end; see control.h.
 *
 * A fixed set of connections, each first reading its line, then writing its answer, both without
 * ever waiting; one epoll descriptor holds them all, so that the loop polls one. A connection has
 * CONTROL_SLOW_MS for each of its two phases. Who comes when all places are taken is told so and
 * closed; clients come from the operator's group, so this bounds accidents rather than enemies, but
 * holds for both.
 */
#include "watch/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/now.h"
#include "record/json_value.h"

#define ACCEPTS_MAX 64 /* in one tend */

struct connection {
	int fd;		  /* -1: free */
	int64_t begun_ns; /* of the phase */
	size_t request_len;
	char *answer; /* NULL: still reading */
	size_t answer_len, answer_sent;
	char request[CONTROL_REQUEST_MAX];
};

struct control {
	int epoll, listener;
	const struct control_command *commands;
	void *context;
	struct control_stats stats;
	struct connection connections[CONTROL_CONNECTIONS];
};

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

static int watch_for(struct control *control, int operation, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(control->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

int control_open(int listener, const struct control_command *commands, void *context,
	struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));
	int result;

	if (!control) {
		close(listener);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
		control->connections[i].fd = -1;
	control->listener = listener;
	control->commands = commands;
	control->context = context;
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	result = control->epoll < 0 ? -errno : set_nonblocking(listener);
	if (result == 0)
		result = watch_for(control, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
	if (result < 0) {
		control_close(control);
		return result;
	}
	*ret_control = control;
	return 0;
}

static void hang_up(struct connection *connection)
{
	close(connection->fd); /* takes it out of the epoll set too */
	free(connection->answer);
	connection->answer = NULL;
	connection->fd = -1;
}

int control_parse(const char *line, size_t len, struct err *err, json_t **ret_request)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (!request)
		return err_set(err, -EPROTO, "the request is not JSON: %s", error.text);
	if (!json_is_string(json_object_get(request, "command"))) {
		json_decref(request);
		return err_set(err, -EPROTO, "the request is no object with a command");
	}
	*ret_request = request;
	return 0;
}

static const struct control_command *find_command(const struct control *control, const char *name)
{
	for (const struct control_command *one = control->commands; one->name; one++)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

/* Who asks, as the kernel knows it. */
static void note_peer(int fd, json_t *request)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(peer);
	json_t *value = NULL;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
		value = json_pack(
			"{s:I,s:I}", "uid", (json_int_t)peer.uid, "pid", (json_int_t)peer.pid);
	if (json_object_set_new(request, "peer", value) < 0)
		json_object_del(request, "peer");
}

static int run(
	struct control *control, struct connection *connection, json_t *answer, struct err *err)
{
	const struct control_command *command;
	json_t *request;
	int result = control_parse(connection->request, connection->request_len, err, &request);

	if (result < 0) {
		control->stats.refused++;
		return result;
	}
	command = find_command(control, json_string_value(json_object_get(request, "command")));
	note_peer(connection->fd, request);
	if (command) {
		result = command->run(control->context, request, answer, err);
		control->stats.served++;
	} else {
		result = err_set(err, -ENOSYS, "this weir knows no such command");
		control->stats.refused++;
	}
	json_decref(request);
	return result;
}

static void send_answer(struct control *control, struct connection *connection)
{
	ssize_t sent;

	do {
		sent = send(connection->fd, connection->answer + connection->answer_sent,
			connection->answer_len - connection->answer_sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0)
			connection->answer_sent += (size_t)sent;
	} while (connection->answer_sent < connection->answer_len &&
		 (sent > 0 || (sent < 0 && errno == EINTR)));
	if (connection->answer_sent < connection->answer_len &&
		(errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	control->stats.dropped += connection->answer_sent < connection->answer_len;
	hang_up(connection);
}

/* The answer as a line; NULL without memory. Takes the reference. */
static char *line_of(json_t *answer, size_t *ret_len)
{
	size_t size = answer ? json_dumpb(answer, NULL, 0, JSON_STYLE) : 0;
	char *line = size ? malloc(size + 1) : NULL;

	if (line) {
		json_dumpb(answer, line, size, JSON_STYLE);
		line[size] = '\n';
		*ret_len = size + 1;
	}
	json_decref(answer);
	return line;
}

static json_t *failure(const struct err *err)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "ok", json_false());
	fields_put(&fields, "error", value_text(err->text[0] ? err->text : "it failed"));
	return fields_end(&fields);
}

/* Begins the answer's phase. Takes the reference. */
static void reply(struct control *control, struct connection *connection, json_t *answer)
{
	connection->answer = line_of(answer, &connection->answer_len);
	connection->answer_sent = 0;
	connection->begun_ns = now_clock_ns(CLOCK_MONOTONIC);
	if (!connection->answer ||
		watch_for(control, EPOLL_CTL_MOD, connection->fd, EPOLLOUT, connection) < 0) {
		control->stats.dropped++;
		hang_up(connection);
		return;
	}
	send_answer(control, connection);
}

static void serve(struct control *control, struct connection *connection)
{
	json_t *answer = json_object();
	struct err err = { "" };
	int result = -ENOMEM;

	if (answer && json_object_set_new(answer, "ok", json_true()) == 0)
		result = run(control, connection, answer, &err);
	if (result < 0) {
		json_decref(answer);
		answer = failure(&err);
	}
	reply(control, connection, answer);
}

static void refuse(struct control *control, struct connection *connection, const char *why)
{
	struct err err;

	err_write(&err, "%s", why);
	control->stats.refused++;
	reply(control, connection, failure(&err));
}

/* Reads what is there; a whole line is served. */
static void receive(struct control *control, struct connection *connection)
{
	size_t room = sizeof(connection->request) - connection->request_len;
	ssize_t got = recv(
		connection->fd, connection->request + connection->request_len, room, MSG_DONTWAIT);
	const char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		control->stats.dropped++;
		hang_up(connection);
		return;
	}
	end = memchr(connection->request + connection->request_len, '\n', (size_t)got);
	connection->request_len += (size_t)got;
	if (end) {
		connection->request_len = (size_t)(end - connection->request);
		serve(control, connection);
	} else if (connection->request_len == sizeof(connection->request)) {
		refuse(control, connection, "the request is longer than 4096 bytes");
	}
}

/* All places are taken; says so if that can be said at once. */
static void turn_away(struct control *control, int fd)
{
	static const char busy[] =
		"{\"ok\":false,\"error\":\"weir is busy with other commands; try again\"}\n";

	control->stats.refused++;
	if (send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		control->stats.dropped++;
	close(fd);
}

static void accept_one(struct control *control, int fd)
{
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++) {
		struct connection *connection = &control->connections[i];

		if (connection->fd >= 0)
			continue;
		connection->fd = fd;
		connection->begun_ns = now_clock_ns(CLOCK_MONOTONIC);
		connection->request_len = 0;
		if (watch_for(control, EPOLL_CTL_ADD, fd, EPOLLIN, connection) < 0)
			hang_up(connection);
		return;
	}
	turn_away(control, fd);
}

static void accept_all(struct control *control)
{
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		accept_one(control, fd);
	}
}

static void drop_slow(struct control *control)
{
	int64_t limit_ns = now_clock_ns(CLOCK_MONOTONIC) - CONTROL_SLOW_MS * NS_PER_MS;

	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++) {
		struct connection *connection = &control->connections[i];

		if (connection->fd >= 0 && connection->begun_ns <= limit_ns) {
			control->stats.dropped++;
			hang_up(connection);
		}
	}
}

void control_tend(struct control *control)
{
	struct epoll_event events[CONTROL_CONNECTIONS + 1];
	int count = epoll_wait(control->epoll, events, CONTROL_CONNECTIONS + 1, 0);
	bool is_knocking = false;

	for (int i = 0; i < count; i++) {
		struct connection *connection = events[i].data.ptr;

		if (!connection)
			is_knocking = true;
		else if (connection->fd < 0)
			continue;
		else if (connection->answer)
			send_answer(control, connection);
		else
			receive(control, connection);
	}
	drop_slow(control);
	if (is_knocking) /* at last, when places have become free */
		accept_all(control);
}

void control_stats(const struct control *control, struct control_stats *ret_stats)
{
	*ret_stats = control->stats;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
		if (control->connections[i].fd >= 0)
			hang_up(&control->connections[i]);
	if (control->epoll >= 0)
		close(control->epoll);
	close(control->listener);
	free(control);
}
