/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/print.c - writes a configuration as YAML that loads to the same configuration.
 *
 * Every key is written, also those at their default, so that the output shows all that holds and
 * stays the same when a later version changes a default.
 */
#include "conf/conf.h"

#include <errno.h>
#include <string.h>

#include "conf/table.h"

static void print_prefixes(
	const char *indent, const char *key, const struct conf_prefixes *prefixes, FILE *out)
{
	char text[ADDR_TEXT_MAX];

	fprintf(out, "%s%s:%s\n", indent, key, prefixes->count > 0 ? "" : " []");
	for (uint32_t i = 0; i < prefixes->count; i++)
		fprintf(out, "%s  - \"%s\"\n", indent,
			addr_prefix_format(&prefixes->list[i].addr, prefixes->list[i].bits, text));
}

static void print_groups(const struct conf *conf, FILE *out)
{
	fprintf(out, "groups:%s\n", conf->group_count > 0 ? "" : " []");
	for (uint32_t i = 0; i < conf->group_count; i++) {
		fprintf(out, "  - name: \"%s\"\n", conf->groups[i].name);
		print_prefixes("    ", "networks", &conf->groups[i].networks, out);
	}
}

static void print_names(const char *key, const struct conf_names *names, FILE *out)
{
	fprintf(out, "%s:%s\n", key, names->count > 0 ? "" : " []");
	for (uint32_t i = 0; i < names->count; i++)
		fprintf(out, "  - \"%s\"\n", names->list[i]);
}

static void print_paths(const char *key, const struct conf_names *paths, FILE *out)
{
	char text[CONF_VALUE_TEXT_MAX];

	fprintf(out, "%s:%s\n", key, paths->count > 0 ? "" : " []");
	for (uint32_t i = 0; i < paths->count; i++)
		fprintf(out, "  - %s\n",
			conf_value_format(&conf_lists_entry,
				(struct conf_value){ .text = paths->list[i] }, text));
}

int conf_print(const struct conf *conf, FILE *out)
{
	const char *section = "";
	char text[CONF_VALUE_TEXT_MAX];

	print_prefixes("", "networks", &conf->networks, out);
	print_groups(conf, out);
	print_prefixes("", "allow", &conf->allow, out);
	print_names("interfaces", &conf->interfaces, out);
	print_paths("lists", &conf->lists, out);
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];

		if (strcmp(option->section, section) != 0)
			fprintf(out, "%s:\n", option->section);
		section = option->section;
		conf_value_format(option, conf_option_get(option, conf), text);
		fprintf(out, "%s%s: %s\n", *section ? "  " : "", option->key, text);
	}
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
