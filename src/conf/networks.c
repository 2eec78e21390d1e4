/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf/networks.c - inside, outside, groups: two prefix sets.
 *
 * Two, because they answer different questions: 10.1.0.0/16 listed as inside must not take its
 * hosts out of a group that holds 10.0.0.0/8. "Inside" is asked once a packet, "which group"
 * rarely.
 */
#include "conf/networks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

struct networks {
	struct prefix_set *inside;  /* value 0 */
	struct prefix_set *grouped; /* value: index of the group */
	uint32_t group_count;
	char (*group_names)[CONF_NAME_MAX + 1];
};

#define V4(a, b, length)                                                                           \
	{                                                                                          \
		.addr = { { { [10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b) } } },              \
		.bits = ADDR_V4_BITS + (length),                                                   \
	}
#define V6(a, b, length)                                                                           \
	{                                                                                          \
		.addr = { { { (a), (b) } } }, .bits = (length),                                    \
	}

static const struct prefix private_prefixes[] = {
	V4(10, 0, 8), V4(172, 16, 12), V4(192, 168, 16), /* RFC 1918 */
	V6(0xfc, 0, 7),					 /* RFC 4193: unique local */
	V4(169, 254, 16),				 /* RFC 3927: link-local */
	V6(0xfe, 0x80, 10),				 /* RFC 4291: link-local */
};

int networks_open_empty(struct networks **ret_networks)
{
	struct networks *networks = calloc(1, sizeof(*networks));

	if (!networks)
		return -ENOMEM;
	if (prefix_set_open(&networks->inside) < 0 || prefix_set_open(&networks->grouped) < 0) {
		networks_close(networks);
		return -ENOMEM;
	}
	*ret_networks = networks;
	return 0;
}

int networks_add(struct networks *networks, const struct prefix *prefix)
{
	return prefix_set_add(networks->inside, prefix, 0);
}

static int add_all(struct networks *networks, const struct prefix *list, uint32_t count)
{
	int r = 0;

	for (uint32_t i = 0; i < count && r == 0; i++)
		r = networks_add(networks, &list[i]);
	return r;
}

int networks_add_default(struct networks *networks)
{
	return add_all(
		networks, private_prefixes, sizeof(private_prefixes) / sizeof(private_prefixes[0]));
}

int networks_build(struct networks *networks)
{
	return prefix_set_build(networks->inside, NULL);
}

static int add_group(struct networks *networks, uint32_t index, const struct conf_group *group)
{
	int r = add_all(networks, group->networks.list, group->networks.count);

	for (uint32_t i = 0; i < group->networks.count && r == 0; i++)
		r = prefix_set_add(networks->grouped, &group->networks.list[i], index);
	snprintf(networks->group_names[index], sizeof(*networks->group_names), "%s", group->name);
	return r;
}

static int add_groups(struct networks *networks, const struct conf *conf)
{
	int r = 0;

	if (conf->group_count == 0)
		return 0;
	networks->group_names = calloc(conf->group_count, sizeof(*networks->group_names));
	if (!networks->group_names)
		return -ENOMEM;
	networks->group_count = conf->group_count;
	for (uint32_t i = 0; i < conf->group_count && r == 0; i++)
		r = add_group(networks, i, &conf->groups[i]);
	return r;
}

static bool has_prefix(const struct conf_group *group, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < group->networks.count; i++)
		if (group->networks.list[i].bits == prefix->bits &&
			addr_equal(&group->networks.list[i].addr, &prefix->addr))
			return true;
	return false;
}

/* Names the two groups that hold the same prefix. */
static int refuse_clash(const struct conf *conf, const struct prefix *prefix, struct err *err)
{
	const char *names[2] = { "", "" };
	char text[ADDR_TEXT_MAX];
	unsigned found = 0;

	for (uint32_t i = 0; i < conf->group_count && found < 2; i++)
		if (has_prefix(&conf->groups[i], prefix))
			names[found++] = conf->groups[i].name;
	return err_set(err, -EINVAL, "%s is in two groups, %s and %s; a host has one group",
		addr_prefix_format(&prefix->addr, prefix->bits, text), names[0], names[1]);
}

static int fill(struct networks *networks, const struct conf *conf, struct err *err)
{
	struct prefix clash = { .bits = 0 };
	int r = conf->networks.count > 0
			? add_all(networks, conf->networks.list, conf->networks.count)
			: networks_add_default(networks);

	if (r == 0)
		r = add_groups(networks, conf);
	if (r == 0)
		r = networks_build(networks);
	if (r == 0)
		r = prefix_set_build(networks->grouped, &clash);
	if (r == -EEXIST)
		return refuse_clash(conf, &clash, err);
	return r < 0 ? err_set(err, r, "networks: %s", strerror(-r)) : 0;
}

int networks_open(const struct conf *conf, struct err *err, struct networks **ret_networks)
{
	struct networks *networks;
	int r = networks_open_empty(&networks);

	if (r < 0)
		return err_set(err, r, "networks: %s", strerror(-r));
	r = fill(networks, conf, err);
	if (r < 0) {
		networks_close(networks);
		return r;
	}
	*ret_networks = networks;
	return 0;
}

bool networks_is_inside(const struct networks *networks, const struct addr *addr)
{
	return prefix_set_find(networks->inside, addr) != PREFIX_VALUE_NONE;
}

uint32_t networks_group_of(const struct networks *networks, const struct addr *addr)
{
	return prefix_set_find(networks->grouped, addr);
}

const char *networks_group_name(const struct networks *networks, uint32_t group)
{
	return group < networks->group_count ? networks->group_names[group] : NULL;
}

uint32_t networks_group_count(const struct networks *networks)
{
	return networks->group_count;
}

void networks_close(struct networks *networks)
{
	if (!networks)
		return;
	prefix_set_close(networks->inside);
	prefix_set_close(networks->grouped);
	free(networks->group_names);
	free(networks);
}
