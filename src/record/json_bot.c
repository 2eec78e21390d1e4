/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_bot.c - what the incident object says of a bot beside the rest: the score and its
 * parts, the controllers, and the graph of roles: nodes are addresses, edges say who has to do
 * with whom, and why that is thought.
 */
#include "record/json_value.h"
#include "record/names.h"

#define NODES_MAX (2 * INCIDENT_LINKS)

struct node {
	struct addr addr;
	enum role role; /* ROLE_COUNT: not known */
	const char *name;
};

static json_t *array_of(const struct incident *incident, unsigned count,
	json_t *(*make)(const struct incident *incident, unsigned at))
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count && array; i++)
		if (!array_add(array, make(incident, i))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *part_object(const struct incident *incident, unsigned at)
{
	const struct incident_part *part = &incident->parts[at];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "kind", json_string(kind_info(part->kind)->name));
	fields_put(&fields, "confidence", value_number((double)part->confidence, 2));
	fields_put(&fields, "findings", value_count(part->findings));
	return fields_end(&fields);
}

static json_t *score_object(const struct incident *incident)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "value", value_number((double)incident->confidence, 2));
	fields_put(&fields, "proof", value_number((double)incident->proof, 2));
	fields_put(&fields, "parts", array_of(incident, incident->part_count, part_object));
	return fields_end(&fields);
}

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? value_text(text) : json_null();
}

static json_t *controller_object(const struct incident *incident, unsigned at)
{
	const struct incident_controller *controller = &incident->controllers[at];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "address", value_address(&controller->addr, 128));
	fields_put(&fields, "name", text_or_null(controller->name));
	fields_put(&fields, "port", value_port(controller->port));
	fields_put(&fields, "confidence", value_number((double)controller->confidence, 2));
	fields_put(&fields, "zombies", value_count(controller->zombies));
	fields_put(&fields, "prevalence", value_number(controller->prevalence, 4));
	fields_put(&fields, "before_attack", json_boolean(controller->is_before_attack));
	fields_put(&fields, "listed", json_boolean(controller->is_listed));
	return fields_end(&fields);
}

static bool is_controller(const struct incident *incident, const struct addr *addr)
{
	for (unsigned i = 0; i < incident->controller_count; i++)
		if (addr_equal(&incident->controllers[i].addr, addr))
			return true;
	return false;
}

/* Only who was found to be the controller is one: a detector's suspicion is not enough. */
static enum role role_of(const struct incident *incident, const struct incident_link *link)
{
	if (is_controller(incident, &link->to))
		return ROLE_CONTROLLER;
	return link->to_role == ROLE_CONTROLLER ? ROLE_COUNT : link->to_role;
}

static unsigned add_node(struct node *nodes, unsigned count, const struct node *node)
{
	for (unsigned i = 0; i < count; i++)
		if (addr_equal(&nodes[i].addr, &node->addr))
			return count;
	nodes[count] = *node;
	return count + 1;
}

static json_t *node_object(const struct node *node)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "id", value_address(&node->addr, 128));
	fields_put(&fields, "role",
		json_string(node->role < ROLE_COUNT ? role_names[node->role] : "unknown"));
	fields_put(&fields, "name", text_or_null(node->name));
	return fields_end(&fields);
}

static json_t *node_list(const struct incident *incident)
{
	struct node nodes[NODES_MAX];
	unsigned count = 0;
	json_t *array = json_array();

	for (unsigned i = 0; i < incident->link_count; i++) {
		const struct incident_link *link = &incident->links[i];
		struct node from = { link->from, ROLE_ZOMBIE, NULL };
		struct node to = { link->to, role_of(incident, link), link->name };

		count = add_node(nodes, count, &from);
		count = add_node(nodes, count, &to);
	}
	for (unsigned i = 0; i < count && array; i++)
		if (!array_add(array, node_object(&nodes[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *edge_object(const struct incident *incident, unsigned at)
{
	const struct incident_link *link = &incident->links[at];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "from", value_address(&link->from, 128));
	fields_put(&fields, "to", value_address(&link->to, 128));
	fields_put(&fields, "port", value_port(link->port));
	fields_put(&fields, "kind", json_string(kind_info(link->kind)->name));
	fields_put(&fields, "why", text_or_null(link->reason));
	fields_put(&fields, "confidence", value_number((double)link->confidence, 2));
	fields_put(&fields, "first_seen", value_time(link->first_ns));
	fields_put(&fields, "last_seen", value_time(link->last_ns));
	return fields_end(&fields);
}

static json_t *graph_object(const struct incident *incident)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "nodes", node_list(incident));
	fields_put(&fields, "edges", array_of(incident, incident->link_count, edge_object));
	fields_put(&fields, "edges_lost", value_count(incident->links_lost));
	return fields_end(&fields);
}

void put_bot(struct fields *fields, const struct incident *incident)
{
	if (!incident_is_bot(incident))
		return;
	fields_put(fields, "family", text_or_null(incident->family));
	fields_put(fields, "score", score_object(incident));
	fields_put(fields, "controllers",
		array_of(incident, incident->controller_count, controller_object));
	fields_put(fields, "graph", graph_object(incident));
}
