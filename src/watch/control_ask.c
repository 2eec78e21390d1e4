/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/control_ask.c - the control socket's asking end, for the commands; see control.h.
 *
 * What it says when nobody answers is what an operator meets first, so each case has its own
 * sentence and remedy.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/now.h"
#include "record/json_value.h"
#include "watch/control.h"

#define ANSWER_MS 10000
#define ANSWER_MAX (64U << 20) /* bytes; 4096 mitigations take some 6 MB */

struct asking {
	int fd;
	int64_t until_ns;
	char *answer;
	size_t len, size;
};

static int explain(const char *path, int error, struct err *err)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(err, -error,
			"weir does not run here (%s: %s); start it with weir run or systemctl "
			"start weir",
			path, strerror(error));
	case EACCES:
	case EPERM:
		return err_set(err, -EACCES,
			"you may not ask weir (%s: %s); be root or a member of its group "
			"(run.group in the configuration)",
			path, strerror(error));
	default:
		return err_set(err, -error, "cannot reach weir at %s: %s", path, strerror(error));
	}
}

static int reach(const char *runtime_dir, struct err *err, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = ANSWER_MS / 1000 };
	int fd, len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", runtime_dir,
			CONTROL_SOCKET);

	if (len >= (int)sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG,
			"%s is too long for a socket's folder (at most %zu bytes)", runtime_dir,
			sizeof(address.sun_path) - sizeof(CONTROL_SOCKET) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	/* connect() too waits that long at most, when the backlog is full */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int result = explain(address.sun_path, errno, err);

		close(fd);
		return result;
	}
	*ret_fd = fd;
	return 0;
}

/* Waits for the descriptor. */
static int wait_for(const struct asking *asking, short events)
{
	struct pollfd poller = { .fd = asking->fd, .events = events };
	int64_t left_ms = (asking->until_ns - now_clock_ns(CLOCK_MONOTONIC)) / NS_PER_MS;
	int count = left_ms > 0 ? poll(&poller, 1, (int)left_ms) : 0;

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	return count > 0 ? 0 : -ETIMEDOUT;
}

static int say(const struct asking *asking, const char *line, size_t len)
{
	while (len > 0) {
		int result = wait_for(asking, POLLOUT);
		ssize_t sent;

		if (result < 0)
			return result;
		sent = send(asking->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0; /* it may have told why before it hung up */
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent > 0) {
			line += sent;
			len -= (size_t)sent;
		}
	}
	return 0;
}

static int make_room(struct asking *asking)
{
	size_t size = asking->size ? asking->size * 2 : 65536;
	char *answer;

	if (asking->len < asking->size)
		return 0;
	if (size > ANSWER_MAX)
		return -EMSGSIZE;
	answer = realloc(asking->answer, size);
	if (!answer)
		return -ENOMEM;
	asking->answer = answer;
	asking->size = size;
	return 0;
}

/* Until the line ends. */
static int hear(struct asking *asking)
{
	for (;;) {
		int result = make_room(asking);
		ssize_t got;

		if (result == 0)
			result = wait_for(asking, POLLIN);
		if (result < 0)
			return result;
		got = recv(asking->fd, asking->answer + asking->len, asking->size - asking->len,
			MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return -EPROTO;
		asking->len += (size_t)got;
		if (asking->answer[asking->len - 1] == '\n')
			return 0;
	}
}

static int converse(struct asking *asking, const char *line, struct err *err)
{
	int result = say(asking, line, strlen(line));

	if (result == 0)
		result = say(asking, "\n", 1);
	if (result == 0)
		result = hear(asking);
	if (result == -ETIMEDOUT)
		return err_set(err, result, "weir has not answered for %d s; see its log",
			ANSWER_MS / 1000);
	if (result == -EPROTO)
		return err_set(err, result, "weir hung up before its answer was whole; try again");
	if (result < 0)
		return err_set(err, result, "cannot talk to weir: %s", strerror(-result));
	return 0;
}

static int understand(const struct asking *asking, struct err *err, json_t **ret_answer)
{
	json_t *answer = json_loadb(asking->answer, asking->len, 0, NULL), *error;

	if (!json_is_boolean(json_object_get(answer, "ok"))) {
		json_decref(answer);
		return err_set(
			err, -EPROTO, "weir's answer makes no sense; is it of this version?");
	}
	if (json_is_true(json_object_get(answer, "ok"))) {
		*ret_answer = answer;
		return 0;
	}
	error = json_object_get(answer, "error");
	err_write(err, "%s", json_is_string(error) ? json_string_value(error) : "it failed");
	json_decref(answer);
	return -EREMOTEIO;
}

static int ask_line(const char *runtime_dir, const char *line, struct err *err, json_t **ret_answer)
{
	struct asking asking = { .until_ns =
					 now_clock_ns(CLOCK_MONOTONIC) + ANSWER_MS * NS_PER_MS };
	int result = reach(runtime_dir, err, &asking.fd);

	if (result < 0)
		return result;
	result = converse(&asking, line, err);
	if (result == 0)
		result = understand(&asking, err, ret_answer);
	free(asking.answer);
	close(asking.fd);
	return result;
}

int control_ask(const char *runtime_dir, json_t *request, struct err *err, json_t **ret_answer)
{
	char *line = request ? json_dumps(request, JSON_STYLE) : NULL;
	int result;

	json_decref(request);
	if (!line)
		return err_set(err, -ENOMEM, "no memory for the request");
	if (strlen(line) >= CONTROL_REQUEST_MAX)
		result = err_set(err, -E2BIG, "the request is longer than weir takes (%d bytes)",
			CONTROL_REQUEST_MAX);
	else
		result = ask_line(runtime_dir, line, err, ret_answer);
	free(line);
	return result;
}
