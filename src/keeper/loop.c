/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/loop.c - waits for signals, the clock and requests, and does one thing after the other.
 *
 *   SIGHUP   a new configuration, built and checked whole; a bad one changes nothing
 *   SIGTERM, SIGINT   take everything out of the kernel and end
 *   SIGUSR1  end, and leave it in force
 *   SIGCHLD  watch has ended, or a command
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "keeper/keeper_internal.h"
#include "keeper/say.h"

#define TICK_NS (200 * NS_PER_MS) /* commands are reaped, watch is looked after */
#define SWEEP_NS NS_PER_S
#define LOOK_NS (60 * NS_PER_S)

int loop_open(struct keeper *keeper, struct err *err)
{
	static const int wanted[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGCHLD };
	const struct itimerspec tick = { .it_value.tv_nsec = TICK_NS,
		.it_interval.tv_nsec = TICK_NS };
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_set(err, -errno, "cannot take signals: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	keeper->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	keeper->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (keeper->signals < 0 || keeper->timer < 0 ||
		timerfd_settime(keeper->timer, 0, &tick, NULL) < 0)
		return err_set(err, -errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

/* What is read once, at the start. */
static void say_what_waits(const struct conf *before, const struct conf *after)
{
	if (strcmp(before->run.runtime_dir, after->run.runtime_dir) != 0 ||
		strcmp(before->run.state_dir, after->run.state_dir) != 0 ||
		strcmp(before->run.user, after->run.user) != 0 ||
		strcmp(before->run.group, after->run.group) != 0 ||
		strcmp(before->gate.bpffs, after->gate.bpffs) != 0 ||
		before->gate.attach != after->gate.attach ||
		before->gate.blocked_max != after->gate.blocked_max ||
		before->gate.hosts_max != after->gate.hosts_max ||
		before->policy.blocks_max != after->policy.blocks_max ||
		before->interfaces.count != after->interfaces.count)
		keeper_say(LOG_NOTICE,
			"interfaces, directories, user, group, gate.attach and the caps of "
			"tables take effect at the next start");
}

/* What the configuration before held goes when all of the new one is in place. */
static void swap_conf(struct keeper *keeper, struct conf *fresh)
{
	struct conf *before = keeper->conf;
	struct err err = { "" };

	keeper->conf = fresh;
	/* Prefixes that are allowed no more, before the list of the new ones is made. */
	protect_leave(keeper, before);
	check_configure(keeper->check, fresh);
	responders_configure(keeper->responders, fresh);
	if (protect_all(keeper, &err) < 0)
		keeper_say(LOG_ERR, "not all of the new configuration is in force: %s", err.text);
	if (before->run.mode != fresh->run.mode) {
		responders_set_mode(keeper->responders, (enum wire_mode)fresh->run.mode, 0);
		keeper->note.mode = (int)fresh->run.mode;
		lock_write(keeper->lock, &keeper->note);
	}
	say_what_waits(before, fresh);
	conf_close(before);
}

static void reload(struct keeper *keeper)
{
	struct conf *fresh = NULL;
	struct err err = { "" };
	const char *path = keeper->options->conf_path;

	if (!path) {
		keeper_say(LOG_NOTICE, "there is no configuration file to read again");
		return;
	}
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)(now_monotonic_ns() / 1000));
	if (conf_load(path, &err, &fresh) < 0) {
		keeper_say(LOG_ERR, "the old configuration stays: %s", err.text);
	} else {
		swap_conf(keeper, fresh);
		keeper_say(LOG_NOTICE, "%s is in force", path);
		if (keeper->watch.pid > 0)
			kill(keeper->watch.pid, SIGHUP);
	}
	sd_notify(0, "READY=1");
}

static void take_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			reload(keeper);
			break;
		case SIGCHLD:
			process_ended(keeper);
			break;
		case SIGUSR1:
			keeper->is_keeping = true;
			keeper->is_stopping = true;
			break;
		default:
			keeper->is_stopping = true;
		}
	}
}

static void found(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct keeper *keeper = context;

	check_adopt(keeper->check, mitigation, verb, prefix, expires_ns);
}

/* Cookies for hosts behind this machine: what becomes of them, and what it costs. */
static void tend_synproxy(struct keeper *keeper, uint64_t now_ns)
{
	static const char *const sayings[] = {
		[GATE_SYNPROXY_OFF] = "hosts behind this machine get no SYN cookies now",
		[GATE_SYNPROXY_WATCHING] =
			"hosts behind this machine get no SYN cookies yet (gate.synproxy_after_s)",
		[GATE_SYNPROXY_ON] = "hosts behind this machine get SYN cookies (synproxy)",
	};
	struct err err = { "" };
	int r = keeper->gate ? gate_synproxy_tend(keeper->gate, now_ns, &err) : 0;

	if (r < 0)
		keeper_say(LOG_WARNING,
			"a SYN flood at a host behind this machine will reach it, for nobody here "
			"can "
			"complete handshakes for it (gate.synproxy): %s",
			err.text[0] ? err.text : strerror(-r));
	else if (r > 0)
		keeper_say(LOG_NOTICE, "%s", sayings[gate_synproxy_state(keeper->gate)]);
}

/* Only while watch works: else the service manager shall start us again. */
static void tell_manager(const struct keeper *keeper, uint64_t now_ns)
{
	unsigned count = 0;

	if (!keeper->watch.is_ready || now_ns - keeper->watch.beat_ns >= KEEPER_BEAT_NS)
		return;
	for (unsigned verb = 0; verb < VERB_COUNT; verb++)
		count += check_in_force(keeper->check, (enum verb)verb);
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=protecting, %u measure%s in force", count,
		count == 1 ? "" : "s");
}

static void sweep(struct keeper *keeper, uint64_t now_ns)
{
	keeper->next_sweep_ns = now_ns + SWEEP_NS;
	responders_sweep(keeper->responders, now_ns, found, keeper);
	tend_synproxy(keeper, now_ns);
	check_expire(keeper->check, now_ns);
	requests_account(keeper);
	tell_manager(keeper, now_ns);
}

static void tick(struct keeper *keeper)
{
	uint64_t now_ns = now_monotonic_ns(), count;

	if (read(keeper->timer, &count, sizeof(count)) < 0)
		return;
	responders_tick(keeper->responders, now_ns);
	if (now_ns >= keeper->next_sweep_ns)
		sweep(keeper, now_ns);
	if (now_ns >= keeper->next_look_ns) {
		keeper->next_look_ns = now_ns + LOOK_NS;
		protect_refresh(keeper);
	}
	process_ended(keeper);
	process_tend(keeper, now_ns);
	claims_tend(keeper, now_ns);
}

void loop_run(struct keeper *keeper)
{
	keeper->next_look_ns = now_monotonic_ns() + LOOK_NS;
	sweep(keeper, now_monotonic_ns());
	process_start(keeper);
	while (!keeper->is_stopping) {
		struct pollfd fds[] = {
			{ .fd = keeper->signals, .events = POLLIN },
			{ .fd = keeper->timer, .events = POLLIN },
			{ .fd = keeper->channel, .events = POLLIN },
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		requests_take(keeper);
		/* Closed, but alive? Then it is no watch any more; and polling it would spin. */
		if (fds[2].revents & (POLLHUP | POLLERR) && keeper->channel >= 0) {
			close(keeper->channel);
			keeper->channel = -1;
			kill(keeper->watch.pid, SIGTERM);
		}
		take_signals(keeper);
		tick(keeper);
	}
}
