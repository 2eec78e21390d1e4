/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/report_text_test.c - the report for people: what it says, that it fits, is safe. */
#include "record/testing.h"

#include "lib/text.h"

static struct text_style style;

static int write_text(const struct report *report, FILE *out)
{
	return report_text(report, &style, out);
}

static int write_explain(const struct report *report, FILE *out)
{
	return report_explain(report, report->incidents[0], &style, out);
}

static char *text_of(struct made *made, report_writer *write)
{
	return made_text_of(write, &made->report);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* As assert_has, but lines may break anywhere. */
static void assert_says(const char *text, const char *words)
{
	char *line = strdup(text), *to = line;

	for (const char *from = line; *from; from++)
		if ((*from != ' ' && *from != '\n') || (to > line && to[-1] != ' '))
			*to++ = *from == '\n' ? ' ' : *from;
	*to = '\0';
	assert_has(line, words);
	free(line);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* Every line fits, ends without spaces, and holds nothing a terminal would obey. */
static void assert_fits(char *text, unsigned columns)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (text_columns(line) > columns)
			fail_msg("%u columns, not %u: %s", text_columns(line), columns, line);
		assert_int_not_equal(line[strlen(line) - 1], ' ');
		for (const unsigned char *byte = (unsigned char *)line; *byte; byte++)
			assert_false(
				*byte < 0x20 || *byte == 0x7f || (style.is_ascii && *byte > 0x7e));
	}
}

static int setup(void **state)
{
	(void)state;
	style = (struct text_style){ .columns = 100 };
	return 0;
}

/* The end of the first line. */
static void assert_verdict(struct made *made, const char *verdict)
{
	char *text = text_of(made, write_text);

	assert_int_equal(strcspn(text, "\n"), strlen(verdict));
	assert_memory_equal(text, verdict, strlen(verdict));
	free(text);
}

static void test_verdicts(void **state)
{
	struct made *made = made_open();

	(void)state;
	assert_verdict(made, "No packets.");
	assert_int_equal(report_exit_status(&made->report), 0);
	made_file(made, "gone.pcap", 0, "gone.pcap: no such file");
	assert_verdict(made, "No packets in what could be read.");
	free(made);

	made = made_quiet();
	assert_verdict(made, "Nothing alarming.");
	made_scan(made, SEVERITY_LOW);
	assert_verdict(made, "Nothing alarming. 1 minor observation below.");
	made_scan(made, SEVERITY_INFO);
	assert_verdict(made, "Nothing alarming. 2 minor observations below.");
	assert_int_equal(report_exit_status(&made->report), 0);
	made_scan(made, SEVERITY_MEDIUM);
	assert_verdict(made, "3 incidents: 1 medium, 1 low, 1 info");
	assert_int_equal(report_exit_status(&made->report), 1);
	free(made);

	made = made_open();
	made_traffic(made);
	made_syn_flood(made);
	assert_verdict(made, "1 incident: 1 critical");
	free(made);

	made = made_bad_day();
	assert_verdict(made, "3 incidents in what could be read: 1 critical, 1 high, 1 low");
	assert_int_equal(report_exit_status(&made->report), 1);
	free(made);
}

static void test_bad_day(void **state)
{
	static const char *const parts[] = {
		"\n! captures/broken.pcapng.gz: packet 813 at byte 93,114",
		"■ 1  CRITICAL     TCP SYN flood",
		"flood.syn  3f9a2c81\n",
		"against 198.51.100.7, TCP port 443\n",
		"peak 52.3 kpps, 26.8 Mbit/s;",
		"37,412 addresses that may be spoofed",
		"2018-09-28 10:14:49 to 10:15:13 UTC (23.7 s)",
		"against 198.51.100.23, from UDP port 53\n",
		"about 4,127: 203.0.113.1, 203.0.113.2, 203.0.113.3 and 4,124 more",
		"\nMinor\n",
		"scan of many hosts by 2001:db8:85a3::8a2e:370:7334",
		"no. 1 ",
		"▔▔▔▔",
		"█",
		"\nTop talkers\n",
		"frag_overlap",
		"fragments overlap (teardrop",
		"damaged",
		"\nAssumed\n",
		"weir inspect --explain 3f9a2c81",
		"not decoded",
	};
	struct made *made = made_bad_day();
	char *text = text_of(made, write_text);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_has(text, parts[i]);
	assert_says(text, "and still going on when the capture ends");
	assert_has_not(text, " 0 "); /* quiet about zeros */
	assert_has_not(text, "\x1b");
	assert_fits(text, 100);
	free(text);
	free(made);
}

/* What is said depends on what there is. */
static void test_variants(void **state)
{
	struct made *made = made_open();
	struct incident *incident;
	char *text;

	(void)state;
	made_traffic(made);
	incident = made_incident(made, "1", KIND_FLOOD_UDP, SEVERITY_HIGH, "198.51.100.0/24");
	incident->scope = SCOPE_PREFIX;
	incident->proto = 17;
	made_role(made, incident, ROLE_TARGET, "198.51.100.1", 200);
	incident->last_ns = incident->first_ns;
	incident = made_incident(made, "2", KIND_FLOOD_OTHER, SEVERITY_HIGH, "198.51.100.1");
	incident->scope = SCOPE_TOTAL;
	incident->proto = 99;
	incident->source_count = 1;
	incident->packets = 1;
	incident = made_incident(made, "3", KIND_REFLECTOR_OPEN, SEVERITY_MEDIUM, "198.51.100.9");
	incident->port = 123;
	incident->proto = 17;
	incident = made_incident(made, "4", KIND_BOT_FLOODER, SEVERITY_MEDIUM, "198.51.100.9");
	incident->last_ns += 86400 * NS_PER_S;
	incident->peak_pps = 12;
	incident = made_incident(made, "5", KIND_ABUSE_BOGON, SEVERITY_MEDIUM, "::");
	made_file(made, "snapped.pcap", 10, NULL);
	made->files[0].stats.snapped = 10;
	made->files[0].stats.kernel_drops = 3;
	text = text_of(made, write_text);
	assert_has(text, "against 198.51.100.0/24, UDP\n");
	assert_has(text, "200: 198.51.100.1, 198.51.100.2, 198.51.100.3 and 197 more");
	assert_has(text, "when         2018-09-28 10:14:49 UTC\n");
	assert_has(text, "against the whole network, protocol 099\n");
	assert_has(text, "sources      1 address\n");
	assert_has(text, "1 packet in all");
	assert_has(text, "at 198.51.100.9, from UDP port 123\n");
	assert_has(text, "by 198.51.100.9\n");
	assert_has(text, "peak 12 pps; 0 packets");
	assert_has(text, "to 2018-09-29 10:15:13 UTC");
	assert_has(text, "against many hosts\n");
	assert_has(text, "10 packets snapped, 3 dropped by the kernel");
	free(text);
	free(made);
}

/* More of everything than is shown. */
static void test_many(void **state)
{
	struct made *made = made_open();
	struct incident *many[60];
	char *text;

	(void)state;
	made_traffic(made);
	for (unsigned i = 0; i < MADE_FILES; i++)
		made_file(made, "a.pcap", 1, "a.pcap: cannot be read: it is a directory");
	made_syn_flood(made);
	made_scan(made, SEVERITY_LOW);
	for (unsigned i = 0; i < 60; i++)
		many[i] = made->list[i < 30 ? 0 : 1];
	made->report.incidents = many;
	made->report.incident_count = 60;
	text = text_of(made, write_text);
	assert_has(text, "and 14 more files that could not be read to their end");
	assert_has(text, "and 14 more files\n");
	assert_has(text, "and 10 more like these: weir inspect -j lists all");
	assert_has(text, "and 10 more\n");
	assert_fits(text, 100);
	free(text);
	free(made);
}

static void test_explain(void **state)
{
	static const char *const parts[] = {
		"■    CRITICAL     TCP SYN flood",
		"certainty    97 %",
		"T1499.001 OS Exhaustion Flood (Impact)",
		"\nCourse\n",
		"in 95 steps of 250 ms",
		"Findings  the first and the strongest 3 of 24",
		"half-open handshakes from sources that were never seen before",
		"48.2 kpps",
		"1.0 kpps",
		"to 198.51.100.7 TCP port 443 (48,211 packets, 2.9 MB)",
		"sources 37,412 addresses; answered 0.4 %",
	};
	struct made *made = made_bad_day();
	char *text = text_of(made, write_explain);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_has(text, parts[i]);
	assert_fits(text, 100);
	free(text);
	made->list[0] = &made->incidents[1]; /* no findings, many reflectors */
	text = text_of(made, write_explain);
	assert_has(text, "203.0.113.20 and 4,107 more");
	assert_has_not(text, "Findings");
	free(text);
	made->report.list_max = 0;
	text = text_of(made, write_explain);
	assert_has(text, "reflectors   about 4,127\n");
	free(text);
	made->list[0] = &made->incidents[2];
	made->incidents[2].kind = KIND_ABUSE_FLAGS; /* no technique */
	made->incidents[2].story[0] = '\0';
	made->incidents[2].findings[0] = (struct finding){ .scope = SCOPE_GROUP,
		.group = "web",
		.from = made_addr("192.0.2.0"),
		.from_bits = 120 };
	made->incidents[2].finding_count = 1;
	text = text_of(made, write_explain);
	assert_has_not(text, "technique");
	assert_has(text, "from 192.0.2.0/24 to group web\n");
	free(text);
	free(made);
}

/* All fixtures, all widths, with and without Unicode: no line wider than the page. */
static void test_widths(void **state)
{
	static struct made *(*const makers[])(
		void) = { made_open, made_quiet, made_bad_day, made_extreme, made_hostile };

	(void)state;
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		struct made *made = makers[i]();

		for (unsigned columns = 55; columns <= 110; columns++) {
			unsigned most = columns < 60 ? 60 : columns > 100 ? 100 : columns;
			char *text;

			style = (struct text_style){ .columns = columns, .is_ascii = columns % 2 };
			text = text_of(made, write_text);
			assert_fits(text, most);
			free(text);
			if (made->report.incident_count == 0)
				continue;
			text = text_of(made, write_explain);
			assert_fits(text, most);
			free(text);
		}
		free(made);
	}
}

/* With addresses of every length the words around them wrap, none is lost. */
static void test_address_lengths(void **state)
{
	static const char *const addresses[] = { "::1", "1.2.3.4", "203.0.113.101",
		"2001:db8::", "2001:db8::/33", "2001:db8:1111:2222:3333:4444:5555:6666",
		"2001:db8:1111:2222:3333:4444:5555:6666/127", "255.255.255.254/31" };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct made *made = made_quiet();
		struct incident *incident = made_incident(
			made, "abc", KIND_AMPLIFICATION_ARMS, SEVERITY_HIGH, addresses[i]);
		char *text;

		incident->port = 65535;
		incident->proto = 17;
		made_role(made, incident, ROLE_TARGET, addresses[i], 1);
		made_role(made, incident, ROLE_REFLECTOR, addresses[i], 99);
		for (style.columns = 60; style.columns <= 100; style.columns += 5) {
			text = text_of(made, write_text);
			assert_has(text, addresses[i]);
			assert_says(text, "and 96 more");
			assert_fits(text, style.columns);
			free(text);
		}
		free(made);
	}
}

static void test_hostile_names(void **state)
{
	struct made *made = made_hostile();
	char *text = text_of(made, write_text);

	(void)state;
	assert_has(text, "\\x1b]0;pwned\\x07\\x1b[2J.pcap");
	assert_has(text, "\\xff\\xfe-not-utf8 \\xe2\\x80\\xaegpj.exe");
	assert_has(text, "against group web\\x1b[5m\\x0aservers");
	assert_has(text, "web\\x1b[5m was \\x9b flooded");
	assert_fits(text, 100);
	free(text);
	style.color = true;
	text = text_of(made, write_text);
	assert_has(text, "\x1b[31m!\x1b[0m"); /* ours */
	assert_has_not(text, "\x1b[2J");
	assert_has_not(text, "\x1b[5m");
	free(text);
	free(made);
}

/* Without the colours a coloured report is the plain one. */
static void test_color(void **state)
{
	struct made *made = made_bad_day();
	char *plain = text_of(made, write_text), *colored, *to;

	(void)state;
	style.color = true;
	colored = text_of(made, write_text);
	assert_has(colored, "\x1b[1;31m");
	to = colored;
	for (const char *from = colored; *from; from++) {
		if (*from == '\x1b')
			from = strchr(from, 'm');
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(plain, colored);
	free(plain);
	free(colored);
	free(made);
}

static void test_ascii(void **state)
{
	struct made *made = made_bad_day();
	char *text;

	(void)state;
	style.is_ascii = true;
	text = text_of(made, write_text);
	assert_has(text, "^^^^");
	assert_has(text, "####");
	assert_has(text, "# 1  CRITICAL");
	free(text);
	free(made);
}

static void test_full_disk(void **state)
{
	struct made *made = made_bad_day();
	report_writer *const writers[] = { write_text, write_explain };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		if (i % 2)
			setvbuf(out, NULL, _IONBF, 0); /* fails at once, not at the end */
		assert_int_equal(writers[i / 2](&made->report, out), -ENOSPC);
		fclose(out);
	}
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_verdicts, setup),
		cmocka_unit_test_setup(test_bad_day, setup),
		cmocka_unit_test_setup(test_variants, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_explain, setup),
		cmocka_unit_test_setup(test_widths, setup),
		cmocka_unit_test_setup(test_address_lengths, setup),
		cmocka_unit_test_setup(test_hostile_names, setup),
		cmocka_unit_test_setup(test_color, setup),
		cmocka_unit_test_setup(test_ascii, setup),
		cmocka_unit_test_setup(test_full_disk, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
