/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/bot.c - see bot.h. */
#include "detect/bot.h"

#include <stdarg.h>
#include <stdio.h>

#define TELL_AGAIN_NS (10 * NS_PER_S)
#define SURER 0.05F /* less is told with the next */

struct finding bot_finding(enum kind kind, const char *detector, const struct parties *parties,
	int64_t time_ns, float confidence, const char *reason)
{
	return (struct finding){
		.kind = kind,
		.scope = SCOPE_HOST,
		.detector = detector,
		.reason = reason,
		.window = { time_ns, time_ns + 1 },
		.from = parties->inside,
		.to = parties->outside,
		.from_bits = 128,
		.to_bits = 128,
		.confidence = confidence,
		.to_role = ROLE_CONTROLLER,
	};
}

void bot_evidence(struct finding *finding, const char *name, const char *unit, double value)
{
	for (unsigned i = 0; i < EVIDENCE_MAX; i++)
		if (!finding->evidence[i].name) {
			finding->evidence[i] = (struct evidence){ name, unit, value };
			return;
		}
}

void bot_detail(struct finding *finding, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(finding->detail, sizeof(finding->detail), format, list);
	va_end(list);
}

bool bot_is_news(int64_t *told_ns, float *told, int64_t now_ns, float confidence)
{
	if (!bot_is_due(told_ns, now_ns) && confidence < *told + SURER)
		return false;
	*told_ns = now_ns;
	*told = confidence;
	return true;
}

bool bot_is_due(int64_t *told_ns, int64_t now_ns)
{
	if (*told_ns != 0 && now_ns - *told_ns < TELL_AGAIN_NS)
		return false;
	*told_ns = now_ns;
	return true;
}
