/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/http.h - what the parts of the parser of HTTP share.
 *
 *   http.c        where messages begin and end (RFC 9112), requests that wait for their responses
 *   http_head.c   the fields of a head
 *   http_body.c   what a body is, unpacked
 *   http_tell.c   HTTP and FILE events
 *   http_login.c  LOGIN events
 *
 * The holds have whole heads in them and the first bytes of bodies: on side 0 those of all requests
 * that wait, one behind the other, on side 1 those of the response that comes now.
 */
#ifndef WEIR_APP_HTTP_H
#define WEIR_APP_HTTP_H

#include "app/parser.h"

#define HTTP_QUEUE 12		 /* requests that wait for a response, with all they say */
#define HTTP_HEAD_KEEP 16384	 /* bytes of a head that are read; Node.js takes as many */
#define HTTP_HEAD_MAX (1U << 20) /* a longer one ends the parsing */
#define HTTP_BODY_KEEP 6144	 /* first bytes of a body that are looked at */
#define HTTP_UNPACK_MAX 65536	 /* bytes that are unpacked of one */
#define HTTP_WAIT_MAX 16384	 /* bytes behind CONNECT or Upgrade before the answer */

enum http_coding {
	HTTP_CODING_NONE,
	HTTP_CODING_GZIP,
	HTTP_CODING_DEFLATE,
	HTTP_CODING_BROTLI,
	HTTP_CODING_OTHER, /* cannot be looked into */
};

enum http_stage {
	HTTP_HEAD,
	HTTP_LENGTH, /* a body of known length */
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_TRAILER,
	HTTP_CLOSE, /* a body up to the end of the conversation */
	HTTP_WAIT,  /* of the client: another protocol may follow */
	HTTP_DEAD,  /* this side says something else */
};

/* Of one side: where in a message it is. */
struct http_side {
	uint64_t left;	    /* of the body or chunk */
	uint32_t line_len;  /* of this line so far; of a chunk size: its digits */
	uint32_t head_seen; /* bytes of this head or trailer */
	uint8_t stage;	    /* enum http_stage */
	bool has_return;    /* the line begins with \r */
	bool has_line;	    /* the first line is there */
	bool is_cut;	    /* no more of this message can be kept */
	bool is_ignored;    /* this message was told, or its request was */
};

/* A request, or the response that comes now. */
struct http_message {
	uint64_t body_seen; /* bytes, as they came */
	uint32_t head_len;  /* bytes in the hold */
	uint16_t body_len;  /* behind these */
	uint16_t status;
	uint8_t coding;	 /* enum http_coding */
	uint8_t version; /* 9, 10, 11 */
	bool is_over;
	bool is_head, is_connect, is_upgrade, is_pipelined;
};

/* Who logs in by this conversation. */
struct http_logins {
	uint32_t tries;
	uint32_t succeeded;  /* hash of the credentials that were taken last */
	uint64_t page_bytes; /* of the answer to the last form */
};

struct http_state {
	struct http_side sides[2];
	struct http_message requests[HTTP_QUEUE];
	struct http_message response;
	uint32_t count;		/* requests that wait */
	uint32_t skipped;	/* older ones, told without waiting for the response */
	uint64_t skipped_heads; /* of the first 64 of these: was it HEAD? */
	bool is_answering;	/* the head of a response is there, its body may come */
	bool has_request;	/* and it answers the oldest one that waits */
	bool is_restarting;	/* another protocol comes now */
	struct http_logins logins;
};

_Static_assert(sizeof(struct http_state) <= PARSER_STATE_MAX, "the state of a parser is bounded");

/* A head. Texts point into the bytes that were read. */
struct http_head {
	/* of the request, or the response's status line */
	struct app_text method, target;
	uint16_t status;
	uint8_t version; /* 9, 10, 11 */
	uint16_t count;	 /* of fields */
	struct app_text host, user_agent, referer, content_type, cookie, authorization, server,
		location, coding, transfer, length, upgrade, proxy_authorization, disposition,
		challenge;
};

/* http_head.c. false: its first line is no HTTP. */
bool http_head_read(const uint8_t *bytes, size_t len, bool is_response, struct http_head *ret_head);
/* Names of the fields in small letters, by ",", of a head that was read. */
struct app_text http_head_order(const uint8_t *bytes, size_t len, char *out, size_t size);
/* Is this a first line? bytes may be only its beginning. */
enum verdict http_is_request(const uint8_t *bytes, size_t len, bool is_whole);
enum verdict http_is_response(const uint8_t *bytes, size_t len);
bool http_is_chunked(const struct http_head *head);
/* false: there is none, or it is no number. */
bool http_length(const struct http_head *head, uint64_t *ret_length);
enum http_coding http_coding_of(const struct http_head *head);
/* Is the host an address? Also "[2001:db8::1]:8080" and none at all. */
bool http_is_bare_address(struct app_text host);

/* http_queue.c. Bytes of those that wait: where the next one begins in the client's hold. */
size_t http_queue_bytes(const struct http_state *state);
/* The oldest leaves. */
void http_queue_drop(struct http_state *state, struct parse *parse);
/* Tells of all without waiting any longer. */
void http_queue_tell(struct http_state *state, struct parse *parse);
/* Before a request: a place, and bytes for all of it that is kept. */
void http_queue_make_room(struct http_state *state, struct parse *parse);
/* Which request the response that comes now answers; NULL: one that was told, or none. */
const struct http_message *http_queue_answered(const struct http_state *state, bool *ret_is_head);
/* If it is one that was told, its response is passed over. */
void http_queue_pass(struct http_state *state);

/* What a body turns out to be. first points into memory that is good until the next look. */
struct http_look {
	struct app_text first; /* all that was unpacked and kept */
	uint64_t size;
	uint32_t traits;
	enum file_magic magic;
	uint16_t machine;
	uint8_t entropy, printable;
	bool is_bomb;
};

/* http_body.c. type: as declared. */
struct http_look http_body_look(
	const struct http_message *message, const uint8_t *bytes, struct app_text type);

/* http_tell.c. Tells of the oldest request, with its response when is_answering. A request without
 * bytes: of a response that nothing was asked for. */
void http_tell(struct http_state *state, struct parse *parse, const struct http_message *request,
	bool is_answered);

/* http_login.c. What a request with its response says of who logs in. body: of the request. */
void http_login_see(struct http_logins *logins, struct parse *parse,
	const struct http_head *request, struct app_text body, const struct http_head *response,
	uint64_t response_bytes);

#endif
