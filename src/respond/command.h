/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/command.h - what responders.c asks of the command responder besides its vtable. */
#ifndef WEIR_RESPOND_COMMAND_H
#define WEIR_RESPOND_COMMAND_H

#include "respond/responders.h"

void command_counts(const void *state, struct msg_commands *ret_counts);

#endif
