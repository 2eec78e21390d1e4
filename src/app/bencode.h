/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/bencode.h - finds values in bencoded dictionaries (BEP 3): numbers, strings, lists and
 * dictionaries in one another. Reads no more than it is given, follows at most 16 levels.
 */
#ifndef WEIR_APP_BENCODE_H
#define WEIR_APP_BENCODE_H

#include "app/event.h"

/* The bytes of one whole value that begins at bytes; 0: it is none, or not all of it is there. */
size_t bencode_len(const uint8_t *bytes, size_t len);

/* The value of a key in the dictionary that begins at bytes: of a string what it holds, of all
 * others the encoded value. len 0: not there. */
struct app_text bencode_value(const uint8_t *bytes, size_t len, const char *key);

#endif
