/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/oui.h - whose MAC address it is: the IEEE's public list of makers.
 *
 * The list is a file of the Debian package ieee-data. It is read whole, once; without it nothing is
 * known, and nothing fails.
 */
#ifndef WEIR_APP_OUI_H
#define WEIR_APP_OUI_H

#include <stdint.h>

#define OUI_PATH "/usr/share/ieee-data/oui.txt"
#define OUI_NAME_MAX 40 /* bytes of a maker's name, the final 0 included; longer ones are cut */

struct oui;

/* -ENOENT and others when the file cannot be read, -ENOMEM. */
int oui_open(const char *path, struct oui **ret_oui);

/* The maker; "" when it is not known; "made up" for an address that its host invented (the bit of
 * locally administered ones, IEEE 802-2014 8.4), as phones do for privacy. oui may be NULL. */
const char *oui_maker(const struct oui *oui, const uint8_t mac[6]);

/* NULL is fine. */
void oui_close(struct oui *oui);

#endif
