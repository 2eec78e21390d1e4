/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/report_json_test.c - the JSON document and the EVE lines, read back with another eye. */
#include "record/testing.h"

#include "record/json_value.h"
#include "record/names.h"

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("line %d column %d: %s", error.line, error.column, error.text);
	return root;
}

static json_t *document_of(struct made *made)
{
	char *text = made_text_of(report_json, &made->report);
	json_t *root = parse(text);

	for (const char *byte = text; *byte; byte++)
		assert_true((*byte >= 0x20 && *byte < 0x7f) || *byte == '\n');
	free(text);
	return root;
}

/* The value at a path like "incidents.0.roles.target". */
static json_t *at(json_t *value, const char *path)
{
	while (*path) {
		char key[64];
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
					     : json_object_get(value, key);
		if (!value)
			fail_msg("no %s", path);
		path += len + (path[len] == '.');
	}
	return value;
}

static void assert_text(json_t *root, const char *path, const char *text)
{
	assert_non_null(json_string_value(at(root, path)));
	assert_string_equal(json_string_value(at(root, path)), text);
}

static void assert_number(json_t *root, const char *path, double number)
{
	assert_true(json_is_number(at(root, path)));
	assert_true(fabs(json_number_value(at(root, path)) - number) < 1e-9);
}

static void assert_keys(json_t *object, const char *keys)
{
	char all[1024] = "";
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		strncat(all, key, sizeof(all) - strlen(all) - 1);
		strncat(all, " ", sizeof(all) - strlen(all) - 1);
	}
	assert_string_equal(all, keys);
}

static void test_keys(void **state)
{
	struct made *made = made_bad_day();
	json_t *root = document_of(made);

	(void)state;
	assert_keys(root, "incidents capture stats assumptions talkers hosts hosts_total version ");
	assert_keys(at(root, "incidents.0"),
		"id kind severity confidence first_seen last_seen state roles role_counts "
		"role_counts_estimated "
		"story attack findings mitigations title scope subject group port proto peak_pps "
		"peak_bps packets "
		"bytes duration_s spoofable sources findings_total timeline remedy ");
	assert_keys(at(root, "incidents.0.roles"), "target zombie reflector controller ");
	assert_keys(at(root, "incidents.0.findings.0"),
		"detector kind scope reason start end from to group port proto spoofable "
		"confidence unit observed "
		"expected packets bytes peak_pps peak_bps evidence ");
	assert_keys(at(root, "capture"),
		"files packets bytes first_seen last_seen duration_s link_types curve ");
	assert_keys(at(root, "stats"), "decode anomalies fragments track app memory_bytes ");
	assert_int_equal(json_object_size(at(root, "stats.anomalies")), ANOMALY_COUNT);
	assert_int_equal(json_object_size(at(root, "stats.decode.layers")), LAYER_COUNT);
	json_decref(root);
	free(made);
}

static void test_values(void **state)
{
	struct made *made = made_bad_day();
	json_t *root = document_of(made);

	(void)state;
	assert_int_equal(json_array_size(at(root, "incidents")), 3);
	assert_text(root, "incidents.0.id", "3f9a2c81");
	assert_text(root, "incidents.0.kind", "flood.syn");
	assert_text(root, "incidents.0.severity", "critical");
	assert_text(root, "incidents.0.first_seen", "2018-09-28T10:14:49.303795+0000");
	assert_text(root, "incidents.0.state", "closed");
	assert_text(root, "incidents.1.state", "open");
	assert_text(root, "incidents.0.attack.0", "T1499.001");
	assert_text(root, "incidents.0.proto", "TCP");
	assert_number(root, "incidents.0.confidence", 0.97);
	assert_number(root, "incidents.0.duration_s", 23.7);
	assert_number(root, "incidents.0.peak_pps", 52300);
	assert_number(root, "incidents.0.sources.count", 37412);
	assert_number(root, "incidents.0.findings.0.observed", 48211.4);
	assert_text(root, "incidents.0.findings.0.unit", "pps");
	assert_number(root, "incidents.0.findings.0.evidence.2.value", 0.004);
	assert_number(root, "incidents.0.timeline.step_s", 0.25);
	assert_int_equal(json_array_size(at(root, "incidents.0.timeline.packets")), 95);
	assert_int_equal(
		json_array_size(at(root, "incidents.1.roles.reflector")), 20); /* list_max */
	assert_number(root, "incidents.1.role_counts.reflector", 4127);
	assert_text(root, "incidents.1.role_counts_estimated.0", "reflector");
	assert_text(root, "incidents.2.roles.zombie.0", "2001:db8:85a3::8a2e:370:7334");
	assert_number(root, "incidents.2.role_counts.target", 700);
	assert_true(json_is_null(at(root, "incidents.0.group")));
	assert_true(json_is_null(at(root, "capture.files.0.error")));
	assert_number(root, "capture.files.1.packets", 812);
	assert_text(root, "capture.link_types.1.name", "LINKTYPE 147");
	assert_number(root, "capture.duration_s", 40);
	assert_int_equal(json_array_size(at(root, "capture.curve.packets")), REPORT_STEPS);
	assert_number(root, "stats.anomalies.frag_overlap", 1024);
	assert_number(root, "stats.track.handshakes", 10220);
	assert_text(root, "talkers.0.address", "198.51.100.7");
	assert_text(root, "version", WEIR_VERSION);
	json_decref(root);
	free(made);
}

/* Score, controllers and graph of one that gets orders and looks at a page. */
static void test_bot(void **state)
{
	struct made *made = made_open();
	struct incident *incident =
		made_incident(made, "1", KIND_BOT_IRC, SEVERITY_HIGH, "10.0.0.5");
	json_t *root;

	(void)state;
	made_role(made, incident, ROLE_ZOMBIE, "10.0.0.5", 1);
	incident->proof = 0.95F;
	incident->parts[0] = (struct incident_part){ KIND_BOT_IRC, 0.95F, 3 };
	incident->part_count = 1;
	incident->controllers[0] = (struct incident_controller){ .addr = made_addr("203.0.113.66"),
		.port = 6667,
		.confidence = 0.97F,
		.is_listed = true };
	incident->controller_count = 1;
	incident->links[0] = (struct incident_link){ .from = made_addr("10.0.0.5"),
		.to = made_addr("203.0.113.66"),
		.to_role = ROLE_CONTROLLER,
		.kind = KIND_BOT_IRC,
		.reason = "it gets orders" };
	incident->links[1] = (struct incident_link){ .from = made_addr("10.0.0.5"),
		.to = made_addr("203.0.113.80"),
		.to_role = ROLE_CONTROLLER,
		.kind = KIND_BOT_HTTP,
		.reason = "it posts" };
	incident->link_count = 2;
	root = document_of(made);
	assert_number(root, "incidents.0.score.proof", 0.95);
	assert_text(root, "incidents.0.score.parts.0.kind", "bot.irc");
	assert_text(root, "incidents.0.controllers.0.address", "203.0.113.66");
	assert_true(json_is_true(at(root, "incidents.0.controllers.0.listed")));
	assert_int_equal(json_array_size(at(root, "incidents.0.graph.nodes")), 3);
	assert_text(root, "incidents.0.graph.nodes.0.role", "zombie");
	assert_text(root, "incidents.0.graph.nodes.1.role", "controller");
	/* Suspected, but not found to be it. */
	assert_text(root, "incidents.0.graph.nodes.2.role", "unknown");
	assert_text(root, "incidents.0.graph.edges.0.why", "it gets orders");
	assert_text(root, "incidents.0.graph.edges.1.to", "203.0.113.80");
	json_decref(root);
	free(made);
}

static void test_nothing(void **state)
{
	struct made *made = made_open();
	json_t *root = document_of(made);

	(void)state;
	assert_int_equal(json_array_size(at(root, "incidents")), 0);
	assert_true(json_is_null(at(root, "capture.first_seen")));
	assert_true(json_is_null(at(root, "capture.curve")));
	assert_number(root, "capture.duration_s", 0);
	json_decref(root);
	free(made);
}

static void test_extreme(void **state)
{
	struct made *made = made_extreme();
	json_t *root = document_of(made);

	(void)state;
	assert_text(root, "incidents.0.first_seen", "1677-09-21T00:12:43.145224+0000");
	assert_text(root, "capture.last_seen", "2262-04-11T23:47:16.854775+0000");
	assert_true(json_is_null(at(root, "incidents.0.confidence")));
	assert_true(json_is_null(at(root, "incidents.0.peak_pps")));
	assert_true(json_is_null(at(root, "incidents.0.timeline.packets.0")));
	assert_true(json_number_value(at(root, "incidents.0.peak_bps")) == 1e300);
	assert_true(json_integer_value(at(root, "incidents.0.packets")) == INT64_MAX);
	assert_text(root, "incidents.0.proto", "255");
	assert_text(root, "incidents.1.subject", "2001:db8:1111:2222:3333:4444:5555:6666/127");
	json_decref(root);
	free(made);
}

static void test_hostile(void **state)
{
	struct made *made = made_hostile();
	json_t *root = document_of(made);

	(void)state;
	assert_text(root, "capture.files.0.name",
		"\x1b]0;pwned\x07\x1b[2J.pcap"); /* escaped in the bytes */
	assert_text(root, "capture.files.1.name", "\\xff\\xfe-not-utf8 \\xe2\\x80\\xaegpj.exe");
	assert_text(root, "incidents.0.group", "web\x1b[5m\nservers");
	json_decref(root);
	free(made);
}

static void test_numbers(void **state)
{
	static const struct {
		double number;
		unsigned decimals;
		const char *text;
	} rows[] = {
		{ 0.97f, 2, "0.97" },
		{ -0.01, 1, "0.0" },
		{ 1.0 / 3, 4, "0.3333" },
		{ 1600.04, 1, "1600.0" },
		{ 123456789012.34, 1, "123456789012.3" },
		{ NAN, 1, "null" },
		{ -INFINITY, 1, "null" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *value = value_number(rows[i].number, rows[i].decimals);
		char *text = json_dumps(value, JSON_STYLE | JSON_ENCODE_ANY);

		assert_string_equal(text, rows[i].text);
		free(text);
		json_decref(value);
	}
}

/* The n-th allocation fails; -1: none does. */
static int failing_in = -1;

static void *failing_malloc(size_t size)
{
	if (failing_in >= 0 && failing_in-- == 0)
		return NULL;
	return malloc(size);
}

/* With memory gone at any point the writers say so, and leak nothing (the sanitizer looks). */
static void test_out_of_memory(void **state)
{
	report_writer *const writers[] = { report_json, report_eve };
	struct made *made = made_hostile();

	(void)state;
	made_syn_flood(made);
	made_amplification(made);
	json_set_alloc_funcs(failing_malloc, free);
	for (size_t w = 0; w < 2; w++) {
		int result = -ENOMEM;

		for (int n = 0; result == -ENOMEM; n++) {
			char *text = NULL;
			size_t size;
			FILE *out = open_memstream(&text, &size);

			failing_in = n;
			result = writers[w](&made->report, out);
			/* One that was never reached: all went well. */
			assert_true(result == (failing_in >= 0 ? 0 : -ENOMEM));
			fclose(out);
			free(text);
		}
	}
	failing_in = -1;
	json_set_alloc_funcs(malloc, free);
	free(made);
}

static void test_full_disk(void **state)
{
	report_writer *const writers[] = { report_json, report_eve };
	struct made *bad = made_bad_day(), *nothing = made_open();

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		const struct report *report = i & 4 ? &nothing->report : &bad->report;
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		if (i & 1)
			setvbuf(out, NULL, _IONBF, 0); /* fails at once, not at the end */
		else
			setvbuf(out, NULL, _IOFBF, 1 << 20);
		assert_int_equal(writers[i / 2 % 2](report, out), -ENOSPC);
		fclose(out);
	}
	free(bad);
	free(nothing);
}

/* The events of an EVE file as an array. */
static json_t *events_of(struct made *made)
{
	char *text = made_text_of(report_eve, &made->report);
	json_t *events = json_array();

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		json_array_append_new(events, parse(line));
	free(text);
	return events;
}

static void test_eve(void **state)
{
	static const char *const types[] = { "incident", "alert", "incident", "alert", "incident",
		"anomaly", "anomaly", "stats" };
	struct made *made = made_bad_day();
	json_t *events = events_of(made), *document = document_of(made), *scan;

	(void)state;
	assert_int_equal(json_array_size(events), sizeof(types) / sizeof(*types));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_string_equal(
			json_string_value(at(json_array_get(events, i), "event_type")), types[i]);
	assert_true(json_equal(
		at(events, "0.incident"), at(document, "incidents.0"))); /* the same object */
	assert_keys(at(events, "1"), "timestamp event_type dest_ip dest_port proto alert ");
	assert_keys(at(events, "1.alert"),
		"action gid signature_id rev signature category severity metadata ");
	assert_text(events, "1.alert.signature",
		"WEIR TCP SYN flood against 198.51.100.7, TCP port 443");
	assert_text(events, "1.alert.metadata.mitre_technique_id.0", "T1499.001");
	assert_number(events, "1.alert.severity", 1);
	assert_number(events, "3.alert.severity", 2);
	assert_number(events, "3.src_port", 53);
	assert_keys(at(events, "3"), "timestamp event_type src_port dest_ip proto alert ");
	scan = at(events, "4");
	assert_text(scan, "src_ip", "2001:db8:85a3::8a2e:370:7334");
	assert_null(json_object_get(scan, "dest_ip")); /* 700 of them */
	assert_text(events, "5.anomaly.event", "frag_overlap");
	assert_number(events, "5.anomaly.count", 1024);
	assert_true(json_equal(at(events, "7.stats"), at(document, "stats")));
	json_decref(events);
	json_decref(document);
	free(made);
}

/* Tools block what stands in src_ip: no spoofed one, no prefix, none of many. */
static void test_eve_source(void **state)
{
	struct made *made = made_open();
	struct incident *incident =
		made_incident(made, "1", KIND_FLOOD_UDP, SEVERITY_HIGH, "198.51.100.7");
	json_t *events;

	(void)state;
	made_role(made, incident, ROLE_ZOMBIE, "203.0.113.9", 1);
	incident->source_count = 1;
	for (unsigned i = 0; i < 4; i++) {
		incident->is_spoofable = i == 1;
		incident->source_count = i == 2 ? 2 : 1;
		incident->roles[ROLE_ZOMBIE].list[0].bits = i == 3 ? 120 : 128;
		events = events_of(made);
		for (size_t e = 0; e < 2; e++)
			assert_int_equal(
				json_object_get(json_array_get(events, e), "src_ip") != NULL,
				i == 0);
		json_decref(events);
	}
	incident->roles[ROLE_ZOMBIE].count = 0;
	events = events_of(made);
	assert_null(json_object_get(at(events, "0"), "src_ip"));
	json_decref(events);
	free(made);
}

/* Every kind has its own signature_id, a category, and a technique that is known. */
static void test_kinds(void **state)
{
	static json_int_t ids[KIND_COUNT];

	(void)state;
	for (unsigned kind = 1; kind < KIND_COUNT; kind++) {
		struct made *made = made_open();
		const char *attack = kind_info((enum kind)kind)->attack;
		json_t *events;

		made_incident(made, "1", (enum kind)kind, SEVERITY_MEDIUM, "192.0.2.1");
		events = events_of(made);
		ids[kind] = json_integer_value(at(events, "1.alert.signature_id"));
		assert_true(ids[kind] > 0);
		for (unsigned other = 1; other < kind; other++)
			assert_true(ids[kind] != ids[other]);
		assert_number(events, "1.alert.severity", 3);
		assert_true(!attack[0] || technique_find(attack));
		json_decref(events);
		free(made);
	}
	assert_int_equal(ids[KIND_FLOOD_SYN], 8574318); /* others have written rules for it */
	assert_string_equal(kind_category(KIND_SCAN_MIRAI), "A Network Trojan was detected");
	assert_string_equal(kind_category(KIND_ABUSE_LAND), "Potentially Bad Traffic");
	assert_null(technique_find("T0000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bot),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_extreme),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_eve),
		cmocka_unit_test(test_eve_source),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
