/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/calling.c - see calling.h. */
#include "detect/calling.h"

#include "conf/conf.h"

bool calling_is_configured(const struct conf *conf)
{
	return conf->networks.count > 0 || conf->group_count > 0;
}

bool calling_is_private(const struct addr *addr)
{
	const uint8_t *b = addr->byte;

	if (!addr_is_v4(addr))
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return b[12] == 10 || (b[12] == 172 && (b[13] & 0xf0) == 16) ||
	       (b[12] == 192 && b[13] == 168) || (b[12] == 169 && b[13] == 254);
}

bool calling_parties(const struct networks *networks, bool is_configured,
	const struct flow_key *key, struct parties *ret_parties)
{
	struct parties parties = parties_of(networks, key);

	if (parties.is_local || addr_is_multicast(&key->addr[1]))
		return false;
	if (parties.inside_side == 1) {
		if (is_configured || calling_is_private(&parties.inside))
			return false;
		parties.inside = key->addr[0];
		parties.outside = key->addr[1];
		parties.inside_side = 0;
		parties.is_foreign = true;
	}
	*ret_parties = parties;
	return true;
}
