/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/domain.h - names: which part was registered, and how likely a person made it up.
 *
 * The public suffix list comes with libpsl.
 */
#ifndef WEIR_APP_DOMAIN_H
#define WEIR_APP_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOMAIN_LONGEST 1023 /* bytes; a longer name is taken as it stands */

/* "a.b.example.co.uk" gives "example.co.uk", a part of name; the name itself when it is a public
 * suffix, an address, or has no dot. name: small letters, no final dot. */
const char *domain_registered(const char *name);

/* Does the name end in a suffix under which names are sold, and not in one that somebody made up
 * ("printer.corp", "nas.lan")? */
bool domain_has_known_suffix(const char *name);

/* The label that was registered: "example". Writes it into out and returns out. */
const char *domain_label(const char *name, char *out, size_t size);

/* Mean log2 likelihood a letter of the label under a model of letter pairs of words and names that
 * people chose; lower is stranger. The source of the model stands in domain.c. */
double domain_likelihood(const char *label);

/* An address look-up in disguise, a DNS block list, a reverse name, an anti-virus look-up, local
 * discovery: names that are strange by design. */
bool domain_is_technical(const char *name);

#endif
