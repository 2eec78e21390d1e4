/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/keeper.c - start and stop, straight down and up again; see keeper.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "keeper/keeper_internal.h"
#include "keeper/say.h"

#define BACKLOG 32 /* as many connections as watch serves at a time */

static int add_interface(struct keeper *keeper, const char *name, struct err *err)
{
	struct keeper_interface *interface = &keeper->interfaces[keeper->interface_count];

	if (keeper->interface_count == MSG_INTERFACES_MAX)
		return err_set(err, -ENOSPC, "more than %d interfaces", MSG_INTERFACES_MAX);
	if (snprintf(interface->name, sizeof(interface->name), "%s", name) >=
		(int)sizeof(interface->name))
		return err_set(err, -ENODEV, "%.40s: no interface has so long a name", name);
	interface->index = if_nametoindex(name);
	if (interface->index == 0)
		return err_set(err, -ENODEV, "there is no interface %s; ip link lists them", name);
	keeper->interface_count++;
	return 0;
}

/* Of the command line, else of the configuration, else with a default route, else all that are
 * up. */
static int choose_interfaces(struct keeper *keeper, struct err *err)
{
	const struct keeper_options *options = keeper->options;
	const struct conf_names *names = &keeper->conf->interfaces;
	const struct local *local = &keeper->local;
	int r = 0;

	for (unsigned i = 0; i < options->interface_count && r == 0; i++)
		r = add_interface(keeper, options->interfaces[i], err);
	for (unsigned i = 0; options->interface_count == 0 && i < names->count && r == 0; i++)
		r = add_interface(keeper, names->list[i], err);
	if (r < 0 || keeper->interface_count > 0)
		return r;
	for (unsigned i = 0; i < local->name_count && r == 0; i++)
		if (local->has_default[i] || !local->has_default[0])
			r = add_interface(keeper, local->names[i], err);
	if (r == 0 && keeper->interface_count == 0)
		return err_set(err, -ENODEV,
			"no interface is up but loopback; name one with -i or interfaces:");
	return r;
}

/* Of run.user, or of nobody where that does not exist, as watch will run. */
static int make_state_dir(const struct conf *conf, struct err *err)
{
	const struct passwd *user = getpwnam(conf->run.user);
	int fd, r = 0;

	if (!user)
		user = getpwnam("nobody");
	if (mkdir(conf->run.state_dir, 0750) < 0 && errno != EEXIST)
		return err_set(err, -errno, "%s: cannot make the directory: %s",
			conf->run.state_dir, strerror(errno));
	/* O_PATH: it is the user's, and reading it may need a right that we do not have. */
	fd = open(conf->run.state_dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "%s: not a directory that can be used: %s",
			conf->run.state_dir, strerror(errno));
	if (user && fchownat(fd, "", user->pw_uid, user->pw_gid, AT_EMPTY_PATH) < 0)
		r = err_set(err, -errno, "%s: cannot be given to %s: %s", conf->run.state_dir,
			user->pw_name, strerror(errno));
	close(fd);
	return r;
}

static int control_path(const struct conf *conf, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return snprintf(address->sun_path, sizeof(address->sun_path), "%s/control.sock",
		       conf->run.runtime_dir) < (int)sizeof(address->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

/* Who may connect may do all, so it is root's and the group's from its first moment on. */
static int listen_control(struct keeper *keeper, struct err *err)
{
	const struct group *group = getgrnam(keeper->conf->run.group);
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before;
	int r = fd < 0 ? -errno : control_path(keeper->conf, &address);

	if (r == 0) {
		/* We have the lock: what lies there is of one that is gone. */
		unlink(address.sun_path);
		before = umask(0177);
		r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
		umask(before);
	}
	if (r == 0 && !group)
		keeper_say(LOG_WARNING,
			"there is no group %s (run.group); only root may use the commands",
			keeper->conf->run.group);
	if (r == 0 && group && chown(address.sun_path, (uid_t)-1, group->gr_gid) < 0)
		r = -errno;
	if (r == 0 && (chmod(address.sun_path, 0660) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return err_set(err, r, "%s/control.sock: cannot listen: %s",
			keeper->conf->run.runtime_dir, strerror(-r));
	}
	keeper->listener = fd;
	return 0;
}

static void unlink_control(const struct keeper *keeper)
{
	struct sockaddr_un address;

	if (control_path(keeper->conf, &address) == 0)
		unlink(address.sun_path);
}

static int open_gate(struct keeper *keeper, struct err *err)
{
	const char *names[MSG_INTERFACES_MAX];
	struct gate_options options = { .conf = keeper->conf,
		.interfaces = names,
		.interface_count = keeper->interface_count };
	int r;

	if (keeper->conf->gate.attach == CONF_ATTACH_NONE)
		return 0;
	for (unsigned i = 0; i < keeper->interface_count; i++)
		names[i] = keeper->interfaces[i].name;
	r = gate_open(&options, err, &keeper->gate);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < keeper->interface_count; i++) {
		const char *note = gate_note(keeper->gate, i);

		keeper_say(LOG_INFO, "%s: %s%s%s", names[i],
			gate_attach_names[gate_attached(keeper->gate, i)], *note ? ": " : "", note);
	}
	if (gate_is_adopted(keeper->gate))
		keeper_say(LOG_INFO, "what was in force from before is taken over");
	return 0;
}

/* Adopted is adopted with its mode, unless the configuration says another one than it did then. */
static void settle_mode(struct keeper *keeper, const struct lock_note *before)
{
	enum wire_mode wanted = (enum wire_mode)keeper->conf->run.mode;
	char word[CONF_CHOICE_MAX];

	conf_choice_name(keeper->conf, "run", "mode", word);
	if (keeper->gate && gate_is_adopted(keeper->gate) && before->mode == (int)wanted) {
		if (gate_mode(keeper->gate, NULL) != wanted)
			keeper_say(LOG_NOTICE,
				"the mode is not %s, as the configuration says, but what it was "
				"changed to before",
				word);
		return;
	}
	responders_set_mode(keeper->responders, wanted, 0);
	keeper_say(LOG_INFO, "mode %s", word);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_responders(struct keeper *keeper, struct err *err)
{
	uint64_t seed = 0;
	int r;

	if (getrandom(&seed, sizeof(seed), 0) < 0)
		return err_set(err, -errno, "no random numbers: %s", strerror(errno));
	r = check_open(keeper->conf, seed, &keeper->check);
	if (r < 0)
		return err_set(err, r, "no memory for the record of what is in force");
	r = responders_open(keeper->gate, keeper->conf, err, &keeper->responders);
	if (r < 0)
		return r;
	keeper_say(LOG_INFO, "measures: %s", responders_note(keeper->responders));
	return 0;
}

static void take_down(struct keeper *keeper)
{
	struct err err = { "" };
	unsigned count = responders_count(keeper->responders, now_monotonic_ns());
	int r = 0;

	responders_close(keeper->responders, !keeper->is_keeping);
	if (keeper->gate && !keeper->is_keeping)
		r = gate_remove(keeper->gate, &err);
	if (r < 0)
		keeper_say(LOG_ERR, "not all is out of the kernel: %s", err.text);
	snprintf(keeper->note.stopped, sizeof(keeper->note.stopped),
		"%s%u measure%s, %u interface%s%s%.120s",
		keeper->is_keeping ? "left in force: " : "removed: ", count, count == 1 ? "" : "s",
		keeper->gate ? keeper->interface_count : 0,
		keeper->gate && keeper->interface_count == 1 ? "" : "s", r < 0 ? "; but " : "",
		err.text);
	lock_write(keeper->lock, &keeper->note);
	keeper_say(LOG_NOTICE, "%s", keeper->note.stopped);
}

/* All that changes nothing in the kernel. */
static int prepare(struct keeper *keeper, struct err *err)
{
	int r;

	local_look(&keeper->local, NULL, now_monotonic_ns());
	r = choose_interfaces(keeper, err);
	if (r == 0)
		r = make_state_dir(keeper->conf, err);
	if (r == 0)
		r = loop_open(keeper, err);
	if (r == 0)
		r = listen_control(keeper, err);
	return r;
}

static int run(struct keeper *keeper)
{
	struct lock_note before;
	struct err err = { "" };
	int r;

	if (geteuid() != 0) {
		r = err_set(&err, -EPERM,
			"weir run needs root; weir inspect looks at captures without");
		goto out;
	}
	r = lock_take(keeper->conf->run.runtime_dir, &err, &before, &keeper->lock);
	if (r < 0)
		goto out;
	keeper->note = (struct lock_note){ .pid = getpid(), .mode = before.mode };
	lock_write(keeper->lock, &keeper->note);
	r = prepare(keeper, &err);
	if (r < 0)
		goto out_lock;
	r = open_gate(keeper, &err);
	if (r < 0)
		goto out_control;
	r = open_responders(keeper, &err);
	if (r < 0)
		goto out_gate;
	r = protect_all(keeper, &err);
	if (r < 0)
		goto out_responders;
	settle_mode(keeper, &before);
	keeper->note.mode = (int)keeper->conf->run.mode;
	lock_write(keeper->lock, &keeper->note);
	loop_run(keeper);
	sd_notify(0, "STOPPING=1");
	process_stop(keeper);
	take_down(keeper);
	goto out_closed;
out_responders:
	responders_close(keeper->responders, false);
out_gate:
	/* Nothing of a start that failed stays; what was there before does. */
	if (keeper->gate && !gate_is_adopted(keeper->gate))
		gate_remove(keeper->gate, NULL);
out_closed:
	gate_close(keeper->gate);
	check_close(keeper->check);
out_control:
	close_fd(&keeper->listener);
	unlink_control(keeper);
out_lock:
	close_fd(&keeper->signals);
	close_fd(&keeper->timer);
	close_fd(&keeper->lock);
out:
	if (r < 0)
		keeper_say(LOG_ERR, "%s", err.text[0] ? err.text : strerror(-r));
	return r < 0 ? EXIT_FAILURE : keeper->exit_status;
}

int keeper_main(const struct keeper_options *options)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	struct err err = { "" };
	int r, status = EXIT_FAILURE;

	if (!keeper)
		return EXIT_FAILURE;
	keeper->options = options;
	keeper->lock = keeper->listener = keeper->channel = keeper->signals = keeper->timer = -1;
	/* Without a file: the defaults, which are those of an empty one. */
	r = options->conf_path ? conf_load(options->conf_path, &err, &keeper->conf)
			       : conf_load_bytes("", 0, "defaults", &err, &keeper->conf);
	if (r < 0)
		keeper_say(LOG_ERR, "%s", err.text);
	else
		status = run(keeper);
	conf_close(keeper->conf);
	free(keeper);
	return status;
}
