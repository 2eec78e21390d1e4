/* SPDX-License-Identifier: GPL-2.0-or-later */
/* anomalies.c - the table behind anomalies.h. */
#include "anomalies.h"

const struct anomaly_info anomaly_infos[ANOMALY_COUNT] = {
#define ANOMALY(symbol, name, severity, meaning) [ANOMALY_##symbol] = { name, severity, meaning },
	ANOMALIES(ANOMALY)
#undef ANOMALY
};
