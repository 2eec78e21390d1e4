/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gen/catalogue.c - finds captures by number and by name. The captures are in captures_….c. */
#include "gen/catalogue.h"

#include <string.h>

const char catalogue_networks[] = "10.0.0.0/8 198.51.100.0/24 2001:db8:100::/48";

static const struct captures *const lists[] = { &captures_sets, &captures_benign, &captures_attack,
	&captures_bots, &captures_bots_names, &captures_bots_rhythm, &captures_likes,
	&captures_storm };

const struct capture *catalogue_at(unsigned i)
{
	for (unsigned list = 0; list < LENGTH_OF(lists); i -= lists[list++]->count)
		if (i < lists[list]->count)
			return &lists[list]->list[i];
	return NULL;
}

const struct capture *catalogue_find(const char *name)
{
	const struct capture *capture;

	for (unsigned i = 0; (capture = catalogue_at(i)); i++)
		if (strcmp(capture->name, name) == 0)
			return capture;
	return NULL;
}

static void parts_start(const struct parts *parts, struct schedule *schedule)
{
	for (unsigned i = 0; i < parts->count; i++)
		parts->list[i].add(schedule, &parts->list[i].plan);
}

void capture_start(const struct capture *capture, struct schedule *schedule)
{
	parts_start(&capture->parts, schedule);
	parts_start(&capture->more, schedule);
}
