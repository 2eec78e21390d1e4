/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_spam.c - mail over SMTP (RFC 5321): a spam run, and a mail server at its work.
 *
 * The bot asks for the mail servers of many domains itself, calls itself by another name each time
 * and is turned away often. The server has one name, and its mails get through.
 */
#include <stdio.h>

#include "gen/bots.h"
#include "types.h"

struct mail {
	struct addr server;
	unsigned number; /* of the domain */
	const char *hello, *from;
	bool is_rejected, is_tls;
};

static void mail_domain(char *out, size_t size, unsigned number)
{
	static const char *const words[] = { "harbor", "maple", "vector", "summit", "lakeside",
		"orchid", "falcon", "meadow" };

	snprintf(out, size, "%s%u.example", words[number % 8], number);
}

/* Looks for the mail server of the domain, and for its address. */
static void mail_lookups(struct cast *cast, const struct mail *mail)
{
	char domain[64], target[80];
	struct lookup lookup = { .name = domain, .type = LOOKUP_MX, .target = target };

	mail_domain(domain, sizeof(domain), mail->number);
	snprintf(target, sizeof(target), "mx.%s", domain);
	lookup_play(
		cast->schedule, cast->at_ns, &cast->client, &office_resolver, &lookup, &cast->prng);
	lookup_address(cast->schedule, cast->at_ns + 100 * NS_PER_MS, &cast->client,
		&office_resolver, target, &mail->server, &cast->prng);
	cast->at_ns += 250 * NS_PER_MS;
}

static void mail_body(struct script *script, const struct mail *mail, const char *domain)
{
	script_text(script, 0, "DATA\r\n");
	script_text(script, 1, "354 go on\r\n");
	script_text(script, 0,
		"From: %s\r\nTo: someone@%s\r\nSubject: about your order\r\n\r\n"
		"Please have a look at what we sent you.\r\n%0*u\r\n.\r\n",
		mail->from, domain, 600, mail->number);
	script_text(script, 1, "250 2.0.0 queued\r\n");
}

static void mail_say(struct cast *cast, const struct mail *mail)
{
	struct script *script = script_open(&cast->client, &mail->server, 25, &cast->prng);
	char domain[64];

	mail_domain(domain, sizeof(domain), mail->number);
	script_text(script, 1, "220 mx.%s ESMTP\r\n", domain);
	script_text(script, 0, "EHLO %s\r\n", mail->hello);
	script_text(script, 1, "250-mx.%s\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n", domain);
	script_text(script, 0, "MAIL FROM:<%s>\r\n", mail->from);
	script_text(script, 1, "250 2.1.0 Ok\r\n");
	script_text(script, 0, "RCPT TO:<someone@%s>\r\n", domain);
	if (mail->is_rejected) {
		script_text(script, 1,
			"550 5.7.1 Service unavailable; client host blocked using a list\r\n");
	} else {
		script_text(script, 1, "250 2.1.5 Ok\r\n");
		mail_body(script, mail, domain);
	}
	script_text(script, 0, "QUIT\r\n");
	script_text(script, 1, "221 2.0.0 Bye\r\n");
	script_play(script, cast->schedule, cast->at_ns);
}

/* One mail of a spam run. */
static void spam_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	unsigned number = (unsigned)(paced->number % plan->count);
	struct cast cast = { .schedule = schedule, .plan = plan, .at_ns = paced->piece.at_ns };
	char hello[64], from[64];
	struct mail mail = { .number = number, .hello = hello, .from = from };

	cast.prng.state = prng_next(&paced->prng);
	cast.client = crowd_member(&plan->from, 0);
	mail.server = crowd_member(&plan->to, number);
	mail.is_rejected = prng_chance(&cast.prng, plan->share);
	snprintf(hello, sizeof(hello), "pc%u.dsl%u.example", prng_below(&cast.prng, 100000),
		prng_below(&cast.prng, 90));
	snprintf(from, sizeof(from), "%c%u@%s", 'a' + (int)prng_below(&cast.prng, 26),
		prng_below(&cast.prng, 10000), "bulk.example");
	mail_lookups(&cast, &mail);
	mail_say(&cast, &mail);
}

void spam_run(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, spam_emit);
}

/* One mail of people, in or out. */
static void server_emit(struct paced *paced, struct schedule *schedule)
{
	const struct plan *plan = &paced->plan;
	struct cast cast = { .schedule = schedule, .plan = plan, .at_ns = paced->piece.at_ns };
	bool is_out = paced->number % 2 == 0;
	struct mail mail = { .hello = "mail.office.example", .from = "clara@office.example" };

	cast.prng.state = prng_next(&paced->prng);
	mail.number = prng_below(&cast.prng, crowd_count(&plan->to));
	mail.is_rejected = prng_chance(&cast.prng, plan->share);
	cast.client = crowd_member(&plan->from, 0);
	mail.server = crowd_member(&plan->to, mail.number);
	if (is_out) {
		mail_lookups(&cast, &mail);
	} else {
		struct addr other = mail.server;

		mail.server = cast.client;
		cast.client = other;
		mail.hello = "mx.partner.example";
	}
	mail_say(&cast, &mail);
}

void mail_server(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, server_emit);
}
