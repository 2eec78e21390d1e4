/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/stratum_json.h - walks over one JSON text (RFC 8259) and names every scalar in it by its
 * path: {"params":["a",{"b":1}]} gives "params/0" and "params/1/b".
 *
 * It keeps nothing and allocates nothing. What is nested deeper than JSON_DEPTH ends the walk;
 * scalars whose path is longer than JSON_PATH_MAX are passed over. Scalars before an error or the
 * end of a text that was cut have been given. Keys that contain "/" may imitate a path: whoever
 * takes values here reads miners' own words and grants nothing on them.
 */
#ifndef WEIR_APP_STRATUM_JSON_H
#define WEIR_APP_STRATUM_JSON_H

#include "app/event.h"

#define JSON_DEPTH 8
#define JSON_PATH_MAX 63
#define JSON_INDEX_MAX 9 /* of a list; mining.notify has nine values, of which none is read */

/* text: what is between the quotes, escapes as they came; a number or true, false as it stands.
 * null is not given, nor what stands in a list behind JSON_INDEX_MAX. */
typedef void json_take(void *context, const char *path, struct app_text text);

/* Is it one whole JSON text? */
bool json_walk(struct app_text json, json_take *take, void *context);

#endif
