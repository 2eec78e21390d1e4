/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/shell.c - finds remote shells: a host of ours obeys commands from outside.
 *
 * In plain text by content, as app/looks.c reports it: one side shows prompts and output, the other
 * one types. Who has the shell and who opened the conversation say which it is: the opener is a
 * reverse shell; the opened one, reached from outside, a bind shell. A person's own session
 * outward has both the other way round (the outside shows the prompt), and is none.
 *
 * Encrypted by rhythm only (struct app_rhythm): the server speaks first after silence, in small
 * messages, the client answers within seconds and says far more, and the silences are as uneven as
 * those of people, not as those of a program that asks by a clock. That proves nothing: pushed
 * notifications and remote support look alike; so by itself it stays below 0.6, and TLS counts only
 * without a name or with a certificate of its own making. What is odd in the handshake
 * (tls_odd.h) is another sign, which knows nothing of the first: the chances that each is wrong
 * multiply.
 *
 * State: a table of conversations in which something was seen; those silent for longest go first.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/networks.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "detect/tls_odd.h"
#include "lib/keyed.h"

#define PLACES 4096
#define SAID_MAX 64 /* bytes of a line that are shown */

/* weir: a person thinks, a program that polls does not need to be told five times */
#define RHYTHM_PROMPTS 5
#define RHYTHM_OBEYED 0.8
#define RHYTHM_SMALL 0.9
#define RHYTHM_RATIO 3.0       /* output is longer than commands */
#define RHYTHM_BYTES_MAX 65536 /* typed in: a person types 5 bytes a second */
#define RHYTHM_TIME_NS (30 * NS_PER_S)
#define RHYTHM_IDLE_S 20
#define RHYTHM_TYPED 0.5 /* of what the server says; a screen that is moved answers all the time */
#define RHYTHM_PROMPTS_MANY 20
/* Standard deviation of the logarithm of silences: a timer with 50 % of jitter has 0.31, which 10
 * of them may show as 0.45; pauses of people are log-normal with about 1. */
#define RHYTHM_UNEVEN 0.45
/* weir: bits a byte over 256 bytes, of which noise has 7.2 and text less than 5. */
#define CIPHER_ENTROPY 6.0

/* What one side has said. */
struct said {
	uint32_t prompts, commands, outputs;
	uint32_t traits;
	bool is_banner; /* what a shell says when it starts without a terminal */
	char command[SAID_MAX], output[SAID_MAX];
};

struct talk {
	struct keyed_head head;
	uint64_t flow;
	int64_t told_ns;
	float told_confidence;
	struct said said[2];
	bool is_login;		       /* somebody logged in: a service for people */
	bool has_name, is_self_signed; /* of TLS */
	float oddity;		       /* of its handshake */
};

struct shell_state {
	const struct conf *conf;
	const struct networks *networks;
	const struct census *census;
	struct keyed talks;
};

static int shell_init(void *state, const struct detector_env *env)
{
	struct shell_state *s = state;

	*s = (struct shell_state){
		.conf = env->conf, .networks = env->networks, .census = env->census
	};
	return keyed_open(&s->talks, PLACES, sizeof(struct talk), sizeof(uint64_t), env->seed);
}

static void shell_close(void *state)
{
	struct shell_state *s = state;

	keyed_close(&s->talks);
}

static struct talk *take(struct shell_state *s, const struct app_event *event, uint64_t amount)
{
	uint64_t weight = keyed_weight(event->time_ns, amount);
	struct talk *talk = keyed_take(&s->talks, &event->flow, weight);

	if (talk)
		talk->head.weight = weight;
	return talk;
}

/* What only a shell says, as its first words. */
static bool is_banner(struct app_text text)
{
	static const char *const banners[] = { "Microsoft Windows [Version",
		"can't access tty; job control turned off", "no job control in this shell",
		"cannot set terminal process group" };

	for (unsigned i = 0; i < sizeof(banners) / sizeof(banners[0]); i++)
		if (memmem(text.at, text.len, banners[i], strlen(banners[i])))
			return true;
	return false;
}

/* One side has the shell, the other one types. 0: not enough. */
static float reverse_confidence(const struct said *shell, const struct said *typist)
{
	const uint32_t fetches_and_runs = TRAIT_DOWNLOAD | TRAIT_RUN;
	bool shows = shell->prompts > 0 || shell->outputs > 0;

	if (shows && typist->commands > 0)
		return 0.92F;
	if (shell->prompts > 0 && shell->outputs > 0)
		return 0.85F;
	if (shell->is_banner)
		return 0.75F;
	if ((typist->traits & fetches_and_runs) == fetches_and_runs ||
		(typist->traits & (TRAIT_SOCKET | TRAIT_DECODE_EXEC)))
		return 0.7F;
	if (shell->prompts > 0)
		return 0.55F;
	return typist->commands > 1 ? 0.45F : 0;
}

static float bind_confidence(const struct said *shell, const struct said *typist)
{
	if (typist->commands > 0 && shell->outputs > 0)
		return shell->prompts > 0 || shell->outputs > 1 ? 0.85F : 0.75F;
	if (typist->commands > 0 && shell->prompts > 0)
		return 0.7F;
	return shell->prompts > 0 && shell->outputs > 0 ? 0.65F : 0;
}

/* Ports where a person is expected to find a shell (IANA; 2323 and 2001: consoles by habit). */
static bool is_console(uint16_t port)
{
	static const uint16_t ports[] = { 22, 23, 513, 514, 992, 2001, 2323, 4000, 4001 };

	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (ports[i] == port)
			return true;
	return false;
}

/* Names the side that has the shell as the zombie, whichever network it is in. */
static struct parties parties_with_shell(
	const struct shell_state *s, const struct app_event *event, unsigned shell)
{
	struct parties parties = parties_of(s->networks, &event->key);

	parties.inside = event->key.addr[shell];
	parties.outside = event->key.addr[!shell];
	return parties;
}

static void add_text_finding(struct talk *talk, const struct app_event *event,
	const struct parties *parties, unsigned shell, float confidence, struct findings *findings)
{
	const struct said *shown = &talk->said[shell], *typed = &talk->said[!shell];
	struct finding finding =
		bot_finding(KIND_BOT_SHELL, "shell", parties, event->time_ns, confidence,
			shell == 0 ? "a shell obeys over a connection that its host opened"
				   : "a shell answers on a port that was opened from outside");

	if (!bot_is_news(&talk->told_ns, &talk->told_confidence, event->time_ns, confidence))
		return;
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	bot_evidence(&finding, "prompts", "prompts", shown->prompts);
	bot_evidence(&finding, "output", "lines", shown->outputs);
	bot_evidence(&finding, "commands", "lines", typed->commands);
	if (typed->command[0] && shown->output[0])
		bot_detail(
			&finding, "was told \"%s\", showed \"%s\"", typed->command, shown->output);
	else if (typed->command[0])
		bot_detail(&finding, "was told \"%s\"", typed->command);
	else
		bot_detail(&finding, "showed \"%s\"", shown->output);
	finding_add(findings, &finding);
}

/* A shell that is opened from outside. Inside our own network consoles of devices are reached like
 * that; from inside to outside it is a person's own. */
static float bind_of(const struct talk *talk, const struct app_event *event,
	const struct parties *parties, float confidence)
{
	if (talk->is_login || is_console(event->key.port[1]))
		return 0;
	if (parties->is_local || parties->is_foreign)
		return confidence > 0.5F ? 0.5F : confidence;
	return parties->inside_side == 1 ? confidence : 0;
}

static void judge_text(struct shell_state *s, struct talk *talk, const struct app_event *event,
	struct findings *findings)
{
	struct parties parties = parties_of(s->networks, &event->key);
	float reverse = reverse_confidence(&talk->said[0], &talk->said[1]);
	float bind =
		bind_of(talk, event, &parties, bind_confidence(&talk->said[1], &talk->said[0]));
	unsigned shell = bind > reverse ? 1 : 0;
	float confidence = shell ? bind : reverse;

	/* Of two sides that both show output the one that types less has the shell; a dialogue in
	 * which both do all is a paste, or a log. */
	if (talk->said[0].outputs > 0 && talk->said[1].outputs > 0 && confidence > 0.5F)
		confidence = 0.5F;
	if (confidence <= 0)
		return;
	parties = parties_with_shell(s, event, shell);
	add_text_finding(talk, event, &parties, shell, confidence, findings);
}

/* A script sent bare, as into a waiting shell. */
static void judge_script(struct shell_state *s, struct talk *talk, const struct app_event *event,
	struct findings *findings)
{
	const uint32_t bad = TRAIT_SOCKET | TRAIT_DECODE_EXEC | TRAIT_ARCHITECTURES | TRAIT_BUSYBOX;
	const uint32_t both = TRAIT_DOWNLOAD | TRAIT_RUN;
	uint32_t traits = event->looks.traits;
	bool is_bad = (traits & bad) || (traits & both) == both;
	struct parties parties = parties_of(s->networks, &event->key);
	unsigned receiver = !event->looks.side;
	struct finding finding;

	if (!parties.is_local && !parties.is_foreign && parties.inside_side != receiver)
		return;
	parties = parties_with_shell(s, event, receiver);
	if (!bot_is_due(&talk->told_ns, event->time_ns))
		return;
	finding = bot_finding(KIND_BOT_SHELL, "shell", &parties, event->time_ns,
		is_bad ? 0.8F : 0.5F,
		is_bad ? "a script that fetches, hides or connects came over a bare connection"
		       : "a script came over a bare connection, in no protocol");
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	if (!is_bad)
		finding.to_confidence = 0.4F;
	bot_detail(&finding, "it begins with \"%s\"", talk->said[event->looks.side].output);
	finding_add(findings, &finding);
}

static void see_looks(
	struct shell_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_looks *looks = &event->looks;
	struct said *said;
	struct talk *talk;

	if (looks->kind != LOOKS_SHELL_PROMPT && looks->kind != LOOKS_SHELL_COMMAND &&
		looks->kind != LOOKS_SHELL_OUTPUT && looks->kind != LOOKS_SCRIPT)
		return;
	talk = take(s, event, 2);
	if (!talk)
		return;
	said = &talk->said[looks->side];
	if (looks->kind == LOOKS_SHELL_COMMAND) {
		said->commands = looks->count;
		said->traits |= looks->traits;
		app_text_clean(looks->text, said->command, sizeof(said->command));
	} else {
		app_text_clean(looks->text, said->output, sizeof(said->output));
	}
	if (looks->kind == LOOKS_SHELL_PROMPT)
		said->prompts = looks->count;
	if (looks->kind == LOOKS_SHELL_OUTPUT) {
		said->outputs = looks->count;
		said->is_banner |= is_banner(looks->text);
	}
	if (looks->kind == LOOKS_SCRIPT)
		judge_script(s, talk, event, findings);
	else
		judge_text(s, talk, event, findings);
}

static bool is_uneven(const struct app_rhythm *rhythm)
{
	return rhythm->prompts > 1 &&
	       sqrt((double)rhythm->pause_squares / (rhythm->prompts - 1)) >= RHYTHM_UNEVEN;
}

/* What was said after the handshake of TLS, which is the first message of each side. */
static double said_bytes(const struct app_flow *flow, unsigned side)
{
	uint64_t shaken = flow->proto == PROTO_TLS ? flow->rhythm.first[side][0] : 0;

	return shaken < flow->payload_bytes[side] ? (double)(flow->payload_bytes[side] - shaken)
						  : 0;
}

static bool has_rhythm(const struct app_flow *flow)
{
	const struct app_rhythm *rhythm = &flow->rhythm;

	return rhythm->prompts >= RHYTHM_PROMPTS &&
	       rhythm->prompts >= RHYTHM_TYPED * rhythm->messages[1] && is_uneven(rhythm) &&
	       rhythm->obeyed >= RHYTHM_OBEYED * rhythm->prompts &&
	       rhythm->small[1] >= RHYTHM_SMALL * rhythm->messages[1] &&
	       rhythm->keepalives[0] <= rhythm->messages[0] / 2 &&
	       rhythm->idle_s >= RHYTHM_IDLE_S &&
	       flow->last_ns - flow->first_ns >= RHYTHM_TIME_NS &&
	       flow->payload_bytes[1] <= RHYTHM_BYTES_MAX &&
	       said_bytes(flow, 0) >= RHYTHM_RATIO * said_bytes(flow, 1);
}

/* 0: no shell that we would name. */
static float rhythm_confidence(const struct talk *talk, const struct app_flow *flow)
{
	float rhythm = flow->rhythm.prompts >= RHYTHM_PROMPTS_MANY ? 0.55F : 0.5F;

	if (flow->proto == PROTO_UNKNOWN)
		return app_entropy_bits(flow->rhythm.entropy[0]) >= CIPHER_ENTROPY ? 0.5F : 0.42F;
	if (flow->proto != PROTO_TLS || !talk)
		return 0;
	if (talk->has_name)
		return talk->is_self_signed ? 0.45F : 0;
	return 1 - (1 - rhythm) * (1 - talk->oddity);
}

static void see_flow(
	struct shell_state *s, const struct app_event *event, struct findings *findings)
{
	const struct app_flow *flow = &event->flow_end;
	struct parties parties = parties_of(s->networks, &event->key);
	struct talk *talk = keyed_find(&s->talks, &event->flow);
	float confidence = rhythm_confidence(talk, flow);
	struct finding finding;

	if (confidence > 0 && has_rhythm(flow) && !parties.is_local && parties.inside_side == 0 &&
		(!s->census || census_prevalence(s->census, &parties.outside) <
				       (double)s->conf->bot.prevalence) &&
		(talk = take(s, event, 1)) != NULL && talk->told_confidence <= confidence &&
		bot_is_due(&talk->told_ns, event->time_ns)) {
		finding = bot_finding(KIND_BOT_SHELL, "shell", &parties, event->time_ns, confidence,
			"the server speaks first, in short and now and then, and the client obeys");
		finding.port = event->key.port[1];
		finding.proto = event->key.proto;
		bot_evidence(&finding, "prompts", "messages", flow->rhythm.prompts);
		bot_evidence(&finding, "obeyed", "messages", flow->rhythm.obeyed);
		bot_evidence(&finding, "idle", "s", flow->rhythm.idle_s);
		bot_evidence(&finding, "in", "bytes", (double)flow->payload_bytes[1]);
		bot_evidence(&finding, "out", "bytes", (double)flow->payload_bytes[0]);
		if (talk->oddity > 0)
			bot_evidence(&finding, "oddity", "score", (double)talk->oddity);
		finding_add(findings, &finding);
		talk->told_confidence = confidence;
	}
	if (talk && flow->end != FLOW_END_ONGOING)
		keyed_remove(&s->talks, talk);
}

static void see_tls(struct shell_state *s, const struct app_event *event)
{
	const struct app_tls *tls = &event->tls;
	bool is_looked_up = s->census && census_name(s->census, &event->key.addr[1])[0];
	struct talk *talk;
	unsigned found;

	/* Named ones with a certificate of somebody else's are most, and need no place. */
	if (tls->sni.len > 0 && !tls->is_self_signed)
		return;
	talk = take(s, event, 0);
	if (!talk)
		return;
	talk->has_name = tls->sni.len > 0;
	talk->is_self_signed = tls->is_self_signed;
	/* No name, its own certificate, its own port and many years: devices have all four at once,
	 * so of these the first two are enough. */
	found = tls_odd_traits(tls, event->key.port[1], is_looked_up, event->time_ns / NS_PER_S);
	talk->oddity = (float)tls_odd_score(found & ~(unsigned)(TRAIT_TLS_PORT | TRAIT_TLS_LONG));
}

static void shell_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct shell_state *s = state;
	struct talk *talk;

	switch (event->type) {
	case APP_LOOKS:
		see_looks(s, event, findings);
		break;
	case APP_FLOW:
		see_flow(s, event, findings);
		break;
	case APP_TLS:
		see_tls(s, event);
		break;
	case APP_LOGIN:
		talk = take(s, event, 1);
		if (talk)
			talk->is_login = true;
		break;
	default:
		break;
	}
}

static void shell_losses(const void *state, struct losses *losses)
{
	const struct shell_state *s = state;

	losses->forgotten += s->talks.evicted;
	losses->uncounted += s->talks.refused;
}

const struct detector detector_shell = {
	.name = "shell",
	.state_size = sizeof(struct shell_state),
	.init = shell_init,
	.event = shell_event,
	.losses = shell_losses,
	.close = shell_close,
};
