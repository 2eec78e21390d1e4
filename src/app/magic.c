/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/magic.c - what a file is by its first bytes.
 *
 * Executables by their headers (System V ABI, PE/COFF, Mach-O), the rest by the signatures of
 * file(1) and RFC 9239/WHATWG MIME sniffing that matter here. Scripts have no signature but "#!";
 * those without it are known by how such files begin. A Java class begins as a fat Mach-O does: it
 * has a version where the other has a number of architectures.
 */
#include "app/magic.h"

#include <string.h>
#include <strings.h>

#include "app/parser.h"
#include "app/words.h"
#include "lib/rd.h"

#define PE_OFFSET_MIN 0x40
#define PE_OFFSET_MAX 0x1000 /* linkers write less; only where the rest of it is not here */
#define FAT_ARCHITECTURES 32 /* Java's class versions begin at 45 */
#define TEXT_PRINTABLE 0.9   /* weir: share of a text, which may be UTF-8 */
#define SHEBANG_MAX 128	     /* Linux reads 256 */

#define MAGIC_BYTES(string, kind)                                                                  \
	{                                                                                          \
		string, sizeof(string) - 1, kind                                                   \
	}

static const struct signature {
	const char *bytes;
	uint8_t len;
	enum file_magic magic;
} signatures[] = {
	MAGIC_BYTES("\x7f"
		    "ELF",
		MAGIC_ELF),
	MAGIC_BYTES("\xfe\xed\xfa\xce", MAGIC_MACHO),
	MAGIC_BYTES("\xfe\xed\xfa\xcf", MAGIC_MACHO),
	MAGIC_BYTES("\xce\xfa\xed\xfe", MAGIC_MACHO),
	MAGIC_BYTES("\xcf\xfa\xed\xfe", MAGIC_MACHO),
	MAGIC_BYTES("PK\x03\x04", MAGIC_ARCHIVE),
	MAGIC_BYTES("PK\x05\x06", MAGIC_ARCHIVE),
	MAGIC_BYTES("\x1f\x8b\x08", MAGIC_ARCHIVE),
	MAGIC_BYTES("7z\xbc\xaf\x27\x1c", MAGIC_ARCHIVE),
	MAGIC_BYTES("Rar!\x1a\x07", MAGIC_ARCHIVE),
	MAGIC_BYTES("BZh", MAGIC_ARCHIVE),
	MAGIC_BYTES("\xfd"
		    "7zXZ\x00",
		MAGIC_ARCHIVE),
	MAGIC_BYTES("\x28\xb5\x2f\xfd", MAGIC_ARCHIVE),
	MAGIC_BYTES("MSCF\x00\x00\x00\x00", MAGIC_ARCHIVE),
	MAGIC_BYTES("!<arch>\n", MAGIC_ARCHIVE),
	MAGIC_BYTES("Cr24", MAGIC_ARCHIVE),
	MAGIC_BYTES("\xed\xab\xee\xdb", MAGIC_ARCHIVE), /* RPM */
	MAGIC_BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", MAGIC_DOCUMENT),
	MAGIC_BYTES("%PDF-", MAGIC_DOCUMENT),
	MAGIC_BYTES("{\\rtf", MAGIC_DOCUMENT),
	MAGIC_BYTES("\x89PNG\r\n\x1a\n", MAGIC_IMAGE),
	MAGIC_BYTES("\xff\xd8\xff", MAGIC_IMAGE),
	MAGIC_BYTES("GIF87a", MAGIC_IMAGE),
	MAGIC_BYTES("GIF89a", MAGIC_IMAGE),
	MAGIC_BYTES("\x00\x00\x01\x00", MAGIC_IMAGE), /* icon */
	MAGIC_BYTES("II*\x00", MAGIC_IMAGE),
	MAGIC_BYTES("MM\x00*", MAGIC_IMAGE),
};

/* How scripts without "#!" begin. */
static const struct beginning {
	const char *words;
	enum file_magic magic;
} beginnings[] = {
	{ "exec(", MAGIC_PYTHON },
	{ "# -*- coding", MAGIC_PYTHON },
	{ "_ = lambda", MAGIC_PYTHON },
	{ "powershell", MAGIC_POWERSHELL },
	{ "iex", MAGIC_POWERSHELL },
	{ "Invoke-Expression", MAGIC_POWERSHELL },
	{ "Set-StrictMode", MAGIC_POWERSHELL },
	{ "$ErrorActionPreference", MAGIC_POWERSHELL },
	{ "[Net.ServicePointManager]", MAGIC_POWERSHELL },
	{ "[System.", MAGIC_POWERSHELL },
	{ "wget ", MAGIC_SHELL_SCRIPT },
	{ "curl ", MAGIC_SHELL_SCRIPT },
	{ "tftp ", MAGIC_SHELL_SCRIPT },
	{ "busybox ", MAGIC_SHELL_SCRIPT },
	{ "/bin/busybox ", MAGIC_SHELL_SCRIPT },
	{ "cd /", MAGIC_SHELL_SCRIPT },
	{ "rm -", MAGIC_SHELL_SCRIPT },
	{ "export PATH", MAGIC_SHELL_SCRIPT },
	{ "set -e", MAGIC_SHELL_SCRIPT },
	{ "ulimit -", MAGIC_SHELL_SCRIPT },
	{ "(wget ", MAGIC_SHELL_SCRIPT },
	{ "(curl ", MAGIC_SHELL_SCRIPT },
};

static uint32_t le32(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* Where "PE\0\0" stands, 0: nowhere. */
static uint32_t pe_offset(const uint8_t *bytes, size_t len)
{
	uint32_t at;

	if (len < PE_OFFSET_MIN || bytes[0] != 'M' || bytes[1] != 'Z')
		return 0;
	at = le32(bytes + 0x3c);
	if (at < PE_OFFSET_MIN)
		return 0;
	if (at > len || len - at < 4)
		return at < PE_OFFSET_MAX ? at : 0;
	return memcmp(bytes + at, "PE\0\0", 4) == 0 ? at : 0;
}

static bool is_fat_macho(const uint8_t *bytes, size_t len)
{
	struct rd r = rd_over(bytes, len);
	uint32_t magic = rd_be32(&r), count = rd_be32(&r);

	return !r.failed && magic == 0xcafebabe && count > 0 && count <= FAT_ARCHITECTURES;
}

static bool is_webp(const uint8_t *bytes, size_t len)
{
	return len >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0;
}

/* The end of the first line, or of what there is of it. */
static struct app_text first_line(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);

	return words_of(bytes, end ? (size_t)(end - bytes) : len);
}

/* "#!/usr/bin/env python3 -u": the interpreter is the last part of a path, or what env is given. */
static enum file_magic shebang(const uint8_t *bytes, size_t len)
{
	struct app_text line = first_line(bytes + 2, (len < SHEBANG_MAX ? len : SHEBANG_MAX) - 2);

	if (words_have(line, "python"))
		return MAGIC_PYTHON;
	if (words_have(line, "pwsh") || words_have(line, "powershell"))
		return MAGIC_POWERSHELL;
	for (uint32_t i = words_find(line, "sh"); i < line.len; i++) {
		struct app_text rest = words_after(line, i);

		if (words_begin(rest, "sh") &&
			(rest.len == 2 || rest.at[2] == ' ' || rest.at[2] == '\r'))
			return MAGIC_SHELL_SCRIPT;
	}
	return MAGIC_TEXT;
}

/* "import a, b" or "from a import b"; JavaScript's have quotes or braces, Java's a semicolon. */
static bool is_python_import(struct app_text line)
{
	if (words_begin(line, "from "))
		return words_have(line, " import ") && !memchr(line.at, '"', line.len);
	if (!words_begin(line, "import "))
		return false;
	for (uint32_t i = 0; i < line.len; i++)
		if (strchr("\"'{*", line.at[i]))
			return false;
	/* "import os;exec(…)" is Python, "import java.util.List;" is not. */
	return line.at[line.len - 1] != ';' &&
	       !(line.len > 1 && line.at[line.len - 1] == '\r' && line.at[line.len - 2] == ';');
}

/* "$name = New-Object …", "$a=[Convert]::…" */
static bool is_powershell_line(struct app_text line)
{
	return line.len > 2 && line.at[0] == '$' &&
	       (words_have(line, "new-object") || words_have(line, "[convert]::") ||
		       words_have(line, "[system.") || words_have(line, "-join") ||
		       words_have(line, "downloadstring"));
}

static bool is_text(const uint8_t *bytes, size_t len)
{
	size_t seen = len < 512 ? len : 512;

	if (memchr(bytes, 0, seen))
		return false;
	return parse_printable(bytes, seen) >= TEXT_PRINTABLE * 255;
}

static enum file_magic text_of(const uint8_t *bytes, size_t len)
{
	struct app_text line;

	while (len > 0 && (*bytes == ' ' || (*bytes >= '\t' && *bytes <= '\r'))) {
		bytes++;
		len--;
	}
	if (len == 0)
		return MAGIC_TEXT;
	line = first_line(bytes, len);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (words_begin(line, beginnings[i].words))
			return beginnings[i].magic;
	if (is_python_import(line))
		return MAGIC_PYTHON;
	return is_powershell_line(line) ? MAGIC_POWERSHELL : MAGIC_TEXT;
}

enum file_magic file_magic_of(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return MAGIC_NONE;
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (len >= signatures[i].len &&
			memcmp(bytes, signatures[i].bytes, signatures[i].len) == 0)
			return signatures[i].magic;
	if (pe_offset(bytes, len))
		return MAGIC_PE;
	if (is_fat_macho(bytes, len))
		return MAGIC_MACHO;
	if (is_webp(bytes, len))
		return MAGIC_IMAGE;
	if (len > 2 && bytes[0] == '#' && bytes[1] == '!')
		return shebang(bytes, len);
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return text_of(bytes + 3, len - 3);
	return is_text(bytes, len) ? text_of(bytes, len) : MAGIC_OTHER;
}

uint16_t file_machine_of(const uint8_t *bytes, size_t len)
{
	uint32_t at;

	if (len >= 20 && memcmp(bytes,
				 "\x7f"
				 "ELF",
				 4) == 0)
		return bytes[5] == 2 ? (uint16_t)(bytes[18] << 8 | bytes[19])
				     : (uint16_t)(bytes[19] << 8 | bytes[18]);
	at = pe_offset(bytes, len);
	if (at && at < len && len - at >= 6)
		return (uint16_t)(bytes[at + 5] << 8 | bytes[at + 4]);
	return 0;
}
