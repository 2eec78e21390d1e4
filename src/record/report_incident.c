/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/report_incident.c - one incident as a person reads it; see report_incident.h. */
#include "record/report_incident.h"

#include <string.h>

#include "lib/text.h"
#include "record/curve.h"
#include "record/names.h"

#define FIELD PAGE_FIELD(INCIDENT_INDENT)

static const char *const role_labels[ROLE_COUNT] = { "target", "zombies", "reflectors",
	"controller" };

static const char *severity_mark(enum severity severity, bool is_ascii)
{
	static const char *const marks[SEVERITY_COUNT] = { "·", "·", "●", "▲", "■" };
	static const char *const ascii[SEVERITY_COUNT] = { ".", ".", "*", "!", "#" };

	return is_ascii ? ascii[severity] : marks[severity];
}

static const char *severity_word(enum severity severity)
{
	static const char *const words[SEVERITY_COUNT] = { "INFO", "LOW", "MEDIUM", "HIGH",
		"CRITICAL" };

	return words[severity];
}

void incident_print_head(struct page *page, const struct incident *incident, unsigned number)
{
	const struct kind_info *kind = kind_info(incident->kind);
	enum paint paint = page_severity_paint(incident->severity);
	char right[64], subject[SUBJECT_MAX];

	page_put(page, paint, "%s", severity_mark(incident->severity, page->is_ascii));
	page_to(page, 2);
	if (number)
		page_put(page, paint, "%u", number);
	page_to(page, number > 99 ? 6 : INCIDENT_INDENT);
	page_put(page, paint, "%s", severity_word(incident->severity));
	page_to(page, FIELD);
	page_put(page, PAINT_STRONG, "%s", kind->title);
	snprintf(right, sizeof(right), "  %s  %.*s", kind->name, INCIDENT_ID_MAX, incident->id);
	page_put_right(page, PAINT_FAINT, right);
	page_end(page);
	page_flow(page, FIELD, PAINT_STRONG, "%s %s", incident_preposition(incident),
		incident_subject(incident, subject));
	page_end(page);
}

static void print_story(struct page *page, const struct incident *incident)
{
	if (!incident->story[0])
		return;
	page_end(page);
	page_flow(page, INCIDENT_INDENT, PAINT_PLAIN, "%.*s", INCIDENT_STORY_MAX, incident->story);
	page_end(page);
}

static void print_role(
	struct page *page, enum role role, const struct role_list *list, unsigned list_max)
{
	unsigned shown = list->listed < list_max ? list->listed : list_max;
	char text[ADDR_TEXT_MAX], count[TEXT_NUMBER_MAX];

	if (list->count == 0)
		return;
	page_label(page, INCIDENT_INDENT, role_labels[role]);
	if (list->count > 1 || shown == 0)
		page_flow(page, FIELD, PAINT_PLAIN, "%s%s%s", list->is_estimate ? "about " : "",
			text_count(list->count, count), shown ? ":" : "");
	for (unsigned i = 0; i < shown; i++)
		page_flow(page, FIELD, PAINT_PLAIN, "%s%s",
			addr_prefix_format(&list->list[i].addr, list->list[i].bits, text),
			i + 1 < shown ? "," : "");
	if (shown && list->count > shown)
		page_flow(page, FIELD, PAINT_FAINT, "and %s more",
			text_count(list->count - shown, count));
	page_end(page);
}

/* Senders, when no role says how many there are or when their addresses prove nothing. */
static void print_sources(struct page *page, const struct incident *incident)
{
	const struct role_list *roles = incident->roles;
	bool is_told = roles[ROLE_ZOMBIE].count || roles[ROLE_REFLECTOR].count ||
		       roles[ROLE_CONTROLLER].count;
	char count[TEXT_NUMBER_MAX];

	if (incident->source_count == 0 || (is_told && !incident->is_spoofable))
		return;
	page_label(page, INCIDENT_INDENT, "sources");
	page_flow(page, FIELD, PAINT_PLAIN, "%s%s %s",
		incident->source_count_is_estimate ? "about " : "",
		text_count(incident->source_count, count),
		incident->source_count == 1 ? "address" : "addresses");
	if (incident->is_spoofable)
		page_flow(page, FIELD, PAINT_PLAIN,
			"that may be spoofed: blocking them would hit others");
	page_end(page);
}

static void print_strength(struct page *page, const struct incident *incident)
{
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	if (incident->packets == 0 && !(incident->peak_pps > 0))
		return;
	page_label(page, INCIDENT_INDENT, "strength");
	if (incident->peak_pps > 0)
		page_flow(page, FIELD, PAINT_PLAIN, "peak %s%s",
			text_packet_rate(incident->peak_pps, a),
			incident->peak_bps > 0 ? "," : ";");
	if (incident->peak_pps > 0 && incident->peak_bps > 0)
		page_flow(page, FIELD, PAINT_PLAIN, "%s;", text_bit_rate(incident->peak_bps, a));
	/* Of attempts and answers some detectors know the number only. */
	page_flow(page, FIELD, PAINT_PLAIN, "%s %s%s%s in all", text_count(incident->packets, a),
		incident->packets == 1 ? "packet" : "packets", incident->bytes ? ", " : "",
		incident->bytes ? text_bytes(incident->bytes, b) : "");
	page_end(page);
}

void print_period(struct page *page, unsigned indent, int64_t first_ns, int64_t last_ns)
{
	char first[TEXT_NUMBER_MAX], last[TEXT_NUMBER_MAX], length[TEXT_NUMBER_MAX];
	int64_t span_ns = time_span_ns(first_ns, last_ns);

	text_time(first_ns, first);
	text_time(last_ns, last);
	if (strcmp(first, last) == 0)
		page_flow(page, indent, PAINT_PLAIN, "%s UTC", first);
	else
		page_flow(page, indent, PAINT_PLAIN, "%s to %s UTC", first,
			strncmp(first, last, 10) == 0 ? last + 11 : last);
	/* What happened at one time has a window of a nanosecond. */
	if (span_ns >= NS_PER_S / 1000000)
		page_flow(page, indent, PAINT_FAINT, "(%s)", text_duration(span_ns, length));
}

static void print_when(struct page *page, const struct incident *incident)
{
	page_label(page, INCIDENT_INDENT, "when");
	print_period(page, FIELD, incident->first_ns, incident->last_ns);
	if (incident->is_open)
		page_flow(page, FIELD, PAINT_PLAIN, "and still going on when the capture ends");
	page_end(page);
}

/* "bot.irc 95 %, scan.mirai 90 %": what the verdict on a host of ours is made of. */
static void print_score(struct page *page, const struct incident *incident)
{
	char share[TEXT_NUMBER_MAX];

	if (incident->part_count == 0 || !incident_is_bot(incident))
		return;
	page_label(page, INCIDENT_INDENT, "score");
	page_flow(page, FIELD, PAINT_PLAIN, "%s:", text_share((double)incident->confidence, share));
	for (unsigned i = 0; i < incident->part_count; i++)
		page_flow(page, FIELD, PAINT_PLAIN, "%s %s%s",
			kind_info(incident->parts[i].kind)->name,
			text_share((double)incident->parts[i].confidence, share),
			i + 1 < incident->part_count ? "," : "");
	if (incident->confidence >= INCIDENT_PROVED && incident->proof < INCIDENT_PROVED)
		page_flow(page, FIELD, PAINT_FAINT, "(no deed of its own proves it)");
	page_end(page);
}

static void print_controllers(struct page *page, const struct incident *incident)
{
	char text[ADDR_TEXT_MAX], share[TEXT_NUMBER_MAX];

	if (!incident_is_bot(incident))
		return;
	page_label(page, INCIDENT_INDENT, role_labels[ROLE_CONTROLLER]);
	if (incident->controller_count == 0)
		page_flow(page, FIELD, PAINT_PLAIN, "unknown");
	for (unsigned i = 0; i < incident->controller_count; i++) {
		const struct incident_controller *controller = &incident->controllers[i];

		page_flow(page, FIELD, PAINT_PLAIN, "%s%s%s (%s)%s",
			addr_format(&controller->addr, text), controller->name[0] ? " " : "",
			controller->name, text_share((double)controller->confidence, share),
			i + 1 < incident->controller_count ? "," : "");
	}
	page_end(page);
}

void incident_print_body(struct page *page, const struct incident *incident, unsigned list_max)
{
	print_story(page, incident);
	page_end(page);
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		/* Of bots they come with name and confidence, below. */
		if (role != ROLE_CONTROLLER || !incident_is_bot(incident))
			print_role(page, (enum role)role, &incident->roles[role], list_max);
	print_controllers(page, incident);
	print_score(page, incident);
	print_sources(page, incident);
	print_strength(page, incident);
	print_when(page, incident);
	if (incident->remedy[0]) {
		page_label(page, INCIDENT_INDENT, "what helps");
		page_flow(page, FIELD, PAINT_PLAIN, "%s", incident->remedy);
		page_end(page);
	}
}
