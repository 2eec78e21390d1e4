/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/smb.h - the state of an SMB conversation, for smb.c.
 */
#ifndef WEIR_APP_SMB_H
#define WEIR_APP_SMB_H

#include "app/parser.h"

#define SMB_MESSAGE_MAX 4096 /* bytes of a message that are looked at: NTLMSSP stands early */

struct smb_state {
	uint32_t left[2];    /* of the running message, beyond what is kept */
	uint32_t want[2];    /* bytes of it to be kept, its header included; 0: no header yet */
	bool has_told[2];    /* who that side is */
	uint8_t messages[2]; /* seen */
};

#endif
