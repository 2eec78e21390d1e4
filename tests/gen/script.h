/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/script.h - conversations said line by line, where talk.h only has sizes.
 *
 * A script is put together first (who says what, after how long a wait), then played: over TCP with
 * handshake, segments, acknowledgements and an end, or over UDP with a datagram a line. Beside the
 * protocols' own heads the bytes are inert: noise for what would be encrypted or executable. The
 * capture is thought to be taken at the edge of the LAN: what the far side answers comes a round
 * trip later.
 */
#ifndef WEIR_GEN_SCRIPT_H
#define WEIR_GEN_SCRIPT_H

#include "gen/plan.h"
#include "gen/talk.h"

struct script;

/* An empty script between two hosts; the port of the client is drawn. */
struct script *script_open(
	const struct addr *client, const struct addr *server, uint16_t port, struct prng *prng);

/* All are for TCP unless this is called. */
void script_over_udp(struct script *script);
void script_client_port(struct script *script, uint16_t port);
/* How it ends; TALK_CLOSED unless this is called. */
void script_end(struct script *script, enum talk_end end);

/* The next line comes so much later than usual. */
void script_wait(struct script *script, double seconds);

/* side 0: the client says something. */
void script_say(struct script *script, unsigned side, const void *bytes, size_t len);
void script_text(struct script *script, unsigned side, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* len bytes that look encrypted. */
void script_noise(struct script *script, unsigned side, size_t len);
/* Makes the next call go on with the line of the last. */
void script_join(struct script *script);

/* A request and its answer. head: further lines of the head, each with its end, or NULL. body NULL
 * with a length: noise. */
struct web_request {
	const char *method, *path, *host, *agent, *head;
	const void *body;
	size_t body_len;
};
struct web_answer {
	unsigned status;
	const char *type, *head;
	const void *body;
	size_t body_len;
};
void script_request(struct script *script, const struct web_request *request);
void script_answer(struct script *script, const struct web_answer *answer);

/* A number of its own for this script. */
uint64_t script_draw(struct script *script);

/* From the handshake to the end, about so long. */
double script_seconds(const struct script *script);

/* Plays it from at_ns on, and frees it. */
void script_play(struct script *script, struct schedule *schedule, int64_t at_ns);

/* Beginning of the plan in the time of packets. */
int64_t plan_start_ns(const struct plan *plan);

/* Seconds as nanoseconds. */
int64_t seconds_ns(double seconds);

#endif
