/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_irc.c - IRC (RFC 2812): zombies that sit in a channel, and people who chat.
 */
#include <stdio.h>

#include "gen/bots.h"
#include "gen/catalogue.h"
#include "types.h"

#define SERVER "irc.hub.example"
#define PING_S 90

static void welcome(struct script *script, const char *nick, const char *user)
{
	script_text(script, 0, "NICK %s\r\nUSER %s 8 * :%s\r\n", nick, user, user);
	script_text(script, 1,
		":" SERVER " NOTICE AUTH :*** Looking up your hostname...\r\n"
		":" SERVER " 001 %s :Welcome to the network %s\r\n"
		":" SERVER " 002 %s :Your host is " SERVER "\r\n"
		":" SERVER " 376 %s :End of /MOTD command.\r\n",
		nick, nick, nick, nick);
}

static void ping_pong(struct script *script)
{
	script_wait(script, PING_S - 1);
	script_text(script, 1, "PING :" SERVER "\r\n");
	script_text(script, 0, "PONG :" SERVER "\r\n");
}

void irc_zombie(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct script *script;
	char nick[32];
	double left = plan->seconds * 3 / 4;
	/* the order comes to all at once, whenever they joined */
	double order_s = plan->seconds * 3 / 4 - (plan->start_s - 10);

	cast_lookup(&cast);
	script = cast_script(&cast, 6667);
	snprintf(nick, sizeof(nick), "[DEU|XP|%05u]", 48213 + plan->count * 7919 % 50000);
	welcome(script, nick, "x");
	script_wait(script, 0.5);
	script_text(script, 0, "JOIN #r00t s3cr3t\r\n");
	script_text(script, 1,
		":%s!x@host JOIN :#r00t\r\n:" SERVER
		" 332 %s #r00t :.advscan asn1smb 100 5 0 -r\r\n:" SERVER
		" 353 %s = #r00t :%s @boss\r\n",
		nick, nick, nick, nick);
	while (script_seconds(script) + PING_S < left)
		ping_pong(script);
	if (order_s > script_seconds(script))
		script_wait(script, order_s - script_seconds(script));
	script_text(
		script, 1, ":boss!b@controller PRIVMSG #r00t :.udpflood 203.0.113.99 1024 30\r\n");
	script_wait(script, 0.4);
	script_text(script, 0, "PRIVMSG #r00t :[UDP]: Sending packets to: 203.0.113.99\r\n");
	script_wait(script, plan->seconds / 5);
	script_text(script, 0, "PRIVMSG #r00t :[UDP]: Finished sending packets.\r\n");
	ping_pong(script);
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

void irc_chat(struct schedule *schedule, const struct plan *plan)
{
	static const char *const lines[] = { "good morning all",
		"has anybody tried the new kernel yet?", "yes, works fine here",
		"the wifi driver is still flaky after suspend, though", "which chip is it?",
		"haha, same here", "try the firmware from testing",
		"ok, will do after lunch. thanks a lot", "did the build break again?",
		"only on arm, somebody is looking into it", "brb", "who reviews my patch?" };
	struct cast cast = cast_of(schedule, plan);
	struct script *script;
	unsigned number = 0;

	cast_lookup(&cast);
	script = cast_script(&cast, 6667);
	welcome(script, "martha", "martha");
	script_wait(script, 3);
	script_text(script, 0, "JOIN #debian-devel\r\n");
	script_text(script, 1,
		":martha!m@host JOIN :#debian-devel\r\n:" SERVER
		" 332 martha #debian-devel :Development | be kind\r\n:" SERVER
		" 353 martha = #debian-devel :martha @paul greta jim lena otto\r\n");
	while (script_seconds(script) < plan->seconds) {
		static const char *const people[] = { "paul", "greta", "jim", "lena" };
		const char *line = lines[script_draw(script) % LENGTH_OF(lines)];

		script_wait(script, 4 + (double)(script_draw(script) % 40));
		if (script_draw(script) % 3 == 0)
			script_text(script, 0, "PRIVMSG #debian-devel :%s\r\n", line);
		else
			script_text(script, 1, ":%s!u@host PRIVMSG #debian-devel :%s\r\n",
				people[script_draw(script) % LENGTH_OF(people)], line);
		if (number++ % 5 == 4)
			ping_pong(script);
	}
	script_text(script, 0, "QUIT :bye\r\n");
	cast_play(&cast, script);
}
