/* SPDX-License-Identifier: GPL-2.0-or-later */
/* correlate/telling.c - see telling.h. */
#include "correlate/telling.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void say(struct teller *teller, const char *format, ...)
{
	va_list args;
	int written;

	va_start(args, format);
	written = vsnprintf(teller->at, teller->left, format, args);
	va_end(args);
	if (written < 0)
		return;
	if ((size_t)written >= teller->left)
		written = (int)teller->left - 1;
	teller->at += written;
	teller->left -= (size_t)written;
}

double evidence(const struct case_file *file, const char *name)
{
	double value = finding_evidence(&file->strongest, name, 0);

	return isfinite(value) && value > 0 ? value : 0;
}

uint64_t whole(double value)
{
	if (!(value > 0))
		return 0;
	return value < 1e18 ? (uint64_t)(value + 0.5) : (uint64_t)1e18;
}

void say_count(
	struct teller *teller, bool is_estimate, uint64_t count, const char *one, const char *many)
{
	char text[TEXT_NUMBER_MAX];

	say(teller, "%s%s %s", is_estimate ? "about " : "", text_count(count, text),
		count == 1 ? one : many);
}

bool has_one_victim(const struct finding *finding)
{
	return finding->to_bits == 128 && !addr_is_zero(&finding->to);
}

void say_target(struct teller *teller, const struct case_file *file)
{
	const struct incident *incident = &file->incident;
	char text[ADDR_TEXT_MAX];

	if (incident->scope == SCOPE_GROUP)
		say(teller, "The group %s", incident->group ? incident->group : "without a name");
	else if (incident->scope == SCOPE_TOTAL)
		say(teller, "Everything inside");
	else
		say(teller, "%s%s",
			addr_prefix_format(&incident->subject, incident->subject_bits, text),
			file->to_inside ? " (ours)" : "");
}

void say_sender(struct teller *teller, const struct case_file *file)
{
	char text[ADDR_TEXT_MAX];

	say(teller, "%s%s", addr_format(&file->incident.subject, text),
		file->from_inside ? " (ours)" : "");
}

void say_victims(struct teller *teller, const struct case_file *file)
{
	const struct finding *strongest = &file->strongest;
	uint64_t count = distinct_count(&file->targets);
	bool is_estimate = !distinct_is_exact(&file->targets);
	const char *ours = file->to_inside ? " (ours)" : "";
	char text[ADDR_TEXT_MAX];

	if (!addr_is_zero(&strongest->to))
		say(teller, "%s%s%s", has_one_victim(strongest) ? "" : "hosts of ",
			addr_prefix_format(&strongest->to, strongest->to_bits, text), ours);
	else if (count > 0)
		say_count(teller, is_estimate, count, "host", "hosts");
	else
		say(teller, "other hosts");
	if (has_one_victim(strongest) && count > 1) {
		say(teller, " and ");
		say_count(teller, is_estimate, count - 1, "other host", "other hosts");
	}
}

void say_duration(struct teller *teller, const char *preposition, const struct incident *incident)
{
	int64_t duration_ns = case_span_ns(incident->first_ns, incident->last_ns);
	char text[TEXT_NUMBER_MAX];

	if (duration_ns > 0)
		say(teller, " %s %s", preposition, text_duration(duration_ns, text));
}

void say_strength(struct teller *teller, const struct incident *incident)
{
	bool has_pps = isfinite(incident->peak_pps) && incident->peak_pps > 0;
	bool has_bps = isfinite(incident->peak_bps) && incident->peak_bps > 0;
	char text[TEXT_NUMBER_MAX];

	say_count(teller, false, incident->packets, "packet", "packets");
	say_duration(teller, "in", incident);
	if (has_pps)
		say(teller, ", peak %s", text_packet_rate(incident->peak_pps, text));
	if (has_bps)
		say(teller, "%s %s", has_pps ? " and" : ", peak",
			text_bit_rate(incident->peak_bps, text));
}

void say_sources(
	struct teller *teller, const struct incident *incident, const char *one, const char *many)
{
	if (incident->source_count == 0)
		return;
	say(teller, ", from ");
	say_count(teller, incident->source_count_is_estimate, incident->source_count, one, many);
}

void say_reason(struct teller *teller, const struct case_file *file)
{
	if (file->strongest.reason)
		say(teller, " What gave it away: %s.", file->strongest.reason);
}

void say_proof(struct teller *teller, const struct incident *incident)
{
	if (!incident->is_spoofable)
		return;
	if (incident->source_count > INCIDENT_CREDIBLE_SOURCES)
		say(teller, " None of the senders has proved that its address is its own. Most "
			    "are probably invented, and blocking them would hit innocents.");
	else if (incident->source_count > 1)
		say(teller, " None of the senders has proved that its address is its own.");
	else
		say(teller, " The sender has not proved that this address is its own.");
}
