/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drill/lab.c - three networks that exist only here; see lab.h. */
#include "drill/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drill/poll.h"

#define ARGUMENTS_MAX 24

/* A namespace lives for as long as a descriptor of it is open. */
static int make_place(int *ret_place)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), place = -1, r = 0;

	if (own < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) < 0) {
		r = -errno;
	} else {
		place = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		r = place < 0 ? -errno : 0;
		if (setns(own, CLONE_NEWNET) < 0)
			r = -errno;
	}
	close(own);
	if (r < 0 && place >= 0)
		close(place);
	else
		*ret_place = place;
	return r;
}

/* Files that vanish with this process: a tmpfs, and in it a bpffs, seen by nobody else. */
static int make_folder(struct lab *lab)
{
	char path[96];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	/* Any directory that is always there will do: only this process sees what lies on it. */
	snprintf(lab->folder, sizeof(lab->folder), "/mnt");
	if (mount("weir-drill", lab->folder, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755") < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/bpf", lab->folder);
	if (mkdir(path, 0700) < 0 || mount("weir-drill", path, "bpf", 0, NULL) < 0)
		return -errno;
	return 0;
}

/* What a child of ours says on its output, to be quoted when it fails. */
static int collect(int from, pid_t child, struct err *err, const char *name)
{
	char said[256];
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(from, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = 0;
	while (len > 0 && said[len - 1] == '\n')
		said[--len] = 0;
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, -ENOENT,
			"the program %s is missing; script/bootstrap or apt "
			"installs it",
			name);
	return err_set(err, -EIO, "%s failed in the drill's own network: %s", name, said);
}

int lab_run(const struct lab *lab, enum lab_place place, struct err *err, const char *const *argv)
{
	int pipe_fds[2], r;
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		dup2(pipe_fds[1], STDERR_FILENO);
		if (setns(lab->places[place], CLONE_NEWNET) == 0)
			execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(pipe_fds[1]);
	r = child < 0 ? -errno : collect(pipe_fds[0], child, err, argv[0]);
	close(pipe_fds[0]);
	return r;
}

/* Splits a line at its spaces, so that a table of commands can be read. */
static int run_line(const struct lab *lab, enum lab_place place, struct err *err, const char *line)
{
	char words[256], *at = words, *word;
	const char *argv[ARGUMENTS_MAX + 1] = { NULL };
	unsigned count = 0;

	snprintf(words, sizeof(words), "%s", line);
	while ((word = strsep(&at, " ")) != NULL && count < ARGUMENTS_MAX)
		argv[count++] = word;
	return lab_run(lab, place, err, argv);
}

/* A veth pair, made in the gate, whose other end moves away. */
static int make_link(const struct lab *lab, enum lab_place other, const char *here,
	const char *there, struct err *err)
{
	char line[256];

	/* This process itself holds the descriptor, so ip finds the namespace by it. */
	snprintf(line, sizeof(line), "ip link add %s type veth peer name %s netns /proc/%d/fd/%d",
		here, there, (int)getpid(), lab->places[other]);
	return run_line(lab, LAB_GATE, err, line);
}

static int poll_part(void *context)
{
	(void)context;
	return poll_link(LAB_INTERNET_LINK, true, NULL) < 0;
}

static int poll_there(const struct lab *lab, struct err *err)
{
	pid_t child = lab_start(lab, LAB_INTERNET, poll_part, NULL);
	int status;

	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
		return err_set(err, -EIO, "cannot attach an XDP program to the drill's own link");
	return 0;
}

static int set_up(const struct lab *lab, struct err *err)
{
	static const struct {
		enum lab_place place;
		const char *line;
	} lines[] = {
		{ LAB_GATE, "ip link set lo up" },
		{ LAB_GATE, "ip address add 198.51.100.10/24 dev drill-out" },
		{ LAB_GATE, "ip address add 2001:db8:1::10/64 dev drill-out nodad" },
		{ LAB_GATE, "ip address add 192.0.2.1/24 dev drill-in" },
		{ LAB_GATE, "ip link set drill-out up" },
		{ LAB_GATE, "ip link set drill-in up" },
		{ LAB_GATE, "sysctl -qw net.ipv4.ip_forward=1" },
		{ LAB_INTERNET, "ip link set lo up" },
		{ LAB_INTERNET, "ip address add 198.51.100.1/24 dev drill-net" },
		{ LAB_INTERNET, "ip address add 2001:db8:1::1/64 dev drill-net nodad" },
		{ LAB_INTERNET, "ip link set drill-net up" },
		/* What comes back for invented senders ends here. */
		{ LAB_INTERNET, "ip route add blackhole 198.18.0.0/15" },
		{ LAB_INTERNET, "ip address add 203.0.113.200/32 dev lo" },
		{ LAB_INTERNET, "ip route add 192.0.2.0/24 via 198.51.100.10" },
		{ LAB_GATE, "ip route add default via 198.51.100.1" },
		{ LAB_LAN, "ip link set lo up" },
		{ LAB_LAN, "ip address add 192.0.2.66/24 dev drill-lan" },
		{ LAB_LAN, "ip address add 192.0.2.20/24 dev drill-lan" },
		{ LAB_LAN, "ip link set drill-lan up" },
		{ LAB_LAN, "ip route add default via 192.0.2.1" },
		/* Checksums are made, not left to a card that is not there. */
		{ LAB_INTERNET, "ethtool -K drill-net tx off" },
		{ LAB_GATE, "ethtool -K drill-out tx off" },
		{ LAB_LAN, "ethtool -K drill-lan tx off" },
	};
	int r = make_link(lab, LAB_INTERNET, LAB_GATE_OUTSIDE, LAB_INTERNET_LINK, err);

	if (r == 0)
		r = make_link(lab, LAB_LAN, LAB_GATE_INSIDE, LAB_LAN_LINK, err);
	for (unsigned i = 0; r == 0 && i < sizeof(lines) / sizeof(lines[0]); i++)
		r = run_line(lab, lines[i].place, err, lines[i].line);
	if (r == 0)
		r = poll_there(lab, err);
	for (unsigned i = 0; r == 0 && i < LAB_CLIENTS; i++) {
		char line[96];

		snprintf(line, sizeof(line), "ip address add 203.0.113.%u/32 dev lo", 10 + i);
		r = run_line(lab, LAB_INTERNET, err, line);
	}
	return r;
}

int lab_open(struct lab *lab, struct err *err)
{
	int r;

	*lab = (struct lab){ .places = { -1, -1, -1 } };
	if (geteuid() != 0)
		return err_set(err, -EPERM,
			"a drill makes network namespaces and needs root; "
			"try: sudo weir drill");
	r = make_folder(lab);
	for (unsigned i = 0; r == 0 && i < LAB_PLACES; i++)
		r = make_place(&lab->places[i]);
	if (r < 0)
		err_write(err, "cannot make namespaces for the drill: %s", strerror(-r));
	else
		r = set_up(lab, err);
	if (r < 0)
		lab_close(lab);
	return r;
}

pid_t lab_start(
	const struct lab *lab, enum lab_place place, int (*part)(void *context), void *context)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return child < 0 ? -errno : child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || setns(lab->places[place], CLONE_NEWNET) < 0)
		_exit(126);
	_exit(part(context));
}

int lab_stop(pid_t child, unsigned wait_ms)
{
	int status = 0;

	if (child <= 0)
		return 0;
	kill(child, SIGTERM);
	for (unsigned waited = 0; waited < wait_ms; waited += 10) {
		struct timespec pause = { 0, 10000000 };

		if (waitpid(child, &status, WNOHANG) == child)
			return status;
		nanosleep(&pause, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return status;
}

void lab_close(struct lab *lab)
{
	char path[96];

	for (unsigned i = 0; i < LAB_PLACES; i++) {
		if (lab->places[i] >= 0)
			close(lab->places[i]);
		lab->places[i] = -1;
	}
	if (!lab->folder[0])
		return;
	snprintf(path, sizeof(path), "%s/bpf", lab->folder);
	umount2(path, MNT_DETACH);
	umount2(lab->folder, MNT_DETACH);
	lab->folder[0] = 0;
}
