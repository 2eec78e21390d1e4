/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/watch.c - start and loop of the process without privileges.
 *
 *   welcome from the keeper → journal, event file, maps, capture rings → privileges dropped →
 *   live engine, policy → journal and kernel made to agree → ready
 *   loop: packets → windows → findings and incidents → decision → orders to the keeper
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/interface.h"
#include "watch/sandbox.h"
#include "watch/watch_internal.h"

#define STEP_MS 10	 /* longest wait for packets; replies and commands wait no longer either */
#define SAMPLES_MAX 4096 /* taken in one step */

static int open_signals(struct watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch->signals < 0 ? -errno : 0;
}

/* Inside is what the configuration says, else what the keeper found on this machine. */
static int open_networks(const struct watch *watch, const struct conf *conf, struct err *err,
	struct networks **ret_networks)
{
	struct networks *networks = NULL;
	char *words = NULL, *at, *word;
	int r;

	if (conf->networks.count > 0 || watch->welcome.own_networks[0] == 0)
		return networks_open(conf, err, ret_networks);
	r = networks_open_empty(&networks);
	words = strndup(watch->welcome.own_networks, sizeof(watch->welcome.own_networks));
	at = words;
	while (r == 0 && at && (word = strsep(&at, " ")) != NULL) {
		struct prefix prefix;
		unsigned bits;

		if (*word == 0)
			continue;
		r = addr_prefix_parse(word, &prefix.addr, &bits);
		prefix.bits = (uint8_t)bits;
		if (r == 0)
			r = networks_add(networks, &prefix);
	}
	if (r == 0)
		r = networks_build(networks);
	free(words);
	if (r < 0) {
		networks_close(networks);
		return err_set(
			err, r, "the keeper named networks that cannot be used: error %d", -r);
	}
	*ret_networks = networks;
	return 0;
}

/* The rings, interface by interface. fds are taken over. */
static int open_sources(
	struct watch *watch, const int *fds, struct source **sources, struct err *err)
{
	unsigned each = watch->welcome.sockets_each;

	for (unsigned i = 0; i < watch->welcome.interface_count * each; i++) {
		unsigned interface = i / each;
		int r = interface_source_open(fds[i], (uint32_t)watch->conf->run.ring_bytes,
			watch->welcome.interface[interface].name, (uint16_t)interface, err,
			&sources[i]);

		if (r < 0) {
			for (unsigned k = 0; k < i; k++)
				source_close(sources[k]);
			for (unsigned k = i + 1; k < watch->welcome.interface_count * each; k++)
				close(fds[k]);
			return r;
		}
	}
	return 0;
}

/* state_dir/name; NULL when it does not fit. */
static const char *state_path(const struct watch *watch, const char *name, char *path, size_t size)
{
	int len = snprintf(path, size, "%s/%s", watch->conf->run.state_dir, name);

	return len > 0 && (size_t)len < size ? path : NULL;
}

static int open_records(struct watch *watch, struct err *err)
{
	char path[512];
	const char *events = watch->conf->run.events;
	int r = journal_open(
		state_path(watch, "weir.db", path, sizeof(path)), err, &watch->journal);

	if (r < 0)
		return r;
	/* A damaged one was set aside. */
	if (err->text[0])
		fprintf(stderr, "weir watch: %s\n", err->text);
	err->text[0] = '\0';
	if (!events || !*events)
		events = state_path(watch, "eve.json", path, sizeof(path));
	return eve_log_open(events, err, &watch->events);
}

/* Everything that needs a path or a descriptor from outside; then privileges go. */
static int open_outside(struct watch *watch, struct source **sources, struct err *err)
{
	static const struct link_hook no_hook;
	struct link_hook hook = no_hook;
	int fds[MSG_SOCKETS_MAX + MSG_MAP_COUNT + 1];
	unsigned count = 0, sockets;
	int r;

	hook.replied = orders_replied;
	hook.context = watch;
	r = link_open(WATCH_FD_CHANNEL, &hook, err, &watch->welcome, fds, &count, &watch->link);
	if (r < 0)
		return r;
	sockets = watch->welcome.interface_count * watch->welcome.sockets_each;
	if (count != sockets + (watch->welcome.has_maps ? MSG_MAP_COUNT : 0))
		return err_set(err, -EPROTO, "the keeper sent %u descriptors, not %u", count,
			sockets + (watch->welcome.has_maps ? MSG_MAP_COUNT : 0));
	r = open_sources(watch, fds, sources, err);
	if (r == 0 && watch->welcome.has_maps)
		r = maps_open(&fds[sockets], err, &watch->maps);
	if (r == 0)
		r = open_networks(watch, watch->conf, err, &watch->networks);
	/* Without the list nobody's maker is known, and that is all. */
	if (r == 0 && watch->conf->app.inspect == CONF_ON)
		oui_open(OUI_PATH, &watch->makers);
	if (r == 0)
		r = sandbox_enter(watch->conf, watch->conf_path, err);
	return r;
}

static void write_event(void *context, const struct app_event *event)
{
	const struct watch *watch = context;

	eve_log_app(watch->events, watch->conf, event);
}

static int open_inside(struct watch *watch, struct source **sources, struct err *err)
{
	struct live_options options = {
		.conf = watch->conf,
		.networks = watch->networks,
		.workers = watch->welcome.sockets_each,
		.sources = sources,
		.interface_count = watch->welcome.interface_count,
		.makers = watch->makers,
		.events = { write_event, watch },
	};
	int r = open_records(watch, err);

	if (r == 0)
		r = live_open(&options, err, &watch->live);
	if (r == 0)
		r = view_open(watch);
	if (r == 0)
		r = orders_load_allow(watch);
	if (r == 0)
		r = decider_open(watch->conf, watch->networks, watch->allow, live_seed(watch->live),
			&watch->decider);
	if (r == -ENOMEM && err->text[0] == 0)
		err_write(err, "no memory");
	if (r == 0)
		r = control_open(WATCH_FD_CONTROL, watch_commands, watch, &watch->control);
	if (r == 0)
		r = orders_reconcile(watch, err);
	return r;
}

/* A new configuration is built whole and then swapped; a bad one changes nothing. */
static void reload(struct watch *watch)
{
	struct conf *conf = NULL;
	struct networks *networks = NULL;
	struct err err = { "" };
	const struct conf *before = watch->conf;
	int r = watch->conf_path ? conf_load(watch->conf_path, &err, &conf) : 0;

	if (!watch->conf_path || r < 0)
		goto out;
	r = open_networks(watch, conf, &err, &networks);
	if (r == 0)
		r = live_reload(watch->live, conf, networks, &err);
	if (r < 0)
		goto out;
	/* As the keeper does with its own reading of the file. */
	if (conf->run.mode != before->run.mode) {
		watch->welcome.mode = (uint32_t)conf->run.mode;
		watch->welcome.enforce_until_ns = 0;
	}
	watch->conf = conf;
	r = orders_load_allow(watch);
	decider_reload(watch->decider, conf, networks, watch->allow);
	networks_close(watch->networks);
	watch->networks = networks;
	conf_close(watch->own_conf);
	watch->own_conf = conf;
	fprintf(stderr, "weir watch: %s is in force\n", watch->conf_path);
	return;
out:
	if (r < 0)
		fprintf(stderr, "weir watch: the old configuration stays: %s\n", err.text);
	watch->conf = before;
	networks_close(networks);
	conf_close(conf);
}

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(watch);
		else
			watch->is_stopping = true;
	}
}

static void beat(struct watch *watch, int64_t now_ns)
{
	struct msg_request request = { .kind = MSG_BEAT };

	if (now_ns < watch->next_beat_ns)
		return;
	watch->next_beat_ns = now_ns + NS_PER_S;
	link_send(watch->link, &request);
}

static void each_second(struct watch *watch, int64_t now_ns)
{
	if (now_ns < watch->next_second_ns)
		return;
	watch->next_second_ns = now_ns + NS_PER_S;
	journal_tend(watch->journal, live_now_ns(watch->live, NULL));
	if (watch->allow_until_ns != 0 && watch->allow_until_ns <= live_now_ns(watch->live, NULL))
		orders_load_allow(watch);
	status_second(watch);
}

/* One round of everything. −errno when watch cannot go on. */
static int step(struct watch *watch)
{
	struct live_hooks hooks = { view_window, watch };
	int64_t now_ns;
	int r;

	watch->windows = 0;
	view_take_samples(watch);
	r = live_step(watch->live, STEP_MS, &hooks);
	if (r < 0)
		return r;
	if (watch->windows > 0)
		orders_of_window(watch);
	r = link_tend(watch->link);
	if (r < 0)
		return r;
	control_tend(watch->control);
	take_signals(watch);
	now_ns = (int64_t)now_monotonic_ns();
	beat(watch, now_ns);
	each_second(watch, now_ns);
	return 0;
}

static void close_all(struct watch *watch)
{
	control_close(watch->control);
	decider_close(watch->decider);
	prefix_set_close(watch->allow);
	view_close(watch);
	live_close(watch->live);
	oui_close(watch->makers);
	eve_log_close(watch->events);
	journal_close(watch->journal);
	networks_close(watch->networks);
	maps_close(watch->maps);
	link_close(watch->link);
	conf_close(watch->own_conf);
	if (watch->signals >= 0)
		close(watch->signals);
	free(watch);
}

int watch_main(const char *conf_path, const struct conf *conf)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct source *sources[MSG_SOCKETS_MAX] = { NULL };
	struct msg_request ready = { .kind = MSG_READY };
	struct err err = { "" };
	int r;

	if (!watch)
		return EXIT_FAILURE;
	watch->conf_path = conf_path;
	watch->conf = conf;
	watch->signals = -1;
	watch->started_ns = (int64_t)now_monotonic_ns();
	r = open_signals(watch);
	if (r == 0)
		r = open_outside(watch, sources, &err);
	if (r == 0)
		r = open_inside(watch, sources, &err);
	if (r == 0)
		link_send(watch->link, &ready);
	while (r == 0 && !watch->is_stopping)
		r = step(watch);
	if (r < 0)
		fprintf(stderr, "weir watch: %s\n",
			err.text[0]   ? err.text
			: r == -EPIPE ? "the keeper is gone; what is in the kernel stays"
				      : strerror(-r));
	close_all(watch);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
