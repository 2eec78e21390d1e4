/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dns_message.c - names, questions and records of a DNS message (RFC 1035 4.1).
 *
 * A compressed name may only point backwards: to before where the name, or the piece that pointed,
 * began. So each jump goes further back and the reading ends; no loop can be made, and a name made
 * of jumps only is not followed far. A name longer than 255 bytes is refused (RFC 1035 2.3.4), and
 * so is all that follows it.
 */
#include "app/dns.h"

#define POINTER 0xc0
#define JUMPS_MAX 127 /* as many as a name has labels */

bool dns_message_begin(struct dns_message *message, const uint8_t *bytes, size_t len)
{
	struct dns_header *header = &message->header;

	message->bytes = bytes;
	message->len = len;
	message->rd = rd_over(bytes, len);
	header->id = rd_be16(&message->rd);
	header->flags = rd_be16(&message->rd);
	header->questions = rd_be16(&message->rd);
	header->answers = rd_be16(&message->rd);
	header->authorities = rd_be16(&message->rd);
	header->additionals = rd_be16(&message->rd);
	return !message->rd.failed;
}

/* As in zone files, so that a dot is always the end of a label and no text holds a NUL. Bytes
 * above ASCII stay: IDN in the raw, or a tunnel's. */
static void add_byte(struct dns_name *name, uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		byte += 'a' - 'A';
	if (byte != '.' && byte != '\\' && byte > 0x20 && byte != 0x7f) {
		name->text[name->len++] = (char)byte;
		return;
	}
	name->text[name->len++] = '\\';
	name->text[name->len++] = (char)('0' + byte / 100);
	name->text[name->len++] = (char)('0' + byte / 10 % 10);
	name->text[name->len++] = (char)('0' + byte % 10);
}

static bool add_label(struct dns_name *name, struct rd *rd, uint8_t label_len)
{
	const uint8_t *label = rd_bytes(rd, label_len);

	/* One byte is kept for the root's label. */
	if (!label || name->wire_len + 1U + label_len >= DNS_WIRE_NAME_MAX)
		return false;
	if (name->wire_len > 0)
		name->text[name->len++] = '.';
	for (unsigned i = 0; i < label_len; i++)
		add_byte(name, label[i]);
	name->wire_len += 1U + label_len;
	return true;
}

/* Reads a name at *rd, which is moved behind it. */
static bool read_name(const uint8_t *bytes, size_t len, struct rd *rd, struct dns_name *name)
{
	struct rd at = *rd;
	const uint8_t *earliest = rd->at;
	unsigned jumps = 0;

	name->len = 0;
	name->wire_len = 0;
	for (;;) {
		uint8_t label_len = rd_u8(&at);

		if (at.failed)
			return false;
		if (label_len >= POINTER) {
			size_t target = (size_t)(label_len & 0x3f) << 8 | rd_u8(&at);

			if (at.failed || target >= (size_t)(earliest - bytes) || jumps == JUMPS_MAX)
				return false;
			if (jumps++ == 0)
				*rd = at;
			earliest = bytes + target;
			at = rd_over(earliest, len - target);
		} else if (label_len == 0) {
			break;
		} else if (label_len > 63 || !add_label(name, &at, label_len)) {
			return false;
		}
	}
	if (jumps == 0)
		*rd = at;
	name->wire_len++;
	return true;
}

bool dns_read_name(struct dns_message *message, struct dns_name *name)
{
	if (!message->rd.failed && read_name(message->bytes, message->len, &message->rd, name))
		return true;
	message->rd.failed = true;
	return false;
}

bool dns_read_question(struct dns_message *message, struct dns_name *name, uint16_t *ret_type)
{
	uint16_t type;

	if (!dns_read_name(message, name))
		return false;
	type = rd_be16(&message->rd);
	rd_skip(&message->rd, 2);
	if (message->rd.failed)
		return false;
	*ret_type = type;
	return true;
}

bool dns_read_record(struct dns_message *message, struct dns_record *record)
{
	if (!dns_read_name(message, &record->name))
		return false;
	record->type = rd_be16(&message->rd);
	record->class = rd_be16(&message->rd);
	record->ttl_s = rd_be32(&message->rd);
	record->data_len = rd_be16(&message->rd);
	record->data_at = (size_t)(message->rd.at - message->bytes);
	record->data = rd_bytes(&message->rd, record->data_len);
	return !message->rd.failed;
}

bool dns_name_in(const struct dns_message *message, const struct dns_record *record, size_t skip,
	struct dns_name *name)
{
	size_t at = record->data_at + skip;
	struct rd rd;

	if (skip > record->data_len)
		return false;
	/* Ends with the data: a name that runs out of it is not one. */
	rd = rd_over(message->bytes + at, record->data_len - skip);
	return read_name(message->bytes, message->len, &rd, name);
}

struct app_text dns_keep(struct dns_space *space, const char *bytes, size_t len)
{
	struct app_text text = { .at = space->bytes + space->used };

	if (len > DNS_SPACE - space->used)
		len = DNS_SPACE - space->used;
	if (len > 0)
		memcpy(space->bytes + space->used, bytes, len);
	space->used += (uint32_t)len;
	text.len = (uint32_t)len;
	return text;
}

/* Opcodes 0 (query), 4 (notify), 5 (update); the bit that must be zero (RFC 1035 4.1.1, RFC 4035
 * took its neighbours); one question, and of a question no answers. */
bool dns_header_is_likely(const struct dns_header *header, bool is_response)
{
	unsigned opcode = header->flags >> 11 & 15;

	if (!!(header->flags & DNS_FLAG_RESPONSE) != is_response)
		return false;
	if ((opcode != 0 && opcode != 4 && opcode != 5) || (header->flags & 0x40))
		return false;
	if (header->questions != 1 || header->additionals > DNS_RECORDS_MAX)
		return false;
	if (is_response)
		return (header->flags & 15) <= 11 && header->answers <= DNS_RECORDS_MAX &&
		       header->authorities <= DNS_RECORDS_MAX;
	return (header->flags & 15) == 0 &&
	       (opcode != 0 || (header->answers == 0 && header->authorities == 0));
}

bool dns_is_well_formed(const uint8_t *bytes, size_t len)
{
	struct dns_message message;
	struct dns_record record;
	struct dns_name name;
	unsigned records;
	uint16_t type;

	if (!dns_message_begin(&message, bytes, len) ||
		!dns_read_question(&message, &name, &type) || type == 0)
		return false;
	records = message.header.answers + message.header.authorities + message.header.additionals;
	for (unsigned i = 0; i < records && i < DNS_RECORDS_MAX; i++)
		if (!dns_read_record(&message, &record))
			return false;
	return records > DNS_RECORDS_MAX || rd_left(&message.rd) == 0;
}
