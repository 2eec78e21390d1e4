/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/gate_maps.c - the objects of the kernel part, their maps and the pins of these.
 *
 * Both objects carry the same maps by name; each stands once in the kernel, pinned as
 * BPFFS/maps/NAME. All of them are adopted, or none: type, sizes, flags and caps must be what this
 * program would make, and the settings must be of WIRE_VERSION. The settings are pinned last and
 * unpinned first, so pins that a crash left half done are recognised: without settings nothing is
 * adopted. The programs are loaded anew in any case; so a new version of weir comes with its own.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "egress.skel.h"
#include "guard.skel.h"
#include "respond/gate_internal.h"

#define SETTINGS "settings"

static char said[256];

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(said, sizeof(said), format, args);
		said[strcspn(said, "\n")] = 0;
	}
	return 0;
}

void gate_libbpf_listen(void)
{
	said[0] = 0;
	libbpf_set_print(listen_to_libbpf);
}

const char *gate_libbpf_said(void)
{
	return said;
}

static int make_path(const char *path)
{
	char part[GATE_PATH_MAX];

	for (size_t i = 1; path[i - 1]; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, 0700) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC;
}

/* Mounts a bpffs where the system expects one when the path is below it, else at the path. */
static int mount_bpffs(const char *path)
{
	static const char usual[] = "/sys/fs/bpf";
	bool is_usual = strncmp(path, usual, sizeof(usual) - 1) == 0;
	const char *at = is_usual ? usual : path;
	int result;

	if (is_usual && is_bpffs(usual))
		return make_path(path);
	result = is_usual ? 0 : make_path(path);
	if (result == 0 && !is_bpffs(at) && mount("bpf", at, "bpf", 0, "mode=0700"))
		result = -errno;
	return result ? result : make_path(path);
}

int gate_bpffs_prepare(const char *bpffs, struct err *err)
{
	char path[GATE_PATH_MAX + 8];
	int result;

	if (strlen(bpffs) >= GATE_PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "gate.bpffs is longer than %d bytes",
			GATE_PATH_MAX - 1);
	result = is_bpffs(bpffs) ? 0 : mount_bpffs(bpffs);
	if (result)
		return err_set(err, result,
			"cannot make %s on a BPF file system: %s; mount one there: mount -t bpf "
			"bpf "
			"/sys/fs/bpf",
			bpffs, strerror(-result));
	snprintf(path, sizeof(path), "%s/maps", bpffs);
	result = make_path(path);
	snprintf(path, sizeof(path), "%s/links", bpffs);
	return result ? result : make_path(path);
}

static void pin_path(const struct gate *gate, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/maps/%s", gate->bpffs, name);
}

/* Caps of the configuration instead of those in wire.h. */
static void set_cap(const struct gate *gate, struct bpf_map *map)
{
	if (strcmp(bpf_map__name(map), "blocked") == 0)
		bpf_map__set_max_entries(map, (uint32_t)gate->conf->gate.blocked_max);
	else if (strcmp(bpf_map__name(map), "hosts") == 0)
		bpf_map__set_max_entries(map, (uint32_t)gate->conf->gate.hosts_max);
}

static int open_object(const struct gate *gate, const char *name, const void *bytes, size_t size,
	struct err *err, struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, &options);
	struct bpf_map *map;

	if (!object)
		return err_set(err, -errno, "cannot read the kernel part (%s): %s; %s", name,
			strerror(errno), said);
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map))
			continue;
		bpf_map__set_pin_path(map, NULL);
		set_cap(gate, map);
	}
	*ret_object = object;
	return 0;
}

static bool is_as_wanted(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	return info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.map_flags == bpf_map__map_flags(map) &&
	       (info.type == BPF_MAP_TYPE_RINGBUF || info.max_entries == bpf_map__max_entries(map));
}

/* 0: all pinned maps fit, and the objects are set up to use them; -ENOENT: they do not. */
static int reuse_pins(const struct gate *gate, struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		char path[GATE_PATH_MAX + 64];
		int fd, result;

		if (bpf_map__is_internal(map))
			continue;
		pin_path(gate, bpf_map__name(map), path, sizeof(path));
		fd = bpf_obj_get(path);
		result = fd < 0 || !is_as_wanted(map, fd) ? -ENOENT : bpf_map__reuse_fd(map, fd);
		if (fd >= 0)
			close(fd);
		if (result)
			return result;
	}
	return 0;
}

/* What the pinned settings say: 1 of our version, 0 none or another, -EEXIST not weir's. */
static int pinned_settings(const struct gate *gate, struct err *err)
{
	struct wire_settings settings;
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info), first = 0;
	char path[GATE_PATH_MAX + 64];
	int fd, result = 0;

	pin_path(gate, SETTINGS, path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) || strcmp(info.name, SETTINGS) != 0 ||
		info.type != BPF_MAP_TYPE_ARRAY)
		result = err_set(err, -EEXIST,
			"%s is pinned by another program; set gate.bpffs to a folder of weir's own",
			path);
	else if (info.value_size == sizeof(settings) && info.key_size == sizeof(first) &&
		 bpf_map_lookup_elem(fd, &first, &settings) == 0)
		result = settings.version == WIRE_VERSION;
	close(fd);
	return result;
}

static int load_object(struct bpf_object *object, struct err *err)
{
	int result = bpf_object__load(object);

	if (result == 0)
		return 0;
	if (result == -EPERM)
		return err_set(err, result,
			"no privilege to load the kernel part (%s): start as root, or with "
			"CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
			bpf_object__name(object));
	return err_set(err, result == -ENOENT || result == -ESRCH ? -EOPNOTSUPP : result,
		"the kernel refuses the kernel part (%s): %s; %s; Linux 6.1 or newer with BTF is "
		"needed, see weir doctor",
		bpf_object__name(object), strerror(-result), said);
}

/* Maps that both objects have are those of the first. */
static int share_maps(const struct bpf_object *from, struct bpf_object *to)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, to)
	{
		struct bpf_map *same =
			bpf_map__is_internal(map)
				? NULL
				: bpf_object__find_map_by_name(from, bpf_map__name(map));
		int result = same && !bpf_map__is_internal(same)
				     ? bpf_map__reuse_fd(map, bpf_map__fd(same))
				     : 0;

		if (result)
			return result;
	}
	return 0;
}

static int note_maps(struct gate *gate, const struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map) || gate_map(gate, bpf_map__name(map)) >= 0)
			continue;
		if (gate->map_count == GATE_MAPS_MAX)
			return -E2BIG;
		gate->maps[gate->map_count].name = bpf_map__name(map);
		gate->maps[gate->map_count++].fd = bpf_map__fd(map);
	}
	return 0;
}

static int open_objects(struct gate *gate, struct err *err)
{
	size_t size;
	const void *bytes = guard__elf_bytes(&size);
	int result = open_object(gate, "guard", bytes, size, err, &gate->guard);

	if (result)
		return result;
	bytes = egress__elf_bytes(&size);
	return open_object(gate, "egress", bytes, size, err, &gate->egress);
}

static void close_objects(struct gate *gate)
{
	bpf_object__close(gate->guard);
	bpf_object__close(gate->egress);
	gate->guard = gate->egress = NULL;
}

/* Opens the objects, upon the pinned maps when these fit. */
static int open_or_adopt(struct gate *gate, struct err *err)
{
	int ours = pinned_settings(gate, err);
	int result = ours < 0 ? ours : open_objects(gate, err);

	if (result || !ours)
		return result;
	if (reuse_pins(gate, gate->guard) == 0 && reuse_pins(gate, gate->egress) == 0) {
		gate->is_adopted = true;
		return 0;
	}
	close_objects(gate); /* some of its maps may be set up to use old ones */
	return open_objects(gate, err);
}

int gate_maps_open(struct gate *gate, struct err *err)
{
	int result = open_or_adopt(gate, err);

	if (result == 0)
		result = load_object(gate->guard, err);
	if (result == 0 && (result = share_maps(gate->guard, gate->egress)))
		err_write(err, "guard and egress do not share their maps: %s", strerror(-result));
	if (result == 0)
		result = load_object(gate->egress, err);
	if (result == 0)
		result = note_maps(gate, gate->guard);
	return result ? result : note_maps(gate, gate->egress);
}

int gate_map(const struct gate *gate, const char *name)
{
	for (unsigned i = 0; i < gate->map_count; i++)
		if (strcmp(gate->maps[i].name, name) == 0)
			return gate->maps[i].fd;
	return -1;
}

struct bpf_program *gate_program(const struct gate *gate, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(gate->guard, name);

	return program ? program : bpf_object__find_program_by_name(gate->egress, name);
}

/* All that lies in our folder, also what an older version knew by another name. */
void gate_maps_unpin(struct gate *gate)
{
	char path[GATE_PATH_MAX + 288];
	const struct dirent *entry;
	DIR *folder;

	pin_path(gate, SETTINGS, path, sizeof(path));
	unlink(path);
	snprintf(path, sizeof(path), "%s/maps", gate->bpffs);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		pin_path(gate, entry->d_name, path, sizeof(path));
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(folder);
}

int gate_maps_pin(struct gate *gate, struct err *err)
{
	char path[GATE_PATH_MAX + 64];
	int result = 0;

	gate_maps_unpin(gate);
	for (unsigned i = 0; i < gate->map_count && result == 0; i++) {
		pin_path(gate, gate->maps[i].name, path, sizeof(path));
		if (strcmp(gate->maps[i].name, SETTINGS) != 0)
			result = bpf_obj_pin(gate->maps[i].fd, path);
	}
	pin_path(gate, SETTINGS, path, sizeof(path));
	if (result == 0)
		result = bpf_obj_pin(gate_map(gate, SETTINGS), path);
	if (result) {
		gate_maps_unpin(gate);
		return err_set(err, result, "cannot pin the maps below %s: %s", gate->bpffs,
			strerror(-result));
	}
	return 0;
}

int gate_map_fd(const struct gate *gate, enum msg_map map)
{
#define MAP(name) #name,
	static const char *const names[] = { MSG_MAPS(MAP) };
#undef MAP
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, options,
		.open_flags = map == MSG_MAP_samples ? 0 : BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd;

	if ((unsigned)map >= MSG_MAP_COUNT)
		return -EINVAL;
	fd = gate_map(gate, names[map]);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return -ENOENT;
	fd = bpf_map_get_fd_by_id_opts(info.id, &options);
	return fd < 0 ? -errno : fd;
}
