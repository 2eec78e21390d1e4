/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dns_tcp.c - DNS over TCP (RFC 1035 4.2.2, RFC 7766): messages with their length in front.
 *
 * Of questions only the size is kept, by their id, until the answer comes: of the last sixteen of
 * them, in the parser's state. Several may be under way, and answers may come in any order. A
 * message waits in the hold of its side until it is whole; one for which there is no room is
 * skipped. Messages without a question (the later ones of a zone transfer) are not told.
 */
#include "app/dns.h"

#define PREFIX_LEN 2
#define QUESTIONS 16

struct waiting {
	uint16_t id, len; /* len 0: free */
};

struct side {
	uint32_t need; /* bytes of the message that are still to come; 0: a length comes next */
	uint16_t len;  /* of the message */
	uint8_t first; /* byte of a length that came in two pieces */
	bool has_first;
	bool is_skipped; /* the message found no room */
};

struct dns_tcp {
	struct side sides[2];
	struct waiting questions[QUESTIONS];
	uint32_t next;
};

_Static_assert(sizeof(struct dns_tcp) <= PARSER_STATE_MAX, "fits the state of a parser");

static void question_note(struct dns_tcp *dns, const uint8_t *bytes, size_t len)
{
	struct rd rd = rd_over(bytes, len);
	uint16_t id = rd_be16(&rd);

	if (!rd.failed)
		dns->questions[dns->next++ % QUESTIONS] = (struct waiting){ id, (uint16_t)len };
}

static void question_settle(struct dns_tcp *dns, struct app_dns *answer)
{
	for (unsigned i = 0; i < QUESTIONS; i++) {
		struct waiting *waiting = &dns->questions[i];

		if (waiting->len == 0 || waiting->id != answer->id)
			continue;
		answer->bytes[0] = waiting->len;
		waiting->len = 0;
		return;
	}
}

static void message_see(
	struct dns_tcp *dns, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct app_event event = { .type = APP_DNS };
	struct dns_space space;

	if (side == 0) {
		question_note(dns, bytes, len);
		return;
	}
	if (!dns_answer_read(bytes, len, (uint32_t)len, &event.dns, &space))
		return;
	question_settle(dns, &event.dns);
	event.dns.is_tcp = true;
	parse_tell(parse, &event);
}

/* Takes the length in front of a message. Returns how many bytes were used. */
static size_t take_length(struct side *s, const uint8_t *bytes, size_t len)
{
	size_t used = s->has_first ? 1 : PREFIX_LEN;

	if (len < used) {
		s->first = bytes[0];
		s->has_first = true;
		return 1;
	}
	s->len = s->has_first ? (uint16_t)(s->first << 8 | bytes[0])
			      : (uint16_t)(bytes[0] << 8 | bytes[1]);
	s->has_first = false;
	s->need = s->len;
	s->is_skipped = false;
	return used;
}

/* Takes bytes of a message. Returns how many were used: at most what is needed. */
static size_t take_message(
	struct dns_tcp *dns, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct side *s = &dns->sides[side];
	bool is_begun = s->need < s->len;
	size_t used = len < s->need ? len : s->need;

	s->need -= (uint32_t)used;
	if (!is_begun && s->need == 0) {
		message_see(dns, parse, side, bytes, used);
		return used;
	}
	if (!s->is_skipped && !parse_hold(parse, side, bytes, used, HOLD_MAX)) {
		size_t held;

		parse_held(parse, side, &held);
		parse_drop(parse, side, held);
		s->is_skipped = true;
	}
	if (s->need == 0 && !s->is_skipped) {
		size_t held;
		const uint8_t *message = parse_held(parse, side, &held);

		message_see(dns, parse, side, message, held);
		parse_drop(parse, side, held);
	}
	return used;
}

static void dns_tcp_data(
	void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	struct dns_tcp *dns = state;
	struct side *s = &dns->sides[side];

	while (len > 0) {
		size_t used = s->need == 0 ? take_length(s, bytes, len)
					   : take_message(dns, parse, side, bytes, len);

		bytes += used;
		len -= used;
	}
}

/* What stands at the beginning of one side. */
static enum verdict side_recognise(const uint8_t *bytes, uint32_t len, bool is_response)
{
	struct rd rd = rd_over(len ? bytes : (const uint8_t *)"", len);
	size_t message_len = rd_be16(&rd);
	struct dns_message message;
	struct dns_name name;
	uint16_t type;

	/* Header, a name of one label or the root, type and class: no shorter message. */
	if (!rd.failed && message_len < DNS_HEADER_LEN + 5)
		return VERDICT_NO;
	if (rd.failed || !dns_message_begin(&message, rd.at, rd_left(&rd)))
		return VERDICT_MAYBE;
	if (!dns_header_is_likely(&message.header, is_response))
		return VERDICT_NO;
	/* Some client may send header and question apart; a name is never longer than this. */
	if (dns_read_question(&message, &name, &type))
		return type != 0 ? VERDICT_YES : VERDICT_NO;
	return rd_left(&rd) < DNS_HEADER_LEN + DNS_WIRE_NAME_MAX + 4 && rd_left(&rd) < message_len
		       ? VERDICT_MAYBE
		       : VERDICT_NO;
}

static enum verdict dns_tcp_recognise(const struct opening *opening)
{
	enum verdict client = side_recognise(opening->bytes[0], opening->len[0], false);
	enum verdict server = side_recognise(opening->bytes[1], opening->len[1], true);

	if (client == VERDICT_NO || server == VERDICT_NO)
		return VERDICT_NO;
	/* Who has not spoken yet says nothing against it, but a server alone is not enough. */
	return client == VERDICT_YES ? VERDICT_YES : VERDICT_MAYBE;
}

const struct stream_parser parser_dns_tcp = {
	.proto = PROTO_DNS,
	.state_size = sizeof(struct dns_tcp),
	.recognise = dns_tcp_recognise,
	.data = dns_tcp_data,
};
