/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/stratum.c - Stratum, the JSON-RPC of miners: one message a line.
 *
 * Told are logins, jobs, difficulties, shares and whether they were accepted, each with all that
 * is known by then: worker, agent, algorithm, dialect. The difficulty of a share is told in
 * expected hashes, whatever unit the dialect has: BTC's number times 2^32 (of a pool whose coin
 * is hashed by scrypt or another function than SHA-256 it means something else; that cannot be
 * seen here); of a target the whole range of hashes over the target. Answers are assigned to
 * requests by their id, the oldest first, as some miners give all the same one.
 */
#include "app/stratum.h"

#include <math.h>

#include "app/parser.h"

#define LINE_MAX_BYTES 16384 /* a job for Bitcoin has 2-3 kB, a ZEC solution 2.9 kB */

struct stratum_at {
	struct stratum_state *state;
	struct parse *parse;
};

static const char *const dialect_names[] = { "", "btc", "eth", "xmr", "zec" };

static enum verdict recognise_side(const uint8_t *bytes, uint32_t len)
{
	struct app_text text;
	struct stratum_line line;
	bool is_whole = words_line(bytes, len, &text);

	text = words_trim(text);
	if (text.len == 0)
		return is_whole ? VERDICT_NO : VERDICT_MAYBE;
	if (text.at[0] != '{')
		return VERDICT_NO;
	stratum_line_read(text, &line);
	if (stratum_line_is_mining(&line))
		return VERDICT_YES;
	/* An answer: the other side knows what was asked. */
	if (is_whole)
		return line.method.len == 0 && line.id.len ? VERDICT_MAYBE : VERDICT_NO;
	return len < OPENING_MAX ? VERDICT_MAYBE : VERDICT_NO;
}

static enum verdict stratum_recognise(const struct opening *opening)
{
	enum verdict client = recognise_side(opening->bytes[0], opening->len[0]);
	enum verdict server = recognise_side(opening->bytes[1], opening->len[1]);

	if (client == VERDICT_NO || server == VERDICT_NO)
		return VERDICT_NO;
	return client == VERDICT_YES || server == VERDICT_YES ? VERDICT_YES : VERDICT_MAYBE;
}

/* "a\/b" gives "a/b": the only escape that workers and agents have in practice. */
static void note_plain(struct note *note, struct app_text text)
{
	note->len = 0;
	for (uint32_t i = 0; i < text.len && note->len < NOTE_MAX; i++)
		if (text.at[i] != '\\' || i + 1 == text.len || text.at[i + 1] != '/')
			note->at[note->len++] = text.at[i];
}

static void note_if(struct note *note, struct app_text text)
{
	if (text.len)
		note_plain(note, text);
}

static struct app_text algorithm_of(const struct stratum_state *state)
{
	if (state->algorithm.len)
		return note_text(&state->algorithm);
	if (state->dialect == DIALECT_ETH)
		return words_of("ethash", 6);
	return state->dialect == DIALECT_ZEC ? words_of("equihash", 8) : (struct app_text){ 0 };
}

static void stratum_tell(struct stratum_at *at, enum stratum_what what, struct app_text method,
	bool is_accepted, double rate_hps)
{
	const struct stratum_state *state = at->state;
	const char *dialect = dialect_names[state->dialect];
	struct app_event event = {
		.type = APP_STRATUM,
		.stratum = {
			.what = what,
			.method = method,
			.worker = note_text(&state->worker),
			.password = note_text(&state->password),
			.agent = note_text(&state->agent),
			.algorithm = algorithm_of(state),
			.pool = note_text(&state->pool),
			.dialect = words_of(dialect, strlen(dialect)),
			.difficulty = state->difficulty,
			.rate_hps = rate_hps,
			.is_accepted = is_accepted,
		},
	};

	parse_tell(at->parse, &event);
}

static uint64_t id_of(struct app_text id)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (uint32_t i = 0; i < id.len; i++)
		hash = (hash ^ (uint8_t)id.at[i]) * 1099511628211ULL;
	return hash;
}

static void asked_add(struct stratum_state *state, const struct stratum_line *line)
{
	if (state->asked_count == STRATUM_WAITING) {
		state->asked_count--;
		memmove(&state->asked[0], &state->asked[1],
			state->asked_count * sizeof(state->asked[0]));
	}
	state->asked[state->asked_count++] =
		(struct stratum_asked){ id_of(line->id), (uint8_t)line->kind };
}

/* What was asked under this id; STRATUM_METHOD_NONE: nothing. */
static enum stratum_method asked_take(struct stratum_state *state, struct app_text id)
{
	uint64_t wanted = id_of(id);

	for (unsigned i = 0; i < state->asked_count; i++)
		if (state->asked[i].id == wanted) {
			enum stratum_method kind = state->asked[i].kind;

			state->asked_count--;
			memmove(&state->asked[i], &state->asked[i + 1],
				(state->asked_count - i) * sizeof(state->asked[0]));
			return kind;
		}
	return STRATUM_METHOD_NONE;
}

static void dialect_set(struct stratum_state *state, enum stratum_method kind)
{
	if (kind == STRATUM_METHOD_SET_TARGET)
		state->dialect = DIALECT_ZEC;
	else if (kind >= STRATUM_METHOD_ETH_LOGIN)
		state->dialect = DIALECT_ETH;
	else if (kind >= STRATUM_METHOD_XMR_LOGIN)
		state->dialect = DIALECT_XMR;
	else if (state->dialect == DIALECT_NONE)
		state->dialect = DIALECT_BTC;
}

/* ["agent", session or "EthereumStratum/1.0.0", "pool.example.org", port]. */
static void take_subscribe(struct stratum_at *at, const struct stratum_line *line)
{
	note_if(&at->state->agent, line->params[0]);
	if (words_begin(line->params[1], "EthereumStratum"))
		at->state->dialect = DIALECT_ETH;
	else
		note_if(&at->state->pool, line->params[2]);
	stratum_tell(at, STRATUM_LOGIN, line->method, false, 0);
}

static void take_authorize(struct stratum_at *at, const struct stratum_line *line)
{
	struct stratum_state *state = at->state;

	note_if(&state->worker, line->params[0]);
	note_if(&state->password, line->params[1]);
	stratum_tell(at, STRATUM_LOGIN, line->method, false, 0);
}

static void take_xmr_login(struct stratum_at *at, const struct stratum_line *line)
{
	struct stratum_state *state = at->state;

	note_if(&state->worker, line->login);
	note_if(&state->password, line->pass);
	note_if(&state->agent, line->agent);
	note_if(&state->algorithm, line->algorithm);
	stratum_tell(at, STRATUM_LOGIN, line->method, false, 0);
}

static void take_job(
	struct stratum_at *at, struct app_text method, double difficulty, struct app_text algorithm)
{
	if (difficulty > 0)
		at->state->difficulty = difficulty;
	note_if(&at->state->algorithm, algorithm);
	stratum_tell(at, STRATUM_JOB, method, false, 0);
}

static void take_difficulty(struct stratum_at *at, struct app_text method, double difficulty)
{
	if (difficulty <= 0)
		return;
	at->state->difficulty = difficulty;
	stratum_tell(at, STRATUM_DIFFICULTY, method, false, 0);
}

/* A request, or what a pool says unasked. */
static void take_method(struct stratum_at *at, const struct stratum_line *line)
{
	static const struct app_text none;

	dialect_set(at->state, line->kind);
	switch (line->kind) {
	case STRATUM_METHOD_SUBSCRIBE:
		take_subscribe(at, line);
		break;
	case STRATUM_METHOD_AUTHORIZE:
	case STRATUM_METHOD_ETH_LOGIN:
		take_authorize(at, line);
		break;
	case STRATUM_METHOD_XMR_LOGIN:
		take_xmr_login(at, line);
		break;
	case STRATUM_METHOD_NOTIFY:
		take_job(at, line->method, 0, none);
		break;
	case STRATUM_METHOD_XMR_JOB:
		take_job(at, line->method, stratum_compact_hashes(line->target), line->algorithm);
		break;
	case STRATUM_METHOD_SET_DIFFICULTY:
		take_difficulty(at, line->method, ldexp(stratum_number(line->params[0]), 32));
		break;
	case STRATUM_METHOD_SET_TARGET:
		take_difficulty(at, line->method, stratum_target_hashes(line->params[0]));
		break;
	case STRATUM_METHOD_SUBMIT:
	case STRATUM_METHOD_XMR_SUBMIT:
	case STRATUM_METHOD_ETH_SUBMIT_WORK:
		stratum_tell(at, STRATUM_SHARE, line->method, false, 0);
		break;
	case STRATUM_METHOD_ETH_HASH_RATE:
		stratum_tell(
			at, STRATUM_RESULT, line->method, true, stratum_number(line->params[0]));
		break;
	default:
		break;
	}
	if (line->id.len)
		asked_add(at->state, line);
}

static bool is_accepted(const struct stratum_line *line)
{
	if (line->has_error || app_text_is(line->result, "false"))
		return false;
	return line->has_result;
}

/* Three hashes: the header, the seed, the target (ETH). */
static bool is_eth_work(const struct stratum_line *line)
{
	return line->results[0].len == 66 && line->results[2].len == 66;
}

static void take_answer(struct stratum_at *at, const struct stratum_line *line)
{
	static const struct app_text none;
	enum stratum_method kind = asked_take(at->state, line->id);

	switch (kind) {
	case STRATUM_METHOD_AUTHORIZE:
	case STRATUM_METHOD_SUBMIT:
	case STRATUM_METHOD_XMR_LOGIN:
	case STRATUM_METHOD_XMR_SUBMIT:
	case STRATUM_METHOD_ETH_LOGIN:
	case STRATUM_METHOD_ETH_SUBMIT_WORK:
		stratum_tell(at, STRATUM_RESULT,
			kind == STRATUM_METHOD_SUBMIT || kind == STRATUM_METHOD_XMR_SUBMIT ||
					kind == STRATUM_METHOD_ETH_SUBMIT_WORK
				? words_of("submit", 6)
				: words_of("login", 5),
			is_accepted(line), 0);
		break;
	default:
		break;
	}
	if (line->job_target.len)
		take_job(at, none, stratum_compact_hashes(line->job_target), line->job_algorithm);
	else if (is_eth_work(line))
		take_job(at, none, stratum_target_hashes(line->results[2]), none);
}

static bool stratum_take(void *context, unsigned side, struct app_text text)
{
	struct stratum_at *at = context;
	struct stratum_line line;

	(void)side;
	stratum_line_read(text, &line);
	if (line.method.len == 0)
		take_answer(at, &line);
	else if (line.kind != STRATUM_METHOD_NONE)
		take_method(at, &line);
	return true;
}

static void stratum_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct stratum_state *s = state;
	struct stratum_at at = { s, parse };

	parse_lines(parse, side, bytes, len, LINE_MAX_BYTES, &s->skipping[side], stratum_take, &at);
}

/* What was lost ends somewhere in a line: the next whole one is read again. */
static void stratum_gap(void *state, struct parse *parse, unsigned side, uint64_t missing)
{
	struct stratum_state *s = state;
	size_t len;

	(void)missing;
	parse_held(parse, side, &len);
	parse_drop(parse, side, len);
	s->skipping[side] = true;
}

const struct stream_parser parser_stratum = {
	.proto = PROTO_STRATUM,
	.state_size = sizeof(struct stratum_state),
	.recognise = stratum_recognise,
	.data = stratum_data,
	.gap = stratum_gap,
};

_Static_assert(sizeof(struct stratum_state) <= PARSER_STATE_MAX, "the state fits");
