/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/clues.c - matching rules, and the verdict; see clues.h. The rules are in clue_rules.c.
 *
 * Reasons for a kind are put together as if they were independent (noisy-or: Pearl 1988, 4.3.2),
 * and what speaks for the next best kind takes half of its weight away: a computer that shares its
 * printer is a computer, but less surely. Below KIND_LEAST no kind is named.
 */
#include "app/clues.h"

#include <string.h>
#include <strings.h>

#define KIND_LEAST 0.3 /* weir: one weak hint names nothing */

const char *const host_kind_names[HOST_KIND_COUNT] = {
#define HOST_KIND(symbol, name) [HOST_##symbol] = name,
	HOST_KINDS(HOST_KIND)
#undef HOST_KIND
};

const char *const clue_names[CLUE_COUNT] = {
#define CLUE(symbol, name) [CLUE_##symbol] = name,
	CLUES(CLUE)
#undef CLUE
};

static bool fits(const struct clue_rule *rule, struct app_text text)
{
	uint32_t len = (uint32_t)strlen(rule->pattern), last;

	if (text.len < len || (rule->match == CLUE_IS && text.len != len))
		return false;
	last = rule->match == CLUE_HAS ? text.len - len : 0;
	for (uint32_t at = 0; at <= last; at++)
		if (strncasecmp(text.at + at, rule->pattern, len) == 0)
			return true;
	return false;
}

void clue_see(struct clue_set *set, enum clue clue, struct app_text text)
{
	if (text.len > CLUE_TEXT_MAX)
		text.len = CLUE_TEXT_MAX;
	for (unsigned i = 0; i < clue_rule_count; i++)
		if (clue_rules[i].clue == clue && fits(&clue_rules[i], text))
			set->words[i / 64] |= 1ULL << i % 64;
}

static bool has_rule(const struct clue_set *set, unsigned i)
{
	return set->words[i / 64] >> i % 64 & 1;
}

static void judge_kind(const struct clue_set *set, struct clue_verdict *verdict)
{
	double doubt[HOST_KIND_COUNT], first = 0, second = 0;

	for (unsigned k = 0; k < HOST_KIND_COUNT; k++)
		doubt[k] = 1;
	for (unsigned i = 0; i < clue_rule_count; i++)
		if (has_rule(set, i))
			doubt[clue_rules[i].kind] *= 1 - clue_rules[i].weight;
	for (unsigned k = HOST_UNKNOWN + 1; k < HOST_KIND_COUNT; k++) {
		double sure = 1 - doubt[k];

		if (sure > first) {
			second = first;
			first = sure;
			verdict->kind = (enum host_kind)k;
		} else if (sure > second) {
			second = sure;
		}
	}
	verdict->confidence = first * (1 - second / 2);
	if (verdict->confidence > 0.99)
		verdict->confidence = 0.99;
	if (verdict->confidence < KIND_LEAST)
		verdict->kind = HOST_UNKNOWN;
	if (verdict->kind == HOST_UNKNOWN)
		verdict->confidence = 0;
}

/* The surest rule's word; or one that begins so and says more: "Windows", "Windows 7". */
static const char *judge_system(const struct clue_set *set)
{
	const struct clue_rule *best = NULL;
	const char *system;

	for (unsigned i = 0; i < clue_rule_count; i++)
		if (has_rule(set, i) && clue_rules[i].system &&
			(!best || clue_rules[i].weight > best->weight))
			best = &clue_rules[i];
	if (!best)
		return "";
	system = best->system;
	for (unsigned i = 0; i < clue_rule_count; i++)
		if (has_rule(set, i) && clue_rules[i].system &&
			strncmp(clue_rules[i].system, system, strlen(system)) == 0 &&
			strlen(clue_rules[i].system) > strlen(system))
			system = clue_rules[i].system;
	return system;
}

/* Rules that say something of the kind that was found, then of another; by weight. */
static bool is_better(const struct clue_rule *a, const struct clue_rule *b, enum host_kind kind)
{
	if ((a->kind == kind) != (b->kind == kind))
		return a->kind == kind;
	return a->weight > b->weight;
}

static void add_reason(struct clue_verdict *verdict, const struct clue_rule *rule)
{
	unsigned at = verdict->reason_count;

	while (at > 0 && is_better(rule, verdict->reasons[at - 1], verdict->kind))
		at--;
	if (at == CLUE_REASONS)
		return;
	if (verdict->reason_count < CLUE_REASONS)
		verdict->reason_count++;
	for (unsigned i = verdict->reason_count - 1; i > at; i--)
		verdict->reasons[i] = verdict->reasons[i - 1];
	verdict->reasons[at] = rule;
}

struct clue_verdict clue_judge(const struct clue_set *set)
{
	struct clue_verdict verdict = { .kind = HOST_UNKNOWN };

	judge_kind(set, &verdict);
	verdict.system = judge_system(set);
	for (unsigned i = 0; i < clue_rule_count; i++)
		if (has_rule(set, i))
			add_reason(&verdict, &clue_rules[i]);
	return verdict;
}
