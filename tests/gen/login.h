/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/login.h - logins over SSH (RFC 4253, 4252), Telnet and FTP for scripts.
 */
#ifndef WEIR_GEN_LOGIN_H
#define WEIR_GEN_LOGIN_H

#include "gen/script.h"

/* Banners, key exchange, then so many passwords that fail and, when is_let_in, one that does not.
 * software: what the client calls itself. */
void login_ssh(struct script *script, const char *software, unsigned failures, bool is_let_in);

/* The client's encrypted packets are from here on what the caller says with script_noise. */
void login_telnet(struct script *script, unsigned failures);
void login_ftp(struct script *script, unsigned failures);

#endif
