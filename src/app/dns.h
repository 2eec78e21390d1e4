/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/dns.h - the DNS message format (RFC 1035 4), which DNS, mDNS, LLMNR and NBNS share.
 */
#ifndef WEIR_APP_DNS_H
#define WEIR_APP_DNS_H

#include "app/parser.h"
#include "lib/rd.h"

#define DNS_PORT 53
#define DNS_HEADER_LEN 12
#define DNS_WIRE_NAME_MAX 255 /* RFC 1035 2.3.4 */
/* As text a byte of a label may take four ("\000"). */
#define DNS_NAME_MAX (4 * DNS_WIRE_NAME_MAX)
#define DNS_RECORDS_MAX 512 /* of one message that are looked at */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_NULL = 10,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_KEY = 25,
	DNS_AAAA = 28,
	DNS_NB = 32, /* in NBNS (RFC 1002 4.2.1.3) */
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_HTTPS = 65,
	DNS_ANY = 255,
	DNS_PRIVATE_FIRST = 65280, /* RFC 6895 3.1 */
	DNS_PRIVATE_LAST = 65534,
};

enum dns_rcode { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN };

#define DNS_FLAG_RESPONSE 0x8000
#define DNS_FLAG_AUTHORITATIVE 0x0400
#define DNS_FLAG_TRUNCATED 0x0200

struct dns_header {
	uint16_t id, flags;
	uint16_t questions, answers, authorities, additionals;
};

/* A message that is being read. */
struct dns_message {
	const uint8_t *bytes;
	size_t len;
	struct rd rd;
	struct dns_header header;
};

/* A name: small letters, dots between the labels, none at the end. What would be taken for
 * something else (a dot within a label, control characters) is written as RFC 1035 5.1: "\046". */
struct dns_name {
	uint32_t len;
	uint32_t wire_len; /* as written out in full */
	char text[DNS_NAME_MAX];
};

struct dns_record {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl_s;
	const uint8_t *data; /* in the message */
	uint16_t data_len;
	size_t data_at; /* from the start of the message */
};

/* Starts reading. false: no header there. */
bool dns_message_begin(struct dns_message *message, const uint8_t *bytes, size_t len);

/* Reads the next name, question or record. false: not there, or not well formed; the message then
 * ends here. */
bool dns_read_name(struct dns_message *message, struct dns_name *name);
bool dns_read_question(struct dns_message *message, struct dns_name *name, uint16_t *ret_type);
bool dns_read_record(struct dns_message *message, struct dns_record *record);

/* The name that stands in a record's data, skip bytes into it. */
bool dns_name_in(const struct dns_message *message, const struct dns_record *record, size_t skip,
	struct dns_name *name);

/* Texts made while an answer is read; the event points into it. */
#define DNS_SPACE 6144

struct dns_space {
	uint32_t used;
	char bytes[DNS_SPACE];
};

/* A copy in space, cut to what room there is. */
struct app_text dns_keep(struct dns_space *space, const char *bytes, size_t len);

/* Reads an answer into the event. wire_len: of the answer, which may be cut.
 * false: this is no answer to one question. */
bool dns_answer_read(const uint8_t *bytes, size_t len, uint32_t wire_len, struct app_dns *dns,
	struct dns_space *space);

/* Could this be a DNS message, judged by its header, and by all of it from its first byte to its
 * last? */
bool dns_header_is_likely(const struct dns_header *header, bool is_response);
bool dns_is_well_formed(const uint8_t *bytes, size_t len);

#endif
