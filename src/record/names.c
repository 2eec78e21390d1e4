/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/names.c - words for numbers; see names.h. */
#include "record/names.h"

#include <stdio.h>
#include <string.h>

#define COUNT_OF(list) (sizeof(list) / sizeof(*(list)))

const char *proto_name(uint8_t proto, char *text)
{
	/* IANA protocol numbers; the names as in Suricata's EVE output. */
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ 1, "ICMP" },
		{ 2, "IGMP" },
		{ 4, "IPIP" },
		{ 6, "TCP" },
		{ 17, "UDP" },
		{ 41, "IPv6" },
		{ 47, "GRE" },
		{ 50, "ESP" },
		{ 51, "AH" },
		{ 58, "IPv6-ICMP" },
		{ 132, "SCTP" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].proto == proto)
			return names[i].name;
	snprintf(text, 8, "%03u", proto);
	return text;
}

const struct technique *technique_find(const char *id)
{
	static const struct technique techniques[] = {
		{ "T1046", "Network Service Discovery", "Discovery" },
		{ "T1059", "Command and Scripting Interpreter", "Execution" },
		{ "T1071", "Application Layer Protocol", "Command and Control" },
		{ "T1071.001", "Web Protocols", "Command and Control" },
		{ "T1071.003", "Mail Protocols", "Command and Control" },
		{ "T1071.004", "DNS", "Command and Control" },
		{ "T1090", "Proxy", "Command and Control" },
		{ "T1090.003", "Multi-hop Proxy", "Command and Control" },
		{ "T1095", "Non-Application Layer Protocol", "Command and Control" },
		{ "T1105", "Ingress Tool Transfer", "Command and Control" },
		{ "T1110", "Brute Force", "Credential Access" },
		{ "T1496", "Resource Hijacking", "Impact" },
		{ "T1498.001", "Direct Network Flood", "Impact" },
		{ "T1498.002", "Reflection Amplification", "Impact" },
		{ "T1499.001", "OS Exhaustion Flood", "Impact" },
		{ "T1499.004", "Application or System Exploitation", "Impact" },
		{ "T1568.001", "Fast Flux DNS", "Command and Control" },
		{ "T1568.002", "Domain Generation Algorithms", "Command and Control" },
		{ "T1573", "Encrypted Channel", "Command and Control" },
		{ "T1595.001", "Scanning IP Blocks", "Reconnaissance" },
	};

	for (size_t i = 0; i < COUNT_OF(techniques); i++)
		if (strcmp(techniques[i].id, id) == 0)
			return &techniques[i];
	return NULL;
}

static bool kind_starts(enum kind kind, const char *family)
{
	return strncmp(kind_info(kind)->name, family, strlen(family)) == 0;
}

const char *kind_category(enum kind kind)
{
	if (kind_is_flood(kind) || kind_is_amplification(kind) || kind == KIND_CONN_EXHAUSTION)
		return "Detection of a Denial of Service Attack";
	if (kind == KIND_SCAN_MIRAI || kind_starts(kind, "bot."))
		return "A Network Trojan was detected";
	if (kind_is_bruteforce(kind))
		return "Unsuccessful User Privilege Gain";
	if (kind_starts(kind, "scan."))
		return "Detection of a Network Scan";
	return kind == KIND_REFLECTOR_OPEN ? "Misc Attack" : "Potentially Bad Traffic";
}

bool kind_port_is_source(enum kind kind)
{
	return kind_is_amplification(kind) || kind == KIND_REFLECTOR_OPEN ||
	       kind == KIND_FLOOD_SYNACK;
}

static bool role_has(const struct role_list *role, const struct addr *addr)
{
	for (unsigned i = 0; i < role->listed; i++)
		if (addr_equal(&role->list[i].addr, addr))
			return true;
	return false;
}

enum role incident_subject_role(const struct incident *incident)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		if (role_has(&incident->roles[role], &incident->subject))
			return (enum role)role;
	return kind_starts(incident->kind, "scan.") || kind_starts(incident->kind, "bot.") ||
			       kind_is_bruteforce(incident->kind)
		       ? ROLE_ZOMBIE
	       : incident->kind == KIND_REFLECTOR_OPEN ? ROLE_REFLECTOR
						       : ROLE_TARGET;
}

const char *incident_preposition(const struct incident *incident)
{
	static const char *const prepositions[ROLE_COUNT] = { [ROLE_TARGET] = "against",
		[ROLE_ZOMBIE] = "by",
		[ROLE_REFLECTOR] = "at",
		[ROLE_CONTROLLER] = "by" };

	return prepositions[incident_subject_role(incident)];
}

bool incident_is_bot(const struct incident *incident)
{
	for (unsigned i = 0; i < incident->part_count; i++)
		if (kind_is_bot(incident->parts[i].kind) &&
			incident->parts[i].kind != KIND_BOT_FLOODER)
			return true;
	return false;
}

static int format_whom(const struct incident *incident, char *text, size_t size)
{
	uint64_t zombies = incident->roles[ROLE_ZOMBIE].count;
	char address[ADDR_TEXT_MAX];

	if (incident_is_bot(incident) && zombies > 1)
		return snprintf(text, size, "%llu hosts", (unsigned long long)zombies);
	if (incident->scope == SCOPE_GROUP && incident->group)
		return snprintf(text, size, "group %.200s", incident->group);
	if (incident->scope == SCOPE_TOTAL)
		return snprintf(text, size, "the whole network");
	if (addr_is_zero(&incident->subject))
		return snprintf(text, size, "many hosts");
	return snprintf(text, size, "%s",
		addr_prefix_format(&incident->subject, incident->subject_bits, address));
}

const char *incident_subject(const struct incident *incident, char text[SUBJECT_MAX])
{
	size_t used = (size_t)format_whom(incident, text, SUBJECT_MAX);
	bool is_from = kind_port_is_source(incident->kind);
	char name[8];
	const char *proto = proto_name(incident->proto, name);
	const char *protocol = proto == name ? "protocol " : "";

	if (incident->port)
		snprintf(text + used, SUBJECT_MAX - used, ", %s%s%s port %u",
			is_from ? "from " : "", protocol, proto, incident->port);
	else if (incident->proto)
		snprintf(text + used, SUBJECT_MAX - used, ", %s%s", protocol, proto);
	return text;
}

const struct addr *incident_only(const struct incident *incident, enum role role)
{
	const struct role_list *list = &incident->roles[role];

	if (list->count != 1 || list->listed != 1 || list->list[0].bits != 128)
		return NULL;
	return &list->list[0].addr;
}
