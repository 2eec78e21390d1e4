/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/ssh_kex.h - the lists of SSH's KEXINIT (RFC 4253 7.1) and their fingerprint.
 *
 * HASSH as its authors published it: MD5 of "key exchange;encryption;MAC;compression", of a client
 * in the direction to the server, of a server in the other one.
 */
#ifndef WEIR_APP_SSH_KEX_H
#define WEIR_APP_SSH_KEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* payload: of the packet, its message number first. Writes "" when it is malformed. */
void ssh_hassh(const uint8_t *payload, size_t len, bool is_server, char hassh[33]);

#endif
