/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/control_test.c - the control socket with well-behaved and with hostile clients.
 *
 * The server's loop runs in the test itself, step by step; clients are plain sockets, or
 * control_ask() in a child process. Nothing depends on how long things take, save the two cases of
 * slow clients, which wait for the server's own limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "watch/control.h"

#define BIG (4U << 20)

struct scene {
	char folder[64], path[96];
	struct control *control;
	int runs;
};

static int run_status(void *context, const json_t *request, json_t *answer, struct err *err)
{
	struct scene *scene = context;
	json_t *peer = json_object_get(request, "peer");

	(void)err;
	scene->runs++;
	json_object_set_new(answer, "mode", json_string("shadow"));
	json_object_set(answer, "peer", peer);
	return 0;
}

static int run_fail(void *context, const json_t *request, json_t *answer, struct err *err)
{
	(void)context;
	(void)request;
	json_object_set_new(answer, "half", json_true());
	return err_set(err, -EPERM, "198.51.100.1 is on the allowlist");
}

static int run_big(void *context, const json_t *request, json_t *answer, struct err *err)
{
	char *text = malloc(BIG + 1);

	(void)context;
	(void)request;
	(void)err;
	assert_non_null(text);
	memset(text, 'x', BIG);
	text[BIG] = '\0';
	json_object_set_new(answer, "big", json_string(text));
	free(text);
	return 0;
}

static const struct control_command commands[] = {
	{ "status", run_status },
	{ "fail", run_fail },
	{ "big", run_big },
	{ 0 },
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener;

	assert_non_null(scene);
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/weir-control-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	snprintf(scene->path, sizeof(scene->path), "%s/%s", scene->folder, CONTROL_SOCKET);
	memcpy(address.sun_path, scene->path, sizeof(scene->path));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 128), 0);
	assert_int_equal(control_open(listener, commands, scene, &scene->control), 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	control_close(scene->control);
	unlink(scene->path);
	rmdir(scene->folder);
	free(scene);
	return 0;
}

static int dial(const struct scene *scene)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, scene->path, sizeof(scene->path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

/* Lets the server work more often than it has to for any one step of these tests. */
static void tend(struct scene *scene)
{
	for (unsigned i = 0; i < 100; i++)
		control_tend(scene->control);
}

/* What comes until the server hangs up, as JSON; NULL when that is none. */
static json_t *hear(struct scene *scene, int fd)
{
	size_t size = BIG * 2, len = 0;
	char *text = malloc(size);
	json_t *answer;

	assert_non_null(text);
	for (;;) {
		ssize_t got;

		tend(scene);
		got = recv(fd, text + len, size - len, MSG_DONTWAIT);
		if (got > 0)
			len += (size_t)got;
		else if (got == 0 || errno != EAGAIN)
			break;
	}
	close(fd);
	answer = json_loadb(text, len, 0, NULL);
	if (answer)
		assert_int_equal(text[len - 1], '\n');
	free(text);
	return answer;
}

static void assert_refused(json_t *answer, const char *word)
{
	assert_non_null(answer);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_int_equal(json_object_size(answer), 2);
	if (!strstr(json_string_value(json_object_get(answer, "error")), word))
		fail_msg("%s", json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
}

static json_t *exchange(struct scene *scene, const char *request)
{
	int fd = dial(scene);

	say(fd, request, strlen(request));
	return hear(scene, fd);
}

static void test_answer(void **state)
{
	struct scene *scene = *state;
	json_t *answer = exchange(scene, "{\"command\":\"status\",\"peer\":{\"uid\":77}}\n");

	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(answer, "mode")), "shadow");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(answer, "peer"), "uid")),
		getuid());
	json_decref(answer);
	assert_refused(exchange(scene, "{\"command\":\"fail\"}\n"), "on the allowlist");
}

static void test_malformed(void **state)
{
	static const char *const bad[] = { "\n", "{\n", "[]\n", "{}\n", "{\"command\":7}\n",
		"{\"command\":null}\n", "\"status\"\n", "{\"command\":\"status\"} x\n",
		"{\"command\":\"status\",\"command\":\"fail\"}\n", "\xff\xfe\n",
		"{\"command\":\"stat\\u0000us\"}\n" };
	struct scene *scene = *state;
	struct control_stats stats;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(exchange(scene, bad[i]), "the request is n");
	assert_refused(exchange(scene, "{\"command\":\"\"}\n"), "no such command");
	assert_refused(exchange(scene, "{\"command\":\"%s%n\\u001b\"}\n"), "no such command");
	control_stats(scene->control, &stats);
	assert_int_equal(stats.refused, sizeof(bad) / sizeof(*bad) + 2);
	assert_int_equal(scene->runs, 0);
}

static void test_deep(void **state)
{
	struct scene *scene = *state;
	char text[CONTROL_REQUEST_MAX];

	memset(text, '[', sizeof(text));
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	assert_refused(exchange(scene, text), "maximum parsing depth");
}

static void test_pieces(void **state)
{
	static const char request[] = "{\"command\":\"status\"}\n";
	struct scene *scene = *state;
	int fd = dial(scene);
	json_t *answer;

	for (const char *byte = request; *byte; byte++) {
		say(fd, byte, 1);
		tend(scene);
	}
	answer = hear(scene, fd);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
}

/* Goes away in the middle; the server forgets it. */
static void test_half_line(void **state)
{
	struct scene *scene = *state;
	struct control_stats stats;
	int fd = dial(scene);

	say(fd, "{\"command\":", 11);
	tend(scene);
	close(fd);
	tend(scene);
	control_stats(scene->control, &stats);
	assert_int_equal(stats.dropped, 1);
}

static void test_long_line(void **state)
{
	struct scene *scene = *state;
	size_t len = 1 << 20, sent = 0;
	char *text = malloc(len);
	int fd = dial(scene);

	assert_non_null(text);
	memset(text, 'a', len);
	while (sent < len) {
		ssize_t more = send(fd, text + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (more > 0)
			sent += (size_t)more;
		else if (errno != EAGAIN)
			break; /* it has hung up */
		tend(scene);
	}
	assert_true(sent < len);
	assert_refused(hear(scene, fd), "longer than 4096");
	free(text);
}

/* A line of exactly the longest length, with and without its end. */
static void test_longest_line(void **state)
{
	struct scene *scene = *state;
	char text[CONTROL_REQUEST_MAX + 1];
	json_t *answer;

	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"command\":\"status\"}", 20);
	text[CONTROL_REQUEST_MAX] = '\0';
	assert_refused(exchange(scene, text), "longer than 4096");
	text[CONTROL_REQUEST_MAX - 1] = '\n';
	answer = exchange(scene, text);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
}

/* Takes the answer bit by bit, and all of it arrives. */
static void test_big_answer(void **state)
{
	struct scene *scene = *state;
	json_t *answer = exchange(scene, "{\"command\":\"big\"}\n");

	assert_int_equal(json_string_length(json_object_get(answer, "big")), BIG);
	json_decref(answer);
}

/* Never reads; others are served meanwhile, and in the end it is dropped. */
static void test_slow_reader(void **state)
{
	struct scene *scene = *state;
	struct control_stats stats;
	int fd = dial(scene);
	json_t *answer;

	say(fd, "{\"command\":\"big\"}\n", 18);
	tend(scene);
	answer = exchange(scene, "{\"command\":\"status\"}\n");
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	usleep(CONTROL_SLOW_MS * 1000 + 1000);
	control_tend(scene->control);
	control_stats(scene->control, &stats);
	assert_int_equal(stats.dropped, 1);
	assert_null(hear(scene, fd)); /* cut */
}

static void test_slow_writer(void **state)
{
	struct scene *scene = *state;
	struct control_stats stats;
	int fds[CONTROL_CONNECTIONS];
	json_t *answer;

	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++) {
		fds[i] = dial(scene);
		say(fds[i], "{", 1);
	}
	tend(scene);
	assert_refused(exchange(scene, "{\"command\":\"status\"}\n"), "busy");
	usleep(CONTROL_SLOW_MS * 1000 + 1000);
	control_tend(scene->control);
	control_stats(scene->control, &stats);
	assert_int_equal(stats.dropped, CONTROL_CONNECTIONS);
	answer = exchange(scene, "{\"command\":\"status\"}\n");
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
		close(fds[i]);
}

/* A hundred at once: each is served or told that weir is busy. */
static void test_many(void **state)
{
	struct scene *scene = *state;
	unsigned served = 0;
	int fds[100];

	for (unsigned i = 0; i < 100; i++) {
		fds[i] = dial(scene);
		say(fds[i], "{\"command\":\"status\"}\n", 21);
	}
	tend(scene);
	for (unsigned i = 0; i < 100; i++) {
		json_t *answer = hear(scene, fds[i]);

		assert_non_null(answer);
		served += json_is_true(json_object_get(answer, "ok"));
		json_decref(answer);
	}
	assert_true(served >= CONTROL_CONNECTIONS);
	assert_int_equal(scene->runs, served);
}

/* control_ask() in a child, so that the server can work meanwhile. */
static int asked(struct scene *scene, const char *command, char *ret_said, size_t size)
{
	int pipes[2], status;
	ssize_t len = 0, more;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		struct err err = { "" };
		json_t *answer = NULL;
		int result = control_ask(
			scene->folder, json_pack("{s:s}", "command", command), &err, &answer);
		const char *mode = json_string_value(json_object_get(answer, "mode"));

		dprintf(pipes[1], "%s%s", err.text, mode ? mode : "");
		json_decref(answer);
		_exit(-result);
	}
	close(pipes[1]);
	while (waitpid(child, &status, WNOHANG) == 0)
		tend(scene);
	while ((more = read(pipes[0], ret_said + len, size - 1 - (size_t)len)) > 0)
		len += more;
	ret_said[len] = '\0';
	close(pipes[0]);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void test_ask(void **state)
{
	struct scene *scene = *state;
	char said[512];

	assert_int_equal(asked(scene, "status", said, sizeof(said)), 0);
	assert_string_equal(said, "shadow");
	assert_int_equal(asked(scene, "fail", said, sizeof(said)), -EREMOTEIO);
	assert_string_equal(said, "198.51.100.1 is on the allowlist");
	assert_int_equal(asked(scene, "big", said, sizeof(said)), 0);
}

static void test_ask_nobody(void **state)
{
	struct scene *scene = *state;
	struct err err;
	json_t *answer;
	char path[200];

	control_close(scene->control);
	scene->control = NULL;
	assert_int_equal(control_ask(scene->folder, json_object(), &err, &answer), -ECONNREFUSED);
	assert_non_null(strstr(err.text, "weir does not run here"));
	assert_int_equal(control_ask("/nonexistent", json_object(), &err, &answer), -ENOENT);
	assert_non_null(strstr(err.text, "weir does not run here"));
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(control_ask(path, json_object(), &err, &answer), -ENAMETOOLONG);
	assert_int_equal(control_ask("/x", NULL, &err, &answer), -ENOMEM);
}

/* Whoever listens there is no weir. */
static void test_ask_stranger(void **state)
{
	static const char *const answers[] = { "", "hello\n", "{}\n", "[1]\n", "{\"ok\":1}\n",
		"{" };
	struct scene *scene = *state;
	int listener;

	control_close(scene->control);
	scene->control = NULL;
	unlink(scene->path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	for (unsigned i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		struct err err;
		json_t *answer;
		pid_t child;

		if (i == 0) {
			memcpy(address.sun_path, scene->path, sizeof(scene->path));
			assert_int_equal(
				bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
			assert_int_equal(listen(listener, 1), 0);
		}
		child = fork();
		if (child == 0) {
			int fd = accept(listener, NULL, NULL);

			_exit(write(fd, answers[i], strlen(answers[i])) < 0);
		}
		assert_int_equal(control_ask(scene->folder, json_object(), &err, &answer), -EPROTO);
		waitpid(child, NULL, 0);
	}
	close(listener);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = { CASE(test_answer), CASE(test_malformed),
		CASE(test_deep), CASE(test_pieces), CASE(test_half_line), CASE(test_long_line),
		CASE(test_longest_line), CASE(test_big_answer), CASE(test_slow_reader),
		CASE(test_slow_writer), CASE(test_many), CASE(test_ask), CASE(test_ask_nobody),
		CASE(test_ask_stranger) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
