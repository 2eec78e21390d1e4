/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/beats.h - what is said at every beat of the piece `beats`, as variant of its plan.
 */
#ifndef WEIR_GEN_BEATS_H
#define WEIR_GEN_BEATS_H

enum beat {
	BEAT_BOT_TLS,	   /* a bot's own TLS 1.2, self-signed, always the same few bytes */
	BEAT_BOT_HTTP,	   /* GET with an id, a short answer */
	BEAT_NTP,	   /* RFC 5905 */
	BEAT_TELEMETRY,	   /* TLS 1.3, a post of varying size */
	BEAT_CONNECTIVITY, /* HTTP, 204 */
	BEAT_UPDATE,	   /* HTTP, 304 */
	BEAT_MAIL,	   /* TLS 1.3, asks whether there is mail: always the same, mostly none */
	BEAT_OWN,	   /* TLS 1.2 to a server of one's own, by a CA of one's own */
	BEAT_DEAD,	   /* a server that is no more: refused */
};

#endif
