/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/answer.h - reading weir's answers, and the parts of them that several commands print.
 *
 * What is missing or of another type reads as nothing (0, "", no rows), so a command works with a
 * weir that is a little older or newer.
 */
#ifndef WEIR_CLI_ANSWER_H
#define WEIR_CLI_ANSWER_H

#include <jansson.h>
#include <stdint.h>

#include "record/page.h"

/* A value by its path: "rates.in.pps". NULL when it is not there. */
json_t *answer_at(const json_t *answer, const char *path);
const char *answer_text(const json_t *answer, const char *path);
double answer_number(const json_t *answer, const char *path);
uint64_t answer_count(const json_t *answer, const char *path);
bool answer_is(const json_t *answer, const char *path);

/* A timestamp in ns since 1970; 0 when there is none. */
int64_t answer_time_ns(const json_t *answer, const char *path);

/* "2018-09-28 10:14:49 UTC" of a timestamp; "" when there is none. text: TEXT_NUMBER_MAX bytes. */
const char *answer_moment(const json_t *answer, const char *path, char *text);

/* How long until a timestamp ("4 min 12 s"), or since it; "" when there is none. */
const char *answer_until(const json_t *answer, const char *path, char *text);
const char *answer_since(const json_t *answer, const char *path, char *text);

/* Tables of at most cap rows (0: all); then how many there are more. */
void print_incident_rows(struct page *page, const json_t *incidents, unsigned cap);
void print_mitigation_rows(struct page *page, const json_t *mitigations, unsigned cap);

/* A label and its words, when there are any. */
void print_field(struct page *page, unsigned indent, const char *label, const char *words);

enum paint mode_paint(const char *mode);

#endif
