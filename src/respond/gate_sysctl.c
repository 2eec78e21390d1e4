/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_sysctl.c - the kernel's own settings that the cookies of the kernel part need.
 *
 * The kernel's listener takes an ACK that carries a cookie only while it hands out cookies itself,
 * or with tcp_syncookies = 2 always (Documentation/networking/ip-sysctl.rst). A cookie has no room
 * for window scale and SACK: they travel in the timestamp, whose base the kernel part can know only
 * with tcp_timestamps = 2 (no random offset for each connection). Both are set while weir drops,
 * and what they were is written to RUNTIME_DIR/sysctl.saved first, so that it survives kill -9. A
 * machine that forwards completes handshakes in nftables' synproxy, which sees a cookie's ACK only
 * if conntrack does not take it for a connection picked up half-way (nf_conntrack_tcp_loose = 0).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "respond/gate_internal.h"

static const struct {
	enum gate_sysctl_group group;
	const char *name, *path;
	int wanted;
} sysctls[] = {
	{ GATE_SYSCTL_COOKIES, "net.ipv4.tcp_syncookies", "/proc/sys/net/ipv4/tcp_syncookies", 2 },
	{ GATE_SYSCTL_COOKIES, "net.ipv4.tcp_timestamps", "/proc/sys/net/ipv4/tcp_timestamps", 2 },
	{ GATE_SYSCTL_SYNPROXY, "net.netfilter.nf_conntrack_tcp_loose",
		"/proc/sys/net/netfilter/nf_conntrack_tcp_loose", 0 },
};
static const char *const files[GATE_SYSCTL_GROUPS] = { "sysctl.saved", "sysctl.synproxy" };
#define SYSCTL_COUNT (sizeof(sysctls) / sizeof(sysctls[0]))

static int read_sysctl(const char *path, int *ret_value)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0 || text[0] < '0' || text[0] > '9')
		return -EIO;
	*ret_value = atoi(text);
	return 0;
}

static int write_sysctl(const char *path, int value)
{
	char text[16];
	int fd = open(path, O_WRONLY | O_CLOEXEC), len, result = 0;

	if (fd < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "%d\n", value);
	if (write(fd, text, (size_t)len) != len)
		result = -errno;
	close(fd);
	return result;
}

static void saved_path(const char *runtime_dir, enum gate_sysctl_group group, const char *ending,
	char *path, size_t size)
{
	snprintf(path, size, "%s/%s%s", runtime_dir, files[group], ending);
}

static int write_values(FILE *file, enum gate_sysctl_group group)
{
	for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
		int value = 0, result;

		if (sysctls[i].group != group)
			continue;
		result = read_sysctl(sysctls[i].path, &value);
		if (result)
			return result;
		if (fprintf(file, "%s %d\n", sysctls[i].name, value) < 0)
			return -EIO;
	}
	return fflush(file) || fsync(fileno(file)) ? -errno : 0;
}

/* Written aside and renamed: a half-written file would restore nonsense. */
static int save(const char *runtime_dir, enum gate_sysctl_group group)
{
	char path[GATE_PATH_MAX + 32], aside[GATE_PATH_MAX + 32];
	FILE *file;
	int result;

	saved_path(runtime_dir, group, "", path, sizeof(path));
	if (access(path, F_OK) == 0)
		return 0; /* what stands there is from before our first change */
	if (mkdir(runtime_dir, 0755) && errno != EEXIST)
		return -errno;
	saved_path(runtime_dir, group, ".new", aside, sizeof(aside));
	file = fopen(aside, "we");
	if (!file)
		return -errno;
	result = write_values(file, group);
	fclose(file);
	if (result == 0 && rename(aside, path))
		result = -errno;
	if (result)
		unlink(aside);
	return result;
}

int gate_sysctl_set(const char *runtime_dir, enum gate_sysctl_group group, struct err *err)
{
	int result = save(runtime_dir, group);

	if (result)
		return err_set(err, result, "cannot save the kernel's settings to %s: %s",
			runtime_dir, strerror(-result));
	for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
		if (sysctls[i].group != group)
			continue;
		result = write_sysctl(sysctls[i].path, sysctls[i].wanted);
		if (result)
			return err_set(err, result, "cannot set %s to %d: %s", sysctls[i].name,
				sysctls[i].wanted, strerror(-result));
	}
	return 0;
}

/* Puts one back, unless somebody has changed it since. */
static int restore(const char *name, int value)
{
	for (unsigned i = 0; i < SYSCTL_COUNT; i++) {
		int now = 0;

		if (strcmp(name, sysctls[i].name) != 0)
			continue;
		if (read_sysctl(sysctls[i].path, &now) || now != sysctls[i].wanted)
			return 0;
		return write_sysctl(sysctls[i].path, value);
	}
	return 0;
}

int gate_sysctl_restore(const char *runtime_dir, enum gate_sysctl_group group)
{
	char path[GATE_PATH_MAX + 32], name[64];
	FILE *file;
	int value, result = 0;

	saved_path(runtime_dir, group, "", path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fscanf(file, "%63s %d", name, &value) == 2) {
		int restored = value < 0 || value > 2 ? 0 : restore(name, value);

		result = result ? result : restored;
	}
	fclose(file);
	/* After a failure it stays, so that a later try still knows. */
	if (result == 0 && unlink(path))
		result = -errno;
	return result;
}
