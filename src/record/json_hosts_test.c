/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/json_hosts_test.c - hosts as JSON: joined with incidents, in order, cut, and within. */
#include <netinet/in.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "record/json_hosts.h"
#include "record/testing.h"

static struct conf conf;
static struct networks *networks;
static struct inventory *inventory;
static struct made *made;

/* 10.0.0.1 to 10.0.0.5 have browsed; .2 is a zombie, .3 a target, .4 a more certain zombie. */
static int begin(void **state)
{
	(void)state;
	conf_default(&conf);
	if (networks_open(&conf, NULL, &networks) < 0 ||
		inventory_open(&conf, networks, 1, &inventory) < 0)
		return -1;
	made = made_open();
	for (uint8_t i = 1; i <= 5; i++) {
		static const char agent[] = "Mozilla/5.0 (Windows NT 10.0)";
		struct app_event event = { .type = APP_HTTP, .time_ns = MADE_START + i };

		event.key.addr[0] = addr_from_v4((const uint8_t[]){ 10, 0, 0, i });
		event.key.addr[1] = made_addr("198.51.100.7");
		event.http.user_agent = (struct app_text){ agent, sizeof(agent) - 1 };
		inventory_see(inventory, &event);
	}
	return 0;
}

static int finish(void **state)
{
	(void)state;
	free(made);
	inventory_close(inventory);
	networks_close(networks);
	return 0;
}

static void add_incident(const char *addr, enum role role, float confidence)
{
	unsigned at = made->report.incident_count++;
	struct incident *incident = &made->incidents[at];

	snprintf(incident->id, sizeof(incident->id), "%08x", at);
	incident->kind = KIND_BOT_BEACON;
	incident->severity = SEVERITY_HIGH;
	incident->confidence = confidence;
	incident->finding_count = 1;
	incident->findings[0].reason = "it calls at regular times";
	made->entries[at][role][0] = (struct role_entry){ made_addr(addr), 128, 1 };
	incident->roles[role] =
		(struct role_list){ .list = made->entries[at][role], .listed = 1, .count = 1 };
}

static json_t *ask(unsigned list_max, const char *within, unsigned *ret_total)
{
	struct hosts_question question = { .inventory = inventory,
		.incidents = made->report.incidents,
		.incident_count = made->report.incident_count,
		.list_max = list_max };

	if (within)
		addr_prefix_parse(within, &question.within, &question.bits);
	return value_hosts(&question, ret_total);
}

static const char *address_at(const json_t *hosts, size_t i)
{
	return json_string_value(json_object_get(json_array_get(hosts, i), "address"));
}

static void joined(void **state)
{
	unsigned total;
	json_t *hosts;
	const json_t *first, *link;

	(void)state;
	add_incident("10.0.0.2", ROLE_ZOMBIE, 0.5F);
	add_incident("10.0.0.3", ROLE_TARGET, 0.9F);
	add_incident("10.0.0.4", ROLE_ZOMBIE, 0.8F);
	add_incident("10.9.9.9", ROLE_ZOMBIE, 0.8F); /* never heard */
	hosts = ask(100, NULL, &total);
	assert_int_equal(total, 5);
	assert_int_equal(json_array_size(hosts), 5);
	assert_string_equal(address_at(hosts, 0), "10.0.0.4");
	assert_string_equal(address_at(hosts, 1), "10.0.0.2");
	assert_string_equal(address_at(hosts, 2), "10.0.0.3");
	assert_string_equal(address_at(hosts, 3), "10.0.0.1");
	first = json_array_get(hosts, 0);
	link = json_array_get(json_object_get(first, "incidents"), 0);
	assert_true(json_real_value(json_object_get(first, "score")) > 0.79);
	assert_string_equal(json_string_value(json_object_get(first, "kind")), "computer");
	assert_string_equal(
		json_string_value(json_object_get(first, "system")), "Windows 10 or 11");
	assert_string_equal(json_string_value(json_object_get(link, "role")), "zombie");
	assert_string_equal(
		json_string_value(json_object_get(link, "why")), "it calls at regular times");
	assert_true(json_is_null(json_object_get(json_array_get(hosts, 2), "score")));
	json_decref(hosts);
}

/* Of a botnet the first finding may be about another of its hosts. */
static void why_is_about_the_host(void **state)
{
	struct incident *incident = &made->incidents[0];
	unsigned total;
	json_t *hosts;
	const json_t *link;

	(void)state;
	add_incident("10.0.0.2", ROLE_ZOMBIE, 0.5F);
	incident->finding_count = 3;
	incident->findings[0].from = made_addr("10.0.0.4");
	incident->findings[1] = (struct finding){
		.from = made_addr("10.0.0.2"), .confidence = 0.4F, .reason = "a weak sign"
	};
	incident->findings[2] = (struct finding){
		.from = made_addr("10.0.0.2"), .confidence = 0.8F, .reason = "a strong sign"
	};
	hosts = ask(100, "10.0.0.2", &total);
	link = json_array_get(json_object_get(json_array_get(hosts, 0), "incidents"), 0);
	assert_string_equal(json_string_value(json_object_get(link, "why")), "a strong sign");
	json_decref(hosts);
}

static void cut(void **state)
{
	unsigned total;
	json_t *hosts = ask(2, NULL, &total);

	(void)state;
	assert_int_equal(total, 5);
	assert_int_equal(json_array_size(hosts), 2);
	json_decref(hosts);
	hosts = ask(100, "10.0.0.4/31", &total);
	assert_int_equal(total, 2);
	assert_string_equal(address_at(hosts, 0), "10.0.0.4");
	json_decref(hosts);
	hosts = ask(100, "10.0.0.5", &total);
	assert_int_equal(total, 1);
	json_decref(hosts);
}

static void nobody(void **state)
{
	struct hosts_question question = { .list_max = 10 };
	unsigned total = 7;
	json_t *hosts = value_hosts(&question, &total);

	(void)state;
	assert_int_equal(total, 0);
	assert_int_equal(json_array_size(hosts), 0);
	assert_non_null(hosts);
	json_decref(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joined, begin, finish),
		cmocka_unit_test_setup_teardown(why_is_about_the_host, begin, finish),
		cmocka_unit_test_setup_teardown(cut, begin, finish),
		cmocka_unit_test_setup_teardown(nobody, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
