/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/irc.h - the state of an IRC conversation (RFC 2812), and a line of it taken apart, for irc.c.
 */
#ifndef WEIR_APP_IRC_H
#define WEIR_APP_IRC_H

#include "app/words.h"

#define IRC_PARAMETERS 15 /* RFC 2812 2.3 */
#define IRC_CHANNELS 16	  /* that are remembered, and joined by one command */

struct irc_line {
	struct app_text prefix, nick; /* who says it; nick: up to the "!" */
	struct app_text command;
	struct app_text parameters[IRC_PARAMETERS];
	unsigned count;
};

struct irc_state {
	struct note nick, user, password;
	uint32_t channels[IRC_CHANNELS]; /* hashes of those we joined */
	uint8_t channel_count;
	bool has_nick, has_user;
	bool is_registered; /* and told */
	bool skipping[2];
};

#endif
