/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/magic_traits.c - what a script does, by the words in it.
 *
 * One pass over the text: at each place the words that begin with its letter are tried, in any
 * case. A word gives marks, and the marks of the whole text give the traits, so that "exec" alone
 * says nothing and "b64decode" with "exec" does. The words are those of the loaders of Mirai,
 * Gafgyt and Tsunami, of Metasploit's and Empire's stagers, of BYOB's droppers, and of what
 * LOLBAS lists as downloaders.
 */
#include "app/magic.h"

#include <string.h>
#include <strings.h>

#define TRAITS_READ 16384
#define ARCHITECTURES_MIN 3 /* weir: a program that is offered for two is ordinary */
#define ENCODED_MIN 40	    /* base64 behind -e: 15 characters of UTF-16 */

enum mark {
	MARK_FETCH = 1 << 0,   /* downloads as soon as it stands there */
	MARK_FETCHER = 1 << 1, /* a command that downloads what it is given */
	MARK_CHMOD = 1 << 2,
	MARK_RUN = 1 << 3,
	MARK_UNPACK = 1 << 4, /* base64, zlib, marshal */
	MARK_EXEC = 1 << 5,   /* of a text, in the language itself */
	MARK_ENCODED = 1 << 6,
	MARK_HIDE = 1 << 7,
	MARK_BUSYBOX = 1 << 8,
	MARK_SOCKET = 1 << 9,
	MARK_SHELL = 1 << 10,
	MARK_BACK = 1 << 11, /* a socket that is a shell by itself */
	MARK_PIPE = 1 << 12, /* into a shell */
	MARK_ENCODE_FLAG = 1 << 13,
	MARK_POWERSHELL = 1 << 14,
};

enum follow {
	FOLLOW_ANY,  /* whatever comes then */
	FOLLOW_END,  /* no letter or digit */
	FOLLOW_WORD, /* white space, then something */
};

static const struct word {
	const char *word;
	uint32_t marks;
	enum follow follow;
	bool is_inner; /* also behind a letter or digit */
} words[] = {
	{ "#!/bin/sh", 0, FOLLOW_ANY, true }, /* no shell that a socket is given to */
	{ "-enc", MARK_ENCODE_FLAG, FOLLOW_WORD, false },
	{ "-encodedcommand", MARK_ENCODED, FOLLOW_WORD, false },
	{ "-e", MARK_ENCODE_FLAG, FOLLOW_WORD, false },
	{ "-ec", MARK_ENCODE_FLAG, FOLLOW_WORD, false },
	{ "-w hidden", MARK_HIDE, FOLLOW_END, false },
	{ "-windowstyle hidden", MARK_HIDE, FOLLOW_END, false },
	{ "./", MARK_RUN, FOLLOW_ANY, false },
	{ "/bin/bash", MARK_SHELL, FOLLOW_END, true },
	{ "/bin/busybox", MARK_BUSYBOX, FOLLOW_WORD, true },
	{ "/bin/sh", MARK_SHELL, FOLLOW_END, true },
	{ "/dev/shm", MARK_HIDE, FOLLOW_END, true },
	{ "/dev/tcp/", MARK_BACK, FOLLOW_ANY, true },
	{ "__import__", MARK_EXEC, FOLLOW_ANY, false },
	{ "b64decode", MARK_UNPACK, FOLLOW_ANY, true },
	{ "base64 --decode", MARK_UNPACK, FOLLOW_END, false },
	{ "base64 -d", MARK_UNPACK, FOLLOW_END, false },
	{ "bitsadmin", MARK_FETCHER, FOLLOW_WORD, false },
	{ "certutil", MARK_FETCHER, FOLLOW_WORD, false },
	{ "certutil.exe", MARK_FETCHER, FOLLOW_WORD, false },
	{ "chmod +x", MARK_CHMOD, FOLLOW_END, false },
	{ "chmod 7", MARK_CHMOD, FOLLOW_ANY, false },
	{ "cmd.exe", MARK_SHELL, FOLLOW_END, false },
	{ "codecs.decode", MARK_UNPACK, FOLLOW_END, false },
	{ "curl", MARK_FETCHER, FOLLOW_WORD, false },
	{ "decompress(", MARK_UNPACK, FOLLOW_ANY, true },
	{ "downloaddata", MARK_FETCH, FOLLOW_ANY, false },
	{ "downloadfile", MARK_FETCH, FOLLOW_ANY, false },
	{ "downloadstring", MARK_FETCH, FOLLOW_ANY, false },
	{ "dup2(", MARK_SHELL, FOLLOW_ANY, false },
	{ "eval(", MARK_EXEC, FOLLOW_ANY, false },
	{ "exec(", MARK_EXEC, FOLLOW_ANY, false },
	{ "frombase64string", MARK_UNPACK, FOLLOW_ANY, false },
	{ "ftpget", MARK_FETCHER, FOLLOW_WORD, false },
	{ "histfile=/dev/null", MARK_HIDE, FOLLOW_ANY, false },
	{ "history -c", MARK_HIDE, FOLLOW_END, false },
	{ "iex", MARK_EXEC | MARK_POWERSHELL, FOLLOW_END, false },
	{ "invoke-expression", MARK_EXEC | MARK_POWERSHELL, FOLLOW_END, false },
	{ "invoke-webrequest", MARK_FETCHER, FOLLOW_WORD, false },
	{ "iwr", MARK_FETCHER, FOLLOW_WORD, false },
	{ "marshal.loads", MARK_UNPACK, FOLLOW_ANY, false },
	{ "nc -e", MARK_BACK, FOLLOW_END, false },
	{ "net.sockets.tcpclient", MARK_SOCKET, FOLLOW_ANY, false },
	{ "os.popen", MARK_SHELL | MARK_RUN, FOLLOW_END, false },
	{ "os.system", MARK_SHELL | MARK_RUN, FOLLOW_END, false },
	{ "powershell", MARK_POWERSHELL, FOLLOW_ANY, false },
	{ "pty.spawn", MARK_SHELL, FOLLOW_ANY, false },
	{ "requests.get", MARK_FETCH, FOLLOW_END, false },
	{ "rm $0", MARK_HIDE, FOLLOW_ANY, false },
	{ "rm -- $0", MARK_HIDE, FOLLOW_ANY, false },
	{ "rm -f $0", MARK_HIDE, FOLLOW_ANY, false },
	{ "rm -rf $0", MARK_HIDE, FOLLOW_ANY, false },
	{ "rm -rf /tmp/", MARK_HIDE, FOLLOW_ANY, false },
	{ "rm -rf /var/log", MARK_HIDE, FOLLOW_ANY, false },
	{ "sh -i", MARK_SHELL, FOLLOW_END, true },
	{ "socket.socket", MARK_SOCKET, FOLLOW_END, false },
	{ "start-process", MARK_RUN, FOLLOW_END, false },
	{ "subprocess", MARK_SHELL, FOLLOW_END, false },
	{ "tftp", MARK_FETCHER, FOLLOW_WORD, false },
	{ "unlink(__file__", MARK_HIDE, FOLLOW_ANY, true },
	{ "os.remove(__file__", MARK_HIDE, FOLLOW_ANY, false },
	{ "os.remove(sys.argv[0]", MARK_HIDE, FOLLOW_ANY, false },
	{ "unset histfile", MARK_HIDE, FOLLOW_END, false },
	{ "urllib.urlopen", MARK_FETCH, FOLLOW_ANY, false },
	{ "urlopen(", MARK_FETCH, FOLLOW_ANY, false },
	{ "urlretrieve", MARK_FETCH, FOLLOW_ANY, false },
	{ "wget", MARK_FETCHER, FOLLOW_WORD, false },
	{ "zlib.decompress", MARK_UNPACK, FOLLOW_ANY, false },
	{ "| bash", MARK_PIPE, FOLLOW_END, true },
	{ "| sh", MARK_PIPE, FOLLOW_END, true },
	{ "| sudo bash", MARK_PIPE, FOLLOW_END, true },
	{ "|bash", MARK_PIPE, FOLLOW_END, true },
	{ "|iex", MARK_EXEC | MARK_POWERSHELL, FOLLOW_END, true },
	{ "|sh", MARK_PIPE, FOLLOW_END, true },
};

/* Names of architectures as builds of droppers carry them; the number tells families apart. */
static const struct architecture {
	const char *name;
	uint8_t family;
} architectures[] = {
	{ "aarch64", 0 },
	{ "arc", 1 },
	{ "arm", 2 },
	{ "arm4", 2 },
	{ "arm5", 3 },
	{ "arm6", 4 },
	{ "arm64", 0 },
	{ "arm7", 5 },
	{ "armv4l", 2 },
	{ "armv5l", 3 },
	{ "armv6l", 4 },
	{ "armv7l", 5 },
	{ "i486", 6 },
	{ "i586", 6 },
	{ "i686", 7 },
	{ "m68k", 8 },
	{ "mips", 9 },
	{ "mips64", 10 },
	{ "mipsel", 11 },
	{ "mpsl", 11 },
	{ "powerpc", 12 },
	{ "ppc", 12 },
	{ "riscv", 13 },
	{ "sh4", 14 },
	{ "sparc", 15 },
	{ "spc", 15 },
	{ "x86", 16 },
	{ "x86_32", 16 },
	{ "x86_64", 17 },
	{ "x64", 17 },
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_base64(uint8_t c)
{
	return is_alnum(c) || c == '+' || c == '/' || c == '=';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Is what follows as it should be? */
static bool follows(const uint8_t *at, const uint8_t *end, enum follow follow)
{
	switch (follow) {
	case FOLLOW_ANY:
		return true;
	case FOLLOW_END:
		return at == end || !is_alnum(*at);
	case FOLLOW_WORD:
		return end - at >= 2 && (*at == ' ' || *at == '\t') && at[1] > ' ';
	}
	return false;
}

/* A long stretch of base64 behind the white space. */
static bool is_encoded(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *begin;

	while (at < end && (*at == ' ' || *at == '"' || *at == '\''))
		at++;
	for (begin = at; at < end && at - begin < ENCODED_MIN && is_base64(*at);)
		at++;
	return at - begin >= ENCODED_MIN;
}

/* A command is given an address, a variable or an option: "curl is a tool" is prose. */
static bool is_given(const uint8_t *at, const uint8_t *end)
{
	for (; at < end && *at != '\n' && *at != ';'; at++) {
		if (*at == '$' || *at == '%' || (*at == '-' && at[-1] <= ' '))
			return true;
		if (*at == ':' && end - at >= 3 && at[1] == '/' && at[2] == '/')
			return true;
		if (*at == '.' && is_alnum(at[-1]) && end - at >= 2 && at[1] >= '0' && at[1] <= '9')
			return true;
	}
	return false;
}

static uint32_t marks_of(const struct word *word, const uint8_t *after, const uint8_t *end)
{
	if (!follows(after, end, word->follow))
		return 0;
	if ((word->marks & MARK_FETCHER) && !is_given(after, end))
		return 0;
	if (word->marks & MARK_ENCODE_FLAG)
		return is_encoded(after, end) ? MARK_ENCODED : 0;
	return word->marks;
}

#define PAIRS 65536
#define HEAD_BYTES 4

/* The first bytes of a word with bit 0x20 set, as letters of either case then are the same. What
 * differs there differs; what does not may. */
struct head {
	uint32_t bytes, mask;
};

/* The first word by letter, so that a letter costs only those that begin with it; and which two
 * letters a word can begin with, in either case, so that most places in a text cost nothing. */
struct index {
	uint8_t first[256], next[COUNT(words)]; /* plus 1; 0: none */
	uint8_t first_arch[256], next_arch[COUNT(architectures)];
	struct head heads[COUNT(words)], heads_arch[COUNT(architectures)];
	uint64_t pairs[PAIRS / 64];	  /* of words and architectures */
	uint64_t inner_pairs[PAIRS / 64]; /* of words that may stand behind a letter */
	bool is_made;
};

static unsigned pair_of(uint8_t first, uint8_t second)
{
	return (unsigned)first << 8 | second;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c & ~0x20) : c;
}

static void index_pair(uint64_t pairs[PAIRS / 64], const char *word)
{
	const uint8_t first = (uint8_t)word[0], second = (uint8_t)word[1];
	const unsigned all[] = { pair_of(first, second), pair_of(first, upper(second)),
		pair_of(upper(first), second), pair_of(upper(first), upper(second)) };

	for (size_t i = 0; i < COUNT(all); i++)
		pairs[all[i] / 64] |= 1ULL << all[i] % 64;
}

static struct head head_of(const char *word)
{
	uint8_t bytes[HEAD_BYTES] = { 0 }, mask[HEAD_BYTES] = { 0 };
	struct head head;

	for (size_t i = 0; i < HEAD_BYTES && word[i]; i++) {
		bytes[i] = (uint8_t)word[i] | 0x20;
		mask[i] = 0xff;
	}
	memcpy(&head.bytes, bytes, sizeof(head.bytes));
	memcpy(&head.mask, mask, sizeof(head.mask));
	return head;
}

static void index_make(struct index *index)
{
	for (size_t i = COUNT(words); i-- > 0;) {
		uint8_t letter = (uint8_t)words[i].word[0];

		index->next[i] = index->first[letter];
		index->first[letter] = (uint8_t)(i + 1);
		index->heads[i] = head_of(words[i].word);
		index_pair(index->pairs, words[i].word);
		if (words[i].is_inner)
			index_pair(index->inner_pairs, words[i].word);
	}
	for (size_t i = COUNT(architectures); i-- > 0;) {
		uint8_t letter = (uint8_t)architectures[i].name[0];

		index->next_arch[i] = index->first_arch[letter];
		index->first_arch[letter] = (uint8_t)(i + 1);
		index->heads_arch[i] = head_of(architectures[i].name);
		index_pair(index->pairs, architectures[i].name);
	}
	index->is_made = true;
}

static bool has_pair(const uint64_t pairs[PAIRS / 64], const uint8_t *at)
{
	unsigned pair = pair_of(at[0], at[1]);

	return pairs[pair / 64] >> pair % 64 & 1;
}

/* Does the text begin with the word, in any case? */
static bool begins(
	const uint8_t *at, const uint8_t *end, struct head head, const char *word, size_t *ret_len)
{
	uint32_t bytes;

	if (end - at >= HEAD_BYTES) {
		memcpy(&bytes, at, sizeof(bytes));
		if (((bytes | 0x20202020) & head.mask) != head.bytes)
			return false;
	}
	*ret_len = strlen(word);
	return (size_t)(end - at) >= *ret_len && strncasecmp((const char *)at, word, *ret_len) == 0;
}

static uint32_t marks_at(const struct index *index, const uint8_t *at, const uint8_t *end,
	bool is_inner, size_t *ret_len)
{
	*ret_len = 0;
	for (unsigned i = index->first[lower(*at)]; i; i = index->next[i - 1]) {
		const struct word *word = &words[i - 1];
		size_t len;

		if ((is_inner && !word->is_inner) ||
			!begins(at, end, index->heads[i - 1], word->word, &len))
			continue;
		if (word->marks == 0) {
			*ret_len = len;
			return 0;
		}
		if (marks_of(word, at + len, end))
			return marks_of(word, at + len, end);
	}
	return 0;
}

static uint32_t family_at(const struct index *index, const uint8_t *at, const uint8_t *end)
{
	for (unsigned i = index->first_arch[lower(*at)]; i; i = index->next_arch[i - 1]) {
		const struct architecture *arch = &architectures[i - 1];
		size_t len;

		if (begins(at, end, index->heads_arch[i - 1], arch->name, &len) &&
			(at + len == end || (!is_alnum(at[len]) && at[len] != '_')))
			return 1U << arch->family;
	}
	return 0;
}

static uint32_t traits_of(uint32_t marks, uint32_t families)
{
	uint32_t traits = 0;
	bool is_executed = (marks & (MARK_EXEC | MARK_PIPE)) != 0;

	if (marks & (MARK_FETCH | MARK_FETCHER))
		traits |= TRAIT_DOWNLOAD;
	if ((marks & MARK_CHMOD && marks & (MARK_RUN | MARK_SHELL | MARK_FETCHER)) ||
		marks & MARK_PIPE ||
		(marks & MARK_EXEC && marks & (MARK_FETCH | MARK_FETCHER | MARK_POWERSHELL)) ||
		(marks & MARK_RUN && marks & (MARK_FETCH | MARK_FETCHER)))
		traits |= TRAIT_RUN;
	if ((marks & MARK_UNPACK && is_executed) ||
		(marks & MARK_ENCODED && marks & MARK_POWERSHELL))
		traits |= TRAIT_DECODE_EXEC;
	if (__builtin_popcount(families) >= ARCHITECTURES_MIN)
		traits |= TRAIT_ARCHITECTURES;
	if (marks & MARK_HIDE)
		traits |= TRAIT_HIDES;
	if (marks & MARK_BUSYBOX)
		traits |= TRAIT_BUSYBOX;
	if (marks & MARK_BACK ||
		(marks & MARK_SOCKET && marks & (MARK_SHELL | MARK_EXEC | MARK_POWERSHELL)))
		traits |= TRAIT_SOCKET;
	return traits;
}

uint32_t script_traits_of(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + (len < TRAITS_READ ? len : TRAITS_READ);
	static _Thread_local struct index index;
	uint32_t marks = 0, families = 0;

	if (!index.is_made)
		index_make(&index);
	for (const uint8_t *at = bytes; end - at >= 2; at++) {
		size_t skip = 0;
		bool is_inner;

		if (!has_pair(index.pairs, at))
			continue;
		is_inner = at > bytes && is_alnum(at[-1]);
		if (is_inner && !has_pair(index.inner_pairs, at))
			continue;
		marks |= marks_at(&index, at, end, is_inner, &skip);
		if (skip)
			at += skip - 1;
		else if (!is_inner)
			families |= family_at(&index, at, end);
	}
	return traits_of(marks, families);
}
