/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/looks_head.c - what a side begins with; see looks.h.
 *
 * The first 16 bytes say whether the rest of the head is worth keeping: an executable or a script
 * (also behind the length that a stager sends before it), or noise, that is perhaps a key. A file
 * sent bare is told at the end of the conversation, or when 64 KiB of it have been seen, as
 * APP_FILE and as APP_LOOKS; an executable within a conversation as APP_LOOKS at once.
 */
#include <ctype.h>
#include <string.h>

#include "app/looks.h"
#include "app/magic.h"
#include "lib/rd.h"

#define FILE_TOLD 65536		/* bytes after which it is told though more comes */
#define NOISE_PRINTABLE_MAX 192 /* of 255: random bytes are printable by 0.38 */
#define STAGE_MIN 1024		/* a stage is a library or a program */
#define STAGE_MAX (16U << 20)

static uint32_t le32(const uint8_t *bytes)
{
	return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 |
	       bytes[0];
}

/* An ELF header with a class, a byte order and a version there are (System V ABI, chapter 4). */
static bool is_elf(const uint8_t *bytes, size_t len)
{
	return len >= 7 && memcmp(bytes, "\177ELF", 4) == 0 && (bytes[4] == 1 || bytes[4] == 2) &&
	       (bytes[5] == 1 || bytes[5] == 2) && bytes[6] == 1;
}

static bool is_dos(const uint8_t *bytes, size_t len)
{
	return len >= 2 && bytes[0] == 'M' && bytes[1] == 'Z';
}

static bool is_program(enum file_magic magic)
{
	return magic >= MAGIC_ELF && magic <= MAGIC_POWERSHELL;
}

/* As the first bytes have it; the whole head settles which it is. */
static bool may_be_file(const uint8_t *bytes, size_t len)
{
	bool is_shebang = len >= 4 && bytes[0] == '#' && bytes[1] == '!' &&
			  (bytes[2] == '/' || bytes[3] == '/');

	return is_shebang || is_dos(bytes, len) || is_program(file_magic_of(bytes, len));
}

/* A stager reads 4 bytes, little-endian, and then as many: that is the stage. */
static bool is_stage(const uint8_t *bytes, size_t len)
{
	uint32_t announced = len >= 8 ? le32(bytes) : 0;

	return announced >= STAGE_MIN && announced <= STAGE_MAX &&
	       (is_elf(bytes + 4, len - 4) || is_dos(bytes + 4, len - 4));
}

static enum head_stage decide(struct looks_head *head, const uint8_t *bytes, size_t len)
{
	head->skipped = is_stage(bytes, len) ? 4 : 0;
	if (head->skipped || may_be_file(bytes, len))
		return HEAD_FILE;
	if (len >= 2 && bytes[0] == 0xff && bytes[1] >= 0xf0) /* Telnet's options, then text */
		return HEAD_OVER;
	return parse_printable(bytes, len) <= NOISE_PRINTABLE_MAX ? HEAD_KEY : HEAD_OVER;
}

/* All of a head that there will be: takes its measures, and lets go of it. */
static void measure(struct looks_head *head, struct parse *parse, unsigned side)
{
	size_t len;
	const uint8_t *bytes = parse_held(parse, side, &len);

	if (len > head->skipped) {
		const uint8_t *file = bytes + head->skipped;
		size_t file_len = len - head->skipped;

		head->traits = script_traits_of(file, file_len);
		head->magic = (uint8_t)file_magic_of(file, file_len);
		head->machine = file_machine_of(file, file_len);
		head->entropy = parse_entropy(file, file_len);
		head->first_len = file_len < LOOKS_FIRST ? (uint8_t)file_len : LOOKS_FIRST;
		memcpy(head->first, file, head->first_len);
		head->is_measured = true;
	}
	parse_drop(parse, side, len);
}

static bool tell_file(
	struct looks_state *state, struct parse *parse, unsigned side, bool is_complete)
{
	struct looks_head *head = &state->heads[side];
	struct app_text first = { (const char *)head->first, head->first_len };
	bool is_script = head->magic >= MAGIC_SHELL_SCRIPT && head->magic <= MAGIC_POWERSHELL;
	struct app_event event = { .type = APP_FILE };
	uint64_t size = is_complete ? state->seen[side] : FILE_TOLD;

	head->stage = HEAD_OVER;
	if (!head->is_measured || !is_program(head->magic))
		return false;
	event.file = (struct app_file){
		.first = first,
		.magic = head->magic,
		.proto = PROTO_UNKNOWN,
		.traits = head->traits,
		.size = size - head->skipped,
		.entropy = head->entropy,
		.side = (uint8_t)side,
		.is_bare_address = true,
		.is_complete = is_complete && !state->is_gapped[side],
		.machine = head->machine,
	};
	parse_tell(parse, &event);
	looks_tell(parse, side, is_script ? LOOKS_SCRIPT : LOOKS_EXECUTABLE, head->traits, 1,
		first.at, first.len);
	return true;
}

static bool file_data(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct looks_head *head = &state->heads[side];
	size_t held, take;

	parse_held(parse, side, &held);
	if (!head->is_measured) {
		take = LOOKS_HEAD_MAX - held < len ? LOOKS_HEAD_MAX - held : len;
		if (!parse_hold(parse, side, bytes, take, LOOKS_HEAD_MAX))
			head->stage = HEAD_OVER;
		else if (held + take == LOOKS_HEAD_MAX)
			measure(head, parse, side);
	}
	return head->stage == HEAD_FILE && head->is_measured && state->seen[side] >= FILE_TOLD &&
	       tell_file(state, parse, side, false);
}

/* Up to LOOKS_KEY_HEAD bytes are kept; *ret_used: so many were taken. */
static bool key_data(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len, size_t *ret_used)
{
	struct looks_head *head = &state->heads[side];
	const uint8_t *held;
	size_t before, now;
	bool is_told = false;

	parse_held(parse, side, &before);
	*ret_used = LOOKS_KEY_HEAD - before < len ? LOOKS_KEY_HEAD - before : len;
	if (!parse_hold(parse, side, bytes, *ret_used, LOOKS_KEY_HEAD)) {
		head->stage = HEAD_OVER;
		return false;
	}
	held = parse_held(parse, side, &now);
	if (before < LOOKS_KEY_LEAST && now >= LOOKS_KEY_LEAST) {
		is_told = looks_byob_key(&state->byob, parse, side, held, LOOKS_KEY_LEAST);
		if (!state->byob.is_keyed[side])
			head->stage = HEAD_OVER;
	}
	if (head->stage == HEAD_KEY && now == LOOKS_KEY_HEAD) {
		is_told |= looks_byob_frames(&state->byob, parse, side, held, now);
		head->stage = HEAD_OVER;
	}
	if (head->stage == HEAD_OVER)
		parse_drop(parse, side, now);
	return is_told;
}

/* The first 16 bytes, or fewer when no more come. */
static bool begin(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len, size_t *ret_used)
{
	struct looks_head *head = &state->heads[side];
	size_t held;

	parse_held(parse, side, &held);
	*ret_used = LOOKS_DECIDE - held < len ? LOOKS_DECIDE - held : len;
	if (!parse_hold(parse, side, bytes, *ret_used, LOOKS_DECIDE)) {
		head->stage = HEAD_OVER;
		return false;
	}
	bytes = parse_held(parse, side, &held);
	if (held == LOOKS_DECIDE)
		head->stage = (uint8_t)decide(head, bytes, held);
	if (head->stage == HEAD_OVER)
		parse_drop(parse, side, held);
	return false;
}

bool looks_head_data(struct looks_state *state, struct parse *parse, unsigned side,
	const uint8_t *bytes, size_t len)
{
	struct looks_head *head = &state->heads[side];
	bool is_told = false;
	size_t used = 0;

	if (head->stage == HEAD_OPEN)
		is_told = begin(state, parse, side, bytes, len, &used);
	bytes += used;
	len -= used;
	used = 0;
	if (head->stage == HEAD_KEY && len > 0)
		is_told |= key_data(state, parse, side, bytes, len, &used);
	bytes += used;
	len -= used;
	if (head->stage == HEAD_FILE)
		return is_told | file_data(state, parse, side, bytes, len);
	if (head->stage == HEAD_OVER && len > 0)
		is_told |= looks_byob_data(&state->byob, parse, side, bytes, len);
	return is_told;
}

bool looks_head_end(struct looks_state *state, struct parse *parse, unsigned side)
{
	struct looks_head *head = &state->heads[side];
	size_t held;
	const uint8_t *bytes = parse_held(parse, side, &held);

	if (head->stage == HEAD_OPEN && held > 0)
		head->stage = (uint8_t)decide(head, bytes, held);
	if (head->stage == HEAD_FILE && !head->is_measured)
		measure(head, parse, side);
	return head->stage == HEAD_FILE && tell_file(state, parse, side, true);
}

bool looks_head_start(struct parse *parse, unsigned side, const uint8_t *bytes, size_t len)
{
	if (!is_elf(bytes, len) || len < 20)
		return false;
	looks_tell(parse, side, LOOKS_EXECUTABLE, 0, 1, bytes, len);
	return true;
}
