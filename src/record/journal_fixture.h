/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_fixture.h - a folder for a journal, and mitigations to put into it. For tests
 * only.
 */
#ifndef WEIR_RECORD_JOURNAL_FIXTURE_H
#define WEIR_RECORD_JOURNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/journal.h"

#define FIXTURE_NOW_NS (1700000000 * NS_PER_S)

struct place {
	char folder[64], path[96];
	struct journal *journal;
};

static inline int place_set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	snprintf(place->folder, sizeof(place->folder), "/tmp/weir-journal-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/weir.db", place->folder);
	*state = place;
	return 0;
}

static inline int place_tear_down(void **state)
{
	struct place *place = *state;
	DIR *folder = opendir(place->folder);
	struct dirent *entry;
	char path[400];

	journal_close(place->journal);
	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", place->folder, entry->d_name);
		unlink(path);
	}
	if (folder)
		closedir(folder);
	rmdir(place->folder);
	free(place);
	return 0;
}

static inline void place_open(struct place *place)
{
	struct err err = { "" };

	if (journal_open(place->path, &err, &place->journal) < 0)
		fail_msg("%s", err.text);
}

static inline void place_close(struct place *place)
{
	journal_close(place->journal);
	place->journal = NULL;
}

static inline struct mitigation made_mitigation(uint64_t id)
{
	struct mitigation mitigation = { .id = id,
		.verb = VERB_BLOCK,
		.state = MITIGATION_ASKED,
		.origin = ORIGIN_POLICY,
		.bits = 128,
		.incident = "3f9a2c81",
		.kind = KIND_FLOOD_UDP,
		.begins_ns = FIXTURE_NOW_NS,
		.expires_ns = FIXTURE_NOW_NS + 300 * NS_PER_S,
		.hits = 12,
		.bytes = 1200,
		.coverage = -1,
		.collateral = 0.002,
		.why = "the narrowest that works" };

	addr_prefix_parse("198.51.100.7", &mitigation.whom, &(unsigned){ 0 });
	return mitigation;
}

struct seen {
	struct mitigation list[64];
	unsigned count;
	uint64_t last_id;
	bool is_in_order;
};

static inline void see(void *context, const struct mitigation *mitigation)
{
	struct seen *seen = context;

	seen->is_in_order =
		seen->count == 0 || (seen->is_in_order && mitigation->id > seen->last_id);
	seen->last_id = mitigation->id;
	if (seen->count < 64)
		seen->list[seen->count] = *mitigation;
	seen->count++;
}

static inline unsigned in_force(struct place *place, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(journal_in_force(place->journal, see, seen), 0);
	return seen->count;
}

#endif
