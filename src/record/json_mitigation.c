/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_mitigation.c - the mitigation object, the same in events, journal answers and -j.
 *
 * A learned filter is given twice: in words, for a person, naming only what it really compares; and
 * as the numbers of struct wire_filter, in hexadecimal text, since JSON numbers end at 2^53.
 */
#include <inttypes.h>
#include <string.h>

#include "decide/decide.h"
#include "lib/text.h"
#include "record/filter_words.h"
#include "record/json_value.h"

const char *const class_names[WIRE_CLASS_COUNT] = {
	[WIRE_CLASS_SYN] = "syn",
	[WIRE_CLASS_TCP] = "tcp",
	[WIRE_CLASS_ANSWER] = "answer",
	[WIRE_CLASS_ICMP] = "icmp",
	[WIRE_CLASS_FRAGMENT] = "fragment",
	[WIRE_CLASS_UDP] = "udp",
	[WIRE_CLASS_OTHER] = "other",
};

static json_t *value_hex(uint64_t word)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, word);
	return json_string(text);
}

static json_t *value_words(const __u64 *words)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < WIRE_FEATURE_WORDS; i++)
		if (!array_add(array, value_hex(words[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *value_range(unsigned least, unsigned most)
{
	return json_pack("[i,i]", (int)least, (int)most);
}

static json_t *value_filter(const struct wire_filter *filter)
{
	char words[FILTER_WORDS_MAX];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "text", value_text(filter_words(filter, words, sizeof(words))));
	fields_put(&fields, "mask", value_words(filter->mask));
	fields_put(&fields, "value", value_words(filter->value));
	fields_put(&fields, "deep_offset", json_integer(filter->deep_offset));
	fields_put(&fields, "deep_mask", value_hex(filter->deep_mask));
	fields_put(&fields, "deep_value", value_hex(filter->deep_value));
	fields_put(&fields, "ip_len", value_range(filter->ip_len_min, filter->ip_len_max));
	fields_put(&fields, "payload_len",
		value_range(filter->payload_len_min, filter->payload_len_max));
	fields_put(&fields, "ttl", value_range(filter->ttl_min, filter->ttl_max));
	return fields_end(&fields);
}

static json_t *value_time_or_null(int64_t time_ns)
{
	return time_ns ? value_time(time_ns) : json_null();
}

/* -1 stands for not known. */
static json_t *value_share(double share)
{
	return share >= 0 ? value_number(share, 4) : json_null();
}

static json_t *value_class(const struct mitigation *mitigation)
{
	return mitigation->verb == VERB_LIMIT_CLASS && mitigation->class < WIRE_CLASS_COUNT
		       ? json_string(class_names[mitigation->class])
		       : json_null();
}

/* Unlike value_address(): ::/0 is somebody here. */
static json_t *value_whom(const struct mitigation *mitigation)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_prefix_format(&mitigation->whom, mitigation->bits, text));
}

static void put_course(struct fields *fields, const struct mitigation *mitigation)
{
	fields_put(fields, "begins", value_time_or_null(mitigation->begins_ns));
	fields_put(fields, "expires", value_time_or_null(mitigation->expires_ns));
	fields_put(fields, "ended", value_time_or_null(mitigation->ended_ns));
	fields_put(fields, "last_hit", value_time_or_null(mitigation->last_hit_ns));
	fields_put(fields, "hits", value_count(mitigation->hits));
	fields_put(fields, "bytes", value_count(mitigation->bytes));
}

json_t *value_mitigation(const struct mitigation *mitigation)
{
	bool has_incident = mitigation->incident[0], has_filter = mitigation->verb == VERB_FILTER;
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "id", value_count(mitigation->id));
	fields_put(&fields, "verb", json_string(verb_names[mitigation->verb]));
	fields_put(&fields, "state", json_string(mitigation_state_names[mitigation->state]));
	fields_put(&fields, "origin", json_string(mitigation_origin_names[mitigation->origin]));
	fields_put(&fields, "whom", value_whom(mitigation));
	fields_put(&fields, "class", value_class(mitigation));
	fields_put(&fields, "rate_pps",
		mitigation->rate_pps ? json_integer(mitigation->rate_pps) : json_null());
	fields_put(&fields, "incident", value_text(has_incident ? mitigation->incident : NULL));
	fields_put(&fields, "kind",
		mitigation->kind == KIND_NONE ? json_null()
					      : json_string(kind_info(mitigation->kind)->name));
	put_course(&fields, mitigation);
	fields_put(&fields, "coverage", value_share(mitigation->coverage));
	fields_put(&fields, "collateral", value_share(mitigation->collateral));
	fields_put(&fields, "filter", has_filter ? value_filter(&mitigation->filter) : json_null());
	fields_put(&fields, "why", value_text(mitigation->why));
	return fields_end(&fields);
}
