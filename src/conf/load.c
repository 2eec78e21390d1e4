/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/load.c - from a file to a configuration.
 *
 * Four steps, each of which may refuse: the bytes are read (bounded), their shape is checked
 * (shape.c), libcyaml takes them apart (text.c), and every value is understood and put into one
 * block of memory. Only a configuration that passed all of it leaves this file.
 */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/message.h"
#include "conf/networks.h"
#include "conf/shape.h"
#include "conf/table.h"
#include "conf/text.h"

/* What is being loaded, and the block that is being filled. */
struct load {
	const uint8_t *bytes;
	size_t len;
	const char *name;
	struct err *err;
	struct conf *conf;
	struct prefix *prefixes;   /* the next free one of the block */
	struct conf_group *groups; /* the first one of the block */
	const char **interfaces;   /* the first one of the block */
	const char **lists;	   /* the same */
	char *names;		   /* the next free byte for a name or text */
};

#define PATH_BYTES 96

#define refuse(load, path, ...)                                                                    \
	conf_refuse((load)->err, (load)->name, conf_shape_line((load)->bytes, (load)->len, path),  \
		path, __VA_ARGS__)

void conf_default(struct conf *ret_conf)
{
	*ret_conf = (struct conf){ 0 };
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++)
		conf_option_set(&conf_options[i], ret_conf, conf_options[i].otherwise);
}

static const char *words_of_type(const struct conf_option *option)
{
	switch (option->type) {
	case CONF_TYPE_SIZE:
		return "a size such as 512M or 2G";
	case CONF_TYPE_FLOAT:
		return "a number such as 0.8";
	case CONF_TYPE_CHOICE:
		return "one of the words";
	case CONF_TYPE_TEXT:
		return *option->unit ? option->unit : "plain text";
	default:
		return "a whole number";
	}
}

/* A copy in the block, for which load_open() has made room. */
static const char *keep_text(struct load *load, const char *text)
{
	char *copy = memcpy(load->names, text, strlen(text) + 1);

	load->names += strlen(text) + 1;
	return copy;
}

static int load_option(struct load *load, const struct conf_option *option, const char *text)
{
	char path[PATH_BYTES], quoted[CONF_QUOTE_MAX], range[CONF_RANGE_TEXT_MAX];
	char otherwise[CONF_VALUE_TEXT_MAX];
	struct conf_value value;
	int r = conf_value_parse(option, text, &value);

	if (r == 0) {
		if (option->type == CONF_TYPE_TEXT)
			value.text = keep_text(load, text);
		conf_option_set(option, load->conf, value);
		return 0;
	}
	snprintf(path, sizeof(path), "%s%s%s", option->section, *option->section ? "." : "",
		option->key);
	conf_quote(text, quoted);
	conf_range_format(option, range);
	conf_value_format(option, option->otherwise, otherwise);
	if (r == -ERANGE)
		return refuse(load, path, "%s is out of range; allowed is %s, default %s", quoted,
			range, otherwise);
	return refuse(load, path, "%s is not %s; allowed is %s, default %s", quoted,
		words_of_type(option), range, otherwise);
}

/* The text of every option, NULL where the file does not say. */
static void list_texts(const struct conf_text *text, const char *texts[CONF_OPTION_COUNT])
{
#define OPTION_TOP(section, key, ...) texts[CONF_OPTION_##section##_##key] = text->key;
#define OPTION(section, key, ...)                                                                  \
	texts[CONF_OPTION_##section##_##key] = text->section ? text->section->key : NULL;
#define SECTION(name, options, meaning) options(OPTION)
	CONF_OPTIONS_TOP(OPTION_TOP)
	CONF_SECTIONS(SECTION)
#undef SECTION
#undef OPTION
#undef OPTION_TOP
}

static int load_options(struct load *load, const struct conf_text *text)
{
	const char *texts[CONF_OPTION_COUNT];
	int r = 0;

	list_texts(text, texts);
	for (unsigned i = 0; i < CONF_OPTION_COUNT && r == 0; i++)
		if (texts[i])
			r = load_option(load, &conf_options[i], texts[i]);
	return r;
}

/* "10.1.2.3/8" has bits beyond its length: most likely 10.0.0.0/8 was meant. False when text is
 * no such prefix. */
static bool mend_prefix(const char *text, char mended[ADDR_TEXT_MAX])
{
	char host[CONF_TEXT_MAX + 1];
	const char *slash = strchr(text, '/');
	struct addr addr;
	unsigned whole_bits, host_bits;
	unsigned long wanted;
	char *end;

	snprintf(host, sizeof(host), "%s", text);
	if (!slash)
		return false;
	host[slash - text] = '\0';
	host_bits = strchr(host, ':') ? 128 : 32;
	wanted = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || wanted > host_bits ||
		addr_prefix_parse(host, &addr, &whole_bits) < 0)
		return false;
	wanted += 128 - host_bits;
	addr = addr_mask(&addr, (unsigned)wanted);
	addr_prefix_format(&addr, (unsigned)wanted, mended);
	return true;
}

static int refuse_prefix(struct load *load, const char *path, const char *text)
{
	char quoted[CONF_QUOTE_MAX], mended[ADDR_TEXT_MAX];

	conf_quote(text, quoted);
	if (mend_prefix(text, mended))
		return refuse(load, path, "%s has bits set beyond its length; did you mean %s?",
			quoted, mended);
	return refuse(load, path,
		"%s is not a prefix such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7", quoted);
}

/* path names the list. */
static int load_prefixes(struct load *load, const char *path, char *const *texts, uint32_t count,
	struct conf_prefixes *ret_prefixes)
{
	struct prefix *first = load->prefixes;

	for (uint32_t i = 0; i < count; i++) {
		struct prefix *prefix = load->prefixes++;
		char entry_path[PATH_BYTES];
		unsigned bits;

		if (addr_prefix_parse(texts[i], &prefix->addr, &bits) < 0) {
			snprintf(entry_path, sizeof(entry_path), "%.64s[%u]", path, i);
			return refuse_prefix(load, entry_path, texts[i]);
		}
		prefix->bits = (uint8_t)bits;
	}
	*ret_prefixes = (struct conf_prefixes){ .list = count > 0 ? first : NULL, .count = count };
	return 0;
}

static bool is_name(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";

	return *text != '\0' && *text != '-' && *text != '.' && text[strspn(text, letters)] == '\0';
}

static int load_group_name(struct load *load, uint32_t index, const char *text)
{
	struct conf_group *group = &load->groups[index];
	char path[PATH_BYTES], quoted[CONF_QUOTE_MAX];

	snprintf(path, sizeof(path), "groups[%u].name", index);
	conf_quote(text, quoted);
	if (!is_name(text))
		return refuse(load, path,
			"%s is not a name: letters, digits, \"_\", \".\", \"-\", the last two not "
			"first",
			quoted);
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(load->groups[i].name, text) == 0)
			return refuse(
				load, path, "%s is the name of groups[%u] already", quoted, i);
	group->name = keep_text(load, text);
	return 0;
}

static int load_groups(struct load *load, const struct conf_text *text)
{
	char path[PATH_BYTES];
	int r = 0;

	for (uint32_t i = 0; i < text->groups_count && r == 0; i++) {
		const struct conf_text_group *group = &text->groups[i];

		snprintf(path, sizeof(path), "groups[%u].networks", i);
		r = load_group_name(load, i, group->name);
		if (r == 0)
			r = load_prefixes(load, path, group->networks, group->networks_count,
				&load->groups[i].networks);
	}
	load->conf->groups = text->groups_count > 0 ? load->groups : NULL;
	load->conf->group_count = text->groups_count;
	return r;
}

/* As the kernel has it (dev_valid_name), and nothing that a terminal cannot show. */
static bool is_interface(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("/:\"\\", text[i]))
			return false;
	return len > 0 && len <= CONF_INTERFACE_MAX && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

static int load_interfaces(struct load *load, const struct conf_text *text)
{
	char path[PATH_BYTES], quoted[CONF_QUOTE_MAX];

	for (uint32_t i = 0; i < text->interfaces_count; i++) {
		const char *name = text->interfaces[i];

		snprintf(path, sizeof(path), "interfaces[%u]", i);
		conf_quote(name, quoted);
		if (!is_interface(name))
			return refuse(load, path,
				"%s is no name of an interface: up to %d letters, digits, signs",
				quoted, CONF_INTERFACE_MAX);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(load->interfaces[k], name) == 0)
				return refuse(
					load, path, "%s is interfaces[%u] already", quoted, k);
		load->interfaces[i] = keep_text(load, name);
	}
	load->conf->interfaces.list = text->interfaces_count > 0 ? load->interfaces : NULL;
	load->conf->interfaces.count = text->interfaces_count;
	return 0;
}

static int load_lists(struct load *load, const struct conf_text *text)
{
	char path[PATH_BYTES], quoted[CONF_QUOTE_MAX];
	struct conf_value value;

	for (uint32_t i = 0; i < text->lists_count; i++) {
		snprintf(path, sizeof(path), "lists[%u]", i);
		if (conf_value_parse(&conf_lists_entry, text->lists[i], &value) < 0) {
			conf_quote(text->lists[i], quoted);
			return refuse(load, path, "%s is not %s of a file or directory", quoted,
				conf_lists_entry.unit);
		}
		load->lists[i] = keep_text(load, text->lists[i]);
	}
	load->conf->lists.list = text->lists_count > 0 ? load->lists : NULL;
	load->conf->lists.count = text->lists_count;
	return 0;
}

/* Bytes of all names and texts that are kept. */
static size_t names_bytes(const struct conf_text *text)
{
	const char *texts[CONF_OPTION_COUNT];
	size_t bytes = 0;

	list_texts(text, texts);
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++)
		if (texts[i] && conf_options[i].type == CONF_TYPE_TEXT)
			bytes += strlen(texts[i]) + 1;
	for (uint32_t i = 0; i < text->groups_count; i++)
		bytes += strlen(text->groups[i].name) + 1;
	for (uint32_t i = 0; i < text->interfaces_count; i++)
		bytes += strlen(text->interfaces[i]) + 1;
	for (uint32_t i = 0; i < text->lists_count; i++)
		bytes += strlen(text->lists[i]) + 1;
	return bytes;
}

/* One block for all of it: the configuration, its prefixes, groups, interfaces, lists, and their
 * names. */
static int load_open(struct load *load, const struct conf_text *text)
{
	size_t prefixes = (size_t)text->networks_count + text->allow_count;

	for (uint32_t i = 0; i < text->groups_count; i++)
		prefixes += text->groups[i].networks_count;
	if (prefixes > CONF_PREFIXES_MAX)
		return conf_refuse(load->err, load->name, 0, "",
			"%zu prefixes in all lists together; at most %d are held", prefixes,
			CONF_PREFIXES_MAX);
	load->conf =
		calloc(1, sizeof(struct conf) + prefixes * sizeof(struct prefix) +
				  text->groups_count * sizeof(struct conf_group) +
				  (text->interfaces_count + text->lists_count) * sizeof(char *) +
				  names_bytes(text));
	if (!load->conf)
		return err_set(load->err, -ENOMEM, "%s: not enough memory to hold it", load->name);
	load->prefixes = (struct prefix *)(load->conf + 1);
	load->groups = (struct conf_group *)(load->prefixes + prefixes);
	load->interfaces = (const char **)(load->groups + text->groups_count);
	load->lists = load->interfaces + text->interfaces_count;
	load->names = (char *)(load->lists + text->lists_count);
	return 0;
}

/* What no single value shows: pairs of which the first may not be above the second. */
static int check_pairs(struct load *load)
{
	static const enum conf_option_id pairs[][2] = {
		{ CONF_OPTION_gate_syn_low_pps, CONF_OPTION_gate_syn_high_pps },
		{ CONF_OPTION_gate_tcp_low_pps, CONF_OPTION_gate_tcp_high_pps },
		{ CONF_OPTION_gate_answer_low_pps, CONF_OPTION_gate_answer_high_pps },
		{ CONF_OPTION_gate_icmp_low_pps, CONF_OPTION_gate_icmp_high_pps },
		{ CONF_OPTION_gate_fragment_low_pps, CONF_OPTION_gate_fragment_high_pps },
		{ CONF_OPTION_policy_lease_s, CONF_OPTION_gate_lease_max_s },
	};

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct conf_option *low = &conf_options[pairs[i][0]];
		const struct conf_option *high = &conf_options[pairs[i][1]];
		uint64_t low_value = conf_option_get(low, load->conf).whole;
		uint64_t high_value = conf_option_get(high, load->conf).whole;
		char path[PATH_BYTES];

		/* A high mark of 0 means never, whatever the low one is. */
		if (low_value <= high_value || high_value == 0)
			continue;
		snprintf(path, sizeof(path), "%s.%s", low->section, low->key);
		return refuse(load, path, "%llu is above %s.%s, which is %llu",
			(unsigned long long)low_value, high->section, high->key,
			(unsigned long long)high_value);
	}
	return 0;
}

/* A prefix that is in two groups. */
static int check_networks(struct load *load)
{
	struct networks *networks = NULL;
	struct err clash = { "" };
	int r = networks_open(load->conf, &clash, &networks);

	if (r == -EINVAL)
		return refuse(load, "groups", "%s", clash.text);
	if (r < 0)
		return err_set(load->err, r, "%s: %s", load->name, clash.text);
	networks_close(networks);
	return 0;
}

static int load_text(struct load *load, const struct conf_text *text)
{
	int r = load_open(load, text);

	if (!load->conf)
		return r;
	conf_default(load->conf);
	r = load_options(load, text);
	if (r == 0)
		r = load_prefixes(load, "networks", text->networks, text->networks_count,
			&load->conf->networks);
	if (r == 0)
		r = load_prefixes(
			load, "allow", text->allow, text->allow_count, &load->conf->allow);
	if (r == 0)
		r = load_groups(load, text);
	if (r == 0)
		r = load_interfaces(load, text);
	if (r == 0)
		r = load_lists(load, text);
	if (r == 0)
		r = check_pairs(load);
	if (r == 0)
		r = check_networks(load);
	if (r < 0)
		conf_close(load->conf);
	return r;
}

static int refuse_large(struct err *err, const char *name)
{
	return err_set(err, -EFBIG, "%.100s: larger than %d bytes; this is no configuration", name,
		CONF_BYTES_MAX);
}

int conf_load_bytes(
	const void *bytes, size_t len, const char *name, struct err *err, struct conf **ret_conf)
{
	static const struct conf_text nothing;
	struct load load = { .bytes = len > 0 ? bytes : "", .len = len, .name = name, .err = err };
	struct conf_text *text = NULL;
	int r;

	if (len > CONF_BYTES_MAX)
		return refuse_large(err, name);
	r = conf_shape_check(load.bytes, len, name, err);
	if (r == 0)
		r = conf_text_load(load.bytes, len, name, err, &text);
	if (r == 0)
		r = load_text(&load, text ? text : &nothing);
	if (r == 0)
		*ret_conf = load.conf;
	conf_text_close(text);
	return r;
}

/* Reads at most cap bytes. Returns how many, or −errno. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t got = read(fd, bytes + len, cap - len);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)len;
}

int conf_load(const char *path, struct err *err, struct conf **ret_conf)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	uint8_t *bytes = NULL;
	ssize_t len;

	if (fd < 0)
		return err_set(err, -errno, "%.200s: cannot open the configuration: %s", path,
			strerror(errno));
	/* One byte more than allowed: so too large a file shows, also one without a size (a
	 * pipe). */
	bytes = malloc(CONF_BYTES_MAX + 1);
	len = bytes ? read_all(fd, bytes, CONF_BYTES_MAX + 1) : -ENOMEM;
	if (len < 0)
		r = err_set(err, (int)len, "%.200s: cannot read the configuration: %s", path,
			strerror((int)-len));
	else
		r = conf_load_bytes(bytes, (size_t)len, path, err, ret_conf);
	free(bytes);
	close(fd);
	return r;
}

void conf_close(struct conf *conf)
{
	free(conf);
}
