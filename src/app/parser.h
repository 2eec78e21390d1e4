/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/parser.h - what a parser of a protocol is, and what it may call.
 *
 * A stream parser is given the bytes of one TCP conversation, of each side in their order and
 * without holes, in pieces of any size: it must give the same events however they are cut. What it
 * has to remember is in its state (zeroed, of fixed size) and in one hold a side: bytes that wait
 * for more. A datagram parser is given whole datagrams. Neither allocates, keeps pointers into
 * what it was given, knows time other than now_ns, or reads bytes other than through lib/rd.h or
 * with a checked length.
 */
#ifndef WEIR_APP_PARSER_H
#define WEIR_APP_PARSER_H

#include "app/event.h"

struct quic_table;

#define PARSER_STATE_MAX 1024
#define HOLD_MAX 65536	/* bytes that wait, of one side */
#define OPENING_MAX 512 /* bytes of each side that a protocol is recognised by */

/* Of the same bytes and more, a parser never takes back a yes or a no; the first yes is taken, so
 * it is said only to what no other parser would say it to. */
enum verdict {
	VERDICT_NO,    /* never, whatever comes */
	VERDICT_MAYBE, /* more bytes are needed */
	VERDICT_YES,
};

/* The first bytes of both sides so far; nobody may have said anything yet on one of them. */
struct opening {
	const uint8_t *bytes[2];
	uint32_t len[2];
	uint16_t port; /* the server's; a hint, never proof */
};

/* A conversation that is being parsed; made by app.c (and by the tests' fixture). */
struct parse {
	struct app_log *log;
	struct flow_key key; /* side 0: the client */
	uint64_t flow;
	int64_t now_ns;	  /* of the packet that brought the bytes */
	int64_t first_ns; /* of the conversation */
	enum app_proto proto;
	bool is_done;	      /* set by the parser: it needs no more bytes of either side */
	bool is_side_done[2]; /* or of this one */
	bool is_midstream;
	struct quic_table *quic; /* of the lane; NULL: QUIC is known, and not read */
	void *owner;		 /* of app.c */
};

struct stream_parser {
	enum app_proto proto;
	uint32_t state_size; /* <= PARSER_STATE_MAX */
	enum verdict (*recognise)(const struct opening *opening);
	void (*data)(
		void *state, struct parse *parse, unsigned side, const uint8_t *bytes, size_t len);
	/* So many bytes of the side are lost for ever; NULL: the parser gives up then. */
	void (*gap)(void *state, struct parse *parse, unsigned side, uint64_t missing);
	/* No more comes: FIN, reset, silence or the end of the input. What is not yet told is told
	 * now. Called once. NULL: nothing to tell. */
	void (*end)(void *state, struct parse *parse);
};

struct datagram_parser {
	enum app_proto proto;
	/* Ports it is asked first for, ends with 0; others are asked by content. */
	uint16_t ports[8];
	/* Is it this protocol? Then tells what it says. side: who sent it, 0 the client. standing:
	 * of the packet. */
	bool (*see)(struct parse *parse, const struct pkt *pkt, const uint8_t *bytes, size_t len);
};

/* Tells. Time, key and flow of the event are set from parse. */
void parse_tell(struct parse *parse, struct app_event *event);

/* Puts bytes behind those that wait on this side, at most max (<= HOLD_MAX) in all. false: they
 * would be too many, or there is no memory: what waits is then unchanged, and it was counted. */
bool parse_hold(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len, size_t max);

/* What waits on this side. Valid until the next call. */
const uint8_t *parse_held(const struct parse *parse, unsigned side, size_t *ret_len);

/* Drops the first len of them. */
void parse_drop(struct parse *parse, unsigned side, size_t len);

/* Lines. Calls take for each line (without its \r\n or \n) of what waits and of bytes; keeps what
 * is not ended. A line longer than max is given cut, and its rest is skipped (*skipping is the
 * parser's, one a side). Stops when take returns false (the protocol changes): returns how many
 * of bytes were used. */
size_t parse_lines(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len, size_t max,
	bool *skipping, bool (*take)(void *context, unsigned side, struct app_text line),
	void *context);

/* The bytes so far turn out to be another protocol from here on (STARTTLS, HTTP CONNECT, SOCKS):
 * the stream is recognised anew. What waits (parse_hold) is its first bytes, so a parser that was
 * given more than it used holds the rest before this; then come the next ones. The parser is given
 * nothing more, nor is its end called. */
void parse_restart(struct parse *parse);

/* Shannon entropy in 1/32 bit a byte (0..255) and the share of printable ASCII and white space in
 * 1/255, of at most 4096 bytes. */
uint8_t parse_entropy(const uint8_t *bytes, size_t len);
uint8_t parse_printable(const uint8_t *bytes, size_t len);

/* The lists (parsers.c), each ends with NULL: asked in this order. */
extern const struct stream_parser *const stream_parsers[];
extern const struct datagram_parser *const datagram_parsers[];

extern const struct stream_parser parser_http, parser_tls, parser_ssh, parser_dns_tcp, parser_smtp,
	parser_ftp, parser_telnet, parser_irc, parser_stratum, parser_socks, parser_bittorrent,
	parser_rdp, parser_smb, parser_mail;
/* The last one, which takes what no other does and says what it looks like. */
extern const struct stream_parser parser_looks;
extern const struct datagram_parser datagram_dns, datagram_quic, datagram_dhcp, datagram_mdns,
	datagram_ssdp, datagram_bittorrent, datagram_kad;

#endif
