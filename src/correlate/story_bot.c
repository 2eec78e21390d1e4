/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/story_bot.c - tells of hosts of ours that work for somebody else, and of those who
 * guess passwords: who it is, what gave it away (the surest first), and who gives the orders, or
 * that this is not known.
 */
#include <stdio.h>

#include "correlate/telling.h"

#define WITNESSES 5 /* kinds of evidence that are told */
#define NAMED 3	    /* hosts and controllers that are */

static void say_hosts(struct teller *teller, const struct case_file *file)
{
	const struct role_list *zombies = &file->incident.roles[ROLE_ZOMBIE];
	char text[ADDR_TEXT_MAX];

	if (zombies->count <= 1) {
		say_sender(teller, file);
		return;
	}
	say_count(teller, zombies->is_estimate, zombies->count, "host of ours", "hosts of ours");
	for (unsigned i = 0; i < zombies->listed && i < NAMED; i++)
		say(teller, "%s%s", i ? ", " : " (", addr_format(&zombies->list[i].addr, text));
	if (zombies->listed > 0)
		say(teller, "%s)", zombies->count > NAMED ? " …" : "");
}

static void say_verdict(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	bool are_many = incident->roles[ROLE_ZOMBIE].count > 1;

	say_hosts(teller, file);
	if (case_is_only_tor(incident)) {
		say(teller, are_many ? " are clients" : " is a client");
		say(teller, " of Tor. People have reasons for that, and so has malware.");
		return;
	}
	if (incident->severity < SEVERITY_MEDIUM)
		say(teller, are_many ? " behave oddly" : " behaves oddly");
	else if (are_many)
		say(teller, " work for the same outsider");
	else
		say(teller, " most likely works for somebody else");
	if (incident->family)
		say(teller, " (family: %s)", incident->family);
	say(teller, ".");
}

/* The surest finding of that kind that was kept; NULL when none was. */
static const struct finding *surest(const struct incident *incident, enum kind kind)
{
	const struct finding *best = NULL;

	for (unsigned i = 0; i < incident->finding_count; i++) {
		const struct finding *finding = &incident->findings[i];

		if (finding->kind == kind && (!best || finding->confidence > best->confidence))
			best = finding;
	}
	return best;
}

static void say_witness(struct teller *teller, const struct finding *finding)
{
	char share[TEXT_NUMBER_MAX];

	say(teller, " Sign of it (%s): %s", kind_info(finding->kind)->title,
		finding->reason ? finding->reason : "seen");
	if (finding->detail[0])
		say(teller, " – %s", finding->detail);
	say(teller, " (%s sure).", text_share((double)finding->confidence, share));
}

static void say_witnesses(struct teller *teller, const struct incident *incident)
{
	for (unsigned i = 0; i < incident->part_count && i < WITNESSES; i++) {
		const struct finding *finding = surest(incident, incident->parts[i].kind);

		if (finding)
			say_witness(teller, finding);
	}
}

static void say_controller(struct teller *teller, const struct incident_controller *controller)
{
	char text[ADDR_TEXT_MAX], share[TEXT_NUMBER_MAX];

	say(teller, "%s", addr_format(&controller->addr, text));
	if (controller->name[0])
		say(teller, " (%s)", controller->name);
	if (controller->port)
		say(teller, ", port %u", controller->port);
	say(teller, ": %s sure", text_share((double)controller->confidence, share));
	if (controller->is_before_attack)
		say(teller, ", heard from shortly before the attack began");
	if (controller->zombies > 1)
		say(teller, ", known to %u such hosts", controller->zombies);
	if (controller->prevalence > 0)
		say(teller, ", and to %s of the other hosts",
			text_share(controller->prevalence, share));
}

static void say_controllers(struct teller *teller, const struct incident *incident)
{
	if (incident->controller_count == 0) {
		say(teller, " Who gives the orders is not known.");
		return;
	}
	say(teller, " The orders most likely come from ");
	say_controller(teller, &incident->controllers[0]);
	say(teller, ".");
	if (incident->controller_count > 1)
		say(teller, " %u more may give orders, too.", incident->controller_count - 1);
}

void tell_bot(struct teller *teller, const struct case_file *file)
{
	say_verdict(teller, file);
	say_witnesses(teller, &file->incident);
	if (case_is_only_tor(&file->incident))
		return;
	if (file->incident.severity >= SEVERITY_MEDIUM || file->incident.controller_count > 0)
		say_controllers(teller, &file->incident);
}

void tell_bruteforce(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	if (addr_is_zero(&file->strongest.from)) {
		say(teller, "Many senders guess passwords of ");
		say_victims(teller, file);
	} else {
		say_sender(teller, file);
		say(teller, " guesses passwords of ");
		say_victims(teller, file);
	}
	if (incident->port)
		say(teller, ", port %u", incident->port);
	say_duration(teller, "for", incident);
	say(teller, ".");
	say_witnesses(teller, incident);
	say(teller, " This is nobody who has mistyped a password, and no script that knows it: "
		    "those stop, or get in.");
}
