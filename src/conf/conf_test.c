/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/conf_test.c - loading, refusing, printing; conf_bounds_test.c has the bounds.
 *
 * Refusals are a table of text and the message it must give: so a message is as fixed as a value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf_fixture.h"
#include "conf/message.h"
#include "conf/table.h"
#include "conf/text.h"

static void test_defaults(void **state)
{
	static const char *const empty[] = { "", "\n", "# nothing\n", "---\n", "{}", "~",
		"networks:\ngroups:\nallow:\nflood:\nscan: null\nmemory: {}\n" };
	struct conf conf;
	char *expected;

	(void)state;
	memset(&conf, 0xff, sizeof(conf));
	conf_default(&conf);
	assert_int_equal(conf.workers, 0);
	assert_int_equal(conf.memory.total_bytes, 805306368);
	assert_int_equal(conf.flood.host_pps, 20000);
	assert_int_equal(conf.scan.hosts, 25);
	assert_true(conf.scan.failed_share == 0.5);
	assert_int_equal(conf.group_count + conf.networks.count + conf.allow.count, 0);
	expected = printed(&conf);
	for (unsigned i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		struct conf *loaded = load(empty[i]);
		char *text = printed(loaded);

		assert_string_equal(text, expected);
		free(text);
		conf_close(loaded);
	}
	free(expected);
	conf_close(NULL);
}

/* The words of a choice are as many as its range says, and its text is as long as it may be. */
static void check_words(const struct conf_option *option)
{
	struct conf_value value;
	unsigned bars = 0;

	if (option->type == CONF_TYPE_TEXT) {
		assert_in_range(option->max.whole, option->min.whole, CONF_TEXT_OPTION_MAX);
		assert_int_equal(conf_value_parse(option, option->otherwise.text, &value), 0);
	}
	if (option->type != CONF_TYPE_CHOICE)
		return;
	for (const char *at = option->unit; *at; at++)
		bars += *at == '|';
	assert_int_equal(option->min.whole, 0);
	assert_int_equal(option->max.whole, bars);
	assert_int_equal(conf_value_parse(option, "", &value), -EINVAL);
	assert_int_equal(conf_value_parse(option, "|", &value), -EINVAL);
	assert_int_equal(conf_value_parse(option, option->unit, &value), -EINVAL);
}

static void test_table_is_sound(void **state)
{
	struct conf_value number;
	char text[CONF_VALUE_TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];
		const struct conf_value *const ends[] = { &option->otherwise, &option->min,
			&option->max };

		check_words(option);
		for (unsigned k = 0; k < 3 && option->type != CONF_TYPE_TEXT; k++) {
			conf_value_format(option, *ends[k], text);
			assert_int_equal(conf_value_parse(option, text, &number), 0);
			assert_true(number.whole == ends[k]->whole);
			assert_true(number.real == ends[k]->real);
		}
		assert_true(*option->key && *option->source && *option->meaning);
	}
}

static void test_values(void **state)
{
	struct conf *conf = load("workers: 7\nseed: 18446744073709551615\n"
				 "memory: {total: 3G, flows: \"2000\"}\n"
				 "flood:\n  host_pps: 00042 # padded\n  change_factor: 2.25\n"
				 "scan: {failed_share: 1e-1}\n"
				 "networks: [198.51.100.0/24, \"2001:db8::/32\", 192.0.2.7]\n"
				 "allow:\n  - ::/0\n  - ::/0\n"
				 "groups:\n  - name: web.1\n    networks: [203.0.113.0/25]\n");

	(void)state;
	assert_int_equal(conf->workers, 7);
	assert_true(conf->seed == UINT64_MAX);
	assert_int_equal(conf->memory.total_bytes, 3LL << 30);
	assert_int_equal(conf->memory.flows, 2000);
	assert_int_equal(conf->flood.host_pps, 42);
	assert_true(conf->flood.change_factor == 2.25);
	assert_true(conf->scan.failed_share == 0.1);
	assert_int_equal(conf->networks.count, 3);
	assert_int_equal(conf->networks.list[0].bits, ADDR_V4_BITS + 24);
	assert_int_equal(conf->networks.list[1].bits, 32);
	assert_int_equal(conf->networks.list[2].bits, 128);
	assert_int_equal(conf->allow.count, 2);
	assert_int_equal(conf->group_count, 1);
	assert_string_equal(conf->groups[0].name, "web.1");
	assert_int_equal(conf->groups[0].networks.list[0].bits, ADDR_V4_BITS + 25);
	conf_close(conf);
}

static void test_words(void **state)
{
	char *text = NULL, word[CONF_CHOICE_MAX];
	struct conf *conf = load("interfaces: [eth0, \"wan.7\"]\nlists: [/b, '/a \"c\" \\']\n"
				 "run: {mode: enforce, user: null, events: '/a \"b\" \\ \u00fc'}\n"
				 "gate: {attach: none, unreadable: pass, antispoof: on}\n"
				 "policy: {block: off, portal: \"2001:db8::7\"}\n");

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(conf->interfaces.count, 2);
		assert_string_equal(conf->interfaces.list[0], "eth0");
		assert_string_equal(conf->interfaces.list[1], "wan.7");
		assert_int_equal(conf->lists.count, 2);
		assert_string_equal(conf->lists.list[0], "/b");
		assert_string_equal(conf->lists.list[1], "/a \"c\" \\");
		assert_int_equal(conf->run.mode, 2);
		assert_string_equal(conf->run.user, "null");
		assert_string_equal(conf->run.group, "weir");
		assert_string_equal(conf->run.events, "/a \"b\" \\ \u00fc");
		assert_int_equal(conf->run.ring_bytes, 8388608);
		assert_int_equal(conf->gate.attach, CONF_ATTACH_NONE);
		assert_int_equal(conf->gate.unreadable, CONF_PASS);
		assert_int_equal(conf->gate.antispoof, CONF_ON);
		assert_int_equal(conf->policy.block, CONF_OFF);
		assert_int_equal(conf->policy.limit, CONF_ON);
		assert_string_equal(conf->policy.portal, "2001:db8::7");
		text = printed(conf);
		conf_close(conf);
		conf = load(text);
		free(text);
	}
	assert_string_equal(conf_choice_name(conf, "run", "mode", word), "enforce");
	assert_string_equal(conf_choice_name(conf, "gate", "attach", word), "none");
	assert_string_equal(conf_choice_name(conf, "gate", "hold_ms", word), "?");
	conf_close(conf);
}

/* Values that are awkward to print, then printed and loaded once more. */
static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		"memory: {total: 1T, flows: 1001}\nscan: {failed_share: 0.30000000000000004}\n",
		"memory: {total: 67108865}\nconn: {silent_share: 1e-300}\n",
		"memory: {total: 65537K}\nreflector: {ratio: 99999.999999999985}\nseed: 1\n",
		"networks: ['::/0', 0.0.0.0/0, '::ffff:10.0.0.0/104', '::/96', 'fe80::1']\n"
		"groups:\n- {name: \"null\", networks: ['::/1']}\n- {name: 0x1, networks: "
		"['8000::/1']}\n"
		"allow: [255.255.255.255]\n",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct conf *first = load(texts[i]);
		char *once = printed(first);
		struct conf *second = load(once);
		char *twice = printed(second);

		assert_string_equal(once, twice);
		assert_true(first->scan.failed_share == second->scan.failed_share);
		assert_true(first->conn.silent_share == second->conn.silent_share);
		assert_true(first->reflector.ratio == second->reflector.ratio);
		assert_true(first->memory.total_bytes == second->memory.total_bytes);
		free(once);
		free(twice);
		conf_close(first);
		conf_close(second);
	}
}

struct refusal {
	const char *text, *message;
};

#define INTERFACE " is no name of an interface: up to 15 letters, digits, signs"
#define PREFIX " is not a prefix such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7"

static const struct refusal bad_keys[] = {
	{ "flood:\n  hots_pps: 5\n",
		"weir.yaml:2: flood: unknown key \"hots_pps\"; did you mean host_pps?" },
	{ "flod:\n", "weir.yaml:1: unknown key \"flod\"; did you mean flood?" },
	{ "host_pps: 5\n",
		"weir.yaml:1: unknown key \"host_pps\" here; did you mean flood.host_pps?" },
	{ "scan:\n  workers: 5\n",
		"weir.yaml:2: scan: unknown key \"workers\" here; did you mean workers?" },
	{ "colour: 1\n", "weir.yaml:1: unknown key \"colour\"; weir.yaml(5) lists them" },
	{ "<<: {workers: 1}\n", "weir.yaml:1: unknown key \"<<\"; weir.yaml(5) lists them" },
	{ "\"seed\\0\": 1\n", "weir.yaml:1: unknown key \"seed\"; did you mean seed?" },
	{ "workers: 1\nseed: 1\nworkers: 2\n", "weir.yaml:3: workers: is there twice" },
	{ "flood: {}\nflood: {}\n", "weir.yaml:2: flood: is there twice" },
	{ "[1, 2]: 3\n", "weir.yaml:1: expected a key, got " A_LIST },
	{ "? {a: 1}\n: 2\n", "weir.yaml:1: expected a key, got " A_MAPPING },
	{ "groups:\n  - networks: [10.0.0.0/8]\n", "weir.yaml:2: groups[0]: name is missing" },
	{ "groups:\n  - name: a\n\n", "weir.yaml:2: groups[0]: networks is missing" },
};

static const struct refusal bad_shapes[] = {
	{ "- 1\n", "weir.yaml:1: expected " A_MAPPING ", got " A_LIST },
	{ "hello\n", "weir.yaml:1: \"hello\": expected " A_MAPPING },
	{ "flood: 5\n", "weir.yaml:1: flood: \"5\": expected " A_MAPPING },
	{ "flood: [1]\n", "weir.yaml:1: flood: expected " A_MAPPING ", got " A_LIST },
	{ "seed:\n  a: 1\n", "weir.yaml:2: seed: expected a single value, got " A_MAPPING },
	{ "flood:\n  host_pps:\n    - 5\n",
		"weir.yaml:3: flood.host_pps: expected a single value, got " A_LIST },
	{ "networks: 10.0.0.0/8\n", "weir.yaml:1: networks: \"10.0.0.0/8\": expected " A_LIST },
	{ "networks: [[192.0.2.1]]\n",
		"weir.yaml:1: networks[0]: expected a single value, got " A_LIST },
	{ "groups: [a]\n", "weir.yaml:1: groups[0]: \"a\": expected " A_MAPPING },
	{ "groups: [{name: a, networks: []}]\n",
		"weir.yaml:1: groups[0].networks: is empty; at least one entry is needed" },
	{ "groups: [{name: a, networks: }]\n",
		"weir.yaml:1: groups[0].networks: \"\": expected " A_LIST },
	{ "workers: 1\n---\nworkers: 2\n", "weir.yaml:2: a second document; only one is read" },
	{ "workers: &x 1\nseed: *x\n",
		"weir.yaml:2: seed: aliases (*name) are not supported; write it out" },
	{ "workers: [1,\n", "weir.yaml:1: workers: expected a single value, got " A_LIST },
	{ "networks: [192.0.2.1,\n", "weir.yaml:2: not YAML: did not find expected node content "
				     "while parsing a flow node" },
	{ "\tworkers: 1\n", "weir.yaml:1: not YAML: found character that cannot start any token "
			    "while scanning for the next token" },
	{ "%YAML 9.9\n---\n{}\n", "weir.yaml:1: not YAML: found incompatible YAML document" },
};

static const struct refusal bad_values[] = {
	{ "workers: 65\n",
		"weir.yaml:1: workers: \"65\" is out of range; allowed is 0..64, default 0" },
	{ "workers: -1\n", "weir.yaml:1: workers: \"-1\" is not a whole number; "
			   "allowed is 0..64, default 0" },
	{ "workers: many\n", "weir.yaml:1: workers: \"many\" is not a whole number; "
			     "allowed is 0..64, default 0" },
	{ "workers:\n", "weir.yaml:1: workers: \"\" is not a whole number; "
			"allowed is 0..64, default 0" },
	{ "workers: 0x10\n", "weir.yaml:1: workers: \"0x10\" is not a whole number; "
			     "allowed is 0..64, default 0" },
	{ "seed: 18446744073709551616\n",
		"weir.yaml:1: seed: \"18446744073709551616\" is out of range; "
		"allowed is 0..18446744073709551615, default 0" },
	{ "flood:\n  sources: 1\n  host_pps: 0\n",
		"weir.yaml:3: flood.host_pps: \"0\" is out of range; "
		"allowed is 1..10000000000 packets/s, default 20000" },
	{ "memory: {total: 1M}\n", "weir.yaml:1: memory.total: \"1M\" is out of range; "
				   "allowed is 64M..1T, default 768M" },
	{ "memory: {total: 99999999999999999999}\n",
		"weir.yaml:1: memory.total: \"99999999999999999999\" is out of range; "
		"allowed is 64M..1T, default 768M" },
	{ "memory: {total: 18014398509481985T}\n",
		"weir.yaml:1: memory.total: \"18014398509481985T\" is out of range; "
		"allowed is 64M..1T, default 768M" },
	{ "memory: {total: 512MB}\n",
		"weir.yaml:1: memory.total: \"512MB\" is not a size such as 512M or 2G; "
		"allowed is 64M..1T, default 768M" },
	{ "memory: {total: 512m}\n",
		"weir.yaml:1: memory.total: \"512m\" is not a size such as 512M or 2G; "
		"allowed is 64M..1T, default 768M" },
	{ "memory: {total: M}\n",
		"weir.yaml:1: memory.total: \"M\" is not a size such as 512M or 2G; "
		"allowed is 64M..1T, default 768M" },
	{ "scan: {failed_share: 1.5}\n", "weir.yaml:1: scan.failed_share: \"1.5\" is out of range; "
					 "allowed is 0..1, default 0.5" },
	{ "scan: {failed_share: 1e999}\n",
		"weir.yaml:1: scan.failed_share: \"1e999\" is out of range; "
		"allowed is 0..1, default 0.5" },
	{ "scan: {failed_share: .nan}\n",
		"weir.yaml:1: scan.failed_share: \".nan\" is not a number such as 0.8; "
		"allowed is 0..1, default 0.5" },
	{ "scan: {failed_share: 0.5.5}\n",
		"weir.yaml:1: scan.failed_share: \"0.5.5\" is not a number such as 0.8; "
		"allowed is 0..1, default 0.5" },
	{ "workers: \"1\\0\"\n", "weir.yaml:1: workers: holds a zero byte" },
	{ "workers: \"\\e[31m\"\n", "weir.yaml:1: workers: \"\\x1b[31m\" is not a whole number; "
				    "allowed is 0..64, default 0" },
	{ "workers: 0000000000000000000000000000000000000000000000000000000000000000\n",
		"weir.yaml:1: workers: \"0000000000000000000000000000000000000000000000000000000000"
		"...\" is longer than 63 bytes" },
};

static const struct refusal bad_words[] = {
	{ "run: {mode: Enforce}\n", "weir.yaml:1: run.mode: \"Enforce\" is not one of the words; "
				    "allowed is learn|shadow|enforce, default shadow" },
	{ "gate: {attach: \"\"}\n", "weir.yaml:1: gate.attach: \"\" is not one of the words; "
				    "allowed is auto|native|generic|tc|none, default auto" },
	{ "run: {user: ''}\n", "weir.yaml:1: run.user: \"\" is out of range; "
			       "allowed is 1..255 bytes, default \"weir\"" },
	{ "run: {user: \"a\\nb\"}\n", "weir.yaml:1: run.user: \"a\\x0ab\" is not plain text; "
				      "allowed is 1..255 bytes, default \"weir\"" },
	{ "run: {state_dir: var}\n", "weir.yaml:1: run.state_dir: \"var\" is not an absolute path; "
				     "allowed is 1..255 bytes, default \"/var/lib/weir\"" },
	{ "policy: {portal: 10.0.0.0/8}\n",
		"weir.yaml:1: policy.portal: \"10.0.0.0/8\" is not an address; "
		"allowed is 0..255 bytes, default \"\"" },
	{ "gate: {syn_high_pps: 4294967296}\n",
		"weir.yaml:1: gate.syn_high_pps: \"4294967296\" is out of range; "
		"allowed is 0..4294967295 packets/s, default 2000" },
	{ "gate:\n  syn_high_pps: 999\n",
		"weir.yaml: gate.syn_low_pps: 1000 is above gate.syn_high_pps, which is 999" },
	{ "gate:\n  icmp_low_pps: 1001\n",
		"weir.yaml:2: gate.icmp_low_pps: 1001 is above gate.icmp_high_pps, which is 1000" },
	{ "policy: {lease_s: 86401}\n",
		"weir.yaml:1: policy.lease_s: 86401 is above gate.lease_max_s, which is 86400" },
	{ "lists: [a/b]\n", "weir.yaml:1: lists[0]: \"a/b\" is not an absolute path of a file or "
			    "directory" },
	{ "lists: ['']\n", "weir.yaml:1: lists[0]: \"\" is not an absolute path of a file or "
			   "directory" },
	{ "interfaces: [a/b]\n", "weir.yaml:1: interfaces[0]: \"a/b\"" INTERFACE },
	{ "interfaces: ['']\n", "weir.yaml:1: interfaces[0]: \"\"" INTERFACE },
	{ "interfaces: [..]\n", "weir.yaml:1: interfaces[0]: \"..\"" INTERFACE },
	{ "interfaces:\n- sixteen-letters0\n",
		"weir.yaml:2: interfaces[0]: \"sixteen-letters0\"" INTERFACE },
	{ "interfaces: [a, b, a]\n", "weir.yaml:1: interfaces[2]: \"a\" is interfaces[0] already" },
};

static const struct refusal bad_lists[] = {
	{ "networks:\n  - 10.0.0.0/8\n  - 10.1.2.3/8\n",
		"weir.yaml:3: networks[1]: \"10.1.2.3/8\" has bits set beyond its length; "
		"did you mean 10.0.0.0/8?" },
	{ "allow: [\"2001:db8::1/32\"]\n",
		"weir.yaml:1: allow[0]: \"2001:db8::1/32\" has bits set beyond its length; "
		"did you mean 2001:db8::/32?" },
	{ "networks: [home]\n", "weir.yaml:1: networks[0]: \"home\"" PREFIX },
	{ "networks: [10.0.0.0/33]\n", "weir.yaml:1: networks[0]: \"10.0.0.0/33\"" PREFIX },
	{ "networks: [10.0.0.0/]\n", "weir.yaml:1: networks[0]: \"10.0.0.0/\"" PREFIX },
	{ "networks: [10.0.0.0/-8]\n", "weir.yaml:1: networks[0]: \"10.0.0.0/-8\"" PREFIX },
	{ "networks: [10.0.0.0/8x]\n", "weir.yaml:1: networks[0]: \"10.0.0.0/8x\"" PREFIX },
	{ "networks: [10.0.0/8]\n", "weir.yaml:1: networks[0]: \"10.0.0/8\"" PREFIX },
	{ "networks: [\"\"]\n", "weir.yaml:1: networks[0]: \"\"" PREFIX },
	{ "groups:\n- name: web\n  networks:\n  - 10.0.0.0/8\n  - ten\n",
		"weir.yaml:5: groups[0].networks[1]: \"ten\"" PREFIX },
	{ "groups: [{name: -a, networks: [192.0.2.1]}]\n",
		"weir.yaml:1: groups[0].name: \"-a\" is not a name: letters, digits, \"_\", "
		"\".\", \"-\", the last two not first" },
	{ "groups: [{name: '', networks: [192.0.2.1]}]\n",
		"weir.yaml:1: groups[0].name: \"\" is not a name: letters, digits, \"_\", "
		"\".\", \"-\", the last two not first" },
	{ "groups:\n- {name: a, networks: [192.0.2.1]}\n- {name: a, networks: [192.0.2.2]}\n",
		"weir.yaml:3: groups[1].name: \"a\" is the name of groups[0] already" },
	{ "groups:\n- {name: a, networks: [10.0.0.0/8]}\n- {name: b, networks: [10.0.0.0/8]}\n",
		"weir.yaml:2: groups: 10.0.0.0/8 is in two groups, a and b; a host has one group" },
};

#define CHECK_ALL(list)                                                                            \
	for (unsigned i = 0; i < sizeof(list) / sizeof((list)[0]); i++)                            \
	check_refused((list)[i].text, strlen((list)[i].text), (list)[i].message)

static void test_refusals(void **state)
{
	(void)state;
	CHECK_ALL(bad_keys);
	CHECK_ALL(bad_shapes);
	CHECK_ALL(bad_values);
	CHECK_ALL(bad_lists);
	CHECK_ALL(bad_words);
}

static void test_binary_is_refused(void **state)
{
	static const uint8_t zeros[64], broken[] = "\n\nworkers: \xc3\x28\n";

	(void)state;
	check_refused(zeros, sizeof(zeros),
		"weir.yaml:1: not text in UTF-8: control characters are not allowed (byte 0)");
	check_refused(broken, sizeof(broken) - 1,
		"weir.yaml:3: not text in UTF-8: invalid trailing UTF-8 octet (byte 12)");
	/* A reader that does not want the words gets the code all the same. */
	assert_int_equal(conf_load_bytes(zeros, 1, "x", NULL, NULL), -EINVAL);
}

static void test_files(void **state)
{
	char path[] = "/tmp/weir_conf_test.XXXXXX", text[128];
	int fd = mkstemp(path);
	struct err err = { "" };
	struct conf *conf = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "workers: 3\n", 11), 11);
	close(fd);
	assert_int_equal(conf_load(path, &err, &conf), 0);
	assert_int_equal(conf->workers, 3);
	conf_close(conf);
	if (geteuid() != 0) {
		assert_int_equal(chmod(path, 0), 0);
		assert_int_equal(conf_load(path, &err, &conf), -EACCES);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(conf_load(path, &err, &conf), -ENOENT);
	snprintf(text, sizeof(text), "%s: cannot open the configuration: No such file or directory",
		path);
	assert_string_equal(err.text, text);
	assert_int_equal(conf_load("/", &err, &conf), -EISDIR);
	assert_string_equal(err.text, "/: cannot read the configuration: Is a directory");
}

static void test_print_says_when_it_fails(void **state)
{
	struct conf conf;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	conf_default(&conf);
	assert_int_equal(conf_print(&conf, full), -EIO);
	fclose(full);
}

/* The shape check stands before it, so only a direct call gets here. */
static void test_libcyaml_is_heard(void **state)
{
	struct err err = { "" };
	struct conf_text *text = NULL;

	(void)state;
	assert_int_equal(
		conf_text_load((const uint8_t *)"flod: 1", 7, "weir.yaml", &err, &text), -EINVAL);
	assert_non_null(strstr(err.text, "weir.yaml: "));
	assert_non_null(strstr(err.text, "flod"));
	assert_null(text);
	conf_text_close(NULL);
}

static void test_nearest(void **state)
{
	static const char *const words[] = { "host_pps", "host_mbps",
		"a_word_that_is_longer_than_any_key_there_is", NULL };

	(void)state;
	assert_string_equal(conf_nearest("hots_pps", words), "host_pps");
	assert_string_equal(conf_nearest("hostpps", words), "host_pps");
	assert_string_equal(conf_nearest("host_mpbs", words), "host_mbps");
	assert_null(conf_nearest("port", words));
	assert_null(conf_nearest("", words));
	assert_null(conf_nearest("a_word_that_is_longer_than_any_key_there_ist", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_binary_is_refused),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_print_says_when_it_fails),
		cmocka_unit_test(test_libcyaml_is_heard),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
