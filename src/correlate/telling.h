/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/telling.h - the phrases that stories are made of.
 *
 * Each adds words to the teller's buffer; what does not fit is cut. Numbers that are not known are
 * left out, not told as 0. Shared by the files of correlate only.
 */
#ifndef WEIR_CORRELATE_TELLING_H
#define WEIR_CORRELATE_TELLING_H

#include "correlate/case.h"
#include "lib/text.h"

/* Where the next words go; left counts the final 0. */
struct teller {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) void say(struct teller *teller, const char *format, ...);

/* Value of a named evidence of the strongest finding; 0 when it is not there or no number. */
double evidence(const struct case_file *file, const char *name);

/* Rounded; 0 for what is no positive number. */
uint64_t whole(double value);

/* "1 address", "about 37,412 addresses" */
void say_count(
	struct teller *teller, bool is_estimate, uint64_t count, const char *one, const char *many);

/* Of targets: "10.0.0.1 (ours)", "10.0.0.0/24", "Everything inside". To begin a sentence with. */
void say_target(struct teller *teller, const struct case_file *file);

/* The subject of what is about a sender: "10.0.0.1 (ours)" */
void say_sender(struct teller *teller, const struct case_file *file);

/* To whom a sender sends: "203.0.113.9 and 3 other hosts", "12 hosts", "hosts of 203.0.113.0/24" */
void say_victims(struct teller *teller, const struct case_file *file);
bool has_one_victim(const struct finding *finding);

/* " in 4.2 s", " for 4.2 s" */
void say_duration(struct teller *teller, const char *preposition, const struct incident *incident);

/* "1,000 packets in 4.2 s, peak 2.0 kpps and 1.6 Mbit/s" */
void say_strength(struct teller *teller, const struct incident *incident);

/* ", from 37,412 addresses" */
void say_sources(
	struct teller *teller, const struct incident *incident, const char *one, const char *many);

/* " What gave it away: SYN and FIN together." */
void say_reason(struct teller *teller, const struct case_file *file);

/* When the senders may be forged: that they are not proved. */
void say_proof(struct teller *teller, const struct incident *incident);

/* The story of a bot, or of who guesses passwords (story_bot.c). */
void tell_bot(struct teller *teller, const struct case_file *file);
void tell_bruteforce(struct teller *teller, const struct case_file *file);

/* The story of a scan (story_scan.c). */
void tell_scan(struct teller *teller, const struct case_file *file);

#endif
