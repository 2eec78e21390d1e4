/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/mitigation_json_test.c - the mitigation object, and filters in words. */
#include "record/testing.h"

#include "decide/decide.h"
#include "record/filter_words.h"
#include "record/json_value.h"

static struct wire_filter any_filter(void)
{
	return (struct wire_filter){
		.ip_len_max = UINT16_MAX, .payload_len_max = UINT16_MAX, .ttl_max = UINT8_MAX
	};
}

static void assert_words(const struct wire_filter *filter, const char *expected)
{
	char words[FILTER_WORDS_MAX];

	assert_string_equal(filter_words(filter, words, sizeof(words)), expected);
}

static void test_words(void **state)
{
	struct wire_filter filter = any_filter();

	(void)state;
	assert_words(&filter, "every packet");
	filter.mask[0] = 0xff | 0xffffULL << 32;
	filter.value[0] = 17 | 53ULL << 32;
	assert_words(&filter, "protocol UDP, source port 53");
	filter.payload_len_min = 1200;
	filter.payload_len_max = 1400;
	filter.ttl_min = filter.ttl_max = 64;
	filter.mask[2] = 0xff00ffffULL << 8;
	filter.value[2] = 0x80001234ULL << 8;
	filter.deep_mask = 0xf0;
	filter.deep_value = 0x40;
	filter.deep_offset = 100;
	assert_words(&filter, "protocol UDP, source port 53, payload length 1200..1400, TTL 64, "
			      "payload from byte 1: 34 12 ?? 80, payload from byte 100: 40/f0");
	filter = any_filter();
	filter.mask[0] = 0x12ULL << 8;
	filter.value[0] = 0x02ULL << 8;
	filter.mask[1] = 0xffffULL << 48 | 0xffffULL << 32;
	filter.value[1] = 0x1234ULL << 48 | 65535ULL << 32;
	assert_words(&filter, "TCP flags & 0x12 = 0x2, TCP window 65535, IP id 0x1234");
}

/* However much there is to say, it is cut and not overrun. */
static void test_words_bounded(void **state)
{
	struct wire_filter filter;
	char words[64];

	(void)state;
	memset(&filter, 0x77, sizeof(filter));
	filter_words(&filter, words, sizeof(words));
	assert_int_equal(strlen(words), sizeof(words) - 1);
}

static void assert_text(const json_t *object, const char *key, const char *text)
{
	assert_non_null(json_string_value(json_object_get(object, key)));
	assert_string_equal(json_string_value(json_object_get(object, key)), text);
}

static void test_object(void **state)
{
	struct mitigation mitigation = { .id = 1763839456000001,
		.verb = VERB_FILTER,
		.state = MITIGATION_IN_FORCE,
		.whom = made_addr("198.51.100.7"),
		.bits = 128,
		.filter = any_filter(),
		.incident = "3f9a2c81",
		.kind = KIND_FLOOD_UDP,
		.begins_ns = 1700000000 * NS_PER_S,
		.coverage = 0.98765,
		.collateral = -1,
		.hits = UINT64_MAX,
		.why = "no narrower one" };
	json_t *value = value_mitigation(&mitigation);

	(void)state;
	assert_int_equal(json_object_size(value), 19);
	assert_text(value, "verb", "filter");
	assert_text(value, "state", "in_force");
	assert_text(value, "origin", "policy");
	assert_text(value, "whom", "198.51.100.7");
	assert_text(value, "kind", "flood.udp");
	assert_text(value, "begins", "2023-11-14T22:13:20.000000+0000");
	assert_text(json_object_get(value, "filter"), "text", "every packet");
	assert_true(json_is_null(json_object_get(value, "expires")));
	assert_true(json_is_null(json_object_get(value, "collateral")));
	assert_true(json_is_null(json_object_get(value, "class")));
	assert_true(json_integer_value(json_object_get(value, "id")) == 1763839456000001);
	assert_true(json_integer_value(json_object_get(value, "hits")) == INT64_MAX);
	json_decref(value);
	mitigation.verb = VERB_LIMIT_CLASS;
	mitigation.class = WIRE_CLASS_ICMP;
	mitigation.rate_pps = 100;
	mitigation.incident[0] = '\0';
	mitigation.kind = KIND_NONE;
	value = value_mitigation(&mitigation);
	assert_text(value, "class", "icmp");
	assert_int_equal(json_integer_value(json_object_get(value, "rate_pps")), 100);
	assert_true(json_is_null(json_object_get(value, "incident")));
	assert_true(json_is_null(json_object_get(value, "kind")));
	assert_true(json_is_null(json_object_get(value, "filter")));
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_bounded), cmocka_unit_test(test_object) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
