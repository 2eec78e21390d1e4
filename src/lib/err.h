/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/err.h - a message for a person, carried up beside the −errno.
 *
 * Says what was tried, on what, why it failed, what to do. The function that knows most writes
 * it; callers pass the same struct err down and print it once at the top.
 */
#ifndef WEIR_LIB_ERR_H
#define WEIR_LIB_ERR_H

struct err {
	char text[512];
};

/* Writes the message, cut at 511 bytes. err may be NULL. Returns 0. */
__attribute__((format(printf, 2, 3))) int err_write(struct err *err, const char *format, ...);

static inline int err_code(int written, int code)
{
	(void)written;
	return code;
}

/* The same, with the value of code, so that one can `return err_set(err, -EINVAL, "...")`. In
 * the open, so that the compiler and its analyser see what is returned. */
#define err_set(err, code, ...) err_code(err_write((err), __VA_ARGS__), (code))

#endif
