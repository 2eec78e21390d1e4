/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/magic.h - what a file is by its first bytes, and what a script does by its words.
 */
#ifndef WEIR_APP_MAGIC_H
#define WEIR_APP_MAGIC_H

#include "app/event.h"

/* By content only. MAGIC_NONE: there are no bytes. MAGIC_OTHER: binary of a kind not known. */
enum file_magic file_magic_of(const uint8_t *bytes, size_t len);

/* ELF e_machine or PE Machine; 0: none, or it is not among these bytes. */
uint16_t file_machine_of(const uint8_t *bytes, size_t len);

/* enum script_trait bits of a text, any piece of one: at most its first 16 KiB are read. */
uint32_t script_traits_of(const uint8_t *bytes, size_t len);

#endif
