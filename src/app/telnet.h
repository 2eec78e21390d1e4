/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/telnet.h - the state of a Telnet session (RFC 854), for telnet.c: where each side stands in
 * the negotiation, the line it is in, and where the login dialogue stands.
 */
#ifndef WEIR_APP_TELNET_H
#define WEIR_APP_TELNET_H

#include "app/words.h"

enum telnet_iac { TELNET_TEXT, TELNET_IAC, TELNET_OPTION, TELNET_SUB, TELNET_SUB_IAC };

enum telnet_stage {
	TELNET_START,
	TELNET_ASKED_USER,
	TELNET_ASKED_PASSWORD,
	TELNET_JUDGING, /* a password was given */
	TELNET_INSIDE,
};

struct telnet_state {
	struct note line[2]; /* the unfinished one, from its start */
	struct note user;
	uint32_t tries;
	uint32_t loader_lines; /* told */
	uint8_t loader_steps;  /* of its usual sequence: enable, system, shell, sh */
	uint8_t iac[2];	       /* enum telnet_iac */
	uint8_t stage;	       /* enum telnet_stage */
	uint8_t colons;	       /* of the server's unfinished line, that were judged */
	bool has_return[2];    /* the last character was \r */
};

#endif
