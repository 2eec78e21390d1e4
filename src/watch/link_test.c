/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/link_test.c - the welcome in all its broken forms, and the order of requests and replies.
 *
 * The test is the keeper: it holds the other end of a socketpair.
 */
#include "watch/link.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FDS_MAX (MSG_SOCKETS_MAX + MSG_MAP_COUNT + 1)

struct told {
	unsigned count;
	uint64_t serials[2048];
	int results[2048];
	struct link *link; /* sends one more for each reply, when set */
};

static void replied(void *context, const struct msg_request *request, const struct msg_reply *reply)
{
	struct told *told = context;

	assert_int_equal(request->serial, reply->serial);
	told->serials[told->count] = request->mitigation;
	told->results[told->count++] = reply->result;
	if (told->link)
		assert_int_equal(
			link_send(told->link, &(struct msg_request){ .kind = MSG_BEAT }), 0);
}

static struct msg_welcome welcome_of(void)
{
	return (struct msg_welcome){ .version = MSG_VERSION,
		.interface_count = 1,
		.sockets_each = 2,
		.interface[0].name = "eth0" };
}

static void send_fds(int channel, const void *bytes, size_t len, unsigned fd_count)
{
	char control[CMSG_SPACE(sizeof(int) * 200)] = { 0 };
	struct iovec body = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct msghdr header = { .msg_iov = &body, .msg_iovlen = 1 };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), fds[200];

	for (unsigned i = 0; i < fd_count; i++)
		fds[i] = null;
	if (fd_count > 0) {
		struct cmsghdr *part;

		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		part = CMSG_FIRSTHDR(&header);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(part), fds, sizeof(int) * fd_count);
	}
	assert_int_equal(sendmsg(channel, &header, 0), len);
	close(null);
}

static unsigned open_fds(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 512; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int open_with(const void *bytes, size_t len, unsigned fd_count, struct told *told,
	int *ret_keeper, struct link **ret_link)
{
	struct link_hook hook = { replied, told };
	struct msg_welcome welcome;
	struct err err = { "" };
	int pair[2], fds[FDS_MAX], r;
	unsigned count = 77;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	if (len > 0)
		send_fds(pair[0], bytes, len, fd_count);
	else
		close(pair[0]);
	r = link_open(pair[1], &hook, &err, &welcome, fds, &count, ret_link);
	if (r < 0) {
		assert_true(err.text[0] != '\0');
		if (len > 0)
			close(pair[0]);
		return r;
	}
	assert_int_equal(count, fd_count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(close(fds[i]), 0);
	*ret_keeper = pair[0];
	return 0;
}

static void test_welcome(void **state)
{
	struct msg_welcome good = welcome_of(), bad;
	struct told told = { 0 };
	struct link *link = NULL;
	unsigned before = open_fds();
	int keeper;

	(void)state;
	for (unsigned fds = 0; fds <= FDS_MAX; fds += 11) {
		assert_int_equal(open_with(&good, sizeof(good), fds, &told, &keeper, &link), 0);
		link_close(link);
		close(keeper);
	}
#define BAD(change)                                                                                \
	bad = good;                                                                                \
	bad.change;                                                                                \
	assert_int_equal(open_with(&bad, sizeof(bad), 3, &told, &keeper, &link), -EPROTO)
	BAD(version = 2);
	BAD(has_maps = 2);
	BAD(mode = WIRE_MODE_ENFORCE + 1);
	BAD(interface_count = 33);
	BAD(sockets_each = 65);
	BAD(sockets_each = UINT32_MAX);
	BAD(own_networks[sizeof(bad.own_networks) - 1] = 'x');
	BAD(interface_count = MSG_SOCKETS_MAX / 2 + 1);
	good.sockets_each = 3;
	BAD(interface_count = MSG_INTERFACES_MAX);
	good.sockets_each = 2;
	memset(bad.interface[0].name, 'x', sizeof(bad.interface[0].name));
	bad.interface_count = 1;
	assert_int_equal(open_with(&bad, sizeof(bad), 3, &told, &keeper, &link), -EPROTO);
	assert_int_equal(open_with(&good, sizeof(good) - 1, 3, &told, &keeper, &link), -EPROTO);
	assert_int_equal(
		open_with(&good, sizeof(good), FDS_MAX + 2, &told, &keeper, &link), -EPROTO);
	assert_int_equal(open_with(&good, 0, 0, &told, &keeper, &link), -EPIPE);
	assert_int_equal(open_fds(), before);
	link_close(NULL);
}

/* Answers up to count requests, and counts them. */
static unsigned answer(int keeper, unsigned count)
{
	struct msg_request request;
	unsigned done = 0;

	while (done < count && recv(keeper, &request, sizeof(request), MSG_DONTWAIT) > 0) {
		struct msg_reply reply = { .version = MSG_VERSION,
			.result = -(int)request.mitigation,
			.serial = request.serial };

		assert_int_equal(request.version, MSG_VERSION);
		assert_int_equal(send(keeper, &reply, sizeof(reply), 0), sizeof(reply));
		done++;
	}
	return done;
}

static void test_queue(void **state)
{
	struct msg_welcome good = welcome_of();
	struct told told = { 0 };
	struct link *link = NULL;
	unsigned queued = 0;
	int keeper;

	(void)state;
	assert_int_equal(open_with(&good, sizeof(good), 0, &told, &keeper, &link), 0);
	while (link_send(link, &(struct msg_request){ .kind = MSG_BEAT, .mitigation = queued }) ==
		0)
		queued++;
	assert_int_equal(queued, 1024);
	assert_int_equal(link_serial(link), 1024);
	/* No more fly than may: the keeper sees 64, though 1024 wait. */
	assert_int_equal(answer(keeper, 2000), 64);
	while (told.count < queued) {
		assert_int_equal(link_tend(link), 0);
		answer(keeper, 2000);
	}
	for (unsigned i = 0; i < queued; i++) {
		assert_int_equal(told.serials[i], i);
		assert_int_equal(told.results[i], -(int)i);
	}
	/* A hook that sends for each reply. */
	told.count = 0;
	told.link = link;
	assert_int_equal(link_send(link, &(struct msg_request){ .kind = MSG_BEAT }), 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(answer(keeper, 9), 1);
		assert_int_equal(link_tend(link), 0);
	}
	assert_int_equal(told.count, 5);
	close(keeper);
	assert_int_equal(link_tend(link), -EPIPE);
	assert_int_equal(link_send(link, &(struct msg_request){ .kind = MSG_BEAT }), 0);
	link_close(link);
}

static void check_bad_reply(const void *bytes, size_t len)
{
	struct msg_welcome good = welcome_of();
	struct told told = { 0 };
	struct link *link = NULL;
	int keeper = -1;

	assert_int_equal(open_with(&good, sizeof(good), 0, &told, &keeper, &link), 0);
	assert_int_equal(link_send(link, &(struct msg_request){ .kind = MSG_BEAT }), 0);
	assert_int_equal(send(keeper, bytes, len, 0), len);
	assert_int_equal(link_tend(link), -EPROTO);
	assert_int_equal(told.count, 0);
	link_close(link);
	close(keeper);
}

static void test_bad_replies(void **state)
{
	struct msg_reply reply = { .version = MSG_VERSION, .serial = 2 };
	uint8_t long_one[sizeof(reply) + 1] = { 0 };

	(void)state;
	check_bad_reply(&reply, sizeof(reply));
	reply = (struct msg_reply){ .version = 9, .serial = 1 };
	check_bad_reply(&reply, sizeof(reply));
	check_bad_reply(&reply, sizeof(reply) - 1);
	check_bad_reply(long_one, sizeof(long_one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_welcome),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_bad_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
