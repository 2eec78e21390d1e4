/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/json_value.h - the JSON values that -j, the event file (-o) and the API have in common.
 *
 * Functions return a new reference, or NULL when memory ran out; fields_put() takes such a NULL and
 * fields_end() then gives NULL, so only the end of a chain is checked. Keys keep the order in which
 * they were put and are always there: what is not known is null. Numbers are rounded to a fixed
 * number of decimals, so the same report gives the same bytes.
 */
#ifndef WEIR_RECORD_JSON_VALUE_H
#define WEIR_RECORD_JSON_VALUE_H

#include <jansson.h>

#include "record/report.h"

/* ASCII only: no byte from outside reaches a terminal raw, and every reader agrees on the
 * encoding. 15 digits: what a double holds of any decimal number, so 0.97 stays 0.97. */
#define JSON_STYLE (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

/* An object under construction. */
struct fields {
	json_t *object;
	bool is_failed;
};

void fields_begin(struct fields *fields);
void fields_put(struct fields *fields, const char *key, json_t *value); /* takes the reference */
json_t *fields_end(struct fields *fields);

/* Appends, takes the reference. False, nothing leaked, when value is NULL or memory ran out. */
bool array_add(json_t *array, json_t *value);

json_t *value_count(uint64_t count);			/* at most 2^63 - 1 */
json_t *value_number(double number, unsigned decimals); /* null for NaN and infinity */
json_t *value_text(const char *text); /* null for NULL; bytes not UTF-8 become \xNN */
json_t *value_time(int64_t time_ns);  /* "2018-09-28T10:14:49.303795+0000" */
json_t *value_seconds(int64_t duration_ns);
json_t *value_address(
	const struct addr *addr, unsigned bits); /* "192.0.2.0/24"; null for all zero */
json_t *value_proto(uint8_t proto);		 /* "TCP"; null for 0 */
json_t *value_port(uint16_t port);		 /* null for 0 */

/* The same object everywhere. Role lists have at most list_max addresses. */
json_t *value_incident(const struct incident *incident, unsigned list_max);

/* Of a bot: family, score, controllers, graph (json_bot.c). */
void put_bot(struct fields *fields, const struct incident *incident);

/* A measure: what, whom, why, until when, how often it hit. */
struct mitigation;
json_t *value_mitigation(const struct mitigation *mitigation);

/* Events in Suricata's EVE shape, as the event file and the live log have them. */
json_t *eve_incident(const struct incident *incident, int64_t time_ns, unsigned list_max);
json_t *eve_alert(const struct incident *incident, int64_t time_ns);

json_t *value_capture(const struct report *report);
json_t *value_stats(const struct report *report);
json_t *value_assumptions(const struct report *report);
json_t *value_talkers(const struct report *report);

/* Writes a value and, unless NULL, the text after it. 0 or −errno; -ENOMEM for a NULL value.
 * Takes the reference. */
int value_write(json_t *value, const char *after, FILE *out);

/* Writes text. 0 or −errno. */
int json_write(const char *text, FILE *out);

#endif
