/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/lists_fuzz.c - any bytes as a list of bad addresses, names and fingerprints.
 *
 * What must hold: no more entries than lines, notes and warnings are clean texts, what may not be
 * listed is not found (our own addresses, the whole Internet), and what is listed is found.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_entries(const struct lists *lists)
{
	for (uint32_t i = 0; i < lists->count; i++) {
		const struct list_entry *entry = &lists->entries[i];
		struct addr addr;

		require(entry->kind < LIST_KINDS && entry->source < lists->source_count);
		require(entry->note <= lists->note_count);
		memcpy(addr.byte, entry->key, sizeof(addr.byte));
		require(entry->kind != LIST_ADDRESS ||
			lists_find_address(lists, &addr, entry->port));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t private[4] = { 10, 1, 2, 3 }, local[4] = { 127, 0, 0, 1 };
	struct addr ours = addr_from_v4(private), loopback = addr_from_v4(local);
	struct lists lists = { .seed = 1 };
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	require(lists_read(&lists, "fuzz", 0, (const char *)data, size) == 0);
	require(lists_build(&lists) == 0);
	require(lists.count <= lines);
	require(!lists_find_address(&lists, &ours, 1) && !lists_find_address(&lists, &loopback, 1));
	require(!lists_find_name(&lists, (struct app_text){ "example.com.", 0 }));
	check_entries(&lists);
	lists_find_name(
		&lists, (struct app_text){ (const char *)data, size < 255 ? (uint32_t)size : 255 });
	lists_date(&lists, INT64_MAX);
	for (unsigned i = 0; i < lists.note_count; i++)
		require(memchr(lists.notes[i], 0, LISTS_NOTE_MAX) != NULL);
	lists_close(&lists);
	return 0;
}
