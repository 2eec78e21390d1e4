/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ssh_login.h - guesses from sizes how a login over SSH goes, when all is encrypted.
 *
 * The method is that of Zeek's SSH analyzer. The dialogue is strictly by turns (RFC 4252): the
 * server says SERVICE_ACCEPT; each request of the client's is answered by FAILURE, SUCCESS, or
 * something longer (a public key that would do, a question of keyboard-interactive). With every
 * cipher and MAC in use SUCCESS is 16 bytes shorter than SERVICE_ACCEPT (1 byte of payload against
 * 17, padded to 8 or 16), and all FAILUREs of a conversation have one length. The first answer is
 * mostly to the method "none", by which clients ask what there is; its length is that of FAILURE.
 *
 * Beyond Zeek: a first FAILURE that took long is a real try (sshd answers "none" at once, but lets
 * wait whoever gave a wrong password: PAM's fail delay is 2 s); a conversation longer than a login
 * can be has succeeded (OpenSSH's MaxAuthTries is 6).
 *
 * What counts is how much a side says before the other one does. Only where a server goes on after
 * an answer unasked (OpenSSH announces its host keys) the moments of the packets are looked at.
 */
#ifndef WEIR_APP_SSH_LOGIN_H
#define WEIR_APP_SSH_LOGIN_H

#include "app/event.h"

struct ssh_login {
	uint32_t accept_len;			/* of SERVICE_ACCEPT on the wire; 0: not yet */
	uint32_t failure_len;			/* of FAILURE; 0: not yet */
	uint32_t turn_len, first_len, last_len; /* of this turn; of its first and last moment */
	uint32_t turns;				/* of the server's, after SERVICE_ACCEPT */
	uint32_t total_len;			/* of these */
	uint32_t tries;
	int64_t asked_ns; /* when the client spoke last */
	int64_t turn_ns;  /* when the server began to answer */
	int64_t moment_ns;
	bool is_first_moment;
	bool has_asked;	 /* the client has said something encrypted */
	bool is_strange; /* not as expected: nothing is guessed */
	bool is_over;	 /* it is known that it succeeded */
};

/* A side says so many encrypted bytes. Returns what is known by it: when the client speaks, of the
 * turn of the server's before that. */
enum login_result ssh_login_see(
	struct ssh_login *login, unsigned side, uint32_t len, int64_t now_ns);

/* The conversation ends: what its last turn was. */
enum login_result ssh_login_end(struct ssh_login *login);

#endif
