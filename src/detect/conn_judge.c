/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/conn_judge.c - the running numbers of open and silent connections, and their limits.
 *
 * Above is a service with conn.connections open of which conn.silent_share are silent, or a
 * source with conn.per_source silent ones at one service, as large a share of its own. When that
 * has lasted for CONN_LASTING_NS it is told, and again once a second. Rate plays no part: a flash
 * crowd has something to say, and keep-alive connections, push services and NAT gateways have
 * said it.
 *
 * Whoever has the fewest open connections (services) or silent ones (sources) loses his place
 * first; ends of connections whose opening was forgotten are ignored, so what is forgotten is
 * only missing.
 */
#include <math.h>
#include <netinet/in.h>

#include "conf/conf.h"
#include "detect/conn_internal.h"
#include "lib/hash.h"

/* Ours, after the benign captures: browsers use or close their spare connections within seconds. */
#define CONN_LASTING_NS (10 * NS_PER_S)
#define CONN_CHECK_NS NS_PER_S
#define CONN_CONFIDENCE 0.9F

static void hold(struct conn_holding *holding, const struct conn_delta *delta, struct window window)
{
	double window_s = (double)(window.end_ns - window.start_ns) / NS_PER_S;

	if (holding->packets == 0)
		holding->first_ns = window.start_ns;
	holding->open += (int64_t)delta->opened - delta->ended_spoken - delta->ended_silent;
	holding->silent += (int64_t)delta->opened - delta->spoke - delta->ended_silent;
	if (holding->open < 0)
		holding->open = 0;
	if (holding->silent > holding->open)
		holding->silent = holding->open;
	if (holding->silent < 0)
		holding->silent = 0;
	holding->packets += delta->packets;
	holding->bytes += delta->bytes;
	holding->peak_pps = fmax(holding->peak_pps, (double)delta->packets / window_s);
	holding->peak_bps = fmax(holding->peak_bps, 8 * (double)delta->bytes / window_s);
}

static bool is_service_above(const struct conn_state *s, const struct conn_holding *holding)
{
	return (double)holding->open >= (double)s->conf->conn.connections &&
	       (double)holding->silent >= s->conf->conn.silent_share * (double)holding->open;
}

static bool is_source_above(const struct conn_state *s, const struct conn_holding *holding)
{
	return (double)holding->silent >= (double)s->conf->conn.per_source &&
	       (double)holding->silent >= s->conf->conn.silent_share * (double)holding->open;
}

static void watch(struct conn_state *s, struct conn_holding *holding, bool is_above, int64_t now_ns)
{
	if (is_above && !holding->is_above)
		holding->above_ns = now_ns;
	holding->is_above = is_above;
	s->has_above |= is_above;
}

static bool is_lasting(const struct conn_holding *holding, int64_t now_ns)
{
	return holding->is_above && now_ns - holding->above_ns >= CONN_LASTING_NS;
}

static struct conn_gathering *gathering_of(struct conn_state *s, const struct conn_service_key *key)
{
	for (unsigned i = 0; i < CONN_GATHERINGS && s->gatherings_used > 0; i++)
		if (s->gatherings[i].is_used &&
			memcmp(&s->gatherings[i].service, key, sizeof(*key)) == 0)
			return &s->gatherings[i];
	return NULL;
}

/* A service begins to fill: whoever is remembered, and from now on whoever comes. */
static void begin_gathering(struct conn_state *s, const struct conn_service_key *key)
{
	unsigned i = 0;

	while (i < CONN_GATHERINGS && s->gatherings[i].is_used)
		i++;
	if (i == CONN_GATHERINGS)
		return;
	s->gatherings[i].is_used = true;
	s->gatherings[i].service = *key;
	s->gatherings_used++;
	for (uint32_t k = 0; k < s->sources.count; k++) {
		const struct conn_source *source = keyed_at(&s->sources, k);

		if (memcmp(&source->key.service, key, sizeof(*key)) == 0)
			distinct_add(&s->gatherings[i].sources, &source->key.source,
				hash_addr(&source->key.source, s->seed), source->holding.packets);
	}
}

/* Crowded from a quarter of the limit on; the sources of what falls below an eighth are
 * forgotten. */
static void gather(
	struct conn_state *s, const struct conn_service *service, const struct conn_delta *delta)
{
	struct conn_gathering *gathering;

	if ((uint64_t)service->holding.open < s->conf->conn.connections / 4)
		return;
	gathering = gathering_of(s, &service->key);
	if (gathering)
		distinct_add(&gathering->sources, &delta->key.source,
			hash_addr(&delta->key.source, s->seed), delta->packets);
	else
		begin_gathering(s, &service->key);
}

static void tidy_gatherings(struct conn_state *s)
{
	for (unsigned i = 0; i < CONN_GATHERINGS && s->gatherings_used > 0; i++) {
		struct conn_gathering *gathering = &s->gatherings[i];
		const struct conn_service *service;

		if (!gathering->is_used)
			continue;
		service = keyed_find(&s->services, &gathering->service);
		if (service && (uint64_t)service->holding.open >= s->conf->conn.connections / 8)
			continue;
		distinct_clear(&gathering->sources);
		gathering->is_used = false;
		s->gatherings_used--;
	}
}

/* The entry of a key, made only when the delta opens something. */
static void *entry_of(struct keyed *table, const void *key, const struct conn_delta *delta)
{
	if (delta->opened == 0)
		return keyed_find(table, key);
	return keyed_take(table, key, delta->opened);
}

static void add_to_source(
	struct conn_state *s, const struct conn_delta *delta, struct window window)
{
	struct conn_source *source = entry_of(&s->sources, &delta->key, delta);

	if (!source)
		return;
	hold(&source->holding, delta, window);
	if (source->holding.open == 0) {
		keyed_remove(&s->sources, source);
		return;
	}
	source->head.weight = (uint64_t)source->holding.silent + 1;
	watch(s, &source->holding, is_source_above(s, &source->holding), window.end_ns);
}

static void add_to_service(
	struct conn_state *s, const struct conn_delta *delta, struct window window)
{
	struct conn_service *service = entry_of(&s->services, &delta->key.service, delta);

	if (!service)
		return;
	hold(&service->holding, delta, window);
	if (service->holding.open == 0) {
		keyed_remove(&s->services, service);
		return;
	}
	service->head.weight = (uint64_t)service->holding.open;
	watch(s, &service->holding, is_service_above(s, &service->holding), window.end_ns);
	if (delta->opened > 0)
		gather(s, service, delta);
}

static void forgive_one(struct conn_holding *holding, uint64_t lost)
{
	holding->silent -= holding->silent < (int64_t)lost ? holding->silent : (int64_t)lost;
}

/* Words and ends were lost, nobody knows whose. */
static void forgive(struct conn_state *s, uint64_t lost, int64_t now_ns)
{
	if (lost > INT64_MAX)
		lost = INT64_MAX;
	for (uint32_t i = 0; i < s->services.count; i++) {
		struct conn_service *service = keyed_at(&s->services, i);

		forgive_one(&service->holding, lost);
		watch(s, &service->holding, is_service_above(s, &service->holding), now_ns);
	}
	for (uint32_t i = 0; i < s->sources.count; i++) {
		struct conn_source *source = keyed_at(&s->sources, i);

		forgive_one(&source->holding, lost);
		watch(s, &source->holding, is_source_above(s, &source->holding), now_ns);
	}
}

/* What both kinds of finding say; then the holding counts anew. */
static struct finding describe(
	const struct conn_service_key *service, struct conn_holding *holding, struct window window)
{
	struct finding finding = {
		.kind = KIND_CONN_EXHAUSTION,
		.scope = SCOPE_HOST,
		.detector = "conn",
		.window = { holding->packets ? holding->first_ns : window.start_ns, window.end_ns },
		.to = service->server,
		.to_bits = 128,
		.port = service->port,
		.proto = IPPROTO_TCP,
		.confidence = CONN_CONFIDENCE,
		.packets = holding->packets,
		.bytes = holding->bytes,
		.peak_pps = holding->peak_pps,
		.peak_bps = holding->peak_bps,
	};

	holding->packets = 0;
	holding->bytes = 0;
	holding->peak_pps = 0;
	holding->peak_bps = 0;
	return finding;
}

static void add_evidence(
	struct finding *finding, const struct conn_holding *holding, bool is_of_source)
{
	struct evidence open = { "open_connections", "connections", (double)holding->open };
	struct evidence silent = { "silent_connections", "connections", (double)holding->silent };

	finding->observed = is_of_source ? silent.value : open.value;
	finding->evidence[0] = is_of_source ? silent : open;
	finding->evidence[1] = is_of_source ? open : silent;
	finding->evidence[2] =
		(struct evidence){ "silent_share", "share", silent.value / fmax(open.value, 1) };
	finding->evidence[3] = (struct evidence){ "lasting", "s",
		(double)(finding->window.end_ns - holding->above_ns) / NS_PER_S };
}

static void tell_service(struct conn_state *s, struct conn_service *service, struct window window,
	struct findings *findings)
{
	struct finding finding = describe(&service->key, &service->holding, window);
	const struct conn_gathering *gathering = gathering_of(s, &service->key);

	finding.reason =
		"almost all open connections are silent: their openers sent next to nothing";
	finding.expected = (double)s->conf->conn.connections;
	add_evidence(&finding, &service->holding, false);
	if (gathering) {
		finding.sources = &gathering->sources;
		finding.evidence[4] = (struct evidence){ "sources", "addresses",
			(double)distinct_count(&gathering->sources) };
	}
	finding_add(findings, &finding);
}

static void tell_source(struct conn_state *s, struct conn_source *source, struct window window,
	struct findings *findings)
{
	struct finding finding = describe(&source->key.service, &source->holding, window);

	finding.reason = "one source holds many silent connections to one service";
	finding.from = source->key.source;
	finding.from_bits = 128;
	finding.expected = (double)s->conf->conn.per_source;
	add_evidence(&finding, &source->holding, true);
	finding_add(findings, &finding);
}

static void check_services(struct conn_state *s, struct window window, struct findings *findings)
{
	for (uint32_t i = 0; i < s->services.count; i++) {
		struct conn_service *service = keyed_at(&s->services, i);

		s->has_above |= service->holding.is_above;
		if (is_lasting(&service->holding, window.end_ns))
			tell_service(s, service, window, findings);
	}
}

/* A source that is part of what its service already told of is not told of again. */
static void check_sources(struct conn_state *s, struct window window, struct findings *findings)
{
	for (uint32_t i = 0; i < s->sources.count; i++) {
		struct conn_source *source = keyed_at(&s->sources, i);
		const struct conn_service *service;

		if (!source->holding.is_above)
			continue;
		s->has_above = true;
		service = keyed_find(&s->services, &source->key.service);
		if (is_lasting(&source->holding, window.end_ns) &&
			!(service && service->holding.is_above))
			tell_source(s, source, window, findings);
	}
}

void conn_judge(void *state, void *summary, struct window window, struct findings *findings)
{
	struct conn_state *s = state;
	struct conn_summary *sum = summary;

	for (uint32_t i = 0; i < sum->deltas.count; i++) {
		const struct conn_delta *delta = keyed_at(&sum->deltas, i);

		add_to_source(s, delta, window);
		add_to_service(s, delta, window);
	}
	if (sum->lost_silent > 0)
		forgive(s, sum->lost_silent, window.end_ns);
	sum->lost_silent = 0;
	keyed_clear(&sum->deltas);
	if (!s->has_above && s->gatherings_used == 0)
		return;
	if (window.end_ns - s->checked_ns < CONN_CHECK_NS)
		return;
	s->checked_ns = window.end_ns;
	s->has_above = false;
	check_services(s, window, findings);
	check_sources(s, window, findings);
	tidy_gatherings(s);
}
