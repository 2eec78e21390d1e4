/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/captures.c - opening captures and their configuration; see captures.h. */
#include "cli/captures.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crew.h"

int captures_open(const char *name, char *const *files, unsigned count, struct merge **ret_merge)
{
	struct source **sources = calloc(count, sizeof(struct source *));
	unsigned opened = 0, failed = 0;
	struct err err;

	if (!sources)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (source_open_file(files[i], (uint16_t)i, &err, &sources[opened]) < 0) {
			fprintf(stderr, "%s: %s\n", name, err.text);
			failed++;
		} else {
			opened++;
		}
	}
	if (opened == 0)
		*ret_merge = NULL;
	else if (merge_open(sources, opened, &err, ret_merge) < 0) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		free(sources);
		return -1;
	}
	free(sources);
	return (int)failed;
}

int captures_conf(const char *name, const char *path, struct conf **ret_conf)
{
	struct err err;
	int r = path ? conf_load(path, &err, ret_conf)
		     : conf_load_bytes("", 0, "defaults", &err, ret_conf);

	if (r < 0)
		fprintf(stderr, "%s: %s\n", name, err.text);
	return r;
}

unsigned captures_workers(unsigned asked, const struct conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked)
		return asked;
	if (conf->workers)
		return (unsigned)conf->workers;
	return cores < 1 ? 1 : cores > CREW_MAX ? CREW_MAX : (unsigned)cores;
}
