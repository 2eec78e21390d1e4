/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_app_flow.c - the objects of flow, http, fileinfo and dns events, in the field names of
 * Suricata 7 (doc/userguide/output/eve/eve-json-format.rst).
 *
 * dns is its version 2: one event an answer, with the answers as a list and grouped by type. The
 * owner of each answer is not kept by the parser, so answers have no rrname of their own.
 */
#include <stdio.h>
#include <string.h>

#include "record/curve.h"
#include "record/eve_app_internal.h"

json_t *eve_flow(const struct app_flow *flow)
{
	static const char *const states[] = { [FLOW_END_ONGOING] = "established",
		[FLOW_END_CLOSED] = "closed",
		[FLOW_END_RESET] = "closed",
		[FLOW_END_IDLE] = "established",
		[FLOW_END_EVICTED] = "established",
		[FLOW_END_INPUT] = "established" };
	static const char *const reasons[] = { [FLOW_END_ONGOING] = "unknown",
		[FLOW_END_CLOSED] = "timeout",
		[FLOW_END_RESET] = "timeout",
		[FLOW_END_IDLE] = "timeout",
		[FLOW_END_EVICTED] = "forced",
		[FLOW_END_INPUT] = "shutdown" };
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "pkts_toserver", value_count(flow->packets[0]));
	fields_put(&fields, "pkts_toclient", value_count(flow->packets[1]));
	fields_put(&fields, "bytes_toserver", value_count(flow->bytes[0]));
	fields_put(&fields, "bytes_toclient", value_count(flow->bytes[1]));
	fields_put(&fields, "start", value_time(flow->first_ns));
	fields_put(&fields, "end", value_time(flow->last_ns));
	fields_put(&fields, "age",
		json_integer((json_int_t)(time_span_ns(flow->first_ns, flow->last_ns) / NS_PER_S)));
	fields_put(&fields, "state", json_string(states[flow->end]));
	fields_put(&fields, "reason", json_string(reasons[flow->end]));
	fields_put(&fields, "alerted", json_false());
	return fields_end(&fields);
}

static const char *version_of(const struct app_http *http)
{
	return http->version == 9 ? "HTTP/0.9" : http->version == 10 ? "HTTP/1.0" : "HTTP/1.1";
}

/* "text/html; charset=utf-8": Suricata cuts it at the semicolon. */
static struct app_text media_type(struct app_text text)
{
	const char *end = text.len ? memchr(text.at, ';', text.len) : NULL;

	if (end)
		text.len = (uint32_t)(end - text.at);
	return text;
}

json_t *eve_http(const struct app_http *http)
{
	struct fields fields;

	fields_begin(&fields);
	eve_put_text(&fields, "hostname", http->host);
	eve_put_text(&fields, "url", http->uri);
	eve_put_text(&fields, "http_user_agent", http->user_agent);
	eve_put_text(&fields, "http_content_type", media_type(http->response_type));
	eve_put_text(&fields, "http_refer", http->referer);
	eve_put_text(&fields, "http_method", http->method);
	fields_put(&fields, "protocol", json_string(version_of(http)));
	if (http->has_response && http->status)
		fields_put(&fields, "status", json_integer(http->status));
	eve_put_text(&fields, "redirect", http->location);
	fields_put(&fields, "length", value_count(http->response_body));
	eve_put_text(&fields, "server", http->server);
	fields_put(&fields, "request_length", value_count(http->request_body));
	return fields_end(&fields);
}

/* Suricata's filename is the path of the request. */
static struct app_text filename_of(const struct app_file *file)
{
	const char *path = file->url.len ? memchr(file->url.at, '/', file->url.len) : NULL;

	if (!path)
		return file->url.len ? file->url : file->name;
	return (struct app_text){ path, file->url.len - (uint32_t)(path - file->url.at) };
}

json_t *eve_file(const struct app_file *file)
{
	static const char *const magics[] = { [MAGIC_NONE] = "unknown",
		[MAGIC_ELF] = "ELF",
		[MAGIC_PE] = "PE",
		[MAGIC_MACHO] = "Mach-O",
		[MAGIC_SHELL_SCRIPT] = "shell script",
		[MAGIC_PYTHON] = "Python script",
		[MAGIC_POWERSHELL] = "PowerShell script",
		[MAGIC_ARCHIVE] = "archive",
		[MAGIC_DOCUMENT] = "document",
		[MAGIC_IMAGE] = "image",
		[MAGIC_TEXT] = "text",
		[MAGIC_OTHER] = "data" };
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "filename", eve_text(filename_of(file)));
	fields_put(&fields, "magic", json_string(magics[file->magic]));
	fields_put(&fields, "gaps", json_boolean(!file->is_complete));
	fields_put(&fields, "state", json_string(file->is_complete ? "CLOSED" : "TRUNCATED"));
	fields_put(&fields, "stored", json_false());
	fields_put(&fields, "size", value_count(file->size));
	eve_put_text(&fields, "content_type", media_type(file->declared_type));
	fields_put(&fields, "entropy", value_number(app_entropy_bits(file->entropy), 2));
	return fields_end(&fields);
}

/* --- dns --- */

struct named_number {
	uint16_t number;
	const char *name;
};

/* RFC 1035, 3596, 2782, 6891, 9460 and the IANA registry. */
static const struct named_number types[] = { { 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" },
	{ 10, "NULL" }, { 12, "PTR" }, { 13, "HINFO" }, { 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" },
	{ 33, "SRV" }, { 35, "NAPTR" }, { 39, "DNAME" }, { 41, "OPT" }, { 43, "DS" },
	{ 44, "SSHFP" }, { 46, "RRSIG" }, { 47, "NSEC" }, { 48, "DNSKEY" }, { 50, "NSEC3" },
	{ 52, "TLSA" }, { 64, "SVCB" }, { 65, "HTTPS" }, { 99, "SPF" }, { 251, "IXFR" },
	{ 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" } };

/* RFC 1035 4.1.1, 2136 2.2. */
static const struct named_number codes[] = { { 0, "NOERROR" }, { 1, "FORMERR" }, { 2, "SERVFAIL" },
	{ 3, "NXDOMAIN" }, { 4, "NOTIMP" }, { 5, "REFUSED" }, { 6, "YXDOMAIN" }, { 7, "YXRRSET" },
	{ 8, "NXRRSET" }, { 9, "NOTAUTH" }, { 10, "NOTZONE" } };

#define NUMBER_TEXT 16

static const char *name_of(const struct named_number *list, size_t count, const char *prefix,
	uint16_t number, char *text)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].number == number)
			return list[i].name;
	snprintf(text, NUMBER_TEXT, "%s%u", prefix, number); /* RFC 3597 5: TYPE731 */
	return text;
}

static const char *type_name(uint16_t type, char *text)
{
	return name_of(types, sizeof(types) / sizeof(*types), "TYPE", type, text);
}

static json_t *answer_data(const struct app_dns_answer *answer)
{
	return addr_is_zero(&answer->addr) ? eve_text(answer->data)
					   : value_address(&answer->addr, 128);
}

static json_t *answer_object(const struct app_dns_answer *answer)
{
	char text[NUMBER_TEXT];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "rrtype", json_string(type_name(answer->type, text)));
	fields_put(&fields, "ttl", value_count(answer->ttl_s));
	fields_put(&fields, "rdata", answer_data(answer));
	return fields_end(&fields);
}

static bool group(json_t *grouped, const struct app_dns_answer *answer)
{
	char text[NUMBER_TEXT];
	const char *name = type_name(answer->type, text);
	json_t *list = json_object_get(grouped, name);

	if (!list && json_object_set_new(grouped, name, json_array()) == 0)
		list = json_object_get(grouped, name);
	return list && array_add(list, answer_data(answer));
}

static void put_answers(struct fields *fields, const struct app_dns *dns)
{
	unsigned count = dns->listed < DNS_ANSWERS ? dns->listed : DNS_ANSWERS;
	json_t *answers = json_array(), *grouped = json_object();
	bool is_whole = answers && grouped;

	for (unsigned i = 0; i < count && is_whole; i++)
		is_whole = array_add(answers, answer_object(&dns->answers[i])) &&
			   group(grouped, &dns->answers[i]);
	if (!is_whole || count == 0) {
		json_decref(answers);
		json_decref(grouped);
		fields->is_failed |= !is_whole;
		return;
	}
	fields_put(fields, "answers", answers);
	fields_put(fields, "grouped", grouped);
}

static void put_flags(struct fields *fields, const struct app_dns *dns)
{
	char hex[8];

	snprintf(hex, sizeof(hex), "%x", dns->flags);
	fields_put(fields, "flags", json_string(hex));
	fields_put(fields, "qr", json_boolean(dns->flags >> 15 & 1));
	if (dns->is_authoritative)
		fields_put(fields, "aa", json_true());
	if (dns->is_truncated)
		fields_put(fields, "tc", json_true());
	fields_put(fields, "rd", json_boolean(dns->flags >> 8 & 1));
	fields_put(fields, "ra", json_boolean(dns->flags >> 7 & 1));
	fields_put(fields, "opcode", json_integer(dns->flags >> 11 & 15));
}

json_t *eve_dns(const struct app_dns *dns)
{
	char text[NUMBER_TEXT];
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "version", json_integer(2));
	fields_put(&fields, "type", json_string("answer"));
	fields_put(&fields, "id", json_integer(dns->id));
	put_flags(&fields, dns);
	fields_put(&fields, "rrname", eve_text(dns->name));
	fields_put(&fields, "rrtype", json_string(type_name(dns->type, text)));
	fields_put(&fields, "rcode",
		json_string(
			name_of(codes, sizeof(codes) / sizeof(*codes), "RCODE", dns->rcode, text)));
	put_answers(&fields, dns);
	return fields_end(&fields);
}
