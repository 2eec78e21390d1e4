/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/lists.h - lists of bad addresses, names and fingerprints, as bot.list uses them.
 *
 * Read once, when the detector starts (before the process gives up its rights), so a reload of the
 * configuration reads them anew. Understood are the lists of abuse.ch: Feodo Tracker (CSV, plain
 * addresses), SSLBL (CSV of certificates, of JA3, of addresses), URLhaus (CSV, host file), and any
 * text of one entry a line or CSV with the entry as its first recognisable field: address, prefix,
 * name, URL, JA3 (MD5), JA4, SHA-1, SHA-256. Lines are read one by one, each by itself, so an odd
 * one costs nothing but itself.
 */
#ifndef WEIR_DETECT_LISTS_H
#define WEIR_DETECT_LISTS_H

#include <stdint.h>

#include "app/event.h"
#include "conf/conf.h"

#define LISTS_ENTRIES_MAX 1000000 /* 32 bytes each, and as much again for finding them */
#define LISTS_FILES_MAX 256
#define LISTS_FILE_BYTES_MAX (64U << 20)
#define LISTS_NOTE_MAX 48 /* bytes of what a list says about an entry, the final 0 included */
#define LISTS_NOTES_MAX 1024
#define LISTS_SOURCE_MAX 64   /* of a file's name */
#define LISTS_WARNING_MAX 192 /* bytes */
#define LISTS_STALE_S (30 * 86400)

enum list_entry_kind {
	LIST_ADDRESS, /* or prefix */
	LIST_NAME,
	LIST_URL, /* as it stands behind the scheme: host, port if there is one, path */
	LIST_JA3,
	LIST_JA4,
	LIST_SHA1,
	LIST_SHA256,
	LIST_KINDS
};

struct list_source {
	char name[LISTS_SOURCE_MAX]; /* cleaned, last part of the path */
	int64_t date_s;		     /* of its header, else of the file; 0: not known */
	uint32_t entries, skipped;   /* lines that said nothing, or nothing that may be listed */
	bool is_stale;
};

struct list_entry {
	uint64_t key[2]; /* the address; of all others a hash */
	uint8_t kind, bits;
	uint16_t port; /* 0: any */
	uint16_t source, note;
};

struct lists {
	struct list_entry *entries;
	uint32_t *slots; /* of a table with open addressing: index of an entry + 1 */
	uint32_t count, cap, slot_mask;
	uint64_t lengths[3]; /* prefix lengths there are, a bit each */
	struct list_source *sources;
	char (*notes)[LISTS_NOTE_MAX];
	char (*warnings)[LISTS_WARNING_MAX];
	uint16_t source_count, note_count, warning_count;
	uint64_t seed;
	int64_t dated_s; /* when staleness was looked at; 0: never */
};

/* Reads all files of the configuration. What cannot be read is a warning. -ENOMEM. */
int lists_open(const struct conf *conf, uint64_t seed, struct lists *ret_lists);
/* Fine on one that is all zero. */
void lists_close(struct lists *lists);

/* Reads one list. date_s: what holds unless the header says otherwise. -ENOMEM. */
int lists_read(
	struct lists *lists, const char *name, int64_t date_s, const char *bytes, size_t len);

/* Makes what was read findable. -ENOMEM. */
int lists_build(struct lists *lists);

/* The entry that covers the address; one for this port before one for any. NULL: none. */
const struct list_entry *lists_find_address(
	const struct lists *lists, const struct addr *addr, uint16_t port);

/* A name, or a domain it stands below; small letters do not matter. */
const struct list_entry *lists_find_name(const struct lists *lists, struct app_text name);
const struct list_entry *lists_find_url(
	const struct lists *lists, struct app_text host, struct app_text path);
const struct list_entry *lists_find_fingerprint(
	const struct lists *lists, enum list_entry_kind kind, const char *hex);

/* Age is counted against the time of packets: once a day of it lists that have become older than
 * LISTS_STALE_S get a warning. */
void lists_date(struct lists *lists, int64_t now_ns);

/* The index-th warning of the detector with this state (detector_lists): a list that is empty,
 * unreadable, cut or stale. NULL after the last one. Valid as long as the detector. */
const char *lists_warning(const void *state, unsigned index);

#endif
