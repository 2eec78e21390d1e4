/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/message.h - how a configuration is refused: file, line, key, what is wrong, what is allowed.
 *
 * One form for all of them, "FILE:LINE: KEY: …", as compilers write it, so that editors can jump
 * there.
 */
#ifndef WEIR_CONF_MESSAGE_H
#define WEIR_CONF_MESSAGE_H

#include "lib/err.h"

#define CONF_QUOTE_MAX 64 /* bytes of quoted text, the final 0 included */

/* Writes the message and returns -EINVAL. line 0 and path "" are left out. err may be NULL. */
__attribute__((format(printf, 5, 6))) int conf_refuse(struct err *err, const char *name,
	unsigned long line, const char *path, const char *format, ...);

/* Text from the file, safe to show (text_clean), in quotes, cut at a readable length. Returns
 * quoted. */
const char *conf_quote(const char *text, char quoted[CONF_QUOTE_MAX]);

/* The word of the list that one most likely meant, or NULL when none is near. words ends with
 * NULL. */
const char *conf_nearest(const char *text, const char *const *words);

#endif
