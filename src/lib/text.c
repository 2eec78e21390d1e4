/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/text.c - numbers and times as a person reads them; strings are in text_clean.c. */
#include "lib/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_US 1000LL
#define NS_PER_SECOND 1000000000LL
#define TENTH_NS (NS_PER_SECOND / 10)

const char *text_count(uint64_t value, char *text)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	char *end = text;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*end++ = ',';
		*end++ = digits[i];
	}
	*end = '\0';
	return text;
}

/* Figures enough to compare by, no more: 0.02, 0.4, 8, 8.4, 84, 840; with a prefix always one
 * decimal below 100. */
static int scaled_decimals(double value, bool has_prefix)
{
	bool is_whole = fabs(value - round(value)) < 0.05;

	if (value == 0 || value >= 99.95)
		return 0;
	if (value < 0.095)
		return 2;
	return is_whole && !has_prefix ? 0 : 1;
}

const char *text_scaled(double value, const char *unit, char *text)
{
	static const char prefixes[] = { '\0', 'k', 'M', 'G', 'T', 'P', 'E' };
	const char *sign = value < 0 ? "-" : "";
	unsigned step = 0;

	if (!isfinite(value)) {
		snprintf(text, TEXT_NUMBER_MAX, "? %.16s", unit);
		return text;
	}
	value = fabs(value);
	/* 999.5 and more would be printed as 1000. */
	for (; value >= 999.5 && step + 1 < sizeof(prefixes); step++)
		value /= 1000;
	if (value >= 999.5)
		snprintf(text, TEXT_NUMBER_MAX, "%s%.1e E%.16s", sign, value, unit);
	else if (step > 0)
		snprintf(text, TEXT_NUMBER_MAX, "%s%.*f %c%.16s", sign,
			scaled_decimals(value, true), value, prefixes[step], unit);
	else
		snprintf(text, TEXT_NUMBER_MAX, "%s%.*f %.16s", sign, scaled_decimals(value, false),
			value, unit);
	return text;
}

const char *text_packet_rate(double packets_per_s, char *text)
{
	return text_scaled(packets_per_s, "pps", text);
}

const char *text_bit_rate(double bits_per_s, char *text)
{
	return text_scaled(bits_per_s, "bit/s", text);
}

const char *text_bytes(uint64_t bytes, char *text)
{
	return text_scaled((double)bytes, "B", text);
}

const char *text_share(double share, char *text)
{
	double percent = share * 100;
	bool is_near_end = (percent > 0 && percent < 0.95) || (percent > 99 && percent < 100);

	if (!isfinite(share))
		snprintf(text, TEXT_NUMBER_MAX, "? %%");
	else if (fabs(percent) < 1e6)
		snprintf(text, TEXT_NUMBER_MAX, "%.*f %%", is_near_end ? 1 : 0, percent);
	else
		snprintf(text, TEXT_NUMBER_MAX, "%.1e %%", percent);
	return text;
}

/* A bare number: whole ones with separators, others with up to two decimals. */
static void format_plain(double value, const char *unit, char *text)
{
	const char *gap = *unit ? " " : "";
	char count[TEXT_NUMBER_MAX];
	double size = fabs(value);

	if (!isfinite(value))
		snprintf(text, TEXT_NUMBER_MAX, "?%s%.16s", gap, unit);
	else if (size >= 1e12)
		snprintf(text, TEXT_NUMBER_MAX, "%.2e%s%.16s", value, gap, unit);
	else if (size >= 100 || fabs(size - round(size)) < 0.005)
		snprintf(text, TEXT_NUMBER_MAX, "%s%.20s%s%.16s", value <= -0.5 ? "-" : "",
			text_count((uint64_t)round(size), count), gap, unit);
	else
		snprintf(text, TEXT_NUMBER_MAX, "%.*f%s%.16s", size < 1 ? 2 : 1, value, gap, unit);
}

const char *text_quantity(double value, const char *unit, char *text)
{
	double longest_s = (double)INT64_MAX / NS_PER_SECOND;

	unit = unit ? unit : "";
	if (strcmp(unit, "pps") == 0)
		return text_packet_rate(value, text);
	if (strcmp(unit, "bps") == 0)
		return text_bit_rate(value, text);
	if (strcmp(unit, "bytes") == 0)
		return text_scaled(value, "B", text);
	if (strcmp(unit, "share") == 0)
		return text_share(value, text);
	if (strcmp(unit, "s") == 0 && value >= 0 && value < longest_s)
		return text_duration((int64_t)(value * NS_PER_SECOND), text);
	if (strcmp(unit, "ms") == 0 && value >= 0 && value < longest_s)
		return text_duration((int64_t)(value * (NS_PER_SECOND / 1000)), text);
	format_plain(value, unit, text);
	return text;
}

static void format_two(
	uint64_t large, const char *large_unit, uint64_t small, const char *small_unit, char *text)
{
	if (small)
		snprintf(text, TEXT_NUMBER_MAX, "%llu %s %llu %s", (unsigned long long)large,
			large_unit, (unsigned long long)small, small_unit);
	else
		snprintf(text, TEXT_NUMBER_MAX, "%llu %s", (unsigned long long)large, large_unit);
}

const char *text_duration(int64_t duration_ns, char *text)
{
	uint64_t ns = duration_ns > 0 ? (uint64_t)duration_ns : 0;
	uint64_t tenths = (ns + TENTH_NS / 2) / TENTH_NS,
		 s = (ns + NS_PER_SECOND / 2) / NS_PER_SECOND;
	uint64_t us = (ns + NS_PER_US / 2) / NS_PER_US, ms = (us + 500) / 1000;

	if (ns == 0)
		snprintf(text, TEXT_NUMBER_MAX, "0 s");
	else if (us < 1000)
		snprintf(text, TEXT_NUMBER_MAX, "%llu us", (unsigned long long)us);
	else if (ms < 1000)
		snprintf(text, TEXT_NUMBER_MAX, "%llu ms", (unsigned long long)ms);
	else if (tenths < 600)
		snprintf(text, TEXT_NUMBER_MAX, "%.*f s", tenths % 10 ? 1 : 0, (double)tenths / 10);
	else if (s < 3600)
		format_two(s / 60, "min", s % 60, "s", text);
	else if (s < 24 * 3600)
		format_two(s / 3600, "h", s % 3600 / 60, "min", text);
	else
		format_two(s / 86400, "d", s % 86400 / 3600, "h", text);
	return text;
}

/* Splits into whole seconds (rounded towards the past) and microseconds. */
static unsigned split_time(int64_t time_ns, struct tm *ret_tm)
{
	int64_t s = time_ns / NS_PER_SECOND, rest_ns = time_ns % NS_PER_SECOND;
	time_t seconds;

	if (rest_ns < 0) {
		rest_ns += NS_PER_SECOND;
		s--;
	}
	seconds = (time_t)s;
	gmtime_r(&seconds, ret_tm);
	return (unsigned)(rest_ns / NS_PER_US);
}

const char *text_time(int64_t time_ns, char *text)
{
	struct tm tm;

	split_time(time_ns, &tm);
	strftime(text, TEXT_NUMBER_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

const char *text_timestamp(int64_t time_ns, char *text)
{
	struct tm tm;
	unsigned us = split_time(time_ns, &tm);
	size_t used = strftime(text, TEXT_NUMBER_MAX, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(text + used, TEXT_NUMBER_MAX - used, ".%06u+0000", us);
	return text;
}
