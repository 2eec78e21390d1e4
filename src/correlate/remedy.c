/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/remedy.c - what would stop an incident, in a sentence or two.
 *
 * Blocking senders is offered only where they have proved that their addresses are their own: who
 * blocks a forged address shuts out its owner, which is what some attackers are after. So not for
 * is_spoofable, and not for reflectors, which are others' servers.
 */
#include "correlate/case.h"

/* Remedies that depend on whether the senders are who they say. */
static const char *unless_spoofable(
	const struct incident *incident, const char *proved, const char *unproved)
{
	return incident->is_spoofable ? unproved : proved;
}

static const char *flood_remedy(const struct incident *incident)
{
	switch (incident->kind) {
	case KIND_FLOOD_SYN:
		return "Use SYN cookies at the target or in front of it; do not block the senders.";
	case KIND_FLOOD_SYNACK:
		return "Drop SYN-ACKs that belong to no connection of the target (stateful "
		       "filter); do not block the servers.";
	case KIND_FLOOD_ACK:
	case KIND_FLOOD_RST:
	case KIND_FLOOD_FIN:
		return "Drop TCP that belongs to no connection of the target (stateful filter).";
	default:
		return unless_spoofable(incident,
			"Limit the rate of this traffic; the senders can be blocked while it "
			"lasts.",
			"Filter what these packets have in common, or limit their rate; do not "
			"block the senders.");
	}
}

static const char *scan_remedy(const struct case_file *file)
{
	if (file->from_inside)
		return "Find out what runs on this machine; if nobody knows it, take it off the "
		       "network.";
	return unless_spoofable(&file->incident,
		"Nothing has to be stopped at once; the sender can be blocked for a while.",
		"Nothing has to be stopped at once; do not block the sender, as its address may "
		"be forged.");
}

static const char *bot_remedy(const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	if (case_is_only_tor(incident))
		return "Ask who uses the machine; if nobody there knows of Tor, clean it.";
	if (incident->severity < SEVERITY_MEDIUM)
		return "Look at the machine when there is time: this may be innocent.";
	if (incident->controller_count > 0)
		return "Take the machine off the network and clean it (quarantine); block the "
		       "controller, and see who else talks to it.";
	return "Take the machine off the network and clean it (quarantine).";
}

static const char *bruteforce_remedy(const struct case_file *file)
{
	if (file->from_inside)
		return "Take the machine off the network and clean it (quarantine).";
	return "Block the sender for a while, allow keys only, and look at the log for a login "
	       "that succeeded.";
}

const char *case_remedy(const struct case_file *file)
{
	enum kind kind = file->incident.kind;

	if (kind_is_amplification(kind))
		return "Drop this protocol's answers to the target, except from the servers it "
		       "uses; when the link is full, have them dropped upstream (FlowSpec).";
	if (kind_is_flood(kind))
		return flood_remedy(&file->incident);
	if (kind >= KIND_SCAN_HORIZONTAL && kind <= KIND_SCAN_MIRAI)
		return scan_remedy(file);
	if (kind_is_bot(kind) && kind != KIND_BOT_FLOODER)
		return bot_remedy(file);
	if (kind_is_bruteforce(kind))
		return bruteforce_remedy(file);
	switch (kind) {
	case KIND_CONN_EXHAUSTION:
		return unless_spoofable(&file->incident,
			"Limit the connections of each address and close silent ones early; the "
			"senders can be blocked.",
			"Limit the connections of each address and close silent ones early.");
	case KIND_REFLECTOR_OPEN:
		return "Close the service to the outside, or limit its answers (response rate "
		       "limiting).";
	case KIND_BOT_FLOODER:
		return "Take the machine off the network and clean it; drop forged senders at the "
		       "edge (BCP 38).";
	case KIND_ABUSE_SPOOF:
		return "Drop forged senders at the edge (BCP 38), and find the machine by its "
		       "MAC address or switch port.";
	default:
		return "Drop such packets at the edge: no honest traffic is lost.";
	}
}
