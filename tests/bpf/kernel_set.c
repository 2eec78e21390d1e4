/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/kernel_set.c - what the maps hold before a packet comes: the base set, and the words of
 * kernel_set() that change it, one function a word.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kernel.h"

#define FAR_NS 3600000000000ULL /* an hour: beyond the end of any test */
#define AGO_NS 1000000000ULL	/* the kernel part's clock may be some ms behind ours */

static const char *const class_names[WIRE_CLASS_COUNT] = { "SYN", "TCP", "ANSWER", "ICMP",
	"FRAGMENT", "UDP", "OTHER" };
static const char *const base_targets[] = { "198.51.100.0/24", "2001:db8:b::/64" };
static const enum kernel_map emptied[] = { KERNEL_MAP_targets, KERNEL_MAP_hosts, KERNEL_MAP_blocked,
	KERNEL_MAP_blocked_prefixes, KERNEL_MAP_allowed, KERNEL_MAP_limited_sources,
	KERNEL_MAP_quarantined, KERNEL_MAP_filters, KERNEL_MAP_filter_targets, KERNEL_MAP_flows,
	KERNEL_MAP_requests, KERNEL_MAP_offers, KERNEL_MAP_listeners };

/* A word at work: name:argument, and whether its time is over. */
struct word {
	const struct kernel *kernel;
	const struct frame_text *frame;
	char name[32], argument[128];
	bool is_over;
};

_Noreturn static void fail(const char *what, const char *word)
{
	fprintf(stderr, "tests/bpf/kernel: %s: %s (%s)\n", what, word, strerror(errno));
	abort();
}

static void put(
	const struct kernel *kernel, enum kernel_map map, const void *key, const void *value)
{
	if (bpf_map_update_elem(kernel->map[map], key, value, BPF_ANY))
		fail("cannot write a map", "");
}

static struct wire_prefix prefix_of(const char *text)
{
	struct wire_prefix prefix;

	frame_addr(text, prefix.addr.byte, &prefix.bits);
	return prefix;
}

static uint64_t until(const struct word *word)
{
	return word->is_over ? kernel_now_ns() - AGO_NS : kernel_now_ns() + FAR_NS;
}

struct wire_settings kernel_settings(void)
{
	return (struct wire_settings){
		.version = WIRE_VERSION,
		.mode = WIRE_MODE_ENFORCE,
		.has_blocked = 1,
		.has_blocked_prefixes = 1,
		.has_allowed = 1,
		.has_limited_sources = 1,
		.has_quarantined = 1,
		.has_filters = 1,
		.drops_unreadable = 1,
		.sample_one_in = 1,
		.hold_ms = 5000,
		.has_synproxy = 1,
		.cookie_mss4 = 1460,
		.cookie_mss6 = 1440,
		.cookie_window_scale = 7,
	};
}

static void empty(int map)
{
	char key[64];

	while (bpf_map_get_next_key(map, NULL, key) == 0)
		if (bpf_map_delete_elem(map, key))
			break;
}

void kernel_reset(const struct kernel *kernel)
{
	struct wire_settings settings = kernel_settings();
	struct wire_target target = { 0 };
	uint32_t zero = 0;

	for (unsigned i = 0; i < sizeof(emptied) / sizeof(emptied[0]); i++)
		empty(kernel->map[emptied[i]]);
	put(kernel, KERNEL_MAP_settings, &zero, &settings);
	for (unsigned i = 0; i < 2; i++) {
		struct wire_prefix prefix = prefix_of(base_targets[i]);

		put(kernel, KERNEL_MAP_targets, &prefix, &target);
	}
}

static struct wire_settings settings_now(const struct word *word)
{
	struct wire_settings settings;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(word->kernel->map[KERNEL_MAP_settings], &zero, &settings))
		fail("no settings", word->name);
	return settings;
}

static void settings_put(const struct word *word, const struct wire_settings *settings)
{
	put(word->kernel, KERNEL_MAP_settings, &(uint32_t){ 0 }, settings);
}

static void set_mode(const struct word *word)
{
	struct wire_settings settings = settings_now(word);

	settings.mode = strcmp(word->argument, "learn") == 0	? WIRE_MODE_LEARN
			: strcmp(word->argument, "shadow") == 0 ? WIRE_MODE_SHADOW
								: WIRE_MODE_ENFORCE;
	settings_put(word, &settings);
}

static void set_until(const struct word *word)
{
	struct wire_settings settings = settings_now(word);

	settings.enforce_until_ns = until(word);
	settings_put(word, &settings);
}

static void set_switch(const struct word *word)
{
	struct wire_settings settings = settings_now(word);

	if (strcmp(word->name, "unreadable") == 0)
		settings.drops_unreadable = 0;
	else if (strcmp(word->name, "bogons") == 0)
		settings.drops_bogons = 1;
	else if (strcmp(word->name, "nosynproxy") == 0)
		settings.has_synproxy = 0;
	else
		settings.checks_spoofing = 1;
	settings_put(word, &settings);
}

static void set_no_lists(const struct word *word)
{
	struct wire_settings settings = settings_now(word);

	settings.has_blocked = settings.has_blocked_prefixes = settings.has_allowed = 0;
	settings.has_limited_sources = settings.has_quarantined = settings.has_filters = 0;
	settings_put(word, &settings);
}

static void set_lease(const struct word *word)
{
	struct wire_lease lease = { .expires_ns = until(word), .mitigation = 7 };
	bool is_for_good = strstr(word->argument, ",forever");
	struct wire_prefix prefix;
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(word->argument, ","), word->argument);
	prefix = prefix_of(text);
	if (is_for_good)
		lease.expires_ns = 0;
	if (strcmp(word->name, "block") == 0)
		put(word->kernel, KERNEL_MAP_blocked, &prefix.addr, &lease);
	else if (strcmp(word->name, "quarantine") == 0)
		put(word->kernel, KERNEL_MAP_quarantined, &prefix.addr, &lease);
	else if (strcmp(word->name, "prefix") == 0)
		put(word->kernel, KERNEL_MAP_blocked_prefixes, &prefix, &lease);
	else
		put(word->kernel, KERNEL_MAP_allowed, &prefix, &lease);
}

static void set_protect(const struct word *word)
{
	struct wire_target target = { 0 };
	struct wire_prefix prefix;
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(word->argument, ","), word->argument);
	prefix = prefix_of(text);
	/* marks as the base targets have them now */
	bpf_map_lookup_elem(word->kernel->map[KERNEL_MAP_targets], &prefix, &target);
	target.flags = strstr(word->argument, ",local") ? WIRE_TARGET_LOCAL : 0;
	put(word->kernel, KERNEL_MAP_targets, &prefix, &target);
}

static void set_meter(const struct word *word)
{
	struct wire_meter meter = {
		.expires_ns = until(word), .mitigation = 8, .filled_ns = kernel_now_ns()
	};
	struct wire_prefix prefix;
	char text[128];
	size_t len = strcspn(word->argument, ",");

	snprintf(text, sizeof(text), "%.*s", (int)len, word->argument);
	prefix = prefix_of(text);
	meter.rate_pps = meter.burst = (uint32_t)strtoul(word->argument + len + 1, NULL, 0);
	meter.tokens = strcmp(word->name, "meter+") == 0 ? meter.burst : 0;
	put(word->kernel, KERNEL_MAP_limited_sources, &prefix.addr, &meter);
}

static enum wire_class class_of(const char *text)
{
	for (unsigned i = 0; i < WIRE_CLASS_COUNT; i++)
		if (strncmp(text, class_names[i], strlen(class_names[i])) == 0)
			return (enum wire_class)i;
	fail("no such class", text);
}

/* high, low, limit of the base targets. */
static void set_mark(const struct word *word)
{
	enum wire_class class = class_of(word->argument);
	const char *equals = strchr(word->argument, '=');
	uint32_t pps = equals ? (uint32_t)strtoul(equals + 1, NULL, 0) : 0;

	for (unsigned i = 0; i < 2; i++) {
		struct wire_prefix prefix = prefix_of(base_targets[i]);
		struct wire_target target;

		bpf_map_lookup_elem(word->kernel->map[KERNEL_MAP_targets], &prefix, &target);
		if (strcmp(word->name, "high") == 0)
			target.high_pps[class] = pps;
		else if (strcmp(word->name, "low") == 0)
			target.low_pps[class] = pps;
		else {
			target.limit_pps[class] = pps;
			target.limit_until_ns[class] = until(word);
			target.limit_mitigation[class] = 9;
		}
		put(word->kernel, KERNEL_MAP_targets, &prefix, &target);
	}
}

static void load_addr(const struct frame_text *frame, bool is_source, struct wire_addr *ret_addr)
{
	const uint8_t *ip = frame->bytes + frame->ip_offset;

	memset(ret_addr, 0, 10);
	memset(ret_addr->byte + 10, 0xff, 2);
	if (frame->version == 4)
		memcpy(ret_addr->byte + 12, ip + (is_source ? 12 : 16), 4);
	else
		memcpy(ret_addr->byte, ip + (is_source ? 8 : 24), 16);
}

static void set_hot(const struct word *word)
{
	enum wire_class class = class_of(word->argument);
	struct wire_host host = { .first_seen_ns = 1 };
	struct wire_addr addr;

	load_addr(word->frame, false, &addr);
	bpf_map_lookup_elem(word->kernel->map[KERNEL_MAP_hosts], &addr, &host);
	host.classes[class].active_until_ns = until(word);
	put(word->kernel, KERNEL_MAP_hosts, &addr, &host);
}

struct wire_flow_key kernel_flow_key(const struct frame_text *frame, bool is_outgoing)
{
	const uint8_t *ports = frame->bytes + frame->transport_offset;
	struct wire_flow_key key = { .protocol = frame->protocol };
	uint16_t from = (uint16_t)(ports[0] << 8 | ports[1]);
	uint16_t to = (uint16_t)(ports[2] << 8 | ports[3]);

	load_addr(frame, is_outgoing, &key.inside);
	load_addr(frame, !is_outgoing, &key.outside);
	key.inside_port = is_outgoing ? from : to;
	key.outside_port = is_outgoing ? to : from;
	return key;
}

static void set_flow(const struct word *word)
{
	struct wire_flow_key key = kernel_flow_key(word->frame, false);
	bool is_request = strcmp(word->name, "request") == 0;
	struct wire_flow flow = {
		.seen_ns = kernel_now_ns(),
		.state = strcmp(word->argument, "answered") == 0  ? WIRE_FLOW_ANSWERED
			 : strcmp(word->argument, "closing") == 0 ? WIRE_FLOW_CLOSING
								  : WIRE_FLOW_OPEN,
		.answer = KERNEL_ANSWER,
	};

	if (word->is_over)
		flow.seen_ns -= (is_request ? WIRE_REQUEST_NS : WIRE_FLOW_NS) + 1000000000ULL;
	put(word->kernel, is_request ? KERNEL_MAP_requests : KERNEL_MAP_flows, &key, &flow);
}

void kernel_filter(const struct kernel *kernel, const struct wire_prefix *target,
	const struct wire_filters *filters)
{
	put(kernel, KERNEL_MAP_filters, target, filters);
	put(kernel, KERNEL_MAP_filter_targets, target, &target->bits);
}

static const struct {
	const char *name;
	void (*set)(const struct word *word);
} words[] = {
	{ "mode", set_mode },
	{ "until", set_until },
	{ "unreadable", set_switch },
	{ "bogons", set_switch },
	{ "spoofing", set_switch },
	{ "nosynproxy", set_switch },
	{ "nolists", set_no_lists },
	{ "block", set_lease },
	{ "prefix", set_lease },
	{ "allow", set_lease },
	{ "quarantine", set_lease },
	{ "protect", set_protect },
	{ "meter", set_meter },
	{ "meter+", set_meter },
	{ "high", set_mark },
	{ "low", set_mark },
	{ "limit", set_mark },
	{ "hot", set_hot },
	{ "flow", set_flow },
	{ "request", set_flow },
};

static void set_word(struct word *word, const char *text, size_t len)
{
	size_t name = strcspn(text, ": "), mark = 0;

	if (name > len)
		name = len;
	if (name && text[name - 1] == '!')
		mark = 1;
	word->is_over = mark;
	snprintf(word->name, sizeof(word->name), "%.*s", (int)(name - mark), text);
	snprintf(word->argument, sizeof(word->argument), "%.*s",
		(int)(name < len ? len - name - 1 : 0), text + name + (name < len));
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, word->name) == 0) {
			words[i].set(word);
			return;
		}
	fail("no such word", word->name);
}

void kernel_set(const struct kernel *kernel, const char *text, const struct frame_text *frame)
{
	struct word word = { .kernel = kernel, .frame = frame };

	for (const char *at = text; *at;) {
		size_t len = strcspn(at, " ");

		if (len)
			set_word(&word, at, len);
		at += len + (at[len] == ' ');
	}
}
