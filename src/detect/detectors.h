/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/detectors.h - the list of detectors, in the order in which they run.
 */
#ifndef WEIR_DETECT_DETECTORS_H
#define WEIR_DETECT_DETECTORS_H

#include "types.h"

extern const struct detector detector_flood;
extern const struct detector detector_amplification;
extern const struct detector detector_abuse;
extern const struct detector detector_spoof;
extern const struct detector detector_scan;
extern const struct detector detector_conn;
extern const struct detector detector_reflector;
extern const struct detector detector_flooder;
extern const struct detector detector_beacon;
extern const struct detector detector_lists;
extern const struct detector detector_p2p;
extern const struct detector detector_irc;
extern const struct detector detector_spam;
extern const struct detector detector_miner;
extern const struct detector detector_shell;
extern const struct detector detector_families;
extern const struct detector detector_dga;
extern const struct detector detector_dnstunnel;
extern const struct detector detector_icmptunnel;
extern const struct detector detector_fastflux;
extern const struct detector detector_bruteforce;
extern const struct detector detector_tor;
extern const struct detector detector_tls_odd;
extern const struct detector detector_dropper;
extern const struct detector detector_gate;

/* Ends with NULL. */
extern const struct detector *const detectors[];

#endif
