/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/detectors.c - the list; a new detector is one line here. */
#include "detect/detectors.h"

const struct detector *const detectors[] = {
	&detector_flood,
	&detector_amplification,
	&detector_abuse,
	&detector_spoof,
	&detector_scan,
	&detector_conn,
	&detector_reflector,
	&detector_flooder,
	&detector_beacon,
	&detector_lists,
	&detector_p2p,
	&detector_irc,
	&detector_spam,
	&detector_miner,
	&detector_shell,
	&detector_families,
	&detector_dga,
	&detector_dnstunnel,
	&detector_icmptunnel,
	&detector_fastflux,
	&detector_bruteforce,
	&detector_tor,
	&detector_tls_odd,
	&detector_dropper,
	&detector_gate,
	NULL,
};
