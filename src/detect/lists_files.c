/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/lists_files.c - reads the files and directories of the configuration's lists.
 *
 * Of a directory each regular file is a list, in the order of names; hidden ones and those below
 * are left out. Whatever cannot be read is a warning: an operator must not lose his defence over a
 * list that a script failed to fetch, but he must be told.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detect/lists_internal.h"
#include "lib/text.h"
#include "types.h"

#define LINE_MAX_BYTES 4096 /* a longer line is skipped */
#define HEADER_LINES 64	    /* comments of which a date is taken */
#define PATH_BYTES 1024
#define DAY_S 86400

static struct list_source *source_open(struct lists *lists, const char *path, int64_t date_s)
{
	const char *slash = strrchr(path, '/');
	struct list_source *source;

	if (!lists->sources)
		lists->sources = calloc(LISTS_FILES_MAX, sizeof(*lists->sources));
	if (!lists->sources || lists->source_count >= LISTS_FILES_MAX)
		return NULL;
	source = &lists->sources[lists->source_count++];
	text_clean(slash ? slash + 1 : path, false, source->name, sizeof(source->name));
	source->date_s = date_s;
	return source;
}

/* The latest date of the comments on top. */
static void see_comment(struct list_source *source, struct app_text line, int64_t *header_s)
{
	int64_t date_s = list_comment_date(line);

	if (date_s > *header_s) {
		*header_s = date_s;
		source->date_s = date_s;
	}
}

static int read_line(
	struct lists *lists, struct list_source *source, struct app_text text, int64_t *header_s)
{
	struct list_line line;

	if (text.len > LINE_MAX_BYTES) {
		source->skipped++;
		return 0;
	}
	if (list_is_comment(text)) {
		if (source->entries + source->skipped == 0)
			see_comment(source, text, header_s);
		return 0;
	}
	if (!list_line_read(text, &line)) {
		source->skipped++;
		return 0;
	}
	source->entries++;
	return lists_add(lists, &line);
}

int lists_read(struct lists *lists, const char *name, int64_t date_s, const char *bytes, size_t len)
{
	struct list_source *source = source_open(lists, name, date_s);
	int64_t header_s = 0;
	int r = 0;

	if (!source)
		return 0;
	for (size_t at = 0; at < len && r == 0;) {
		const char *end = memchr(bytes + at, '\n', len - at);
		size_t size = end ? (size_t)(end - bytes) - at : len - at;

		r = read_line(
			lists, source, (struct app_text){ bytes + at, (uint32_t)size }, &header_s);
		at += size + 1;
	}
	if (r == -ENOSPC)
		lists_warn(lists, "%s: only the first %d entries of all lists are used",
			source->name, LISTS_ENTRIES_MAX);
	else if (r == 0 && source->entries == 0)
		lists_warn(lists, "%s: an empty list, or of no known format (%u lines skipped)",
			source->name, source->skipped);
	return r == -ENOSPC ? 0 : r;
}

/* At most size bytes; fewer when it ends before. */
static ssize_t read_whole(int fd, char *bytes, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, bytes + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static int read_fd(struct lists *lists, int fd, const struct stat *status, const char *path)
{
	char *bytes;
	ssize_t len;
	int r;

	if (status->st_size > (off_t)LISTS_FILE_BYTES_MAX) {
		lists_warn(lists, "%.100s: larger than %u MiB, not read", path,
			LISTS_FILE_BYTES_MAX >> 20);
		return 0;
	}
	bytes = malloc((size_t)status->st_size + 1);
	if (!bytes)
		return -ENOMEM;
	len = read_whole(fd, bytes, (size_t)status->st_size);
	if (len < 0)
		lists_warn(lists, "%.100s: cannot be read: %s", path, strerror((int)-len));
	r = len < 0 ? 0 : lists_read(lists, path, status->st_mtime, bytes, (size_t)len);
	free(bytes);
	return r;
}

static int read_path(struct lists *lists, const char *path, bool may_be_directory);

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_directory(struct lists *lists, const char *path)
{
	struct dirent **names;
	char file[PATH_BYTES];
	int count = scandir(path, &names, NULL, by_name), r = 0;

	if (count < 0) {
		lists_warn(lists, "%.100s: cannot be read: %s", path, strerror(errno));
		return 0;
	}
	for (int i = 0; i < count; i++) {
		int len = snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);

		if (r == 0 && names[i]->d_name[0] != '.' && len < (int)sizeof(file))
			r = read_path(lists, file, false);
		free(names[i]);
	}
	free(names);
	return r;
}

static int read_path(struct lists *lists, const char *path, bool may_be_directory)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), r = 0;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		lists_warn(lists, "%.100s: cannot be opened: %s", path, strerror(errno));
	else if (S_ISREG(status.st_mode) && lists->source_count >= LISTS_FILES_MAX)
		lists_warn(lists, "%.100s: more than %d lists, not read", path, LISTS_FILES_MAX);
	else if (S_ISREG(status.st_mode))
		r = read_fd(lists, fd, &status, path);
	else if (S_ISDIR(status.st_mode) && may_be_directory)
		r = read_directory(lists, path);
	else if (may_be_directory)
		lists_warn(lists, "%.100s: neither a file nor a directory", path);
	if (fd >= 0)
		close(fd);
	return r;
}

int lists_open(const struct conf *conf, uint64_t seed, struct lists *ret_lists)
{
	struct lists lists = { .seed = seed };
	int r = 0;

	for (uint32_t i = 0; i < conf->lists.count && r == 0; i++)
		r = read_path(&lists, conf->lists.list[i], true);
	if (r == 0 && lists.count > 0)
		r = lists_build(&lists);
	if (r < 0) {
		lists_close(&lists);
		return r;
	}
	*ret_lists = lists;
	return 0;
}

void lists_date(struct lists *lists, int64_t now_ns)
{
	int64_t now_s = now_ns / NS_PER_S;

	if (lists->dated_s != 0 && now_s - lists->dated_s < DAY_S)
		return;
	lists->dated_s = now_s;
	for (unsigned i = 0; i < lists->source_count; i++) {
		struct list_source *source = &lists->sources[i];

		if (source->is_stale || source->date_s == 0 ||
			now_s - source->date_s <= LISTS_STALE_S)
			continue;
		source->is_stale = true;
		lists_warn(lists, "%s: stale: of %lld days before these packets", source->name,
			(long long)((now_s - source->date_s) / DAY_S));
	}
}
