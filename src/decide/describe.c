/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide/describe.c - the names of what a mitigation is made of, and a mitigation in a line.
 */
#include <stdarg.h>
#include <stdio.h>

#include "decide/decide_internal.h"
#include "decide/learn_terms.h"

#define VERB(symbol, name, ...) [VERB_##symbol] = name,
const char *const verb_names[VERB_COUNT] = { MSG_VERBS(VERB) };
#undef VERB

const char *const mitigation_state_names[MITIGATION_STATE_COUNT] = {
	[MITIGATION_SHADOW] = "shadow",
	[MITIGATION_ASKED] = "asked",
	[MITIGATION_IN_FORCE] = "in_force",
	[MITIGATION_FAILED] = "failed",
	[MITIGATION_RELEASED] = "released",
};

const char *const mitigation_origin_names[ORIGIN_COUNT] = {
	[ORIGIN_POLICY] = "policy",
	[ORIGIN_KERNEL] = "kernel",
	[ORIGIN_OPERATOR] = "operator",
};

struct line {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int more;

	if (line->used + 1 >= line->size)
		return;
	va_start(arguments, format);
	more = vsnprintf(line->text + line->used, line->size - line->used, format, arguments);
	va_end(arguments);
	line->used += more > 0 ? (size_t)more : 0;
	if (line->used >= line->size)
		line->used = line->size - 1;
}

static struct line line_over(char *text, size_t size)
{
	if (size > 0)
		text[0] = '\0';
	return (struct line){ text, size, 0 };
}

const char *class_word(uint32_t class)
{
	static const char *const words[WIRE_CLASS_COUNT] = {
		[WIRE_CLASS_SYN] = "TCP SYN",
		[WIRE_CLASS_TCP] = "TCP out of state",
		[WIRE_CLASS_ANSWER] = "amplifier answers",
		[WIRE_CLASS_ICMP] = "ICMP",
		[WIRE_CLASS_FRAGMENT] = "fragments",
		[WIRE_CLASS_UDP] = "UDP",
		[WIRE_CLASS_OTHER] = "other protocols",
	};

	return class < WIRE_CLASS_COUNT ? words[class] : "traffic";
}

static void add_protocol(struct line *line, const struct wire_filter *filter)
{
	unsigned protocol = filter->value[0] & 0xff;

	if ((filter->mask[0] & 0xff) != 0xff)
		add(line, "any protocol");
	else if (protocol == 6)
		add(line, "tcp");
	else if (protocol == 17)
		add(line, "udp");
	else if (protocol == 1)
		add(line, "icmp");
	else if (protocol == 58)
		add(line, "icmpv6");
	else
		add(line, "protocol %u", protocol);
}

static void add_flags(struct line *line, const struct wire_filter *filter)
{
	static const char *const flags[8] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece",
		"cwr" };
	uint8_t mask = (uint8_t)(filter->mask[0] >> 8), value = (uint8_t)(filter->value[0] >> 8);
	const char *between = ", flags ";

	if (!mask)
		return;
	for (unsigned i = 0; i < 8; i++)
		if (value >> i & 1) {
			add(line, "%s%s", between, flags[i]);
			between = "+";
		}
	if (!value)
		add(line, "%snone", between);
}

static void add_field(
	struct line *line, const struct wire_filter *filter, unsigned index, const char *name)
{
	struct field field = field_at(index);
	unsigned all = (1U << field.bits) - 1;
	unsigned mask = (unsigned)(filter->mask[field.word] >> field.shift) & all;
	unsigned value = (unsigned)(filter->value[field.word] >> field.shift) & all;

	if (mask == all)
		add(line, ", %s %u", name, value);
	else if (mask)
		add(line, ", %s & 0x%x = 0x%x", name, mask, value);
}

static void add_range(
	struct line *line, const char *name, unsigned least, unsigned most, unsigned max)
{
	if (least == most)
		add(line, ", %s %u", name, least);
	else if (least > 0 && most >= max)
		add(line, ", %s from %u", name, least);
	else if (most < max)
		add(line, ", %s %u-%u", name, least, most);
}

/* Payload bytes of one word: "??" for those that may be anything. */
static void add_bytes(struct line *line, uint64_t mask, uint64_t value, unsigned offset)
{
	unsigned last = 8;

	if (!mask)
		return;
	while (last > 1 && !(mask >> 8 * (last - 1) & 0xff))
		last--;
	add(line, ", payload byte %u:", offset);
	for (unsigned i = 0; i < last; i++) {
		unsigned byte_mask = mask >> 8 * i & 0xff, byte = value >> 8 * i & 0xff;

		if (byte_mask == 0xff)
			add(line, " %02x", byte);
		else if (byte_mask)
			add(line, " %02x/%02x", byte, byte_mask);
		else
			add(line, " ??");
	}
}

static void add_fragment(struct line *line, const struct wire_filter *filter)
{
	unsigned value = filter->value[0] >> 24 & 0xff;

	if ((filter->mask[0] >> 24 & 0xff) && value > 0)
		add(line, value == 1 ? ", first fragment" : ", later fragments");
}

static void add_filter(struct line *line, const struct wire_filter *filter)
{
	uint8_t protocol = (uint8_t)filter->value[0];
	bool is_icmp = protocol == 1 || protocol == 58;

	add_protocol(line, filter);
	add_flags(line, filter);
	add_fragment(line, filter);
	add_field(line, filter, FIELD_SOURCE_PORT, is_icmp ? "type" : "source port");
	add_field(line, filter, FIELD_DESTINATION_PORT, is_icmp ? "code" : "destination port");
	add_field(line, filter, FIELD_IP_LEN, "length");
	add_range(line, "length", filter->ip_len_min, filter->ip_len_max, UINT16_MAX);
	add_field(line, filter, FIELD_PAYLOAD_LEN, "payload length");
	add_range(line, "payload length", filter->payload_len_min, filter->payload_len_max,
		UINT16_MAX);
	add_field(line, filter, FIELD_TTL, "ttl");
	add_range(line, "ttl", filter->ttl_min, filter->ttl_max, UINT8_MAX);
	add_field(line, filter, FIELD_TCP_WINDOW, "window");
	add_field(line, filter, FIELD_IP_ID, "ip id");
	add_bytes(line, filter->mask[2], filter->value[2], 0);
	add_bytes(line, filter->mask[3], filter->value[3], 8);
	add_bytes(line, filter->deep_mask, filter->deep_value, filter->deep_offset);
}

const char *filter_describe(const struct wire_filter *filter, char *text, size_t size)
{
	struct line line = line_over(text, size);

	add_filter(&line, filter);
	return text;
}

const char *mitigation_describe(const struct mitigation *m, char *text, size_t size)
{
	struct line line = line_over(text, size);
	char whom[ADDR_TEXT_MAX];

	addr_prefix_format(&m->whom, m->bits, whom);
	switch (m->verb) {
	case VERB_FILTER:
		add(&line, "drop to %s: ", whom);
		add_filter(&line, &m->filter);
		break;
	case VERB_LIMIT_SOURCE:
		add(&line, "limit what %s sends to %u packets/s", whom, m->rate_pps);
		break;
	case VERB_LIMIT_CLASS:
		if (m->rate_pps)
			add(&line, "limit %s to %s to %u packets/s", class_word(m->class), whom,
				m->rate_pps);
		else
			add(&line, "limit %s to %s", class_word(m->class), whom);
		break;
	case VERB_COOKIES:
		add(&line, "answer SYNs to %s with cookies", whom);
		break;
	case VERB_STATEFUL:
		add(&line, "pass only what was asked for of %s to %s", class_word(m->class), whom);
		break;
	case VERB_QUARANTINE:
		add(&line, "let nothing leave from %s", whom);
		break;
	case VERB_COMMAND:
		add(&line, "run the operator's program about %s", whom);
		break;
	default:
		add(&line, "drop all from %s%s", whom,
			m->verb == VERB_NFT_BLOCK ? " (firewall)" : "");
	}
	return text;
}
