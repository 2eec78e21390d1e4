/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/families.c - finds bots of families that the wire tells: Mirai, Gafgyt, BYOB.
 *
 * What a conversation looks like comes from app/looks.c. Here is put together what one sign alone
 * would not prove: a registration and keepalives both ways, an order and what the host does then,
 * a session and its services on the ports behind it. Each family has its file; this one shares
 * out the events. Scans with Mirai's fingerprint are scan.mirai; IRC bots are bot.irc.
 *
 * State: capped tables of conversations, pairs and hosts, those silent for longest go first, and
 * a ring of the last orders.
 */
#include "detect/families.h"

#include <errno.h>

#include "detect/detectors.h"

static void families_close(void *state)
{
	struct families_state *s = state;

	keyed_close(&s->talks);
	keyed_close(&s->pairs);
	keyed_close(&s->hosts);
}

static int families_init(void *state, const struct detector_env *env)
{
	struct families_state *s = state;

	*s = (struct families_state){ .networks = env->networks };
	if (keyed_open(&s->talks, FAMILY_TALKS, sizeof(struct family_talk), sizeof(uint64_t),
		    env->seed) < 0 ||
		keyed_open(&s->pairs, FAMILY_PAIRS, sizeof(struct family_pair),
			sizeof(struct family_pair_key), env->seed) < 0 ||
		keyed_open(&s->hosts, FAMILY_HOSTS, sizeof(struct family_host), sizeof(struct addr),
			env->seed) < 0) {
		families_close(s);
		return -ENOMEM;
	}
	return 0;
}

struct parties family_parties(const struct families_state *state, const struct app_event *event)
{
	struct parties parties = parties_of(state->networks, &event->key);

	parties.inside = event->key.addr[0];
	parties.outside = event->key.addr[1];
	return parties;
}

void family_tell(struct family_talk *talk, const struct app_event *event,
	const struct finding *finding, struct findings *findings)
{
	if (!bot_is_news(
		    &talk->told_ns, &talk->told_confidence, event->time_ns, finding->confidence))
		return;
	finding_add(findings, finding);
}

static void see_looks(
	struct families_state *s, const struct app_event *event, struct findings *findings)
{
	uint64_t weight = keyed_weight(event->time_ns, 1);
	struct family_talk *talk;

	if (event->looks.kind == LOOKS_BYOB) {
		family_byob_looks(s, event, findings);
		return;
	}
	if (event->looks.kind < LOOKS_MIRAI_LOGIN || event->looks.kind > LOOKS_GAFGYT)
		return;
	talk = keyed_take(&s->talks, &event->flow, weight);
	if (!talk)
		return;
	talk->head.weight = weight;
	if (event->looks.kind == LOOKS_MIRAI_LOADER)
		family_loader(s, talk, event, findings);
	else if (event->looks.kind == LOOKS_GAFGYT)
		family_gafgyt(s, talk, event, findings);
	else
		family_mirai(s, talk, event, findings);
}

static void families_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct families_state *s = state;

	if (s->orders_until_ns > event->time_ns)
		family_order_watch(s, event, findings);
	switch (event->type) {
	case APP_LOOKS:
		see_looks(s, event, findings);
		break;
	case APP_CONNECT:
	case APP_REFUSED:
		family_byob_contact(s, event, findings);
		break;
	case APP_HTTP:
		family_byob_name(s, event, event->http.host);
		break;
	case APP_TLS:
		family_byob_name(s, event, event->tls.sni);
		break;
	case APP_DNS:
		family_byob_name(s, event, event->dns.name);
		break;
	default:
		break;
	}
}

static void families_losses(const void *state, struct losses *losses)
{
	const struct families_state *s = state;

	losses->forgotten += s->talks.evicted + s->pairs.evicted + s->hosts.evicted;
	losses->uncounted += s->talks.refused + s->pairs.refused + s->hosts.refused;
}

const struct detector detector_families = {
	.name = "families",
	.state_size = sizeof(struct families_state),
	.init = families_init,
	.event = families_event,
	.losses = families_losses,
	.close = families_close,
};
