/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/irc_words.c - the language of IRC bots: nicks, orders, reports.
 *
 * Words of the published sources and command lists of SDBot and Agobot (see Barford, Yegneswaran:
 * "An Inside Look at Botnets", 2007) and their offspring, kaiten/Tsunami, Perl shellbots, ngrBot
 * and Athena, as we know them. That nicks give bots away is the idea of Goebel, Holz: "Rishi:
 * Identify Bot Contaminated Hosts by IRC Nickname Evaluation" (2007); the shapes are ours.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/words.h"
#include "detect/irc.h"

#define ORDER_WORDS 8

/* They mean an attack or a spread by themselves. */
static const char *const strong_words[] = { "udpflood", "synflood", "tcpflood", "httpflood",
	"icmpflood", "pingflood", "ackflood", "ddos", "ddos.syn", "ddos.ack", "ddos.udp",
	"ddos.random", "ddos.supersyn", "advscan", "asc", "slowloris", "supersyn", "tsunami",
	"flood", "syn", "udp", "attack", "rudy", "arme", "stdflood", "httpattack", NULL };

/* They mean it with a target behind them. */
static const char *const weak_words[] = { "dl", "download", "update", "http", "tcp", "icmp", "ack",
	"scan", "exec", "execute", "sh", "cmd", "visit", "wget", "portscan", "get", "socks",
	"spread", "redirect", "clone", "pan", "std", "junk", "hold", NULL };

static bool is_one_of(struct app_text word, const char *const *list)
{
	for (; *list; list++)
		if (app_text_is(word, *list))
			return true;
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Names that web chats and clients hand out to people. */
static bool is_guest(struct app_text nick)
{
	static const char *const guests[] = { "guest", "mib_", "webchat", "kiwi", "qwebirc", "user",
		"anon", "visitor", "chatzilla", "androirc", "irccloud", "mozilla", "newbie", NULL };

	for (const char *const *guest = guests; *guest; guest++)
		if (words_begin(nick, *guest))
			return true;
	return false;
}

struct nick_view {
	unsigned digits;     /* the longest run */
	unsigned codes;	     /* words of capitals: countries, systems */
	unsigned consonants; /* the longest run */
	unsigned letters, vowels;
	bool has_fields; /* [a|b], {a}, a|b */
};

static struct nick_view nick_view_of(struct app_text nick)
{
	struct nick_view view = { 0 };
	unsigned digits = 0, capitals = 0, consonants = 0;

	for (uint32_t i = 0; i < nick.len; i++) {
		char c = nick.at[i];
		bool is_vowel = is_letter(c) && words_is_any(c, "aeiouyAEIOUY");

		digits = is_digit(c) ? digits + 1 : 0;
		capitals = is_upper(c) ? capitals + 1 : 0;
		consonants = is_letter(c) && !is_vowel ? consonants + 1 : 0;
		view.digits = digits > view.digits ? digits : view.digits;
		view.codes += capitals == 2;
		view.consonants = consonants > view.consonants ? consonants : view.consonants;
		view.letters += is_letter(c);
		view.vowels += is_vowel;
		view.has_fields |= c == '|' || ((c == '[' || c == '{') && i == 0);
	}
	return view;
}

/* "[DEU|XP]-8231", "USA|48213", "rbot-928371", "qzxvwkpt". weir: a person's number is a year or
 * shorter, and names that can be spoken have a vowel in six letters. */
bool chat_nick_is_made(struct app_text nick)
{
	struct nick_view view = nick_view_of(nick);

	if (is_guest(nick))
		return false;
	if (view.has_fields && view.codes >= 1 && view.digits >= 3)
		return true;
	if (view.digits >= 5)
		return true;
	return view.letters >= 7 && (view.consonants >= 6 || view.vowels * 8 < view.letters);
}

uint32_t chat_nick_shape(struct app_text nick)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	char last = 0;

	for (uint32_t i = 0; i < nick.len; i++) {
		char c = nick.at[i];
		char kind = is_digit(c) ? '0' : is_letter(c) ? (is_upper(c) ? 'A' : 'a') : c;

		if (kind != last)
			hash = (hash ^ (uint8_t)kind) * 16777619U;
		last = kind;
	}
	return hash;
}

/* Without colours and other mIRC codes at the front. */
static struct app_text without_codes(struct app_text text)
{
	while (text.len && ((uint8_t)text.at[0] <= ' ')) {
		bool is_colour = text.at[0] == 3;

		text = words_after(text, 1);
		while (is_colour && text.len && (is_digit(text.at[0]) || text.at[0] == ','))
			text = words_after(text, 1);
	}
	return text;
}

/* Something to attack or to fetch: an address, a URL, a name with a dot and letters. */
static bool is_target(struct app_text word)
{
	unsigned dots = 0, digits = 0;

	if (words_have(word, "://") || words_begin(word, "www."))
		return true;
	for (uint32_t i = 0; i < word.len; i++) {
		dots += word.at[i] == '.';
		digits += is_digit(word.at[i]);
	}
	return dots == 3 && digits >= 4 && digits + dots + 6 >= word.len;
}

static bool is_number(struct app_text word)
{
	for (uint32_t i = 0; i < word.len; i++)
		if (!is_digit(word.at[i]))
			return false;
	return word.len > 0;
}

bool chat_order_names(const char *order, const struct addr *addr, uint16_t port)
{
	struct app_text rest = { order, (uint32_t)strlen(order) };
	char address[ADDR_TEXT_MAX];

	addr_format(addr, address);
	while (rest.len) {
		struct app_text word = words_next(&rest);

		if (words_have(word, address) ||
			(is_number(word) && strtoul(word.at, NULL, 10) == port))
			return true;
	}
	return false;
}

/* Signs that bots are called by. */
static struct app_text without_sign(struct app_text word, bool *ret_had_sign)
{
	*ret_had_sign = false;
	while (word.len && words_is_any((char)word.at[0], ".!@`$;^~*-&")) {
		*ret_had_sign = true;
		word = words_after(word, 1);
	}
	return word;
}

static enum chat_order strength_of(struct app_text verb, struct app_text rest)
{
	bool is_strong = is_one_of(verb, strong_words), has_target = false;
	unsigned numbers = 0;

	if (!is_strong && !is_one_of(verb, weak_words))
		return CHAT_ORDER_NONE;
	for (unsigned i = 0; i < ORDER_WORDS && rest.len; i++) {
		struct app_text word = words_next(&rest);

		has_target |= is_target(word);
		numbers += is_number(word);
	}
	if (has_target || (is_strong && numbers >= 2))
		return CHAT_ORDER_STRONG;
	return is_strong ? CHAT_ORDER_WEAK : CHAT_ORDER_NONE;
}

/* The verb is the first word, or the second after whom it is for: "!* UDP …", "!bot @udpflood …".
 */
enum chat_order chat_order_of(struct app_text text, const char **ret_family)
{
	struct app_text rest = without_codes(text);
	struct app_text first = words_next(&rest), second, after;
	bool has_sign, has_second_sign;
	enum chat_order order;

	if (!first.len || !words_is_any(first.at[0], ".!@`$;^~-&"))
		return CHAT_ORDER_NONE;
	order = strength_of(without_sign(first, &has_sign), rest);
	if (order != CHAT_ORDER_NONE) {
		if (words_have(first, "advscan") || words_have(first, "ddos."))
			*ret_family = "sdbot";
		return order;
	}
	after = rest;
	second = words_next(&after);
	order = strength_of(without_sign(second, &has_second_sign), after);
	if (order == CHAT_ORDER_NONE || first.at[0] != '!')
		return CHAT_ORDER_NONE;
	if (first.at[first.len - 1] == '*')
		*ret_family = "tsunami";
	else if (has_second_sign)
		*ret_family = "shellbot";
	else
		return CHAT_ORDER_NONE;
	return order;
}

/* "[SCAN]: …", "[DDoS] …" with a word of success, or kaiten's own sentences. */
bool chat_is_report(struct app_text text)
{
	static const char *const words[] = { "flood", "scan", "exploit", "download", "packets",
		"attack", "finished", "thread", "spread", "infect", "kb/s", "mb/s", "executed",
		NULL };
	static const char *const sentences[] = { "packeting ", "tsunami heading for", "panning ",
		"attack finished", "flooding ", "synflooding", "[syn]", "[udp]", NULL };

	text = without_codes(text);
	for (const char *const *sentence = sentences; *sentence; sentence++)
		if (words_begin(text, *sentence))
			return true;
	if (text.len < 6 || (text.at[0] != '[' && text.at[0] != '('))
		return false;
	for (const char *const *word = words; *word; word++)
		if (words_have(text, *word))
			return true;
	return false;
}
