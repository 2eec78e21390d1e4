/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/report.c - what a report means for the exit status. */
#include "record/report.h"

int report_exit_status(const struct report *report)
{
	for (unsigned i = 0; i < report->incident_count; i++)
		if (report->incidents[i]->severity >= SEVERITY_MEDIUM)
			return 1;
	return 0;
}
