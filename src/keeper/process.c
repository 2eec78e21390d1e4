/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/process.c - watch: started with fresh sockets, started again when it dies, ended when it
 * hangs.
 *
 * The child is this program again (/proc/self/exe, so also after an upgrade of the file on disk),
 * with two descriptors and nothing else; all others come with the welcome. Between two starts
 * passes a time that doubles up to half a minute, and starts over once watch has lived for a
 * minute. What is in the kernel goes on meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/interface.h"
#include "keeper/keeper_internal.h"
#include "keeper/say.h"
#include "watch/watch.h"

#define LIVED_NS (60 * NS_PER_S)
#define PAUSE_MAX_S 30
#define STOP_MS 3000
#define FDS_MAX (MSG_SOCKETS_MAX + MSG_MAP_COUNT)

struct parcel {
	struct msg_welcome welcome;
	int fds[FDS_MAX];
	unsigned count;
};

static void close_parcel(struct parcel *parcel)
{
	while (parcel->count > 0)
		close(parcel->fds[--parcel->count]);
}

/* Sockets of one interface for all workers: those of the configuration or one a core, as far as the
 * message can carry. */
static unsigned sockets_each(const struct keeper *keeper)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = keeper->conf->workers > 0 ? (unsigned)keeper->conf->workers
			  : cores > 0		    ? (unsigned)cores
						    : 1;
	unsigned most =
		MSG_SOCKETS_MAX / (keeper->interface_count > 0 ? keeper->interface_count : 1);

	return wanted < most ? wanted : most;
}

/* An interface that is not there is left out until it comes back. */
static void pack_interface(struct keeper *keeper, unsigned index, struct parcel *parcel)
{
	struct keeper_interface *interface = &keeper->interfaces[index];
	struct msg_welcome *welcome = &parcel->welcome;
	/* Unique among keepers of one network namespace, and from one start of watch to the
	 * next. */
	uint16_t fanout = (uint16_t)((unsigned)getpid() * 41 + keeper->watch.tries * 37 +
				     (unsigned)(now_monotonic_ns() >> 20) + index);
	struct err err = { "" };
	int r;

	interface->is_shown = false;
	if (interface->index == 0)
		return;
	r = interface_open_sockets(interface->name, welcome->sockets_each,
		(uint32_t)keeper->conf->run.ring_bytes, fanout, &err, &parcel->fds[parcel->count]);
	if (r < 0) {
		keeper_say(LOG_WARNING, "%s", err.text);
		return;
	}
	parcel->count += welcome->sockets_each;
	memcpy(welcome->interface[welcome->interface_count].name, interface->name,
		sizeof(interface->name));
	welcome->interface[welcome->interface_count].index = interface->index;
	welcome->interface[welcome->interface_count].xdp =
		keeper->gate ? (uint32_t)gate_attached(keeper->gate, index) : GATE_NONE;
	welcome->interface_count++;
	interface->is_shown = true;
}

static int pack_maps(struct keeper *keeper, struct parcel *parcel)
{
	for (unsigned map = 0; keeper->gate && map < MSG_MAP_COUNT; map++) {
		int fd = gate_map_fd(keeper->gate, map);

		if (fd < 0)
			return fd;
		parcel->fds[parcel->count++] = fd;
	}
	parcel->welcome.has_maps = keeper->gate != NULL;
	return 0;
}

static int pack(struct keeper *keeper, struct parcel *parcel)
{
	int r;

	memset(parcel, 0, sizeof(*parcel));
	parcel->welcome.version = MSG_VERSION;
	parcel->welcome.sockets_each = sockets_each(keeper);
	parcel->welcome.mode =
		responders_mode(keeper->responders, &parcel->welcome.enforce_until_ns);
	local_list_format(&keeper->local.networks, parcel->welcome.own_networks,
		sizeof(parcel->welcome.own_networks));
	for (unsigned i = 0; i < keeper->interface_count; i++)
		pack_interface(keeper, i, parcel);
	r = pack_maps(keeper, parcel);
	if (r < 0)
		close_parcel(parcel);
	return r;
}

static int send_parcel(int channel, const struct parcel *parcel)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
		struct cmsghdr aligned;
	} control;
	struct msg_welcome welcome = parcel->welcome;
	struct iovec body = { .iov_base = &welcome, .iov_len = sizeof(welcome) };
	struct msghdr header = { .msg_iov = &body, .msg_iovlen = 1 };

	memset(&control, 0, sizeof(control));
	if (parcel->count > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * parcel->count);
		control.aligned.cmsg_level = SOL_SOCKET;
		control.aligned.cmsg_type = SCM_RIGHTS;
		control.aligned.cmsg_len = CMSG_LEN(sizeof(int) * parcel->count);
		memcpy(CMSG_DATA(&control.aligned), parcel->fds, sizeof(int) * parcel->count);
	}
	return sendmsg(channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* In the child: only the two descriptors, no blocked signals, then this program anew. */
static void become_watch(const struct keeper *keeper, int channel)
{
	char *argv[] = { (char *)(uintptr_t) "weir", (char *)(uintptr_t) "watch",
		keeper->options->conf_path ? (char *)(uintptr_t) "-c" : NULL,
		(char *)(uintptr_t)keeper->options->conf_path, NULL };
	/* First out of the way of the numbers that they are to have. */
	int high_channel = fcntl(channel, F_DUPFD, 10);
	int high_listener = keeper->listener >= 0 ? fcntl(keeper->listener, F_DUPFD, 10) : -1;
	sigset_t none;

	if (high_channel < 0 || dup2(high_channel, WATCH_FD_CHANNEL) < 0)
		_exit(EXIT_FAILURE);
	if (high_listener < 0)
		close(WATCH_FD_CONTROL);
	else if (dup2(high_listener, WATCH_FD_CONTROL) < 0)
		_exit(EXIT_FAILURE);
	close_range(WATCH_FD_CONTROL + 1, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* What the service manager told the keeper is the keeper's alone. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	execv("/proc/self/exe", argv);
	fprintf(stderr, "weir: cannot start watch: %s\n", strerror(errno));
	_exit(EXIT_FAILURE);
}

static int spawn(struct keeper *keeper, const struct parcel *parcel)
{
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	r = send_parcel(pair[0], parcel);
	pid = r == 0 ? fork() : -1;
	if (pid == 0)
		become_watch(keeper, pair[1]);
	if (r == 0 && pid < 0)
		r = -errno;
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	keeper->channel = pair[0];
	keeper->watch.pid = pid;
	return 0;
}

static void put_off(struct keeper *keeper, uint64_t now_ns)
{
	unsigned failures = keeper->watch.failures++;
	uint64_t pause_s = failures == 0 ? 0 : failures > 5 ? PAUSE_MAX_S : 1U << (failures - 1);

	if (pause_s > PAUSE_MAX_S)
		pause_s = PAUSE_MAX_S;
	keeper->watch.next_start_ns = now_ns + pause_s * NS_PER_S;
}

void process_start(struct keeper *keeper)
{
	uint64_t now_ns = now_monotonic_ns();
	struct parcel *parcel = malloc(sizeof(*parcel));
	int r = parcel ? pack(keeper, parcel) : -ENOMEM;

	claims_begin(keeper);
	keeper->watch.tries++;
	keeper->watch.is_ready = keeper->watch.is_asked_to_stop = false;
	keeper->watch.started_ns = keeper->watch.beat_ns = now_ns;
	if (r == 0) {
		r = spawn(keeper, parcel);
		close_parcel(parcel);
	}
	free(parcel);
	if (r < 0) {
		keeper_say(LOG_ERR, "cannot start watch: %s", strerror(-r));
		put_off(keeper, now_ns);
	}
}

static void close_channel(struct keeper *keeper)
{
	if (keeper->channel >= 0)
		close(keeper->channel);
	keeper->channel = -1;
}

static void say_end(const struct keeper *keeper, int status)
{
	if (keeper->watch.is_asked_to_stop)
		return;
	if (WIFSIGNALED(status))
		keeper_say(LOG_ERR,
			"watch (process %d) was ended by signal %d (%s); what is in the kernel "
			"goes on, and watch is started again",
			(int)keeper->watch.pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		keeper_say(LOG_ERR,
			"watch (process %d) has ended with status %d; what is in the kernel goes "
			"on, and watch is started again",
			(int)keeper->watch.pid, WEXITSTATUS(status));
}

/* Only our own child: the responders wait for theirs. */
void process_ended(struct keeper *keeper)
{
	uint64_t now_ns = now_monotonic_ns();
	int status;

	if (keeper->watch.pid == 0 ||
		waitpid(keeper->watch.pid, &status, WNOHANG) != keeper->watch.pid)
		return;
	say_end(keeper, status);
	requests_take(keeper); /* what it said last */
	close_channel(keeper);
	keeper->watch.pid = 0;
	if (keeper->watch.is_asked_to_stop || now_ns - keeper->watch.started_ns >= LIVED_NS)
		keeper->watch.failures = 0;
	put_off(keeper, now_ns);
}

void process_stop(struct keeper *keeper)
{
	const struct timespec tick = { .tv_nsec = 10 * (long)NS_PER_MS };
	int status;

	if (keeper->watch.pid == 0)
		return;
	kill(keeper->watch.pid, SIGTERM);
	for (unsigned i = 0; i < STOP_MS / 10; i++) {
		requests_take(keeper);
		if (waitpid(keeper->watch.pid, &status, WNOHANG) == keeper->watch.pid)
			goto gone;
		nanosleep(&tick, NULL);
	}
	keeper_say(LOG_WARNING, "watch (process %d) does not stop; it is killed",
		(int)keeper->watch.pid);
	kill(keeper->watch.pid, SIGKILL);
	waitpid(keeper->watch.pid, &status, 0);
gone:
	close_channel(keeper);
	keeper->watch.pid = 0;
}

static void kill_hanging(struct keeper *keeper, uint64_t now_ns)
{
	uint64_t allowed_ns = keeper->watch.is_ready ? KEEPER_SILENT_NS : KEEPER_START_NS;

	if (keeper->watch.pid == 0 || now_ns - keeper->watch.beat_ns < allowed_ns)
		return;
	keeper_say(LOG_ERR, "watch (process %d) has said nothing for %llu s; it is killed",
		(int)keeper->watch.pid, (unsigned long long)(allowed_ns / NS_PER_S));
	kill(keeper->watch.pid, SIGKILL);
	keeper->watch.beat_ns = now_ns;
}

/* Interfaces that went away or came back; a watch that has to see another set is started anew. */
static bool look_at_interfaces(struct keeper *keeper)
{
	bool is_other = false;

	for (unsigned i = 0; i < keeper->interface_count; i++) {
		struct keeper_interface *interface = &keeper->interfaces[i];
		unsigned index = if_nametoindex(interface->name);
		struct err err = { "" };

		if (index == interface->index)
			continue;
		interface->index = index;
		if (index == 0) {
			keeper_say(LOG_WARNING,
				"%s is gone; it is protected again when it comes back",
				interface->name);
			continue;
		}
		keeper_say(LOG_NOTICE, "%s is there%s", interface->name, " again");
		if (keeper->gate && gate_reattach(keeper->gate, i, &err) < 0)
			keeper_say(LOG_ERR, "%s", err.text);
		is_other = true;
	}
	return is_other;
}

void process_tend(struct keeper *keeper, uint64_t now_ns)
{
	kill_hanging(keeper, now_ns);
	if (look_at_interfaces(keeper) && keeper->watch.pid > 0) {
		keeper->watch.is_asked_to_stop = true;
		kill(keeper->watch.pid, SIGTERM);
	}
	if (keeper->watch.pid > 0 || now_ns < keeper->watch.next_start_ns)
		return;
	if (!keeper->watch.was_ever_ready && keeper->watch.tries >= KEEPER_TRIES) {
		keeper_say(LOG_ERR,
			"watch has failed %u times and was never ready; see its lines above",
			keeper->watch.tries);
		keeper->is_stopping = true;
		/* What an earlier one had put in force is not ours to take back. */
		keeper->is_keeping = keeper->gate && gate_is_adopted(keeper->gate);
		keeper->exit_status = EXIT_FAILURE;
		return;
	}
	process_start(keeper);
}
