/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/lists_table.c - the entries of all lists, and how one is found.
 *
 * An array, and over it a table with open addressing, at most half full, made once. Names and
 * fingerprints are kept as 128 bits of a seeded hash: a list cannot be read back from it, and two
 * names that collide do not exist in practice. A prefix is found by looking up the address cut to
 * each length there is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/lists_internal.h"
#include "lib/hash.h"
#include "lib/text.h"

#define WARNINGS_MAX 64
#define TEXT_LONGEST 2048

void lists_warn(struct lists *lists, const char *format, ...)
{
	char raw[LISTS_WARNING_MAX];
	va_list list;

	if (!lists->warnings)
		lists->warnings = calloc(WARNINGS_MAX, sizeof(*lists->warnings));
	if (!lists->warnings || lists->warning_count >= WARNINGS_MAX)
		return;
	va_start(list, format);
	vsnprintf(raw, sizeof(raw), format, list);
	va_end(list);
	text_clean(raw, false, lists->warnings[lists->warning_count++], LISTS_WARNING_MAX);
}

/* Hash of what is compared letter by letter in any case. */
static void text_key(const struct lists *lists, const char *text, size_t len, uint64_t key[2])
{
	char small[TEXT_LONGEST];
	XXH128_hash_t hash;

	len = len < sizeof(small) ? len : sizeof(small);
	for (size_t i = 0; i < len; i++)
		small[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
	hash = XXH3_128bits_withSeed(small, len, lists->seed);
	key[0] = hash.low64;
	key[1] = hash.high64;
}

static uint32_t slot_of(
	const struct lists *lists, const uint64_t key[2], unsigned kind, unsigned bits)
{
	uint64_t words[3] = { key[0], key[1], kind << 8 | bits };

	return (uint32_t)hash_bytes(words, sizeof(words), lists->seed) & lists->slot_mask;
}

/* The entry of this key; of several, that of this port, else of any port, else the first. */
static const struct list_entry *find(const struct lists *lists, const uint64_t key[2],
	unsigned kind, unsigned bits, uint16_t port)
{
	const struct list_entry *best = NULL;
	uint32_t slot;

	if (!lists->slots)
		return NULL;
	for (slot = slot_of(lists, key, kind, bits); lists->slots[slot] != 0;
		slot = (slot + 1) & lists->slot_mask) {
		const struct list_entry *entry = &lists->entries[lists->slots[slot] - 1];

		if (entry->kind != kind || entry->bits != bits || entry->key[0] != key[0] ||
			entry->key[1] != key[1])
			continue;
		if (entry->port == port)
			return entry;
		if (!best || entry->port == 0)
			best = entry;
	}
	return best;
}

/* The number of a note, which is kept once; 0: none. */
static uint16_t keep_note(struct lists *lists, struct app_text text)
{
	char note[LISTS_NOTE_MAX];

	if (text.len == 0)
		return 0;
	if (!lists->notes)
		lists->notes = calloc(LISTS_NOTES_MAX, sizeof(*lists->notes));
	if (!lists->notes)
		return 0;
	app_text_clean(text, note, sizeof(note));
	for (uint16_t i = 0; i < lists->note_count; i++)
		if (strcmp(lists->notes[i], note) == 0)
			return (uint16_t)(i + 1);
	if (lists->note_count >= LISTS_NOTES_MAX)
		return 0;
	memcpy(lists->notes[lists->note_count], note, sizeof(note));
	return ++lists->note_count;
}

static int grow(struct lists *lists)
{
	uint32_t cap = lists->cap ? 2 * lists->cap : 1024;
	struct list_entry *entries;

	if (lists->count >= LISTS_ENTRIES_MAX)
		return -ENOSPC;
	cap = cap < LISTS_ENTRIES_MAX ? cap : LISTS_ENTRIES_MAX;
	entries = realloc(lists->entries, (size_t)cap * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	lists->entries = entries;
	lists->cap = cap;
	return 0;
}

int lists_add(struct lists *lists, const struct list_line *line)
{
	struct list_entry entry = {
		.kind = (uint8_t)line->kind,
		.port = line->port,
		.source = (uint16_t)(lists->source_count - 1),
	};
	int r = lists->count < lists->cap ? 0 : grow(lists);

	if (r < 0)
		return r;
	entry.note = keep_note(lists, line->note);
	if (line->kind == LIST_ADDRESS) {
		entry.bits = line->bits;
		memcpy(entry.key, line->addr.byte, sizeof(entry.key));
		lists->lengths[line->bits / 64] |= 1ULL << line->bits % 64;
	} else {
		text_key(lists, line->text.at, line->text.len, entry.key);
	}
	lists->entries[lists->count++] = entry;
	return 0;
}

int lists_build(struct lists *lists)
{
	uint32_t slots = 16;

	while (slots < 2 * lists->count)
		slots *= 2;
	free(lists->slots);
	lists->slots = calloc(slots, sizeof(*lists->slots));
	if (!lists->slots)
		return -ENOMEM;
	lists->slot_mask = slots - 1;
	for (uint32_t i = 0; i < lists->count; i++) {
		const struct list_entry *entry = &lists->entries[i];
		uint32_t slot = slot_of(lists, entry->key, entry->kind, entry->bits);

		/* The same again, of this or another list, would make finding slow. */
		const struct list_entry *same =
			find(lists, entry->key, entry->kind, entry->bits, entry->port);

		if (same && same->port == entry->port)
			continue;
		while (lists->slots[slot] != 0)
			slot = (slot + 1) & lists->slot_mask;
		lists->slots[slot] = i + 1;
	}
	return 0;
}

const struct list_entry *lists_find_address(
	const struct lists *lists, const struct addr *addr, uint16_t port)
{
	for (unsigned bits = 129; lists->count > 0 && bits-- > 0;) {
		const struct list_entry *entry;
		struct addr masked;

		if (!(lists->lengths[bits / 64] >> bits % 64 & 1))
			continue;
		masked = addr_mask(addr, bits);
		entry = find(lists, masked.word, LIST_ADDRESS, bits, port);
		if (entry)
			return entry;
	}
	return NULL;
}

const struct list_entry *lists_find_name(const struct lists *lists, struct app_text name)
{
	uint64_t key[2];

	while (name.len > 0 && lists->count > 0) {
		const struct list_entry *entry;
		const char *dot = memchr(name.at, '.', name.len);

		if (!dot)
			return NULL; /* no list names a whole top level */
		text_key(lists, name.at, name.len, key);
		entry = find(lists, key, LIST_NAME, 0, 0);
		if (entry)
			return entry;
		name.len -= (uint32_t)(dot - name.at) + 1;
		name.at = dot + 1;
	}
	return NULL;
}

const struct list_entry *lists_find_url(
	const struct lists *lists, struct app_text host, struct app_text path)
{
	char url[TEXT_LONGEST];
	uint64_t key[2];

	if (lists->count == 0 || host.len == 0 || (size_t)host.len + path.len > sizeof(url))
		return NULL;
	memcpy(url, host.at, host.len);
	if (path.len > 0)
		memcpy(url + host.len, path.at, path.len);
	text_key(lists, url, (size_t)host.len + path.len, key);
	return find(lists, key, LIST_URL, 0, 0);
}

const struct list_entry *lists_find_fingerprint(
	const struct lists *lists, enum list_entry_kind kind, const char *hex)
{
	uint64_t key[2];

	if (lists->count == 0 || *hex == '\0')
		return NULL;
	text_key(lists, hex, strlen(hex), key);
	return find(lists, key, kind, 0, 0);
}

void lists_close(struct lists *lists)
{
	free(lists->entries);
	free(lists->slots);
	free(lists->sources);
	free(lists->notes);
	free(lists->warnings);
	*lists = (struct lists){ 0 };
}
