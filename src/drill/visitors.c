/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/visitors.c - good clients, and whether they are served; see visitors.h. */
#include "drill/visitors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/now.h"

#define NS 1000000000ULL

struct visit {
	int fd; /* -1: none */
	uint64_t begun_ns;
	bool has_asked, is_good;
};

struct crowd {
	struct visitors *visitors;
	int epoll;
	unsigned next; /* client */
	uint64_t begun;
	struct visit visits[VISITORS_AT_ONCE];
};

static void end(struct crowd *crowd, struct visit *visit, bool is_good)
{
	struct visitors *visitors = crowd->visitors;
	uint64_t slot = (now_monotonic_ns() - visitors->start_ns) / (NS / 10);

	close(visit->fd);
	visit->fd = -1;
	if (slot >= VISITORS_SLOTS)
		return;
	if (is_good)
		visitors->good[slot]++;
	else
		visitors->failed[slot]++;
}

static void begin(struct crowd *crowd, struct visit *visit)
{
	struct visitors *visitors = crowd->visitors;
	struct sockaddr_in from = { .sin_family = AF_INET },
			   to = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct linger linger = { 1, 0 }; /* no TIME_WAIT: ports would run out in a minute */
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = visit };
	int one = 1;

	inet_pton(AF_INET, visitors->clients, &from.sin_addr);
	from.sin_addr.s_addr =
		htonl(ntohl(from.sin_addr.s_addr) + crowd->next++ % visitors->client_count);
	inet_pton(AF_INET, visitors->server, &to.sin_addr);
	visit->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (visit->fd < 0)
		return;
	visit->begun_ns = now_monotonic_ns();
	visit->has_asked = visit->is_good = false;
	setsockopt(visit->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	setsockopt(visit->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	setsockopt(visit->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(visit->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
		(connect(visit->fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
			errno != EINPROGRESS) ||
		epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, visit->fd, &event) < 0)
		end(crowd, visit, false);
}

static void go_on(struct crowd *crowd, struct visit *visit, uint32_t events)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: drill\r\nConnection: close\r\n\r\n";
	char answer[4096];
	ssize_t n;

	if (visit->fd < 0)
		return;
	if (!visit->has_asked && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
		visit->has_asked = send(visit->fd, request, sizeof(request) - 1, MSG_NOSIGNAL) ==
				   (ssize_t)sizeof(request) - 1;
		if (!visit->has_asked)
			return end(crowd, visit, false);
	}
	while ((n = recv(visit->fd, answer, sizeof(answer), 0)) > 0)
		if (n >= 15 && memcmp(answer, "HTTP/1.1 200 OK", 15) == 0)
			visit->is_good = true;
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		end(crowd, visit, n == 0 && visit->is_good);
}

/* Begins as many as are due, and gives up those that take too long. */
static void tend(struct crowd *crowd)
{
	struct visitors *visitors = crowd->visitors;
	uint64_t now = now_monotonic_ns();
	uint64_t due =
		visitors->per_s ? (now - visitors->start_ns) * visitors->per_s / NS : UINT64_MAX;

	for (unsigned i = 0; i < VISITORS_AT_ONCE; i++) {
		struct visit *visit = &crowd->visits[i];

		if (visit->fd >= 0 && now - visit->begun_ns > VISITORS_TIMEOUT_MS * 1000000ULL)
			end(crowd, visit, false);
		if (visit->fd < 0 && crowd->begun < due) {
			begin(crowd, visit);
			crowd->begun++;
		}
	}
	/* A server that did not answer is not asked twice as often afterwards. */
	if (visitors->per_s && due > crowd->begun + visitors->per_s / 10)
		crowd->begun = due - visitors->per_s / 10;
}

int visitors_run(void *context)
{
	struct crowd crowd = { .visitors = context, .epoll = epoll_create1(EPOLL_CLOEXEC) };

	if (crowd.epoll < 0)
		return 1;
	for (unsigned i = 0; i < VISITORS_AT_ONCE; i++)
		crowd.visits[i].fd = -1;
	crowd.visitors->start_ns = now_monotonic_ns();
	while (!crowd.visitors->is_stopping) {
		struct epoll_event events[VISITORS_AT_ONCE];
		int count;

		tend(&crowd);
		count = epoll_wait(crowd.epoll, events, VISITORS_AT_ONCE, 1);
		for (int i = 0; i < count; i++)
			go_on(&crowd, events[i].data.ptr, events[i].events);
	}
	return 0;
}
