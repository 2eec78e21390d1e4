/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families_byob.c - BYOB; see families.h.
 *
 * As its published source has it: the client keeps one session with its server (app/looks_byob.c
 * says how that looks); the server has HTTP services for modules, packages and uploads on the three
 * ports behind that of the session; the client first asks a service on the web for its own address,
 * and tries again after 30 s when nobody listens. A session alone may be something else that sends
 * two keys and then AES in frames, so alone it stays below 0.6.
 */
#include <string.h>

#include "detect/families.h"

#define SERVICES 3
#define ASKED_NS (300 * NS_PER_S) /* how long before a session it counts; weir: imports are slow */
#define RETRY_LEAST_NS (27 * NS_PER_S)
#define RETRY_MOST_NS (33 * NS_PER_S)
#define RETRIES_MANY 2

/* Where programs ask for the address they are seen with; BYOB itself asks the first. */
static const char *const address_services[] = { "api.ipify.org", "ipinfo.io", "icanhazip.com",
	"ifconfig.me", "ifconfig.co", "checkip.amazonaws.com", "checkip.dyndns.org", "ident.me",
	"ipecho.net", "wtfismyip.com", "myexternalip.com", "ip-api.com",
	"bot.whatismyipaddress.com", "api.myip.com", "ipapi.co" };

void family_byob_name(
	struct families_state *state, const struct app_event *event, struct app_text name)
{
	struct family_host *host;
	bool is_service = false;

	if (name.len < 8 || name.len > 32)
		return;
	for (unsigned i = 0; i < sizeof(address_services) / sizeof(address_services[0]); i++)
		is_service = is_service || app_text_is(name, address_services[i]);
	if (!is_service)
		return;
	host = keyed_take(&state->hosts, &event->key.addr[0], keyed_weight(event->time_ns, 1));
	if (!host)
		return;
	host->head.weight = keyed_weight(event->time_ns, 1);
	host->asked_ns = event->time_ns;
}

static struct family_pair *pair_of(
	struct families_state *state, const struct app_event *event, uint64_t amount)
{
	struct family_pair_key key = { event->key.addr[0], event->key.addr[1] };
	uint64_t weight = keyed_weight(event->time_ns, amount);
	struct family_pair *pair = keyed_take(&state->pairs, &key, weight);

	if (pair && pair->head.weight < weight)
		pair->head.weight = weight;
	return pair;
}

static void note_port(struct family_pair *pair, uint16_t port)
{
	for (unsigned i = 0; i < pair->port_count; i++)
		if (pair->ports[i] == port)
			return;
	if (pair->port_count == FAMILY_PORTS) {
		memmove(pair->ports, pair->ports + 1, sizeof(pair->ports) - sizeof(pair->ports[0]));
		pair->port_count--;
	}
	pair->ports[pair->port_count++] = port;
}

/* How many of the three ports behind the session's were spoken to. */
static unsigned services_of(const struct family_pair *pair)
{
	unsigned count = 0;

	for (unsigned i = 0; i < pair->port_count; i++) {
		uint32_t behind = (uint32_t)pair->ports[i] - pair->session_port;

		count += behind >= 1 && behind <= SERVICES;
	}
	return count;
}

static void judge(struct families_state *state, struct family_pair *pair,
	const struct app_event *event, struct findings *findings)
{
	const struct family_host *host = keyed_find(&state->hosts, &pair->key.inside);
	bool has_asked = host && pair->session_ns - host->asked_ns <= ASKED_NS;
	unsigned services = services_of(pair);
	bool is_retrying =
		pair->retries >= RETRIES_MANY && pair->refused_port == pair->session_port;
	struct parties parties = { .inside = pair->key.inside, .outside = pair->key.outside };
	float confidence = services ? 0.85F : has_asked || is_retrying ? 0.72F : 0.55F;
	struct finding finding;

	if (services > 1 || (services && (has_asked || is_retrying)))
		confidence = 0.93F;
	if (!bot_is_news(&pair->told_ns, &pair->told_confidence, event->time_ns, confidence))
		return;
	finding = bot_finding(KIND_BOT_C2, "families", &parties, event->time_ns, confidence,
		services ? "keys of 256 bytes, then framed AES, and services on the ports behind"
			 : "keys of 256 bytes both ways, then framed AES");
	finding.family = "byob";
	finding.port = pair->session_port;
	finding.proto = event->key.proto;
	bot_evidence(&finding, "frames", "messages", pair->frames);
	bot_evidence(&finding, "services", "ports", services);
	bot_evidence(&finding, "retries", "openings", pair->retries);
	bot_evidence(&finding, "asked", "look-ups", has_asked);
	finding_add(findings, &finding);
}

void family_byob_looks(
	struct families_state *state, const struct app_event *event, struct findings *findings)
{
	struct family_pair *pair = pair_of(state, event, 1U << 20);

	if (!pair)
		return;
	if (pair->session_ns == 0)
		pair->session_ns = event->time_ns;
	pair->session_port = event->key.port[1];
	pair->frames = event->looks.count;
	judge(state, pair, event, findings);
}

static void note_refusal(struct family_pair *pair, const struct app_event *event)
{
	int64_t gap_ns = event->time_ns - pair->refused_ns;

	if (pair->refused_port != event->key.port[1])
		pair->retries = 0;
	else if (gap_ns >= RETRY_LEAST_NS && gap_ns <= RETRY_MOST_NS)
		pair->retries++;
	pair->refused_port = event->key.port[1];
	pair->refused_ns = event->time_ns;
}

void family_byob_contact(
	struct families_state *state, const struct app_event *event, struct findings *findings)
{
	struct parties parties = parties_of(state->networks, &event->key);
	struct family_pair *pair;

	/* From outside to inside everybody knocks; and a scan must not push out what is known. */
	if (!parties.is_local && !parties.is_foreign && parties.inside_side == 1)
		return;
	pair = pair_of(state, event, 1);
	if (!pair)
		return;
	if (event->type == APP_REFUSED) {
		note_refusal(pair, event);
		return;
	}
	note_port(pair, event->key.port[1]);
	if (pair->session_ns && services_of(pair))
		judge(state, pair, event, findings);
}
