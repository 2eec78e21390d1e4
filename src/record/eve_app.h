/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_app.h - what was said in conversations, as EVE events in Suricata's field names.
 *
 * Those which Suricata does not have (irc, stratum, socks, p2p, login, host) are made alike. Texts
 * come from strangers: they are cut and cleaned, so a line is always ASCII JSON.
 */
#ifndef WEIR_RECORD_EVE_APP_H
#define WEIR_RECORD_EVE_APP_H

#include <jansson.h>

#include "app/event.h"
#include "conf/conf.h"

/* Is there an EVE event of this, and does the configuration (events) want it? */
bool eve_app_is_wanted(const struct conf *conf, const struct app_event *event);

/* Does the configuration want any? */
bool eve_app_has_any(const struct conf *conf);

/* The event; NULL when there is none of this type, or memory ran out. */
json_t *eve_app(const struct app_event *event);

#endif
