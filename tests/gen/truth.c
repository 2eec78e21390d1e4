/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/truth.c - see truth.h.
 *
 * The strings are the catalogue's own and hold nothing that JSON would have to escape (tested).
 */
#include "gen/truth.h"

#include <errno.h>
#include <string.h>

#include "gen/catalogue.h"

/* Each part of text between separators as a JSON string. */
static void strings_print(FILE *out, const char *text, const char *separators)
{
	const char *comma = "";

	fputc('[', out);
	for (size_t len; text && *text; text += len + (text[len] != 0)) {
		len = strcspn(text, separators);
		fprintf(out, "%s\"%.*s\"", comma, (int)len, text);
		comma = ",";
	}
	fputc(']', out);
}

/* "role=a role=b other=c" as {"role":["a","b"],"other":["c"]}; equal roles stand together. */
static void roles_print(FILE *out, const char *roles)
{
	const char *before = "";
	size_t before_len = 0;

	fputc('{', out);
	for (size_t len; *roles; roles += len + (roles[len] != 0)) {
		size_t name = strcspn(roles, "=");

		len = strcspn(roles, " ");
		if (before_len == name && strncmp(before, roles, name) == 0)
			fputc(',', out);
		else
			fprintf(out, "%s\"%.*s\":[", before_len ? "]," : "", (int)name, roles);
		fprintf(out, "\"%.*s\"", (int)(len - name - 1), roles + name + 1);
		before = roles;
		before_len = name;
	}
	fputs(before_len ? "]}" : "}", out);
}

static void expected_print(FILE *out, const struct capture *capture)
{
	fputc('[', out);
	for (unsigned i = 0; i < EXPECTED_MAX && capture->expected[i].kinds; i++) {
		fputs(i ? ",{\"kinds\":" : "{\"kinds\":", out);
		strings_print(out, capture->expected[i].kinds, "|");
		fputs(",\"roles\":", out);
		roles_print(out, capture->expected[i].roles);
		fputs(capture->expected[i].is_hard ? ",\"hard\":true}" : ",\"hard\":false}", out);
	}
	fputc(']', out);
}

static void capture_print(FILE *out, const struct capture *capture)
{
	fprintf(out, "{\"name\":\"%s\",\"about\":\"%s\",\"judged\":%s,\"quiet\":%s,\"networks\":",
		capture->name, capture->about, capture->truth == TRUTH_UNJUDGED ? "false" : "true",
		capture->truth == TRUTH_QUIET ? "true" : "false");
	strings_print(out, capture->networks ? capture->networks : catalogue_networks, " ");
	fprintf(out, ",\"told\":%s,\"expected\":", capture->networks ? "true" : "false");
	expected_print(out, capture);
	fputs(",\"tolerated\":", out);
	strings_print(out, capture->tolerated, "|");
	fputc('}', out);
}

static void finds_print(FILE *out, const struct capture *capture)
{
	if (capture->truth == TRUTH_QUIET)
		fprintf(out, "%24snothing of medium or above\n", "");
	if (capture->truth == TRUTH_UNJUDGED)
		fprintf(out, "%24snot judged\n", "");
	for (unsigned i = 0; i < EXPECTED_MAX && capture->expected[i].kinds; i++)
		fprintf(out, "%24s%s  %s\n", "", capture->expected[i].kinds,
			capture->expected[i].roles);
}

int truth_list(FILE *out)
{
	const struct capture *capture;

	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		fprintf(out, "%-23s %s%s\n", capture->name, capture->about,
			capture->is_large ? " (large)" : "");
		finds_print(out, capture);
	}
	return 0;
}

int truth_print(FILE *out, const char *name, struct err *err)
{
	const struct capture *capture = catalogue_find(name);

	if (strcmp(name, "all") != 0) {
		if (!capture)
			return err_set(err, -ENOENT, "no capture is called %s: see --list", name);
		capture_print(out, capture);
		fputc('\n', out);
		return 0;
	}
	for (unsigned i = 0; (capture = catalogue_at(i)); i++) {
		fputs(i ? ",\n" : "[", out);
		capture_print(out, capture);
	}
	fputs("]\n", out);
	return 0;
}
