/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks.h - what the parts of the parser "looks" share, and what other parsers of text may use.
 *
 * The parser takes conversations in no protocol that we know and asks what they look like. Its
 * parts, each with a state of its own:
 *
 *   looks_text.c   lines and prompts: a shell, Mirai's loader, Gafgyt (struct looks_text; Telnet
 *                  may have its text looked at, too)
 *   looks_shell.c  the words by which a shell is known (no state)
 *   looks_mirai.c  Mirai's binary command channel
 *   looks_byob.c   BYOB's encrypted session
 *   looks_head.c   what a side begins with: executables, scripts, BYOB's key exchange
 *
 * All work on the bytes of a side in their order, and on which side spoke before which; never on
 * how the bytes were cut.
 */
#ifndef WEIR_APP_LOOKS_H
#define WEIR_APP_LOOKS_H

#include "app/parser.h"

#define LOOKS_LINE_MAX 160  /* bytes of a line that are looked at */
#define LOOKS_HEAD_MAX 4096 /* as app_file.entropy says */
#define LOOKS_FIRST 64
#define LOOKS_DECIDE 16 /* bytes after which is known what a head may be */
#define LOOKS_START 20	/* bytes of a message in the midst of things: of an ELF header */

/* What has been counted of one kind from one side. */
struct looks_count {
	uint16_t times, weight;
};

struct looks_line {
	char at[LOOKS_LINE_MAX];
	uint8_t len;
	uint8_t escape; /* enum escape of looks_text.c */
	bool is_odd;	/* has bytes that no terminal is sent */
};

struct looks_text {
	struct looks_line lines[2];
	struct looks_count counts[2][LOOKS_KIND_COUNT];
	uint8_t steps;	   /* of the loader's usual sequence */
	uint8_t last_side; /* plus 1; 0: nobody spoke yet */
};

struct looks_mirai {
	uint16_t place;	     /* client: bytes of the registration read */
	uint8_t id_len;	     /* announced */
	bool is_dead[2];     /* this side says something else */
	bool is_login;	     /* registered */
	bool is_odd_byte[2]; /* a half of a pair of bytes was read */
	uint8_t half[2];
	int64_t spoke_ns[2]; /* the last keepalive of that side */
	uint16_t keepalives[2];
	uint16_t order_len, order_read; /* announced; read; 0: none */
	uint16_t orders;
	uint8_t order[128]; /* its first bytes */
};

struct looks_byob {
	uint32_t left[2]; /* of the running frame */
	uint8_t header[2][4];
	uint8_t header_len[2];
	bool is_keyed[2];  /* began with something like a public key */
	bool is_framed[2]; /* frames follow */
	uint16_t frames[2];
	bool is_dead;
};

enum head_stage { HEAD_OPEN, HEAD_FILE, HEAD_KEY, HEAD_OVER };

struct looks_head {
	uint8_t stage;	 /* enum head_stage */
	uint8_t magic;	 /* enum file_magic */
	uint8_t skipped; /* bytes before the file: a stager's length */
	uint8_t entropy;
	uint8_t first_len;
	uint16_t machine;
	bool is_measured; /* the fields here are valid */
	bool is_told;
	uint32_t traits;
	uint8_t first[LOOKS_FIRST];
};

struct looks_state {
	uint64_t seen[2];	       /* bytes */
	uint32_t message[2];	       /* bytes since the other side spoke */
	uint8_t start[2][LOOKS_START]; /* of a message */
	uint8_t last_side;	       /* plus 1; 0: nobody spoke yet */
	bool is_hit;		       /* something was told */
	bool is_gapped[2];
	struct looks_text text;
	struct looks_mirai mirai;
	struct looks_byob byob;
	struct looks_head heads[2];
};

_Static_assert(sizeof(struct looks_state) <= PARSER_STATE_MAX, "the state of a parser is bounded");

/* What a line turned out to be. weight: 3 is unmistakable, 1 may be chance. */
struct looks_hit {
	enum looks_kind kind;
	uint8_t weight;
	uint32_t traits;
};

/* looks_shell.c. weight 0: none of these. */
struct looks_hit looks_shell_command(const char *line, size_t len);
struct looks_hit looks_shell_output(const char *line, size_t len);
/* is_ended: a line with something behind the prompt, as a terminal shows it. */
struct looks_hit looks_shell_prompt(const char *line, size_t len, bool is_ended);
struct looks_hit looks_gafgyt(const char *line, size_t len, unsigned side);
/* *steps counts enable, system, shell, sh. */
struct looks_hit looks_loader(const char *line, size_t len, uint8_t *steps);

/* looks_text.c. The next bytes of a side. Tells APP_LOOKS; true when it did. */
bool looks_text_data(struct looks_text *text, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);
/* The other side speaks now, or nobody any more: what stands unended may be a prompt. */
bool looks_text_turn(struct looks_text *text, struct parse *parse, unsigned side);
/* Bytes of that side are lost. */
void looks_text_gap(struct looks_text *text, unsigned side);

/* looks_mirai.c */
bool looks_mirai_data(struct looks_mirai *mirai, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);

#define LOOKS_KEY_LEAST 250 /* bytes of a key that are looked at */
#define LOOKS_KEY_HEAD 272  /* a key of 256 bytes, a length, and some of what follows */

/* looks_byob.c. A side begins with these LOOKS_KEY_LEAST bytes: a key? */
bool looks_byob_key(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);
/* A side that has a key begins with these LOOKS_KEY_HEAD bytes: do frames follow? */
bool looks_byob_frames(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);
/* What comes after these. */
bool looks_byob_data(struct looks_byob *byob, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);

/* looks_head.c */
bool looks_head_data(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len);
bool looks_head_end(struct looks_state *state, struct parse *parse, unsigned side);
/* A message in the midst of things begins with so many bytes: an executable? */
bool looks_head_start(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len);

/* looks.c. */
void looks_tell(struct parse *parse, unsigned side, enum looks_kind kind, uint32_t traits,
	uint32_t count, const void *text, size_t len);
/* The first, and then ever rarer ones: 1, 2, 4, 8 … */
static inline bool looks_is_due(uint32_t times)
{
	return times > 0 && (times & (times - 1)) == 0;
}

#endif
