/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/agent.h - what a User-Agent says of the program that asks, and a host and path of the
 * place it asks: what the detectors dropper and gate share.
 */
#ifndef WEIR_DETECT_AGENT_H
#define WEIR_DETECT_AGENT_H

#include "app/event.h"

enum agent {
	AGENT_NONE,    /* there is none */
	AGENT_BROWSER, /* says it is one of today's */
	AGENT_OLD, /* says it is Internet Explorer up to 8: "Mozilla/4.0 (compatible; MSIE …" */
	AGENT_UPDATER, /* package managers and update services */
	AGENT_STAGER,  /* wget, curl, Python, PowerShell, certutil: what scripts fetch with */
	AGENT_RANDOM,  /* one word of random letters */
	AGENT_OTHER,
};

enum agent agent_of(struct app_text user_agent);

/* A place that many fetch programs from: distributions, package indexes, vendors. */
bool agent_is_known_host(struct app_text host);

/* Does it look made up by chance? Letters of both cases and digits, or consonants in a row. */
bool agent_is_random(struct app_text word);

#endif
