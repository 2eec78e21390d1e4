/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/sandbox.c - user, capabilities, limits, Landlock, seccomp; in this order, since each step
 * needs what a later one takes away.
 *
 * The identity is the wall, the rest is depth: without Landlock the file modes still hold, without
 * seccomp the missing capabilities still do. So the identity must be given up (as root), and the
 * others are warned of where the kernel has none.
 */
#include "watch/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "watch/sandbox_calls.h"

#define FILES_MAX 1024 /* descriptors: 64 sockets, 12 maps, 32 connections, journal, threads */

static void warn(const char *what, int code)
{
	fprintf(stderr, "weir watch: %s: %s; the other walls stand\n", what, strerror(code));
}

static int leave_root(const struct conf *conf, struct err *err)
{
	const struct passwd *user = getpwnam(conf->run.user);

	if (!user) {
		fprintf(stderr, "weir watch: there is no user %s (run.user); nobody is taken\n",
			conf->run.user);
		user = getpwnam("nobody");
	}
	if (!user || user->pw_uid == 0)
		return err_set(err, -EINVAL,
			"run.user: %s is no user without privileges; make one: "
			"useradd --system weir",
			user ? conf->run.user : "nobody");
	/* The bounding set needs a capability that goes with the identity. */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_BOUNDS) < 0)
		warn("the bounding set of capabilities cannot be emptied", EPERM);
	if (setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return err_set(err, -errno, "cannot become %s: %s", user->pw_name, strerror(errno));
	if (setuid(0) == 0)
		return err_set(err, -EPERM, "root can be taken back; this kernel is broken");
	return 0;
}

static int drop_capabilities(struct err *err)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return err_set(err, -EPERM, "cannot drop the capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

static void set_limits(void)
{
	const struct rlimit none = { 0, 0 }, files = { FILES_MAX, FILES_MAX };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Landlock's calls have no wrappers in the C library; the structs are the kernel's (uapi
 * landlock.h), spelled out since headers older than the kernel lack the later fields. */
struct landlock_rules {
	uint64_t files, network, scopes;
};

struct landlock_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

enum {
	FILE_WRITE = 1 << 1,
	FILE_READ = 1 << 2,
	DIR_READ = 1 << 3,
	FILE_REMOVE = 1 << 5,
	FILE_MAKE = 1 << 8,
	FILE_TRUNCATE = 1 << 14,
};
#define STATE_RIGHTS (FILE_WRITE | FILE_READ | DIR_READ | FILE_REMOVE | FILE_MAKE | FILE_TRUNCATE)

/* All rights that the kernel's version knows: what is handled and not allowed is forbidden. */
static uint64_t rights_of(int version)
{
	static const unsigned bits[] = { 0, 13, 14, 15, 15, 16 };

	return (1ULL << bits[version < 5 ? version : 5]) - 1;
}

static int landlock_open(uint64_t *ret_rights)
{
	struct landlock_rules rules = { 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	size_t size = version < 4 ? 8 : version < 6 ? 16 : 24;

	if (version < 1)
		return -errno;
	rules.files = *ret_rights = rights_of((int)version);
	rules.network = 3; /* bind and connect of TCP */
	rules.scopes = 3;  /* abstract Unix sockets and signals beyond this process */
	return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

/* What is not there needs no right. */
static int landlock_allow(int rules, const char *directory, uint64_t rights, struct err *err)
{
	struct landlock_beneath beneath = { .allowed = rights };
	int r = 0;

	beneath.parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent < 0)
		return 0;
	if (syscall(SYS_landlock_add_rule, rules, 1, &beneath, 0) < 0)
		r = err_set(err, -errno, "%.200s: cannot be allowed for Landlock: %s", directory,
			strerror(errno));
	close(beneath.parent);
	return r;
}

/* The directory and not the file: editors and rotation put a new file in the old one's place. */
static int landlock_allow_beside(int rules, const char *path, uint64_t rights, struct err *err)
{
	char copy[4096];

	if (!path || !*path || snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return 0;
	return landlock_allow(rules, dirname(copy), rights, err);
}

static int enter_landlock(const struct conf *conf, const char *conf_path, struct err *err)
{
	uint64_t rights = 0;
	int rules = landlock_open(&rights), r;

	if (rules < 0) {
		warn("no Landlock in this kernel", -rules);
		return 0;
	}
	r = landlock_allow(rules, conf->run.state_dir, STATE_RIGHTS & rights, err);
	if (r == 0)
		r = landlock_allow_beside(rules, conf->run.events, STATE_RIGHTS & rights, err);
	if (r == 0)
		r = landlock_allow_beside(rules, conf_path, FILE_READ, err);
	if (r == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		r = err_set(err, -errno, "cannot enter Landlock: %s", strerror(errno));
	close(rules);
	return r;
}

int sandbox_enter(const struct conf *conf, const char *conf_path, struct err *err)
{
	int r = 0;

	set_limits();
	if (geteuid() == 0)
		r = leave_root(conf, err);
	if (r == 0)
		r = drop_capabilities(err);
	if (r == 0)
		r = enter_landlock(conf, conf_path, err);
	if (r == 0) {
		r = sandbox_filter_calls();
		if (r == -ENOSYS || r == -EINVAL || r == -EOPNOTSUPP) {
			warn("no seccomp filter in this kernel", -r);
			r = 0;
		} else if (r < 0) {
			return err_set(err, r, "cannot filter system calls: %s", strerror(-r));
		}
	}
	return r;
}
