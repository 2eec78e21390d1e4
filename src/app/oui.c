/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/oui.c - reads oui.txt; see oui.h.
 *
 * Of each line "28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd." the three bytes and the name are
 * kept; all others are skipped. Names lie behind one another in one block. The file is trusted as
 * far as a package is, but its size is bounded all the same.
 */
#include "app/oui.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

#define ENTRIES_MAX 131072 /* there are some 40,000 */
#define LINE_BYTES 256
#define LINES_MAX 2000000

struct entry {
	uint32_t prefix;
	uint32_t name; /* offset */
};

struct oui {
	struct entry *entries; /* by prefix */
	unsigned count, cap;
	char *names;
	size_t used, size;
};

static bool grow(void **block, size_t need, size_t *size)
{
	size_t larger = *size ? *size * 2 : 65536;
	void *moved;

	if (need <= *size)
		return true;
	while (larger < need)
		larger *= 2;
	moved = realloc(*block, larger);
	if (!moved)
		return false;
	*block = moved;
	*size = larger;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "28-6F-B9" and then "(hex)". Returns the rest, the name, or NULL. */
static const char *prefix_of(const char *line, uint32_t *ret_prefix)
{
	uint32_t prefix = 0;

	for (unsigned i = 0; i < 3; i++) {
		int high = hex_digit(line[0]), low = high < 0 ? -1 : hex_digit(line[1]);

		if (low < 0 || (i < 2 && line[2] != '-'))
			return NULL;
		prefix = prefix << 8 | (uint32_t)(high << 4 | low);
		line += i < 2 ? 3 : 2;
	}
	line += strspn(line, " \t");
	if (strncmp(line, "(hex)", 5) != 0)
		return NULL;
	line += 5;
	*ret_prefix = prefix;
	return line + strspn(line, " \t");
}

static int add(struct oui *oui, uint32_t prefix, const char *raw)
{
	char trimmed[LINE_BYTES], name[OUI_NAME_MAX];
	size_t len = strcspn(raw, "\r\n");
	size_t bytes = oui->cap * sizeof(*oui->entries);

	memcpy(trimmed, raw, len);
	trimmed[len] = '\0';
	text_clean(trimmed, false, name, sizeof(name));
	len = strlen(name) + 1;
	if (!grow((void **)&oui->entries, (oui->count + 1) * sizeof(*oui->entries), &bytes) ||
		!grow((void **)&oui->names, oui->used + len, &oui->size))
		return -ENOMEM;
	oui->cap = (unsigned)(bytes / sizeof(*oui->entries));
	oui->entries[oui->count++] = (struct entry){ prefix, (uint32_t)oui->used };
	memcpy(oui->names + oui->used, name, len);
	oui->used += len;
	return 0;
}

static int by_prefix(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->prefix < y->prefix ? -1 : x->prefix > y->prefix;
}

static int read_all(struct oui *oui, FILE *file)
{
	char line[LINE_BYTES];
	bool is_start = true;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < LINES_MAX && fgets(line, sizeof(line), file); i++) {
		uint32_t prefix;
		const char *name = is_start ? prefix_of(line, &prefix) : NULL;

		is_start = strchr(line, '\n') != NULL;
		if (name && strcspn(name, "\r\n") > 0 && oui->count < ENTRIES_MAX)
			r = add(oui, prefix, name);
	}
	return r == 0 && ferror(file) ? -EIO : r;
}

int oui_open(const char *path, struct oui **ret_oui)
{
	struct oui *oui = calloc(1, sizeof(*oui));
	FILE *file = fopen(path, "re");
	int r = !oui ? -ENOMEM : !file ? -errno : 0;

	if (r == 0)
		r = read_all(oui, file);
	if (file)
		fclose(file);
	if (r < 0) {
		oui_close(oui);
		return r;
	}
	if (oui->count > 0)
		qsort(oui->entries, oui->count, sizeof(*oui->entries), by_prefix);
	*ret_oui = oui;
	return 0;
}

const char *oui_maker(const struct oui *oui, const uint8_t mac[6])
{
	struct entry wanted = { .prefix = (uint32_t)(mac[0] << 16 | mac[1] << 8 | mac[2]) };
	const struct entry *found = NULL;

	if (mac[0] & 2)
		return "made up";
	if (oui && oui->count > 0)
		found = bsearch(&wanted, oui->entries, oui->count, sizeof(wanted), by_prefix);
	return found ? oui->names + found->name : "";
}

void oui_close(struct oui *oui)
{
	if (!oui)
		return;
	free(oui->entries);
	free(oui->names);
	free(oui);
}
