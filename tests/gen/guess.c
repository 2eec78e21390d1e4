/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/guess.c - passwords guessed at servers: one at one, one at many, many at one.
 *
 * Which of these follows from the crowds: clients are drawn from `from`, servers from `to`.
 */
#include "gen/bots.h"
#include "gen/login.h"

static struct script *guess_open(struct paced *paced, const struct plan *plan, uint16_t port)
{
	struct addr client = crowd_pick(&plan->from, &paced->prng);
	struct addr server = crowd_pick(&plan->to, &paced->prng);

	return script_open(&client, &server, plan->port ? plan->port : port, &paced->prng);
}

static void ssh_emit(struct paced *paced, struct schedule *schedule)
{
	struct script *script = guess_open(paced, &paced->plan, 22);

	login_ssh(script, "libssh2_1.9.0", paced->plan.count, false);
	script_play(script, schedule, paced->piece.at_ns);
}

static void telnet_emit(struct paced *paced, struct schedule *schedule)
{
	struct script *script = guess_open(paced, &paced->plan, 23);

	login_telnet(script, paced->plan.count);
	script_play(script, schedule, paced->piece.at_ns);
}

static void ftp_emit(struct paced *paced, struct schedule *schedule)
{
	struct script *script = guess_open(paced, &paced->plan, 21);

	login_ftp(script, paced->plan.count);
	script_play(script, schedule, paced->piece.at_ns);
}

void guess_ssh(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, ssh_emit);
}

void guess_telnet(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, telnet_emit);
}

void guess_ftp(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, ftp_emit);
}

/* A monitoring program logs in, runs something and goes. */
static void check_emit(struct paced *paced, struct schedule *schedule)
{
	struct script *script = guess_open(paced, &paced->plan, 22);

	login_ssh(script, "OpenSSH_9.2p1 Debian-2", 0, true);
	script_noise(script, 0, 76);
	script_noise(script, 1, 420);
	script_noise(script, 0, 36);
	script_play(script, schedule, paced->piece.at_ns);
}

void ssh_checks(struct schedule *schedule, const struct plan *plan)
{
	paced_start(schedule, plan, check_emit);
}
