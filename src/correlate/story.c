/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/story.c - tells an incident in plain English.
 *
 * Always in the same order: what happened, to whom, how strong, from whom; what gave it away; why
 * it is nothing harmless. What would stop it is in remedy.c.
 */
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>

#include "correlate/telling.h"

/* A share of which only a lower bound is known. */
static const char *at_least(double share, char *text)
{
	char number[TEXT_NUMBER_MAX];

	if (share >= 0.995)
		return "All";
	snprintf(text, TEXT_NUMBER_MAX, "At least %.20s", text_share(share, number));
	return text;
}

static void say_uniformity(struct teller *teller, const struct case_file *file)
{
	double same_length = evidence(file, "same_length"), length = evidence(file, "length");
	double same_port = evidence(file, "same_source_port"), port = evidence(file, "source_port");
	bool has_ports = file->incident.proto == IPPROTO_TCP || file->incident.proto == IPPROTO_UDP;
	char share[TEXT_NUMBER_MAX];

	if (same_length >= 0.5 && length >= 1) {
		say(teller, " %s of the packets are ", at_least(same_length, share));
		say_count(teller, false, whole(length), "byte long.", "bytes long.");
	}
	if (has_ports && same_port >= 0.5 && port >= 1 && port <= UINT16_MAX)
		say(teller, " %s of them come from port %.0f.", at_least(same_port, share), port);
}

static const char *harmless_of(enum kind kind)
{
	switch (kind) {
	case KIND_FLOOD_SYN:
		return "This is no crowd of visitors: visitors complete their handshakes";
	case KIND_FLOOD_ACK:
	case KIND_FLOOD_RST:
	case KIND_FLOOD_FIN:
		return "This is no download and no crowd of visitors: their packets belong to "
		       "connections, and these to none that was seen";
	case KIND_FLOOD_ICMP:
		return "This is no monitoring: that takes a few packets a second";
	case KIND_FLOOD_FRAG:
		return "This is no big transfer over a bad line: most of its fragments would come "
		       "with their beginnings";
	default:
		return "This is no call, stream or backup that the target takes part in";
	}
}

static const char *few_of(double share, char *text)
{
	return share < 0.0005 ? "none" : text_share(share, text);
}

/* Only where an answer is to be expected, and few came. */
static void say_harmless(struct teller *teller, const struct case_file *file)
{
	enum kind kind = file->incident.kind;
	double answered = finding_evidence(&file->strongest, "answered", -1);
	bool is_datagram = kind == KIND_FLOOD_UDP || kind == KIND_FLOOD_OTHER;
	char share[TEXT_NUMBER_MAX];

	say(teller, " %s", harmless_of(kind));
	if (kind == KIND_FLOOD_SYN && answered >= 0 && answered < 0.5)
		say(teller, "; here %s did", few_of(answered, share));
	else if (is_datagram && answered >= 0 && answered < 0.5)
		say(teller, "; %s of this was answered", few_of(answered, share));
	say(teller, ".");
}

static void say_spread(struct teller *teller, const struct case_file *file)
{
	uint64_t count = distinct_count(&file->targets);

	if (file->incident.scope == SCOPE_HOST || count == 0)
		return;
	say(teller, ", spread over ");
	say_count(teller, !distinct_is_exact(&file->targets), count, "host", "hosts");
}

static void tell_flood(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	say_target(teller, file);
	if (incident->port)
		say(teller, ", port %u,", incident->port);
	if (incident->kind == KIND_FLOOD_OTHER)
		say(teller, " was flooded (IP protocol %u): ", incident->proto);
	else
		say(teller, " was flooded (%s): ", kind_info(incident->kind)->title);
	say_strength(teller, incident);
	say_sources(teller, incident, "address", "addresses");
	say_spread(teller, file);
	say(teller, ".");
	say_reason(teller, file);
	say_uniformity(teller, file);
	say_harmless(teller, file);
	say_proof(teller, incident);
}

static void say_answers(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	double fragments = evidence(file, "fragments");
	char share[TEXT_NUMBER_MAX];

	if (incident->packets == 0)
		return;
	say(teller, " An average packet has ");
	say_count(teller, false, incident->bytes / incident->packets, "byte", "bytes");
	if (fragments >= 0.1)
		say(teller, ", and %s of the packets are fragments", text_share(fragments, share));
	say(teller, ".");
}

static void tell_reflection(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	say_target(teller, file);
	say(teller, " was flooded (%s): ", kind_info(incident->kind)->title);
	say_strength(teller, incident);
	say_sources(teller, incident, "server", "servers");
	if (incident->port)
		say(teller, " (port %u)", incident->port);
	say_spread(teller, file);
	say(teller, ".");
	say_reason(teller, file);
	say_answers(teller, file);
	if (incident->kind == KIND_FLOOD_SYNACK)
		say(teller, " This is no busy client: no SYN of its own was seen that explains "
			    "these answers. Somebody sends SYNs in its name");
	else
		say(teller, " This is no busy resolver or client: no question of its own was seen "
			    "that explains these answers. Somebody asks in its name");
	say(teller, "; the servers are abused, not hostile.");
}

static void tell_conn(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	uint64_t open = whole(evidence(file, "open_connections"));
	uint64_t silent = whole(evidence(file, "silent_connections"));
	char count[TEXT_NUMBER_MAX];

	say_target(teller, file);
	if (incident->port)
		say(teller, ", port %u,", incident->port);
	say(teller, " was held by silent connections");
	say_duration(teller, "for", incident);
	if (open > 0) {
		say(teller, ": of ");
		say_count(teller, false, open, "open one", "open ones");
		say(teller, ", %s sent next to nothing", text_count(silent, count));
	}
	say_sources(teller, incident, "address", "addresses");
	say(teller, ".");
	say_reason(teller, file);
	say(teller, " This is no crowd of visitors and no NAT gateway: behind either, somebody "
		    "asks for something.");
	if (!incident->is_spoofable)
		say(teller, " The handshakes were completed, so %s real.",
			incident->source_count == 1 ? "the address is" : "the addresses are");
}

static void tell_reflector(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	double factor = evidence(file, "amplification");
	char text[TEXT_NUMBER_MAX];

	say_sender(teller, file);
	say(teller, " is used as a reflector");
	if (incident->port)
		say(teller, " on port %u", incident->port);
	say(teller, ": it sent ");
	say_count(teller, false, incident->packets, "answer", "answers");
	say(teller, " (%s", text_bytes(incident->bytes, text));
	if (isfinite(incident->peak_bps) && incident->peak_bps > 0)
		say(teller, ", peak %s", text_bit_rate(incident->peak_bps, text));
	say(teller, ") to ");
	say_victims(teller, file);
	say_duration(teller, "in", incident);
	say(teller, ".");
	say_reason(teller, file);
	if (factor >= 1)
		say(teller, " Its answers are %s times as big as the questions.",
			text_quantity(factor, "", text));
	say(teller, " This is no ordinary service: that gives many clients a few small answers "
		    "each. Most likely somebody asks in the victim's name.");
}

static void tell_flooder(struct teller *teller, const struct case_file *file)
{
	say_sender(teller, file);
	say(teller, " takes part in an attack on ");
	say_victims(teller, file);
	if (has_one_victim(&file->strongest) && file->incident.port)
		say(teller, ", port %u", file->incident.port);
	say(teller, ": ");
	say_strength(teller, &file->incident);
	say(teller, ".");
	say_reason(teller, file);
	say(teller, " This is no backup, speed test or call: in those both sides take part.");
}

static const char *abuse_of(enum kind kind)
{
	switch (kind) {
	case KIND_ABUSE_FLAGS:
		return "No connection needs such flags.";
	case KIND_ABUSE_LAND:
		return "No host sends itself packets over the network: the sender is forged.";
	case KIND_ABUSE_FRAGMENT:
		return "This is no loss on the way: nobody who cuts a packet honestly makes such "
		       "fragments.";
	case KIND_ABUSE_BOGON:
		return "No answer can reach such a sender. It is forged, or it leaks out of a "
		       "network that is set up badly.";
	case KIND_ABUSE_SPOOF:
		return "The real sender is in our own network, and hides.";
	default:
		return "No sound program sends them; broken devices and attackers do.";
	}
}

static void tell_abuse(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;

	say_target(teller, file);
	if (incident->port)
		say(teller, ", port %u,", incident->port);
	say(teller, " got ");
	say_count(teller, false, incident->packets, "bad packet", "bad packets");
	say(teller, " (%s)", kind_info(incident->kind)->title);
	say_duration(teller, "in", incident);
	say_sources(teller, incident, "address", "addresses");
	say(teller, ".");
	say_reason(teller, file);
	say(teller, " %s", abuse_of(incident->kind));
	if (incident->kind != KIND_ABUSE_LAND && incident->kind != KIND_ABUSE_BOGON &&
		incident->kind != KIND_ABUSE_SPOOF)
		say_proof(teller, incident);
}

/* A host whose scan tells most about it, but not all. */
static bool has_bot_parts(const struct incident *incident)
{
	for (unsigned i = 0; i < incident->part_count && incident->part_count > 1; i++)
		if (kind_is_bot(incident->parts[i].kind))
			return true;
	return false;
}

void case_tell(struct case_file *file)
{
	struct incident *incident = &file->incident;
	struct teller teller = { incident->story, sizeof(incident->story) };

	if (kind_is_amplification(incident->kind) || incident->kind == KIND_FLOOD_SYNACK)
		tell_reflection(&teller, file);
	else if (kind_is_flood(incident->kind))
		tell_flood(&teller, file);
	else if (has_bot_parts(incident))
		tell_bot(&teller, file);
	else if (incident->kind >= KIND_SCAN_HORIZONTAL && incident->kind <= KIND_SCAN_MIRAI)
		tell_scan(&teller, file);
	else if (incident->kind == KIND_CONN_EXHAUSTION)
		tell_conn(&teller, file);
	else if (incident->kind == KIND_REFLECTOR_OPEN)
		tell_reflector(&teller, file);
	else if (incident->kind == KIND_BOT_FLOODER && incident->part_count <= 1)
		tell_flooder(&teller, file);
	else if (kind_is_bot(incident->kind))
		tell_bot(&teller, file);
	else if (kind_is_bruteforce(incident->kind))
		tell_bruteforce(&teller, file);
	else
		tell_abuse(&teller, file);
	snprintf(incident->remedy, sizeof(incident->remedy), "%s", case_remedy(file));
}
