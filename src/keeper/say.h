/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper/say.h - what the keeper does, in lines on stderr: with the priority in front when the
 * journal reads them (sd-daemon(3)), with "weir: " in front when a person does.
 */
#ifndef WEIR_KEEPER_SAY_H
#define WEIR_KEEPER_SAY_H

#include <syslog.h>

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO. */
__attribute__((format(printf, 2, 3))) void keeper_say(int priority, const char *format, ...);

#endif
