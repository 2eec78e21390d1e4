/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_hosts.c - hosts as JSON; see json_hosts.h.
 *
 * A host's score is the highest confidence of an incident in which it does harm (zombie,
 * reflector); one that is only a target has none. The incidents are walked once, by their lists of
 * roles, and each host in them gets a link, so a thousand of each cost no million looks.
 */
#include "record/json_hosts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "record/json_value.h"
#include "record/names.h"

#define INCIDENTS_MAX 8 /* named of one host; the first ones are the worst */

struct link {
	const struct incident *incident;
	enum role role;
};

struct row {
	const struct inventory_host *host;
	double score; /* < 0: none */
	unsigned link_count;
	struct link links[INCIDENTS_MAX];
};

struct listing {
	const struct hosts_question *question;
	struct row *rows;
	unsigned count;
};

static bool is_harm(enum role role)
{
	return role == ROLE_ZOMBIE || role == ROLE_REFLECTOR;
}

static int by_host(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return addr_compare(&x->host->addr, &y->host->addr);
}

static int by_score(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->score > y->score || x->score < y->score)
		return x->score > y->score ? -1 : 1;
	if ((x->link_count > 0) != (y->link_count > 0))
		return x->link_count > 0 ? -1 : 1;
	return by_host(a, b);
}

static void add_link(struct listing *listing, const struct addr *addr,
	const struct incident *incident, enum role role)
{
	struct inventory_host key = { .addr = *addr };
	struct row wanted = { .host = &key }, *row;

	row = bsearch(&wanted, listing->rows, listing->count, sizeof(*row), by_host);
	if (!row)
		return;
	if (is_harm(role) && (double)incident->confidence > row->score)
		row->score = (double)incident->confidence;
	if (row->link_count < INCIDENTS_MAX)
		row->links[row->link_count++] = (struct link){ incident, role };
}

static void join(struct listing *listing)
{
	const struct hosts_question *question = listing->question;

	for (unsigned i = 0; i < question->incident_count; i++)
		for (unsigned role = 0; role < ROLE_COUNT; role++) {
			const struct role_list *roles = &question->incidents[i]->roles[role];

			for (unsigned k = 0; k < roles->listed; k++)
				if (roles->list[k].bits == 128)
					add_link(listing, &roles->list[k].addr,
						question->incidents[i], (enum role)role);
		}
}

static bool is_wanted(const struct hosts_question *question, const struct addr *addr)
{
	struct addr masked = addr_mask(addr, question->bits);

	return question->bits == 0 || addr_equal(&masked, &question->within);
}

static int fill(struct listing *listing)
{
	const struct inventory *inventory = listing->question->inventory;
	unsigned all = inventory ? inventory_count(inventory) : 0;

	listing->rows = calloc(all ? all : 1, sizeof(*listing->rows));
	if (!listing->rows)
		return -1;
	for (unsigned i = 0; i < all; i++) {
		const struct inventory_host *host = inventory_at(inventory, i);

		if (is_wanted(listing->question, &host->addr))
			listing->rows[listing->count++] = (struct row){ .host = host, .score = -1 };
	}
	qsort(listing->rows, listing->count, sizeof(*listing->rows), by_host);
	join(listing);
	qsort(listing->rows, listing->count, sizeof(*listing->rows), by_score);
	return 0;
}

static json_t *text_or_null(const char *text)
{
	return text[0] ? value_text(text) : json_null();
}

/* A new array of count values; NULL when memory ran out. */
static json_t *array_of(const void *of, unsigned count, json_t *(*make)(const void *of, unsigned i))
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count && array; i++)
		if (!array_add(array, make(of, i))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *mac_of(const void *of, unsigned i)
{
	const struct inventory_host *host = of;
	const uint8_t *mac = host->macs[i];

	return json_sprintf(
		"%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static json_t *reason_of(const void *of, unsigned i)
{
	const struct clue_verdict *verdict = of;
	const struct clue_rule *rule = verdict->reasons[i];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "clue", json_string(clue_names[rule->clue]));
	fields_put(&fields, "pattern", json_string(rule->pattern));
	fields_put(&fields, "kind",
		rule->kind == HOST_UNKNOWN ? json_null()
					   : json_string(host_kind_names[rule->kind]));
	fields_put(&fields, "weight", value_number(rule->weight, 2));
	fields_put(&fields, "source", json_string(rule->source));
	return fields_end(&fields);
}

static json_t *talk_of(const void *of, unsigned i)
{
	const struct inventory_talk *talk = &((const struct inventory_host *)of)->talks[i];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "name", json_string(app_proto_names[talk->proto]));
	fields_put(&fields, "flows", value_count(talk->flows));
	fields_put(&fields, "bytes", value_count(talk->bytes));
	return fields_end(&fields);
}

static json_t *service_of(const void *of, unsigned i)
{
	const struct inventory_service *service = &((const struct inventory_host *)of)->services[i];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "port", json_integer(service->port));
	fields_put(&fields, "proto", value_proto(service->proto));
	fields_put(&fields, "app_proto",
		service->app_proto == PROTO_UNKNOWN
			? json_null()
			: json_string(app_proto_names[service->app_proto]));
	return fields_end(&fields);
}

/* What tells most about this very host: of a botnet the first finding may be another one's. */
static const char *why_of(const struct incident *incident, const struct addr *host)
{
	const struct finding *best = NULL;

	for (unsigned i = 0; i < incident->finding_count; i++) {
		const struct finding *finding = &incident->findings[i];
		bool is_its = addr_equal(&finding->from, host) || addr_equal(&finding->to, host);

		if (is_its && (!best || finding->confidence > best->confidence))
			best = finding;
	}
	if (best)
		return best->reason;
	return incident->finding_count ? incident->findings[0].reason : NULL;
}

static json_t *link_of(const void *of, unsigned i)
{
	const struct row *row = of;
	const struct link *link = &row->links[i];
	const struct incident *incident = link->incident;
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "id", value_text(incident->id));
	fields_put(&fields, "kind", json_string(kind_info(incident->kind)->name));
	fields_put(&fields, "title", json_string(kind_info(incident->kind)->title));
	fields_put(&fields, "severity", json_string(severity_names[incident->severity]));
	fields_put(&fields, "confidence", value_number((double)incident->confidence, 2));
	fields_put(&fields, "role", json_string(role_names[link->role]));
	fields_put(&fields, "why", value_text(why_of(incident, &row->host->addr)));
	return fields_end(&fields);
}

static void put_verdict(
	struct fields *fields, const struct inventory *inventory, const struct inventory_host *host)
{
	struct clue_verdict verdict = inventory_judge(inventory, host);

	fields_put(fields, "kind", json_string(host_kind_names[verdict.kind]));
	fields_put(fields, "confidence", value_number(verdict.confidence, 2));
	fields_put(fields, "system", text_or_null(verdict.system));
	fields_put(fields, "reasons", array_of(&verdict, verdict.reason_count, reason_of));
}

static json_t *host_object(const struct inventory *inventory, const struct row *row)
{
	const struct inventory_host *host = row->host;
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "address", value_address(&host->addr, 128));
	fields_put(&fields, "name", text_or_null(host->name));
	put_verdict(&fields, inventory, host);
	fields_put(&fields, "score", row->score < 0 ? json_null() : value_number(row->score, 2));
	fields_put(&fields, "incidents", array_of(row, row->link_count, link_of));
	fields_put(&fields, "macs", array_of(host, host->mac_count, mac_of));
	fields_put(&fields, "maker", text_or_null(inventory_maker(inventory, host)));
	fields_put(&fields, "says_vendor", text_or_null(host->vendor));
	fields_put(&fields, "says_model", text_or_null(host->model));
	fields_put(&fields, "says_system", text_or_null(host->system));
	fields_put(&fields, "ja4", text_or_null(host->ja4));
	fields_put(&fields, "protocols", array_of(host, host->talk_count, talk_of));
	fields_put(&fields, "services", array_of(host, host->service_count, service_of));
	fields_put(&fields, "services_complete", json_boolean(!host->has_more_services));
	fields_put(&fields, "sent_bytes", value_count(host->sent_bytes));
	fields_put(&fields, "received_bytes", value_count(host->received_bytes));
	fields_put(&fields, "first_seen", value_time(host->first_ns));
	fields_put(&fields, "last_seen", value_time(host->last_ns));
	return fields_end(&fields);
}

json_t *value_hosts(const struct hosts_question *question, unsigned *ret_total)
{
	struct listing listing = { .question = question };
	json_t *array = fill(&listing) == 0 ? json_array() : NULL;

	for (unsigned i = 0; array && i < listing.count && i < question->list_max; i++)
		if (!array_add(array, host_object(question->inventory, &listing.rows[i]))) {
			json_decref(array);
			array = NULL;
		}
	*ret_total = listing.count;
	free(listing.rows);
	return array;
}
