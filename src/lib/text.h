/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/text.h - numbers, times and strings as a person reads them.
 *
 * The number functions write into a buffer of TEXT_NUMBER_MAX bytes and return it, so they can
 * stand in an argument list. SI prefixes are decimal (1 kB is 1000 bytes). Output does not depend
 * on the locale as long as LC_NUMERIC is "C" (which it is unless a program asks otherwise). The
 * string functions know UTF-8: text_clean() is the gate that every string from outside (file names,
 * group names) passes before it may reach a terminal.
 */
#ifndef WEIR_LIB_TEXT_H
#define WEIR_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NUMBER_MAX 40

/* "37,412" */
const char *text_count(uint64_t value, char *text);

/* Three figures with an SI prefix and the unit: "840 pps", "1.6 kpps", "162 kpps", "2.3 Mbit/s",
 * "0.02 pps". "? pps" for what is not a number. unit: at most 16 bytes. */
const char *text_scaled(double value, const char *unit, char *text);

/* text_scaled of packets and bits a second and of bytes: "1.6 kpps", "2.3 Mbit/s", "77.1 MB". */
const char *text_packet_rate(double packets_per_s, char *text);
const char *text_bit_rate(double bits_per_s, char *text);
const char *text_bytes(uint64_t bytes, char *text);

/* 0..1 as "97 %"; "0.4 %" below one percent, "99.6 %" above 99. */
const char *text_share(double share, char *text);

/* A value in a unit of struct evidence: "pps", "bps", "share", "bytes", "s", "ms" are known; all
 * others follow the number: "37,412 addresses", "2.5 names". */
const char *text_quantity(double value, const char *unit, char *text);

/* "740 us", "640 ms", "23.7 s", "10 min 42 s", "2 h 5 min", "3 d 4 h"; "0 s" below zero. */
const char *text_duration(int64_t duration_ns, char *text);

/* UTC: "2018-09-28 10:14:49"; any time an int64_t can hold. */
const char *text_time(int64_t time_ns, char *text);

/* RFC 3339 as Suricata writes it: "2018-09-28T10:14:49.303795+0000"; microseconds, cut. */
const char *text_timestamp(int64_t time_ns, char *text);

/* Reads one UTF-8 character of text (not at its final 0). Returns its length in bytes; 1 and
 * *ret_code = TEXT_BAD for a byte that is not UTF-8. */
#define TEXT_BAD 0xffffffffU
unsigned text_character(const char *text, uint32_t *ret_code);

/* Width in terminal columns: East Asian wide characters take two, combining marks none, a byte that
 * is not UTF-8 one. */
unsigned text_columns(const char *text);

/* Bytes at the start of text that take at most so many columns; whole characters only. */
size_t text_prefix_bytes(const char *text, unsigned columns);

/* Copies raw so that it is safe to print and always valid UTF-8: control characters (C0, C1),
 * invisible and direction changing ones and bytes that are not UTF-8 become \xNN. is_ascii: also
 * all others beyond ASCII, save some that have a likeness ("µ" "u", "→" "->"). Cut at size - 1
 * bytes, never within a character. Returns out. */
const char *text_clean(const char *raw, bool is_ascii, char *out, size_t size);

#endif
