/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/conf.h - the configuration: what a person may set, and what holds when nothing is set.
 *
 * A configuration is built whole, checked whole and then never changed; a reload builds a second
 * one and swaps. It is one block of memory: closing it frees everything it points to. The scalar
 * fields come from options.h: conf->flood.host_pps is the key host_pps in the mapping flood.
 */
#ifndef WEIR_CONF_CONF_H
#define WEIR_CONF_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/options.h"
#include "lib/err.h"
#include "lib/prefix.h"

#define CONF_BYTES_MAX 1048576 /* largest file that is read, and more than is ever printed */

struct conf_prefixes {
	const struct prefix *list;
	uint32_t count;
};

struct conf_names {
	const char *const *list;
	uint32_t count;
};

struct conf_group {
	const char *name;
	struct conf_prefixes networks;
};

#define OPTION(section, key, type, ...) CONF_C_TYPE_##type CONF_FIELD(type, key);
#define SECTION(name, options, meaning)                                                            \
	struct {                                                                                   \
		options(OPTION)                                                                    \
	} name;
struct conf {
	struct conf_prefixes networks; /* empty: see networks_default() */
	struct conf_prefixes allow;
	struct conf_names interfaces;
	struct conf_names lists;
	const struct conf_group *groups;
	uint32_t group_count;
	CONF_OPTIONS_TOP(OPTION) /* workers, seed */
	CONF_SECTIONS(SECTION)	 /* memory, window, flood, …: a struct each */
};
#undef SECTION
#undef OPTION

/* The words of CHOICE options as values of their fields; run.mode is enum wire_mode. */
enum { CONF_OFF, CONF_ON };
enum { CONF_PASS, CONF_DROP };
enum conf_attach {
	CONF_ATTACH_AUTO,
	CONF_ATTACH_NATIVE,
	CONF_ATTACH_GENERIC,
	CONF_ATTACH_TC,
	CONF_ATTACH_NONE,
};

#define CONF_CHOICE_MAX 32 /* bytes of a word, the final 0 included */

/* The word that a CHOICE holds: ("run", "mode") gives "shadow"; "?" when there is no such option.
 * Returns word. */
const char *conf_choice_name(
	const struct conf *conf, const char *section, const char *key, char word[CONF_CHOICE_MAX]);

/* Every option at its default, all lists empty. Nothing is allocated, so nothing needs closing. */
void conf_default(struct conf *ret_conf);

/* Reads a file of at most CONF_BYTES_MAX bytes; an empty one gives the defaults. Returns 0, or
 * −errno with a message that names file, line, key and what is allowed: what open() and read()
 * give (-EISDIR for a directory), -EFBIG (too large), -EINVAL (not YAML, or refused), -ENOMEM. */
int conf_load(const char *path, struct err *err, struct conf **ret_conf);

/* The same for bytes that are already here; name stands for the file in messages. */
int conf_load_bytes(
	const void *bytes, size_t len, const char *name, struct err *err, struct conf **ret_conf);

/* Writes all of it as YAML that loads to an equal configuration. -EIO when writing fails. */
int conf_print(const struct conf *conf, FILE *out);

/* Frees what conf_load gave. NULL is fine. */
void conf_close(struct conf *conf);

#endif
