/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/bruteforce.c - finds who guesses passwords: bruteforce.{ssh,telnet,ftp,rdp,smtp,http}.
 *
 * From APP_LOGIN: said by the protocol, or guessed from sizes (SSH). RDP is encrypted from its
 * second packet on; there a conversation that ends within seconds after a few kilobytes is taken
 * for a failed login, one that stays or carries pictures for a success. Failures are counted by
 * client (one to one, one to many) and by server (many to one), in the last 10 minutes and in the
 * last 24 hours (low and slow). Whoever logs in is the one that guesses, whichever side is ours. A
 * success after many failures, of a client that was already taken for a guesser, is told on its
 * own: the password was guessed. Judging: bruteforce_judge.c.
 *
 * POP3 and IMAP count as SMTP: passwords of mail accounts.
 */
#include "detect/bruteforce.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "detect/detectors.h"
#include "lib/hash.h"

#define CLIENT_PLACES 4096
#define PAIR_PLACES 8192
#define SERVER_PLACES 1024
#define SKETCHES 16
#define SKETCH_SLOTS 64
#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)

/* weir: NLA (CredSSP) that fails is 2 to 6 kB and over in a few seconds; a desktop is at least
 * 50 kB at once and is looked at for a while. */
#define RDP_FAILED_NS (20 * NS_PER_S)
#define RDP_FAILED_BYTES 16384
#define RDP_DESKTOP_NS (60 * NS_PER_S)
#define RDP_DESKTOP_BYTES 50000

#define GUESSED_RIGHT 0.95F
#define GUESSED_RIGHT_BY_SIZE 0.85F /* Zeek, too, only supposes an SSH login */

struct bruteforce_state {
	const struct conf *conf;
	const struct networks *networks;
	uint64_t seed;
	struct keyed clients, pairs, servers;
	struct distinct_entry *slots;
	struct distinct sketches[SKETCHES]; /* clients of findings, until they are judged */
	unsigned sketch_at;
	int64_t window_ns; /* when the first of these was taken */
	bool has_rdp;
};

/* --- counting --- */

static void move_on(uint16_t *counts, unsigned size, int64_t *at, int64_t now)
{
	if (now - *at >= (int64_t)size) {
		memset(counts, 0, size * sizeof(*counts));
	} else {
		for (int64_t i = *at + 1; i <= now; i++)
			counts[(uint64_t)i % size] = 0;
	}
	if (now > *at)
		*at = now;
}

static void guess_count(struct guess_clock *clock, int64_t now_ns)
{
	uint16_t *minute, *hour;

	move_on(clock->minutes, GUESS_MINUTES, &clock->minute, now_ns / MINUTE_NS);
	move_on(clock->hours, GUESS_HOURS, &clock->hour, now_ns / HOUR_NS);
	minute = &clock->minutes[(uint64_t)clock->minute % GUESS_MINUTES];
	hour = &clock->hours[(uint64_t)clock->hour % GUESS_HOURS];
	*minute += *minute < UINT16_MAX;
	*hour += *hour < UINT16_MAX;
}

static uint32_t sum(const uint16_t *counts, unsigned size, int64_t at, int64_t now)
{
	uint32_t total = 0;

	for (int64_t i = at; i > at - (int64_t)size && i > now - (int64_t)size && i >= 0; i--)
		total += counts[(uint64_t)i % size];
	return total;
}

uint32_t guess_fast(const struct guess_clock *clock, int64_t now_ns)
{
	return sum(clock->minutes, GUESS_MINUTES, clock->minute, now_ns / MINUTE_NS);
}

uint32_t guess_slow(const struct guess_clock *clock, int64_t now_ns)
{
	return sum(clock->hours, GUESS_HOURS, clock->hour, now_ns / HOUR_NS);
}

static void list_add(struct guess_list *list, uint64_t hash)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (list->hash[i] == (uint32_t)hash)
			return;
	if (list->count < GUESS_LISTED)
		list->hash[list->count++] = (uint32_t)hash;
}

/* A try, for the regularity of the pauses. */
static void note_pause(struct guess_client *client, int64_t now_ns)
{
	double pause = (double)(now_ns - client->last_ns) / (double)NS_PER_S, delta;

	if (client->last_ns == 0 || pause < 0)
		return;
	client->pauses++;
	delta = pause - client->pause_mean;
	client->pause_mean += delta / client->pauses;
	client->pause_squares += delta * (pause - client->pause_mean);
}

static void count_server(struct guess_server *server, const struct addr *client, int64_t now_ns)
{
	uint32_t i = 0;

	/* The list of who it was begins anew every day. */
	if (now_ns - server->begin_ns >= GUESS_HOURS * HOUR_NS) {
		server->client_count = 0;
		server->begin_ns = now_ns;
	}
	guess_count(&server->failed, now_ns);
	while (i < server->client_count && !addr_equal(&server->clients[i], client))
		i++;
	if (i == GUESS_CLIENTS)
		return;
	if (i == server->client_count) {
		server->clients[i] = *client;
		server->tries[i] = 0;
		server->client_count++;
	}
	server->tries[i]++;
}

/* --- telling --- */

/* The client is whoever guesses; what is ours does not matter. */
static struct finding make_finding(
	const struct app_event *event, enum kind kind, const struct guess_verdict *verdict)
{
	struct parties parties = { .inside = event->key.addr[0], .outside = event->key.addr[1] };
	struct finding finding = bot_finding(
		kind, "bruteforce", &parties, event->time_ns, verdict->confidence, verdict->reason);

	finding.to_role = ROLE_TARGET;
	finding.port = event->key.port[1];
	finding.proto = IPPROTO_TCP;
	finding.observed = verdict->count;
	finding.expected = verdict->limit;
	bot_evidence(&finding, "failed", "logins", verdict->count);
	return finding;
}

/* Also at once when there are four times as many as when it was told last: guessers are fast, and
 * how many there are is what makes it sure. */
static bool is_due(struct guess_client *client, uint32_t count, int64_t now_ns)
{
	if (client->told_count > 0 && count >= 4 * client->told_count)
		client->told_ns = 0;
	if (!bot_is_due(&client->told_ns, now_ns))
		return false;
	client->told_count = count;
	return true;
}

static void tell_client(const struct guess_client *client, const struct app_event *event,
	const struct guess_verdict *verdict, struct findings *findings)
{
	struct finding finding = make_finding(event, (enum kind)client->key.kind, verdict);

	bot_evidence(&finding, "targets", "addresses", client->servers.count);
	bot_detail(&finding, "%u logins failed%s%s%s", verdict->count,
		client->user[0] ? ", the last one as \"" : "", client->user,
		client->user[0] ? "\"" : "");
	if (client->users.count > 0)
		bot_evidence(&finding, "users", "names", client->users.count);
	bot_evidence(&finding, "duration", "s",
		(double)(event->time_ns - client->first_ns) / (double)NS_PER_S);
	finding_add(findings, &finding);
}

static void tell_right(const struct guess_pair *pair, const struct guess_client *client,
	const struct app_event *event, struct findings *findings)
{
	struct guess_verdict verdict = {
		.confidence = event->login.is_guessed ? GUESSED_RIGHT_BY_SIZE : GUESSED_RIGHT,
		.reason =
			"a login succeeded after many that failed: the password was guessed right",
		.count = pair->failed,
		.limit = client->servers.count,
	};
	struct finding finding = make_finding(event, (enum kind)client->key.kind, &verdict);

	finding.expected = 0;
	bot_evidence(&finding, "succeeded", "logins", 1);
	if (client->user[0])
		bot_detail(&finding, "logged in as \"%s\"", client->user);
	finding_add(findings, &finding);
}

/* A sketch of the clients that stays until the findings have been judged: at the end of the window,
 * of at most a second. When all are taken the finding names only the last client. */
static struct distinct *clients_of(
	struct bruteforce_state *s, const struct guess_server *server, int64_t now_ns)
{
	struct distinct *sketch;

	if (now_ns - s->window_ns >= NS_PER_S || now_ns < s->window_ns) {
		s->window_ns = now_ns;
		s->sketch_at = 0;
	}
	if (s->sketch_at == SKETCHES)
		return NULL;
	sketch = &s->sketches[s->sketch_at++];
	distinct_clear(sketch);
	for (unsigned i = 0; i < server->client_count; i++)
		distinct_add(sketch, &server->clients[i], hash_addr(&server->clients[i], s->seed),
			server->tries[i]);
	return sketch;
}

static void tell_server(struct bruteforce_state *s, const struct guess_server *server,
	const struct app_event *event, const struct guess_verdict *verdict,
	struct findings *findings)
{
	struct finding finding = make_finding(event, (enum kind)server->key.kind, verdict);

	finding.sources = clients_of(s, server, event->time_ns);
	if (finding.sources)
		finding.from = (struct addr){ 0 };
	bot_evidence(&finding, "clients", "addresses", server->client_count);
	finding_add(findings, &finding);
}

/* --- events --- */

static enum kind kind_of(enum app_proto proto)
{
	switch (proto) {
	case PROTO_SSH:
		return KIND_BRUTEFORCE_SSH;
	case PROTO_TELNET:
		return KIND_BRUTEFORCE_TELNET;
	case PROTO_FTP:
		return KIND_BRUTEFORCE_FTP;
	case PROTO_RDP:
		return KIND_BRUTEFORCE_RDP;
	case PROTO_SMTP:
	case PROTO_POP3:
	case PROTO_IMAP:
		return KIND_BRUTEFORCE_SMTP;
	case PROTO_HTTP:
		return KIND_BRUTEFORCE_HTTP;
	default:
		return KIND_NONE;
	}
}

static void *take(struct keyed *table, const struct addr *client, const struct addr *server,
	enum kind kind, int64_t now_ns, uint64_t amount)
{
	struct guess_key key = { .kind = kind };
	struct keyed_head *entry;

	if (client)
		key.client = *client;
	if (server)
		key.server = *server;
	entry = keyed_take(table, &key, keyed_weight(now_ns, amount));
	if (entry)
		entry->weight = keyed_weight(now_ns, amount);
	return entry;
}

static void see_failure(struct bruteforce_state *s, const struct app_event *event, enum kind kind,
	struct guess_client *client, struct guess_pair *pair, struct findings *findings)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct guess_verdict verdict = guess_judge_client(client, s->conf, event->time_ns);
	struct guess_server *server;

	if (pair) {
		pair->failed++;
		pair->failed_ns = event->time_ns;
	}
	if (verdict.confidence > 0 && is_due(client, verdict.count, event->time_ns))
		tell_client(client, event, &verdict, findings);
	/* Many of ours that fail at one of ours have lost their password server. */
	if (parties.is_local || (parties.inside_side == 0 && !parties.is_foreign))
		return;
	server = take(&s->servers, NULL, &event->key.addr[1], kind, event->time_ns, 1);
	if (!server)
		return;
	count_server(server, &event->key.addr[0], event->time_ns);
	verdict = guess_judge_server(server, s->conf, event->time_ns);
	if (verdict.confidence > 0 && bot_is_due(&server->told_ns, event->time_ns))
		tell_server(s, server, event, &verdict, findings);
}

static void see_success(struct bruteforce_state *s, const struct app_event *event, enum kind kind,
	struct guess_client *client, struct guess_pair *pair, struct findings *findings)
{
	struct guess_key key = { .server = event->key.addr[1], .kind = kind };
	struct guess_server *server = keyed_find(&s->servers, &key);
	struct guess_verdict verdict = guess_judge_client(client, s->conf, event->time_ns);

	guess_count(&client->succeeded, event->time_ns);
	if (server)
		guess_count(&server->succeeded, event->time_ns);
	if (!pair)
		return;
	if (pair->failed >= s->conf->bot.logins && event->time_ns - pair->failed_ns < HOUR_NS &&
		verdict.confidence >= 0.7F)
		tell_right(pair, client, event, findings);
	pair->failed = 0;
}

static void note_user(struct bruteforce_state *s, struct guess_client *client, struct app_text user)
{
	if (user.len == 0)
		return;
	list_add(&client->users, hash_bytes(user.at, user.len, s->seed));
	app_text_clean(user, client->user, sizeof(client->user));
}

static void see_login(struct bruteforce_state *s, const struct app_event *event,
	const struct app_login *login, struct findings *findings)
{
	const struct addr *from = &event->key.addr[0], *to = &event->key.addr[1];
	enum kind kind = kind_of(login->proto);
	struct guess_client *client;
	struct guess_pair *pair;

	if (kind == KIND_NONE)
		return;
	client = take(&s->clients, from, NULL, kind, event->time_ns, 1);
	pair = take(&s->pairs, from, to, kind, event->time_ns, 1);
	if (!client)
		return;
	if (client->first_ns == 0)
		client->first_ns = event->time_ns;
	if (login->result == LOGIN_SUCCEEDED) {
		note_user(s, client, login->user);
		see_success(s, event, kind, client, pair, findings);
		return;
	}
	/* Whom it knows well is no target: of several the pauses are no timer's. */
	list_add(&client->servers, hash_addr(to, s->seed));
	note_user(s, client, login->user);
	note_pause(client, event->time_ns);
	client->last_ns = event->time_ns;
	guess_count(
		login->result == LOGIN_FAILED ? &client->failed : &client->unsure, event->time_ns);
	see_failure(s, event, kind, client, pair, findings);
}

static void see_rdp(struct bruteforce_state *s, const struct app_event *event)
{
	struct guess_pair *pair = take(&s->pairs, &event->key.addr[0], &event->key.addr[1],
		KIND_BRUTEFORCE_RDP, event->time_ns, 1);

	s->has_rdp = true;
	if (pair)
		pair->flows[pair->flow_at++ % GUESS_FLOWS] = event->flow;
}

static bool forget_flow(struct guess_pair *pair, uint64_t flow)
{
	for (unsigned i = 0; i < GUESS_FLOWS; i++)
		if (pair->flows[i] == flow) {
			pair->flows[i] = 0;
			return true;
		}
	return false;
}

/* A conversation that began as RDP ends, or has lasted. */
static void see_flow(
	struct bruteforce_state *s, const struct app_event *event, struct findings *findings)
{
	struct guess_key key = { event->key.addr[0], event->key.addr[1], KIND_BRUTEFORCE_RDP };
	struct guess_pair *pair = s->has_rdp ? keyed_find(&s->pairs, &key) : NULL;
	const struct app_flow *flow = &event->flow_end;
	int64_t lasted_ns = flow->last_ns - flow->first_ns;
	struct app_login login = { .proto = PROTO_RDP, .is_guessed = true };
	struct app_event as_login = *event;

	if (!pair || event->flow == 0 || !forget_flow(pair, event->flow))
		return;
	if (lasted_ns >= RDP_DESKTOP_NS || flow->payload_bytes[1] >= RDP_DESKTOP_BYTES)
		login.result = LOGIN_SUCCEEDED;
	else if (lasted_ns <= RDP_FAILED_NS && flow->payload_bytes[1] <= RDP_FAILED_BYTES &&
		 flow->end != FLOW_END_INPUT)
		login.result = LOGIN_FAILED;
	as_login.login = login;
	see_login(s, &as_login, &login, findings);
}

static void bruteforce_event(void *state, const struct app_event *event, struct findings *findings)
{
	switch (event->type) {
	case APP_LOGIN:
		see_login(state, event, &event->login, findings);
		break;
	case APP_RDP:
		see_rdp(state, event);
		break;
	case APP_FLOW:
		see_flow(state, event, findings);
		break;
	default:
		break;
	}
}

static void bruteforce_close(void *state)
{
	struct bruteforce_state *s = state;

	keyed_close(&s->clients);
	keyed_close(&s->pairs);
	keyed_close(&s->servers);
	free(s->slots);
	s->slots = NULL;
}

static int bruteforce_init(void *state, const struct detector_env *env)
{
	struct bruteforce_state *s = state;
	size_t key_size = sizeof(struct guess_key);

	*s = (struct bruteforce_state){
		.conf = env->conf, .networks = env->networks, .seed = env->seed
	};
	s->slots = calloc(SKETCHES, distinct_bytes(SKETCH_SLOTS));
	if (!s->slots ||
		keyed_open(&s->clients, CLIENT_PLACES, sizeof(struct guess_client), key_size,
			s->seed) < 0 ||
		keyed_open(&s->pairs, PAIR_PLACES, sizeof(struct guess_pair), key_size, s->seed) <
			0 ||
		keyed_open(&s->servers, SERVER_PLACES, sizeof(struct guess_server), key_size,
			s->seed) < 0) {
		bruteforce_close(s);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < SKETCHES; i++)
		distinct_init(&s->sketches[i], &s->slots[i * SKETCH_SLOTS], SKETCH_SLOTS);
	return 0;
}

static void bruteforce_losses(const void *state, struct losses *losses)
{
	const struct bruteforce_state *s = state;

	losses->uncounted += s->clients.refused + s->pairs.refused + s->servers.refused;
	losses->forgotten += s->clients.evicted + s->pairs.evicted + s->servers.evicted;
}

const struct detector detector_bruteforce = {
	.name = "bruteforce",
	.state_size = sizeof(struct bruteforce_state),
	.init = bruteforce_init,
	.event = bruteforce_event,
	.losses = bruteforce_losses,
	.close = bruteforce_close,
};
