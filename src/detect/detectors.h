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
extern const struct detector detector_scan;
extern const struct detector detector_conn;
extern const struct detector detector_reflector;
extern const struct detector detector_flooder;

/* Ends with NULL. */
extern const struct detector *const detectors[];

#endif
