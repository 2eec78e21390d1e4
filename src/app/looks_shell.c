/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_shell.c - the words by which shells, Mirai's loader and Gafgyt are known; see looks.h.
 *
 * Tables of patterns, each with a weight: 3 is unmistakable by itself, 1 may be chance, so that
 * three of them are needed. Which side says a thing, and what the other one answers, is not looked
 * at here. Sources: the messages of dash, bash, BusyBox ash, cmd.exe, PowerShell and of the usual
 * tools; the published sources of Mirai (loader/src) and of Gafgyt's client.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "app/looks.h"
#include "app/magic.h"

enum how { WHOLE, START, INSIDE };

struct pattern {
	enum how how;
	uint8_t weight;
	const char *text;
	const char *also; /* must stand in the line, too; NULL: nothing */
};

#define PATTERNS(list) (list), sizeof(list) / sizeof((list)[0])

static const struct pattern commands[] = {
	{ WHOLE, 2, "whoami", NULL },
	{ WHOLE, 1, "id", NULL },
	{ WHOLE, 1, "ls", NULL },
	{ WHOLE, 1, "dir", NULL },
	{ WHOLE, 1, "pwd", NULL },
	{ WHOLE, 1, "ps", NULL },
	{ WHOLE, 1, "w", NULL },
	{ WHOLE, 1, "hostname", NULL },
	{ WHOLE, 2, "ifconfig", NULL },
	{ WHOLE, 2, "systeminfo", NULL },
	{ WHOLE, 2, "tasklist", NULL },
	{ START, 2, "ipconfig", NULL },
	{ START, 2, "uname", NULL },
	{ START, 2, "ls -", NULL },
	{ START, 2, "ls /", NULL },
	{ START, 3, "cat /etc/", NULL },
	{ START, 3, "cat /proc/", NULL },
	{ START, 2, "cat ", NULL },
	{ START, 2, "cd /", NULL },
	{ START, 2, "cd ..", NULL },
	{ START, 2, "cd ~", NULL },
	{ START, 3, "cd C:\\", NULL },
	{ START, 3, "type C:\\", NULL },
	{ START, 3, "dir C:\\", NULL },
	{ START, 2, "ps aux", NULL },
	{ START, 2, "ps -", NULL },
	{ START, 2, "ip addr", NULL },
	{ WHOLE, 2, "ip a", NULL },
	{ START, 2, "netstat -", NULL },
	{ START, 2, "whoami /", NULL },
	{ START, 2, "net user", NULL },
	{ START, 2, "net localgroup", NULL },
	{ START, 2, "wget ", "://" },
	{ START, 2, "curl ", "://" },
	{ START, 2, "tftp ", NULL },
	{ START, 2, "certutil", "http" },
	{ START, 2, "bitsadmin ", NULL },
	{ START, 3, "chmod 7", NULL },
	{ START, 3, "chmod +x", NULL },
	{ START, 2, "chmod ", NULL },
	{ START, 2, "rm -", NULL },
	{ START, 2, "nohup ", NULL },
	{ START, 1, "echo ", NULL },
	{ START, 2, "export HIST", NULL },
	{ START, 3, "unset HIST", NULL },
	{ WHOLE, 3, "history -c", NULL },
	{ START, 2, "export TERM=", NULL },
	{ START, 2, "stty ", NULL },
	{ START, 2, "crontab ", NULL },
	{ START, 2, "iptables ", NULL },
	{ START, 2, "sudo ", NULL },
	{ START, 2, "schtasks ", NULL },
	{ START, 2, "reg query ", NULL },
	{ START, 2, "reg add ", NULL },
	{ START, 2, "wmic ", NULL },
	{ START, 2, "cmd /c", NULL },
	{ START, 2, "cmd.exe /c", NULL },
	{ START, 3, "powershell", " -" },
	{ START, 2, "Get-", NULL },
	{ START, 2, "Invoke-", NULL },
	{ START, 3, "IEX", "(" },
	{ START, 3, "python -c", NULL },
	{ START, 3, "python2 -c", NULL },
	{ START, 3, "python3 -c", NULL },
	{ START, 3, "perl -e", NULL },
	{ START, 3, "php -r", NULL },
	{ START, 3, "ruby -rsocket", NULL },
	{ START, 3, "bash -i", NULL },
	{ START, 3, "bash -c", NULL },
	{ START, 2, "sh -c", NULL },
	{ START, 3, "sh -i", NULL },
	{ START, 3, "/bin/sh", NULL },
	{ START, 3, "/bin/bash", NULL },
	{ START, 3, "/bin/busybox ", NULL },
	{ START, 2, "busybox ", NULL },
	{ START, 3, "nc ", " -e" },
	{ START, 1, "./", NULL },
	{ START, 2, "/tmp/", NULL },
	{ INSIDE, 3, "/dev/tcp/", NULL },
	{ INSIDE, 2, "2>&1", NULL },
	{ INSIDE, 2, "2>/dev/null", NULL },
};

static const struct pattern outputs[] = {
	{ START, 3, "uid=", "gid=" },
	{ INSIDE, 3, "Microsoft Windows [Version ", NULL },
	{ INSIDE, 2, "Microsoft Corporation. All rights reserved.", NULL },
	{ WHOLE, 2, "Windows PowerShell", NULL },
	{ START, 3, "Linux ", "GNU/Linux" },
	{ START, 2, "Linux version ", NULL },
	{ START, 2, "Linux ", " SMP" },
	{ START, 3, "Darwin Kernel Version", NULL },
	{ START, 3, "root:x:0:0:", NULL },
	{ START, 2, "daemon:x:", NULL },
	{ INSIDE, 3, "sh: ", ": not found" },
	{ INSIDE, 3, "sh: ", ": command not found" },
	{ INSIDE, 3, "sh: ", "Permission denied" },
	{ INSIDE, 3, "sh: ", "No such file or directory" },
	{ START, 2, "cat: ", "No such file or directory" },
	{ START, 2, "ls: ", "No such file or directory" },
	{ INSIDE, 3, "is not recognized as an internal or external command", NULL },
	{ INSIDE, 3, "can't access tty; job control turned off", NULL },
	{ INSIDE, 3, "no job control in this shell", NULL },
	{ INSIDE, 3, "cannot set terminal process group", NULL },
	{ INSIDE, 3, "Volume Serial Number is ", NULL },
	{ START, 2, " Directory of ", ":\\" },
	{ START, 3, "nt authority\\", NULL },
	{ START, 3, "Windows IP Configuration", NULL },
	{ START, 2, "The system cannot find the ", NULL },
	{ WHOLE, 1, "Access is denied.", NULL },
	{ INSIDE, 3, "FullyQualifiedErrorId", NULL },
	{ INSIDE, 3, "CategoryInfo          :", NULL },
	{ INSIDE, 2, ": flags=", "<UP" },
	{ INSIDE, 2, ": <LOOPBACK", NULL },
	{ INSIDE, 1, "inet ", "netmask " },
	{ START, 2, "  PID TTY", NULL },
	{ START, 2, "USER ", " PID " },
	{ START, 2, "  PID USER", NULL },
	{ START, 2, "Filesystem ", "Mounted on" },
	{ START, 3, "BusyBox v", NULL },
	{ INSIDE, 3, "for a list of built-in commands", NULL },
	{ WHOLE, 2, "www-data", NULL },
	{ WHOLE, 1, "root", NULL },
};

/* Gafgyt's server says "!* WORD …" (also without the star in some variants). */
static const char *const gafgyt_words[] = { "UDP", "TCP", "STD", "HOLD", "JUNK", "CNC", "HTTP",
	"COMBO", "SCANNER", "PHONE", "TELNET", "KILLATTK", "LOLNOGTFO", "GETLOCALIP", "PING", "SH",
	"XMAS", "VSE", "DUP", "BOTKILL", "EMAIL", "WGETFLOOD", "FATCOCK", "STOMP", "STDHEX",
	"UDPRAW", "OVH" };

static const void *find(const char *line, size_t len, const char *what)
{
	return memmem(line, len, what, strlen(what));
}

static bool begins(const char *line, size_t len, const char *what)
{
	size_t what_len = strlen(what);

	return len >= what_len && memcmp(line, what, what_len) == 0;
}

static bool begins_any_case(const char *line, size_t len, const char *what)
{
	size_t what_len = strlen(what);

	return len >= what_len && strncasecmp(line, what, what_len) == 0;
}

static bool is_line(const char *line, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(line, what, len) == 0;
}

static bool ends(const char *line, size_t len, const char *what)
{
	size_t what_len = strlen(what);

	return len >= what_len && memcmp(line + len - what_len, what, what_len) == 0;
}

static bool matches(const struct pattern *pattern, const char *line, size_t len)
{
	bool is_there = false;

	switch (pattern->how) {
	case WHOLE:
		is_there = is_line(line, len, pattern->text);
		break;
	case START:
		is_there = begins_any_case(line, len, pattern->text);
		break;
	case INSIDE:
		is_there = find(line, len, pattern->text) != NULL;
		break;
	}
	return is_there && (!pattern->also || find(line, len, pattern->also));
}

/* The heaviest that matches. */
static uint8_t weigh(const struct pattern *patterns, size_t count, const char *line, size_t len)
{
	uint8_t weight = 0;

	for (size_t i = 0; i < count; i++)
		if (patterns[i].weight > weight && matches(&patterns[i], line, len))
			weight = patterns[i].weight;
	return weight;
}

/* A line is a list of commands, parted by ; & |. */
struct looks_hit looks_shell_command(const char *line, size_t len)
{
	struct looks_hit hit = { .kind = LOOKS_SHELL_COMMAND };
	unsigned weight = 0;
	size_t from = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && !strchr(";&|", line[i]))
			continue;
		while (from < i && line[from] == ' ')
			from++;
		if (i > from) {
			size_t end = i;

			while (end > from && line[end - 1] == ' ')
				end--;
			weight += weigh(PATTERNS(commands), line + from, end - from);
		}
		from = i + 1;
	}
	weight += weight > 0 && find(line, len, "2>&1") ? 1 : 0;
	hit.weight = (uint8_t)(weight < 6 ? weight : 6);
	if (hit.weight > 0)
		hit.traits = script_traits_of((const uint8_t *)line, len);
	return hit;
}

/* "-rwxr-xr-x 1 root", "drwxr-xr-x. 2 root" */
static bool is_long_listing(const char *line, size_t len)
{
	if (len < 12 || !strchr("-dlbcps", line[0]))
		return false;
	for (unsigned i = 1; i < 10; i++)
		if (!line[i] || !strchr(i % 3 == 1 ? "r-" : i % 3 == 2 ? "w-" : "xsStT-", line[i]))
			return false;
	return line[10] == ' ' || (strchr(".+@", line[10]) && line[11] == ' ');
}

static bool is_total(const char *line, size_t len)
{
	if (len < 7 || len > 16 || !begins(line, len, "total "))
		return false;
	for (size_t i = 6; i < len; i++)
		if (!isdigit((unsigned char)line[i]))
			return false;
	return true;
}

struct looks_hit looks_shell_output(const char *line, size_t len)
{
	struct looks_hit hit = { .kind = LOOKS_SHELL_OUTPUT };

	hit.weight = weigh(PATTERNS(outputs), line, len);
	if (hit.weight < 2 && is_long_listing(line, len))
		hit.weight = 2;
	if (hit.weight < 1 && is_total(line, len))
		hit.weight = 1;
	return hit;
}

/* "C:\Users\x>" and "PS C:\>": how many bytes of the line they take; 0: none. */
static size_t windows_prompt(const char *line, size_t len)
{
	size_t at = begins(line, len, "PS ") ? 3 : 0;
	const char *end;

	if (len < at + 4 || !isupper((unsigned char)line[at]) || line[at + 1] != ':' ||
		line[at + 2] != '\\')
		return 0;
	end = memchr(line + at, '>', len - at);
	if (!end || find(line, (size_t)(end - line), "  ") || memchr(line, '<', len))
		return 0;
	return (size_t)(end - line) + 1;
}

/* "root@host:/tmp# ", "[user@host ~]$ ", "sh-5.1$ ", "bash-5.1# ": the same. */
static size_t unix_prompt(const char *line, size_t len)
{
	bool is_named = begins(line, len, "sh-") || begins(line, len, "bash-");
	bool has_at = false;

	for (size_t i = 0; i < len; i++) {
		has_at = has_at || (line[i] == '@' && i > 0);
		if ((line[i] == '$' || line[i] == '#') && i + 1 < len && line[i + 1] == ' ')
			return is_named || (has_at && i > 3) ? i + 2 : 0;
		if (isspace((unsigned char)line[i]) && line[0] != '[')
			return 0;
	}
	return 0;
}

static uint8_t bare_prompt(const char *line, size_t len)
{
	static const char *const weak[] = { "$ ", "# ", "% ", ">>> ", "$", "#" };

	if (is_line(line, len, "/ # ") || is_line(line, len, "~ # ") || is_line(line, len, "/ $ "))
		return 2;
	if (len < 40 && line[0] == '/' && ends(line, len, " # "))
		return 2;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (is_line(line, len, weak[i]))
			return 1;
	return 0;
}

struct looks_hit looks_shell_prompt(const char *line, size_t len, bool is_ended)
{
	struct looks_hit hit = { .kind = LOOKS_SHELL_PROMPT };
	size_t taken = windows_prompt(line, len);

	if (taken == 0)
		taken = unix_prompt(line, len);
	if (taken > 0 && (is_ended || len - taken <= 1))
		hit.weight = 3;
	else if (taken == 0 && !is_ended)
		hit.weight = bare_prompt(line, len);
	return hit;
}

struct looks_hit looks_gafgyt(const char *line, size_t len, unsigned side)
{
	struct looks_hit hit = { .kind = LOOKS_GAFGYT };

	if (side == 0) {
		if (begins(line, len, "BUILD ") && len < 64)
			hit.weight = 3;
		else if (is_line(line, len, "PONG") || is_line(line, len, "PONG!"))
			hit.weight = 1;
		return hit;
	}
	if (is_line(line, len, "PING"))
		hit.weight = 1;
	if (!begins(line, len, "!* "))
		return hit;
	for (size_t i = 0; i < sizeof(gafgyt_words) / sizeof(gafgyt_words[0]); i++) {
		size_t word_len = strlen(gafgyt_words[i]);

		if (begins_any_case(line + 3, len - 3, gafgyt_words[i]) &&
			(len == 3 + word_len || line[3 + word_len] == ' '))
			hit.weight = 3;
	}
	return hit;
}

/* The loader first frees itself of the device's own command line, then asks for an applet that
 * does not exist: that it is "not found" shows where the output of the command before ended. */
struct looks_hit looks_loader(const char *line, size_t len, uint8_t *steps)
{
	static const char *const sequence[] = { "enable", "system", "shell", "sh", "linuxshell" };
	struct looks_hit hit = { .kind = LOOKS_MIRAI_LOADER };
	bool is_busybox = find(line, len, "/bin/busybox ") != NULL;
	bool is_drop = (find(line, len, "echo -ne") || find(line, len, "echo -e")) &&
		       find(line, len, "\\x");

	for (size_t i = 0; i < sizeof(sequence) / sizeof(sequence[0]); i++)
		if (is_line(line, len, sequence[i]) && *steps < 200)
			(*steps)++;
	if (ends(line, len, ": applet not found") && !is_busybox)
		hit.weight = 3;
	if (is_busybox || is_drop) {
		hit.weight = 3;
		hit.traits = script_traits_of((const uint8_t *)line, len);
		hit.traits |= is_busybox ? TRAIT_BUSYBOX : 0;
		hit.traits |= is_drop ? TRAIT_DOWNLOAD : 0;
	}
	return hit;
}
