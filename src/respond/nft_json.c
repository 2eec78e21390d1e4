/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/nft_json.c - the documents that nft reads (libnftables-json(5)), and its listing.
 *
 * Own table inet weir, so nothing of anybody else's is touched. Addresses and prefixes have sets of
 * their own: only sets without intervals may hold an address twice over, once alone and once within
 * a prefix. The chains come before every usual filter (priority −150, mangle's) and only ever drop
 * or say nothing: an allowed sender goes on to the next table as if we were not here. An element's
 * comment carries the id of its mitigation, so the listing tells what is in force.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "respond/nft.h"

#define FAMILY "inet"
#define PRIORITY (-150)
#define PRIORITY_RAW (-300) /* before conntrack */
#define COMMENT "weir "

static const char *const set_names[NFT_SET_COUNT][2] = {
	[NFT_BLOCKED] = { "blocked4", "blocked6" },
	[NFT_BLOCKED_PREFIXES] = { "blocked_prefixes4", "blocked_prefixes6" },
	[NFT_ALLOWED] = { "allowed4", "allowed6" },
};
static const char *const hooks[] = { "input", "forward" };

json_t *nft_document(void)
{
	return json_pack("{s:[]}", "nftables");
}

/* Appends {what: {kind: body}}, taking over body. */
static int append(json_t *document, const char *what, const char *kind, json_t *body)
{
	json_t *command = body ? json_pack("{s:{s:o}}", what, kind, body) : NULL;

	if (!command)
		return -ENOMEM;
	return json_array_append_new(json_object_get(document, "nftables"), command) ? -ENOMEM : 0;
}

static int add_sets(json_t *document)
{
	int result = 0;

	for (int set = 0; set < NFT_SET_COUNT && result == 0; set++) {
		for (int v6 = 0; v6 < 2 && result == 0; v6++) {
			json_t *flags = json_pack("[s]", "timeout");

			if (set != NFT_BLOCKED)
				json_array_append_new(flags, json_string("interval"));
			result = append(document, "add", "set",
				json_pack("{s:s,s:s,s:s,s:s,s:o}", "family", FAMILY, "table",
					NFT_TABLE, "name", set_names[set][v6], "type",
					v6 ? "ipv6_addr" : "ipv4_addr", "flags", flags));
		}
	}
	return result;
}

/* family saddr @set, then what happens. */
static int add_rule(json_t *document, const char *chain, enum nft_set set, bool v6)
{
	char name[64];
	json_t *verdict =
		set == NFT_ALLOWED ? json_pack("{s:n}", "accept") : json_pack("{s:n}", "drop");
	json_t *match, *expression;

	snprintf(name, sizeof(name), "@%s", set_names[set][v6]);
	match = json_pack("{s:{s:s,s:{s:{s:s,s:s}},s:s}}", "match", "op", "==", "left", "payload",
		"protocol", v6 ? "ip6" : "ip", "field", "saddr", "right", name);
	expression = json_pack("[o,{s:n},o]", match, "counter", verdict);
	return append(document, "add", "rule",
		json_pack("{s:s,s:s,s:s,s:o}", "family", FAMILY, "table", NFT_TABLE, "chain", chain,
			"expr", expression));
}

static int add_chain(json_t *document, const char *hook)
{
	static const enum nft_set order[] = { NFT_ALLOWED, NFT_BLOCKED, NFT_BLOCKED_PREFIXES };
	int result = append(document, "add", "chain",
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s}", "family", FAMILY, "table", NFT_TABLE,
			"name", hook, "type", "filter", "hook", hook, "prio", PRIORITY, "policy",
			"accept"));

	/* What an earlier keeper has put into it goes within the same transaction. */
	if (result == 0)
		result = append(document, "flush", "chain",
			json_pack("{s:s,s:s,s:s}", "family", FAMILY, "table", NFT_TABLE, "name",
				hook));
	for (int i = 0; i < NFT_SET_COUNT && result == 0; i++)
		for (int v6 = 0; v6 < 2 && result == 0; v6++)
			result = add_rule(document, hook, order[i], v6);
	return result;
}

static json_t *table_body(void)
{
	return json_pack("{s:s,s:s}", "family", FAMILY, "name", NFT_TABLE);
}

int nft_add_table(json_t *document)
{
	int result = append(document, "add", "table", table_body());

	if (result == 0)
		result = add_sets(document);
	for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]) && result == 0; i++)
		result = add_chain(document, hooks[i]);
	return result;
}

/* Added first, so that it is fine when there is none. */
int nft_delete_table(json_t *document)
{
	int result = append(document, "add", "table", table_body());

	return result ? result : append(document, "delete", "table", table_body());
}

static bool is_v4(const struct wire_prefix *prefix)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);

	return addr_is_v4(&addr) && prefix->bits >= ADDR_V4_BITS;
}

/* The address, or {"prefix": …} when it is more than one. */
static json_t *prefix_value(const struct wire_prefix *prefix)
{
	struct addr addr = addr_from_v6(prefix->addr.byte);
	char text[ADDR_TEXT_MAX];

	addr_format(&addr, text);
	if (prefix->bits == 128)
		return json_string(text);
	return json_pack("{s:{s:s,s:i}}", "prefix", "addr", text, "len",
		(int)(prefix->bits - (is_v4(prefix) ? ADDR_V4_BITS : 0)));
}

static json_t *element_body(enum nft_set set, const struct wire_prefix *prefix, json_t *element)
{
	return json_pack("{s:s,s:s,s:s,s:[o]}", "family", FAMILY, "table", NFT_TABLE, "name",
		set_names[set][!is_v4(prefix)], "elem", element);
}

int nft_add_element(json_t *document, enum nft_set set, const struct wire_prefix *prefix,
	uint64_t mitigation, uint64_t timeout_s)
{
	char comment[32];
	json_t *element;

	snprintf(comment, sizeof(comment), COMMENT "%" PRIu64, mitigation);
	element = json_pack("{s:o,s:s}", "val", prefix_value(prefix), "comment", comment);
	if (element && timeout_s)
		json_object_set_new(element, "timeout", json_integer((json_int_t)timeout_s));
	return append(document, "add", "element",
		element_body(set, prefix, json_pack("{s:o}", "elem", element)));
}

int nft_flush_set(json_t *document, enum nft_set set)
{
	int result = 0;

	for (int v6 = 0; v6 < 2 && result == 0; v6++)
		result = append(document, "flush", "set",
			json_pack("{s:s,s:s,s:s}", "family", FAMILY, "table", NFT_TABLE, "name",
				set_names[set][v6]));
	return result;
}

int nft_delete_element(json_t *document, enum nft_set set, const struct wire_prefix *prefix)
{
	return append(
		document, "delete", "element", element_body(set, prefix, prefix_value(prefix)));
}

static json_t *synproxy_table(void)
{
	return json_pack("{s:s,s:s}", "family", FAMILY, "name", NFT_SYNPROXY_TABLE);
}

static int add_synproxy_hook(json_t *document, const char *hook, int priority)
{
	return append(document, "add", "chain",
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s}", "family", FAMILY, "table",
			NFT_SYNPROXY_TABLE, "name", hook, "type", "filter", "hook", hook, "prio",
			priority, "policy", "accept"));
}

/* The ACKs come through forward; complete has the rules for them, and is jumped to while on. */
static int add_synproxy_chains(json_t *document)
{
	int result = add_synproxy_hook(document, "forward", PRIORITY + 10);

	if (result == 0)
		result = add_synproxy_hook(document, "output", PRIORITY_RAW);
	return result ? result
		      : append(document, "add", "chain",
				json_pack("{s:s,s:s,s:s}", "family", FAMILY, "table",
					NFT_SYNPROXY_TABLE, "name", "complete"));
}

/* saddr or daddr in the prefixes of one family; NULL when there are none. */
static json_t *destination_match(const struct wire_prefix *prefixes, unsigned count, bool v6)
{
	json_t *set = json_array();

	for (unsigned i = 0; i < count; i++)
		if (is_v4(&prefixes[i]) != v6)
			json_array_append_new(set, prefix_value(&prefixes[i]));
	if (!json_array_size(set)) {
		json_decref(set);
		return NULL;
	}
	return json_pack("{s:{s:s,s:{s:{s:s,s:s}},s:{s:o}}}", "match", "op", "==", "left",
		"payload", "protocol", v6 ? "ip6" : "ip", "field", "daddr", "right", "set", set);
}

/* The ACK that ends a handshake: of no connection, and of the four flags only ACK is set. */
static json_t *ack_match(void)
{
	json_t *flags =
		json_pack("{s:[{s:[{s:[s,s]},s]},s]}", "|", "|", "|", "fin", "syn", "rst", "ack");

	return json_pack("{s:{s:s,s:{s:[{s:{s:s,s:s}},o]},s:s}}", "match", "op", "==", "left", "&",
		"payload", "protocol", "tcp", "field", "flags", flags, "right", "ack");
}

static json_t *invalid_match(void)
{
	return json_pack("{s:{s:s,s:{s:{s:s}},s:s}}", "match", "op", "in", "left", "ct", "key",
		"state", "right", "invalid");
}

static int add_synproxy_rule(json_t *document, const char *chain, json_t *expression)
{
	return append(document, "add", "rule",
		json_pack("{s:s,s:s,s:s,s:o}", "family", FAMILY, "table", NFT_SYNPROXY_TABLE,
			"chain", chain, "expr", expression));
}

static int add_completion(json_t *document, const struct nft_synproxy *synproxy, bool v6)
{
	json_t *destination = destination_match(synproxy->prefixes, synproxy->count, v6);

	if (!destination)
		return 0;
	return add_synproxy_rule(document, "complete",
		json_pack("[o,{s:{s:i,s:i,s:[s,s]}}]", destination, "synproxy", "mss",
			(int)synproxy->mss, "wscale", (int)synproxy->window_scale, "flags",
			"timestamp", "sack-perm"));
}

/* The ACK with which synproxy ends its handshake with the server echoes the server's timestamp, and
 * conntrack would translate that once more: to one that was never sent, and servers that look
 * (Linux: tcp_check_req()) ignore the ACK until they have sent their SYN-ACK again. So it goes
 * out untracked. It is known by having no socket. */
static int add_untracked(json_t *document, const struct nft_synproxy *synproxy, bool v6)
{
	json_t *destination = destination_match(synproxy->prefixes, synproxy->count, v6);

	if (!destination)
		return 0;
	return add_synproxy_rule(
		document, "output", json_pack("[o,o,{s:n}]", destination, ack_match(), "notrack"));
}

static int add_socket_rule(json_t *document)
{
	return add_synproxy_rule(document, "output",
		json_pack("[{s:{s:s,s:{s:{s:s}},s:i}},{s:n}]", "match", "op", ">=", "left", "meta",
			"key", "skuid", "right", 0, "accept"));
}

/* What is there is deleted and made again, in one transaction: no packet sees it gone. */
int nft_add_synproxy(json_t *document, const struct nft_synproxy *synproxy, bool is_on)
{
	int result = nft_delete_synproxy(document);

	if (result == 0)
		result = append(document, "add", "table", synproxy_table());
	if (result == 0)
		result = add_synproxy_chains(document);
	if (result == 0)
		result = add_socket_rule(document);
	for (int v6 = 0; v6 < 2 && result == 0; v6++) {
		result = add_completion(document, synproxy, v6);
		if (result == 0)
			result = add_untracked(document, synproxy, v6);
	}
	if (result)
		return result;
	return add_synproxy_rule(document, "forward",
		is_on ? json_pack("[o,o,{s:{s:s}}]", ack_match(), invalid_match(), "jump", "target",
				"complete")
		      : json_pack("[o,o,{s:n}]", ack_match(), invalid_match(), "counter"));
}

/* Added first, so that it is fine when there is none. */
int nft_delete_synproxy(json_t *document)
{
	int result = append(document, "add", "table", synproxy_table());

	return result ? result : append(document, "delete", "table", synproxy_table());
}

/* "192.0.2.1" or {"prefix": {"addr": …, "len": …}} → wire form. */
static int read_value(const json_t *value, struct wire_prefix *ret_prefix)
{
	const char *text = json_string_value(value);
	const json_t *prefix = json_object_get(value, "prefix");
	struct addr addr;
	unsigned bits, shift;
	json_int_t len;

	if (prefix)
		text = json_string_value(json_object_get(prefix, "addr"));
	if (!text || addr_prefix_parse(text, &addr, &bits))
		return -EINVAL;
	if (prefix) {
		shift = addr_is_v4(&addr) ? ADDR_V4_BITS : 0;
		len = json_integer_value(json_object_get(prefix, "len"));
		if (len < 0 || len > 128 - (json_int_t)shift)
			return -EINVAL;
		bits = (unsigned)len + shift;
	}
	*ret_prefix = (struct wire_prefix){ .bits = bits };
	memcpy(ret_prefix->addr.byte, addr.byte, sizeof(addr.byte));
	return 0;
}

static bool set_of(const char *name, enum nft_set *ret_set)
{
	for (int set = 0; name && set < NFT_SET_COUNT; set++) {
		if (strcmp(name, set_names[set][0]) != 0 && strcmp(name, set_names[set][1]) != 0)
			continue;
		*ret_set = set;
		return true;
	}
	return false;
}

int nft_read_listing(const char *text,
	void (*call)(void *context, enum nft_set set, const struct wire_prefix *prefix,
		uint64_t mitigation, uint64_t expires_s),
	void *context)
{
	json_t *root = json_loads(text, 0, NULL), *entry, *element;
	json_t *list = json_object_get(root, "nftables");
	size_t i, k;

	if (!json_is_array(list)) {
		json_decref(root);
		return -EINVAL;
	}
	json_array_foreach(list, i, entry) {
		const json_t *body = json_object_get(entry, "set");
		enum nft_set set;

		if (!set_of(json_string_value(json_object_get(body, "name")), &set))
			continue;
		json_array_foreach(json_object_get(body, "elem"), k, element) {
			const json_t *inner = json_object_get(element, "elem");
			const char *comment = json_string_value(json_object_get(inner, "comment"));
			json_int_t expires = json_integer_value(json_object_get(inner, "expires"));
			struct wire_prefix prefix;

			if (!comment || strncmp(comment, COMMENT, strlen(COMMENT)) != 0 ||
				read_value(json_object_get(inner, "val"), &prefix))
				continue; /* put in by hand: not ours to take back */
			call(context, set, &prefix, strtoull(comment + strlen(COMMENT), NULL, 10),
				expires > 0 ? (uint64_t)expires : 0);
		}
	}
	json_decref(root);
	return 0;
}
