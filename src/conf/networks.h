/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/networks.h - which addresses are inside, and which group each belongs to.
 *
 * Made from a configuration, or of prefixes added one by one when the reader of a capture works out
 * what is inside; either way built once and then only looked up, about once a packet.
 */
#ifndef WEIR_CONF_NETWORKS_H
#define WEIR_CONF_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/prefix.h"

#define NETWORKS_GROUP_NONE UINT32_MAX

struct conf;
struct networks;

/* What conf says is inside, or the private and link-local prefixes when it says nothing. Groups
 * are inside too. Keeps its own copy of names. 0; -EINVAL (a prefix in two groups), -ENOSPC,
 * -ENOMEM. err may be NULL. */
int networks_open(const struct conf *conf, struct err *err, struct networks **ret_networks);

/* An empty one, to be filled with networks_add(). -ENOMEM. */
int networks_open_empty(struct networks **ret_networks);

/* Adds an inside prefix, of no group. Takes effect with networks_build(). -EINVAL, -ENOSPC,
 * -ENOMEM. */
int networks_add(struct networks *networks, const struct prefix *prefix);

/* Adds the default list: RFC 1918, RFC 4193, link-local. The same errors. */
int networks_add_default(struct networks *networks);

/* Makes what was added since effective. -ENOMEM. */
int networks_build(struct networks *networks);

/* Is the address inside? */
bool networks_is_inside(const struct networks *networks, const struct addr *addr);

/* Index of the group in the order of the configuration, or NETWORKS_GROUP_NONE. */
uint32_t networks_group_of(const struct networks *networks, const struct addr *addr);

/* Name of that group; NULL when there is none of that index. Valid until networks_close(). */
const char *networks_group_name(const struct networks *networks, uint32_t group);

/* How many groups there are. */
uint32_t networks_group_count(const struct networks *networks);

/* Frees it. NULL is fine. */
void networks_close(struct networks *networks);

#endif
