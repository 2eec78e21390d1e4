/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture/looks.c - says what a file looks like that is no capture we can read.
 *
 * People hand in the archive around the capture, the log beside it, or a capture in another
 * format; a message that says so saves them the search. Magic numbers first (each from the
 * format's own description or file(1)), then text, then the first bytes as they are.
 */
#include <stdio.h>
#include <string.h>

#include "capture/reader.h"

#define HEX_SHOWN 8
#define TEXT_SHOWN 24

static const struct look {
	const char *magic;
	uint8_t len;
	const char *clause;
} looks[] = {
	{ "PK\x03\x04", 4, "starts with \"PK\", a zip archive (unzip it first)" },
	{ "7z\xbc\xaf\x27\x1c", 6, "is a 7-Zip archive (unpack it first)" },
	{ "\xfd\x37zXZ", 5, "is compressed with xz (xz -dc FILE | weir inspect -)" },
	{ "\x28\xb5\x2f\xfd", 4, "is compressed with zstd (zstd -dc FILE | weir inspect -)" },
	{ "\x04\x22\x4d\x18", 4, "is compressed with lz4 (lz4 -dc FILE | weir inspect -)" },
	{ "BZh", 3, "is compressed with bzip2 (bzip2 -dc FILE | weir inspect -)" },
	{ "\x1f\x8b\x08", 3, "is gzip'd more than once (gzip -dc FILE | weir inspect -)" },
	{ "\x1f\x9d", 2, "is compressed with compress (uncompress it first)" },
	{ "\177ELF", 4, "starts with \"ELF\", a program" },
	{ "#!", 2, "starts with \"#!\", a script" },
	{ "%PDF", 4, "starts with \"%PDF\", a document" },
	{ "\x89PNG", 4, "is a PNG picture" },
	{ "SQLite format 3", 15, "is an SQLite database" },
	{ "snoop\0\0\0", 8, "is a Solaris snoop capture (editcap -F pcap converts it)" },
	{ "GMBU", 4, "is a Network Monitor capture (editcap -F pcap converts it)" },
	{ "RTSS", 4, "is a Network Monitor capture (editcap -F pcap converts it)" },
	{ "TRSNIFF data", 12, "is a Sniffer capture (editcap -F pcap converts it)" },
	{ "XCP\0", 4, "is a NetXRay capture (editcap -F pcap converts it)" },
	{ "\x0c\xa5", 2, "is an nfdump flow file" },
	{ "\xa5\x0c", 2, "is an nfdump flow file" },
	{ "{", 1, "starts with \"{\", JSON text" },
	{ "<", 1, "starts with \"<\", XML or HTML text (a download that failed?)" },
};

/* Begins with ASCII, has no control characters; UTF-8 may follow. */
static bool is_text(const uint8_t *bytes, size_t len)
{
	if (bytes[0] > 0x7e)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((bytes[i] < ' ' && !strchr("\t\r\n", bytes[i])) || bytes[i] == 0x7f ||
			bytes[i] == 0)
			return false;
	return true;
}

/* Only plain printable characters go to the terminal. */
static const char *describe_text(const uint8_t *bytes, size_t len, char *text, size_t cap)
{
	char shown[TEXT_SHOWN + 1];
	size_t n = 0;

	while (n < len && n < TEXT_SHOWN && bytes[n] >= ' ' && bytes[n] < 0x7f) {
		shown[n] = (char)bytes[n];
		n++;
	}
	shown[n] = 0;
	snprintf(text, cap, "is text that starts with \"%s\"", shown);
	return text;
}

static const char *describe_bytes(const uint8_t *bytes, size_t len, char *text, size_t cap)
{
	char hex[HEX_SHOWN * 3 + 1] = "";

	for (size_t i = 0; i < len && i < HEX_SHOWN; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", bytes[i]);
	snprintf(text, cap, "starts with the bytes%s", hex);
	return text;
}

const char *looks_describe(const uint8_t *bytes, size_t len, char *text, size_t cap)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (len < looks[i].len || memcmp(bytes, looks[i].magic, looks[i].len) != 0)
			continue;
		snprintf(text, cap, "%s", looks[i].clause);
		return text;
	}
	if (is_text(bytes, len))
		return describe_text(bytes, len, text, cap);
	return describe_bytes(bytes, len, text, cap);
}
