/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/bruteforce_judge.c - is it guessing? See bruteforce.c.
 *
 * Many failures alone are not: a program with an old password fails for ever. What tells it from
 * guessing: it has one server and one user, and its pauses are those of a timer.
 */
#include <math.h>

#include "conf/conf.h"
#include "detect/bruteforce.h"

/* weir: of ten logins of a script, a monitor, or ansible nearly all succeed; who guesses succeeds
 * once. NTLM over HTTP fails twice by design before it succeeds. */
#define FAILURES_A_SUCCESS 3
/* weir: timers wander by a few percent; people and parallel guessers by about 100 %. */
#define REGULAR_VARIATION 0.25
#define REGULAR_PAUSES 8
/* A timer that tries again waits longer; tools that guess one by one take some seconds each. */
#define REGULAR_PAUSE_S 10
/* A program with an old password tries once or twice a minute; ten times conf bot.logins is one
 * try in 6 s for 10 min: fail2ban's default is 5 tries in 10 min. */
#define MACHINE_GUN 10
#define SEVERAL 3
/* Distributed: Zeek's and fail2ban's limits are by source, so there is no figure; weir takes three
 * times what one client may, from as many clients as a household never has. */
#define SHARED_TIMES 3
#define SHARED_CLIENTS 8

#define CONFIDENCE_EXCUSED 0.5F
#define CONFIDENCE_UNSURE 0.6F

static bool is_regular(const struct guess_client *client)
{
	double variance;

	if (client->pauses < REGULAR_PAUSES || client->pause_mean < REGULAR_PAUSE_S)
		return false;
	variance = client->pause_squares / client->pauses;
	return sqrt(variance) < REGULAR_VARIATION * client->pause_mean;
}

/* One server, at most one user, and either a timer or a pace that nobody would guess at. */
static bool is_excused(const struct guess_client *client, const struct guess_verdict *verdict)
{
	bool knows_user = client->users.count == 1;
	bool is_machine_gun = !verdict->is_slow && verdict->count >= verdict->limit * MACHINE_GUN;

	if (client->servers.count > 1 || client->users.count > 1 || is_machine_gun)
		return false;
	return knows_user || is_regular(client);
}

static float confidence_of(const struct guess_client *client, uint32_t count, uint32_t limit)
{
	double confidence = 0.7 + 0.05 * log2((double)count / limit);

	if (client->servers.count >= SEVERAL)
		confidence += 0.1;
	if (client->users.count >= SEVERAL)
		confidence += 0.1;
	return (float)(confidence < 0.95 ? confidence : 0.95);
}

static const char *reason_of(const struct guess_client *client, bool is_slow)
{
	if (client->servers.count >= SEVERAL)
		return is_slow ? "logins failed at several servers, slowly, over hours"
			       : "logins failed at several servers within minutes";
	return is_slow ? "logins failed again and again, slowly, over hours"
		       : "many logins failed within minutes";
}

struct guess_verdict guess_judge_client(
	const struct guess_client *client, const struct conf *conf, int64_t now_ns)
{
	struct guess_verdict verdict = { .limit = (uint32_t)conf->bot.logins };
	uint32_t failed = guess_fast(&client->failed, now_ns), succeeded;

	verdict.count = failed + guess_fast(&client->unsure, now_ns) / 2;
	succeeded = guess_fast(&client->succeeded, now_ns);
	if (verdict.count < verdict.limit) {
		verdict.is_slow = true;
		verdict.limit = (uint32_t)conf->bot.logins_slow;
		failed = guess_slow(&client->failed, now_ns);
		verdict.count = failed + guess_slow(&client->unsure, now_ns) / 2;
		succeeded = guess_slow(&client->succeeded, now_ns);
	}
	if (verdict.count < verdict.limit || verdict.count <= succeeded * FAILURES_A_SUCCESS)
		return (struct guess_verdict){ 0 };
	verdict.confidence = confidence_of(client, verdict.count, verdict.limit);
	verdict.reason = reason_of(client, verdict.is_slow);
	if (failed < verdict.limit / 2 && verdict.confidence > CONFIDENCE_UNSURE)
		verdict.confidence = CONFIDENCE_UNSURE;
	if (is_excused(client, &verdict))
		verdict.confidence = CONFIDENCE_EXCUSED;
	return verdict;
}

/* Mail and web logins of many people fail together when the password store is down. */
static bool may_be_outage(const struct guess_server *server)
{
	return server->key.kind == KIND_BRUTEFORCE_SMTP || server->key.kind == KIND_BRUTEFORCE_HTTP;
}

struct guess_verdict guess_judge_server(
	const struct guess_server *server, const struct conf *conf, int64_t now_ns)
{
	struct guess_verdict verdict = { .limit = (uint32_t)conf->bot.logins * SHARED_TIMES };
	uint32_t succeeded = guess_fast(&server->succeeded, now_ns), most = 0, all = 0;

	verdict.count = guess_fast(&server->failed, now_ns);
	if (verdict.count < verdict.limit) {
		verdict.is_slow = true;
		verdict.limit = (uint32_t)conf->bot.logins_slow * SHARED_TIMES;
		verdict.count = guess_slow(&server->failed, now_ns);
		succeeded = guess_slow(&server->succeeded, now_ns);
	}
	for (unsigned i = 0; i < server->client_count; i++) {
		all += server->tries[i];
		most = server->tries[i] > most ? server->tries[i] : most;
	}
	if (verdict.count < verdict.limit || verdict.count <= succeeded * FAILURES_A_SUCCESS ||
		server->client_count < SHARED_CLIENTS || most > all / 2)
		return (struct guess_verdict){ 0 };
	verdict.confidence = may_be_outage(server) ? CONFIDENCE_EXCUSED : 0.75F;
	verdict.reason = "many clients fail to log in at one server, each of them a few times";
	return verdict;
}
