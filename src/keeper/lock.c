/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper/lock.c - keeper.pid; see lock.h. */
#include "keeper/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int path_of(const char *runtime_dir, char *path, size_t size)
{
	return snprintf(path, size, "%s/keeper.pid", runtime_dir) < (int)size ? 0 : -ENAMETOOLONG;
}

static void read_note(int fd, struct lock_note *note)
{
	char text[512] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	int pid = 0;

	*note = (struct lock_note){ .mode = -1 };
	if (len <= 0)
		return;
	if (sscanf(text, "%d %d\n%255[^\n]", &pid, &note->mode, note->stopped) >= 1 && pid > 0)
		note->pid = pid;
}

int lock_write(int fd, const struct lock_note *note)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "%d %d\n%s%s", (int)note->pid, note->mode,
		note->stopped, note->stopped[0] ? "\n" : "");

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return -errno;
	return 0;
}

int lock_take(const char *runtime_dir, struct err *err, struct lock_note *ret_before, int *ret_fd)
{
	char path[512];
	int fd;

	if (path_of(runtime_dir, path, sizeof(path)) < 0)
		return err_set(err, -ENAMETOOLONG, "run.runtime_dir is too long");
	if (mkdir(runtime_dir, 0755) < 0 && errno != EEXIST)
		return err_set(err, -errno, "%s: cannot make the directory: %s", runtime_dir,
			strerror(errno));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_set(err, -errno, "%s: cannot open the lock: %s", path, strerror(errno));
	read_note(fd, ret_before);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int code = errno == EWOULDBLOCK ? EBUSY : errno;

		close(fd);
		return code == EBUSY
			       ? err_set(err, -EBUSY,
					 "weir runs here already (process %d); stop it with weir "
					 "stop, or give this one its own run.runtime_dir",
					 (int)ret_before->pid)
			       : err_set(err, -code, "%s: cannot lock: %s", path, strerror(code));
	}
	*ret_fd = fd;
	return 0;
}

int lock_has_gone(int fd, struct lock_note *ret_note)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return 0;
	read_note(fd, ret_note);
	flock(fd, LOCK_UN);
	return 1;
}

int lock_find(const char *runtime_dir, struct err *err, struct lock_note *ret_note, int *ret_fd)
{
	char path[512];
	int fd;

	if (path_of(runtime_dir, path, sizeof(path)) < 0)
		return err_set(err, -ENAMETOOLONG, "run.runtime_dir is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return -ESRCH;
	if (fd < 0)
		return err_set(err, -errno, "%s: cannot open: %s", path, strerror(errno));
	if (lock_has_gone(fd, ret_note)) {
		close(fd);
		return -ESRCH;
	}
	read_note(fd, ret_note);
	*ret_fd = fd;
	return 0;
}
