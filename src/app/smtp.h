/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/smtp.h - the state of a mail delivery (RFC 5321), for smtp.c.
 *
 * Replies are assigned to commands by their order (RFC 2920: commands may be sent ahead). So many
 * commands may wait for their reply; when there are more, replies are no longer assigned and mails
 * are told when they have been sent.
 */
#ifndef WEIR_APP_SMTP_H
#define WEIR_APP_SMTP_H

#include "app/words.h"

#define SMTP_WAITING 64

enum smtp_command {
	SMTP_BANNER,
	SMTP_HELO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_END, /* the mail itself */
	SMTP_CHUNK,
	SMTP_AUTH,
	SMTP_STARTTLS,
	SMTP_RSET,
	SMTP_QUIT,
	SMTP_OTHER,
};

enum smtp_mode { SMTP_MODE_COMMANDS, SMTP_MODE_HEADERS, SMTP_MODE_BODY, SMTP_MODE_AUTH };

enum smtp_mechanism { SMTP_AUTH_OTHER, SMTP_AUTH_PLAIN, SMTP_AUTH_LOGIN };

struct smtp_state {
	struct note helo, from, to, subject, agent, user;
	uint64_t bytes;	     /* of the mail */
	uint64_t chunk_left; /* BDAT: bytes that come bare */
	uint32_t recipients, rejects, tries;
	uint16_t reply;
	uint8_t waiting[SMTP_WAITING], waiting_first, waiting_count;
	uint8_t mode;	   /* enum smtp_mode */
	uint8_t mechanism; /* enum smtp_mechanism */
	bool has_user;
	bool has_mail;	      /* MAIL was said */
	bool is_sent;	      /* and the mail is on its way */
	bool is_lost;	      /* which reply is to what */
	bool has_server_said; /* anything */
	bool is_last_chunk;
	bool skipping[2];
};

#endif
