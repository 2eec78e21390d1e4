/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/mail.h - the state of a mailbox conversation, POP3 (RFC 1939) or IMAP (RFC 9051), for mail.c.
 */
#ifndef WEIR_APP_MAIL_H
#define WEIR_APP_MAIL_H

#include "app/words.h"

enum mail_ask { MAIL_ASK_NONE, MAIL_ASK_LOGIN, MAIL_ASK_TLS };

struct mail_state {
	struct note user;
	struct note tag; /* of the IMAP command that waits */
	uint32_t tries;
	uint8_t ask;		/* enum mail_ask: what waits for its answer */
	bool is_imap, is_known; /* which of the two */
	bool is_encoded;	/* the next line of the client is base64 with user and password */
	bool is_challenged;	/* AUTH: what the client says until the answer are no commands */
	bool has_begun;
	bool skipping[2];
	/* POP3: answers that come before that of ask, and those of commands said after it. */
	uint16_t ahead, behind;
};

#endif
