/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/detectors.c - the list; a new detector is one line here. */
#include "detect/detectors.h"

const struct detector *const detectors[] = {
	&detector_flood,
	&detector_amplification,
	&detector_abuse,
	&detector_scan,
	&detector_conn,
	&detector_reflector,
	&detector_flooder,
	NULL,
};
