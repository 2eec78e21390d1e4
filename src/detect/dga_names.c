/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dga_names.c - see dga.h.
 *
 * Each trait adds its share. The main one is the likelihood under the model of letter pairs: 0 at
 * -4.5 bits a letter, which three of four of 178 labels in ordinary captures are above, and 1 at
 * -6, which four of five labels of random letters are below. A short label has too few
 * pairs to judge: under six letters nobody generates (they are all sold), and brands are short.
 * Digits within letters, the lack of vowels, and great length are the other traits that the
 * literature names (Schüppen et al. 2018, FANCI; Antonakakis et al. 2012, "From throw-away traffic
 * to bots"); their shares are ours.
 */
#include "detect/dga.h"

#include <stdbool.h>
#include <string.h>

#include "app/domain.h"

#define SHORTEST 6
#define LIKELY_BITS (-4.5)
#define UNLIKELY_BITS (-6.0)
/* People write years and versions: one group of digits. weir. */
#define DIGIT_GROUPS 2
#define LONG 14
#define HEX_LONG 12

struct letters {
	unsigned len, digits, digit_groups, vowels, letters, hexadecimal;
	unsigned consonants_longest; /* in a row */
};

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static struct letters count_letters(const char *label)
{
	struct letters count = { 0 };
	unsigned row = 0;
	bool was_digit = false;

	for (; *label; label++) {
		bool is_digit = is_one_of(*label, "0123456789");
		bool is_vowel = is_one_of(*label, "aeiouy");
		bool is_letter = *label >= 'a' && *label <= 'z';

		count.len++;
		count.digits += is_digit;
		count.digit_groups += is_digit && !was_digit;
		count.vowels += is_vowel;
		count.letters += is_letter;
		count.hexadecimal += is_digit || is_one_of(*label, "abcdef");
		row = is_letter && !is_vowel ? row + 1 : 0;
		if (row > count.consonants_longest)
			count.consonants_longest = row;
		was_digit = is_digit;
	}
	return count;
}

static double between(double value, double low, double high)
{
	double share = (value - low) / (high - low);

	return share < 0 ? 0 : share > 1 ? 1 : share;
}

double dga_strangeness(const char *label)
{
	struct letters count = count_letters(label);
	double strange;

	/* IDN in its ASCII form (RFC 3490) looks random and is not. */
	if (count.len < SHORTEST || strncmp(label, "xn--", 4) == 0)
		return 0;
	strange = between(-domain_likelihood(label), -LIKELY_BITS, -UNLIKELY_BITS);
	if (count.digit_groups >= DIGIT_GROUPS && count.letters > 0)
		strange += 0.3;
	if (count.letters >= SHORTEST && count.vowels * 6 < count.letters)
		strange += 0.2;
	if (count.consonants_longest >= 5)
		strange += 0.2;
	if (count.len >= LONG)
		strange += 0.1;
	if (count.len >= HEX_LONG && count.hexadecimal == count.len && count.digits > 0)
		strange += 0.4;
	return strange < 1 ? strange : 1;
}
