/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect/spam_test.c - bot.spam: what it finds, and who mails many and means no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define HOST "10.0.0.66"
#define MEDIUM 0.7F

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

static struct addr server(unsigned number)
{
	char name[32];

	snprintf(name, sizeof(name), "198.51.100.%u", 1 + number % 250);
	return play_addr(name);
}

struct run {
	const char *helo, *from; /* with %u: another for each */
	unsigned mails, servers, rejected_of_ten;
	double every_s;
	bool looks_up, is_refused;
};

static void deliver(struct play *play, const struct run *run, unsigned i)
{
	struct app_event event = play_event(play, run->is_refused ? APP_REFUSED : APP_CONNECT,
		i * run->every_s, play_addr(HOST), server(i % run->servers), IPPROTO_TCP, 25);
	char helo[64], from[64];

	play_see(play, &event);
	if (run->is_refused)
		return;
	snprintf(helo, sizeof(helo), run->helo, i);
	snprintf(from, sizeof(from), run->from, i);
	event.type = APP_SMTP;
	event.smtp = (struct app_smtp){ .helo = text(helo),
		.from = text(from),
		.recipients = 1,
		.reply = 250,
		.rejects = i % 10 < run->rejected_of_ten };
	play_see(play, &event);
}

static void look_up(struct play *play, const struct run *run, unsigned i)
{
	struct app_event event = play_event(play, APP_DNS, i * run->every_s, play_addr(HOST),
		play_addr("10.0.0.1"), IPPROTO_UDP, 53);
	char name[32];

	snprintf(name, sizeof(name), "domain%u.example", i % run->servers);
	event.dns = (struct app_dns){ .name = text(name), .type = 15 };
	play_see(play, &event);
}

static void run(struct play *play, struct run run)
{
	for (unsigned i = 0; i < run.mails; i++) {
		if (run.looks_up)
			look_up(play, &run, i);
		deliver(play, &run, i);
	}
}

static void receive(struct play *play, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		struct app_event event =
			play_event(play, APP_SMTP, i, server(i), play_addr(HOST), IPPROTO_TCP, 25);

		event.smtp.reply = 250;
		event.smtp.recipients = 1;
		play_see(play, &event);
	}
}

static float confidence_of(struct run what, unsigned received)
{
	struct play *play = play_open(&detector_spam, NULL);
	float confidence;

	receive(play, received);
	run(play, what);
	play_count(play, KIND_BOT_SPAM, play_addr(HOST), &confidence);
	play_close(play);
	return confidence;
}

static void a_spam_bot_is_found(void **state)
{
	struct play *play = play_open(&detector_spam, NULL);
	const struct finding *finding;

	(void)state;
	run(play, (struct run){ "pc%u", "x@d%u.example", 60, 30, 4, 5, true, false });
	assert_true(play->findings.count > 0);
	finding = &play->findings.list[play->findings.count - 1];
	assert_true(finding->confidence > MEDIUM);
	assert_int_equal(finding->to_role, ROLE_COUNT);
	assert_true(finding_evidence(finding, "servers", 0) == 30);
	assert_true(finding_evidence(finding, "helo_names", 0) == 8);
	assert_true(finding_evidence(finding, "rejected", 0) > 0.3);
	assert_non_null(strstr(finding->detail, "HELO pc"));
	play_close(play);
}

static void one_name_but_rejected_and_forged_is_found(void **state)
{
	(void)state;
	assert_true(confidence_of(
			    (struct run){ "localhost", "x@d%u.example", 60, 30, 6, 5, true, false },
			    0) > MEDIUM);
}

static void mail_servers_and_newsletters_are_none(void **state)
{
	(void)state;
	/* A mail server: gets mail, one name, some bounces, senders of many customers. */
	assert_true(confidence_of((struct run){ "mx.example.org", "x@d%u.example", 200, 60, 1, 2,
					  true, false },
			    5) == 0);
	/* A newsletter: one sender to everywhere. */
	assert_true(confidence_of((struct run){ "news.example.org", "news@example.org", 500, 200, 1,
					  0.5, true, false },
			    0) == 0);
	/* A client with one smart host, however many mails. */
	assert_true(confidence_of(
			    (struct run){ "laptop", "me@example.org", 300, 1, 0, 1, false, false },
			    0) == 0);
	/* A gateway that relays for many programs, and gets mail. */
	assert_true(confidence_of((struct run){ "h%u.example.org", "x@d%u.example", 60, 30, 0, 4,
					  true, false },
			    5) < MEDIUM);
	/* A scan of port 25 is the scan's. */
	assert_true(confidence_of((struct run){ "", "", 60, 60, 0, 1, false, true }, 0) == 0);
}

static void slow_fan_out_is_forgotten(void **state)
{
	(void)state;
	assert_true(
		confidence_of((struct run){ "pc%u", "x@d%u.example", 30, 30, 5, 120, true, false },
			0) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spam_bot_is_found),
		cmocka_unit_test(one_name_but_rejected_and_forged_is_found),
		cmocka_unit_test(mail_servers_and_newsletters_are_none),
		cmocka_unit_test(slow_fan_out_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
