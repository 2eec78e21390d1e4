/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/story_scan.c - tells of scans: who tried what, and how much of it failed.
 *
 * The figures are those of the strongest finding, which counts over a window of its own; ports and
 * hosts are those of the whole incident.
 */
#include <netinet/in.h>

#include "correlate/telling.h"

#define PORTS_TOLD 6 /* more are "many" */

/* Adds a port to a sorted list, if there is room and it is new. */
static unsigned add_port(uint16_t *ports, unsigned count, unsigned cap, uint16_t port)
{
	unsigned at = count;

	for (unsigned i = 0; i < count; i++)
		if (ports[i] == port)
			return count;
	if (port == 0 || count == cap)
		return count;
	for (; at > 0 && ports[at - 1] > port; at--)
		ports[at] = ports[at - 1];
	ports[at] = port;
	return count + 1;
}

/* On which ports hosts were looked for, as far as findings were kept. Returns how many. */
static unsigned say_ports(struct teller *teller, const struct incident *incident)
{
	uint16_t ports[PORTS_TOLD + 1];
	unsigned count = 0;

	for (unsigned i = 0; i < incident->finding_count; i++)
		if (incident->findings[i].kind == incident->kind)
			count = add_port(ports, count, PORTS_TOLD + 1, incident->findings[i].port);
	if (count > PORTS_TOLD)
		say(teller, " on many ports");
	else if (count > 0)
		say(teller, " on port%s ", count > 1 ? "s" : "");
	for (unsigned i = 0; i < count && count <= PORTS_TOLD; i++)
		say(teller, "%s%u", i == 0 ? "" : i + 1 == count ? " and " : ", ", ports[i]);
	return count;
}

static bool is_ping(const struct case_file *file)
{
	return file->strongest.proto == IPPROTO_ICMP || file->strongest.proto == IPPROTO_ICMPV6;
}

/* ": of 54 hosts tried on port 23, 50 were silent or refused and 4 answered" */
static void say_tries(
	struct teller *teller, const struct case_file *file, bool is_vertical, unsigned ports)
{
	const char *one = is_vertical ? "port" : "host", *many = is_vertical ? "ports" : "hosts";
	uint64_t failed = whole(evidence(file, is_vertical ? "ports_failed" : "hosts_failed"));
	uint64_t tried = whole(evidence(file, "tried")),
		 answered = whole(evidence(file, "answered"));
	char count[TEXT_NUMBER_MAX];

	if (tried == 0)
		tried = whole(file->strongest.observed);
	if (tried == 0)
		return;
	say(teller, ": ");
	if (failed == 0) {
		say_count(teller, false, tried, one, many);
		say(teller, " %s tried", tried == 1 ? "was" : "were");
	} else {
		say(teller, "of ");
		say_count(teller, false, tried, one, many);
		say(teller, " tried");
	}
	if (ports > 1 && file->strongest.port)
		say(teller, " on port %u", file->strongest.port);
	if (failed == 0)
		return;
	say(teller, ", %s %s silent or %s and ", text_count(failed, count),
		failed == 1 ? "was" : "were", is_ping(file) ? "unreachable" : "refused");
	say(teller, "%s answered", answered == 0 ? "none" : text_count(answered, count));
}

static void say_all_hosts(struct teller *teller, const struct case_file *file)
{
	uint64_t count = distinct_count(&file->targets);

	if (count <= whole(file->strongest.observed) || count <= whole(evidence(file, "tried")))
		return;
	say(teller, ", ");
	say_count(teller, !distinct_is_exact(&file->targets), count, "host", "hosts");
	say(teller, " in all");
}

void tell_scan(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	bool is_vertical = has_one_victim(&file->strongest);
	unsigned ports = 0;

	say_sender(teller, file);
	if (is_vertical) {
		say(teller, " looked for open ports of ");
		say_victims(teller, file);
	} else {
		say(teller, is_ping(file) ? " pinged hosts" : " looked for hosts");
		ports = say_ports(teller, incident);
	}
	say_duration(teller, "for", incident);
	if (!is_vertical)
		say_all_hosts(teller, file);
	say_tries(teller, file, is_vertical, ports);
	say(teller, ".");
	say_reason(teller, file);
	if (incident->kind == KIND_SCAN_MIRAI || incident->kind == KIND_SCAN_STEALTH)
		say(teller,
			" This is no crawler, monitor or resolver: they send ordinary packets.");
	else if (is_ping(file))
		say(teller, " This is no monitoring: few of the hosts it knows do not answer.");
	else
		say(teller, " This is no crawler, monitor or resolver: most of what they try "
			    "answers.");
	say_proof(teller, incident);
}
