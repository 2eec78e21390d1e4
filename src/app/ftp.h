/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ftp.h - the state of an FTP control connection (RFC 959), for ftp.c.
 *
 * Commands that wait for their reply stand in a short queue. Clients wait for each reply, so a
 * full queue is odd: what does not fit is told without a reply, and as many replies are let pass.
 */
#ifndef WEIR_APP_FTP_H
#define WEIR_APP_FTP_H

#include "app/words.h"

#define FTP_WAITING 5

struct ftp_command {
	char word[8];
	struct note argument;
};

struct ftp_state {
	struct ftp_command waiting[FTP_WAITING];
	struct note user;
	uint32_t overflow; /* commands behind those that wait, already told */
	uint32_t tries;
	uint8_t waiting_first, waiting_count;
	bool skipping[2];
};

#endif
