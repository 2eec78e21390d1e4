/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_app_other.c - the objects of tls, quic, ssh, smtp, ftp and rdp events, in the field
 * names of Suricata 7, and of those that are ours: login, irc, stratum, socks, p2p, host.
 *
 * Passwords are never written, only that there was one.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record/eve_app_internal.h"

#define HEX_TEXT 200

/* "0a1b" as "0A:1B" (serial) or "0a:1b" (fingerprint). */
static const char *with_colons(const char *hex, size_t len, bool is_upper, char out[HEX_TEXT])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 2 < HEX_TEXT; i++) {
		char c = hex[i];

		if (i > 0 && i % 2 == 0)
			out[n++] = ':';
		out[n++] = is_upper && c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
	}
	out[n] = '\0';
	return out;
}

static const char *version_name(uint16_t version, char text[16])
{
	static const struct {
		uint16_t version;
		const char *name;
	} known[] = { { 0x0300, "SSLv3" }, { 0x0301, "TLSv1" }, { 0x0302, "TLS 1.1" },
		{ 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" } };

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].version == version)
			return known[i].name;
	snprintf(text, 16, "0x%04x", version);
	return version ? text : "UNDETERMINED";
}

static json_t *date(int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm parts;
	char text[40];

	if (!gmtime_r(&time, &parts) ||
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		return json_null();
	return json_string(text);
}

static void put_hash(struct fields *fields, const char *key, const char *hash)
{
	if (hash[0])
		fields_put(fields, key, json_pack("{s:s}", "hash", hash));
}

static void put_certificate(struct fields *fields, const struct app_tls *tls)
{
	char text[HEX_TEXT];

	eve_put_text(fields, "subject", tls->subject);
	eve_put_text(fields, "issuerdn", tls->issuer);
	if (tls->serial.len)
		fields_put(fields, "serial",
			value_text(with_colons(tls->serial.at, tls->serial.len, true, text)));
	eve_put_string(fields, "fingerprint",
		with_colons(tls->fingerprint, strlen(tls->fingerprint), false, text));
	if (tls->not_before_s)
		fields_put(fields, "notbefore", date(tls->not_before_s));
	if (tls->not_after_s)
		fields_put(fields, "notafter", date(tls->not_after_s));
}

json_t *eve_tls(const struct app_tls *tls)
{
	uint16_t version = tls->version ? tls->version : tls->client_version;
	struct fields fields;
	char text[16];

	fields_begin(&fields);
	if (tls->has_certificate)
		put_certificate(&fields, tls);
	if (tls->is_resumed)
		fields_put(&fields, "session_resumed", json_true());
	eve_put_text(&fields, "sni", tls->sni);
	fields_put(&fields, "version", json_string(version_name(version, text)));
	put_hash(&fields, "ja3", tls->ja3);
	put_hash(&fields, "ja3s", tls->ja3s);
	eve_put_string(&fields, "ja4", tls->ja4);
	eve_put_text(&fields, "alpn", tls->alpn);
	if (tls->has_certificate)
		fields_put(&fields, "self_signed", json_boolean(tls->is_self_signed));
	return fields_end(&fields);
}

json_t *eve_quic(const struct app_tls *tls)
{
	struct fields fields;

	fields_begin(&fields);
	eve_put_text(&fields, "sni", tls->sni);
	put_hash(&fields, "ja3", tls->ja3);
	eve_put_string(&fields, "ja4", tls->ja4);
	eve_put_text(&fields, "alpn", tls->alpn);
	return fields_end(&fields);
}

/* The parser does not keep the version; whoever has a HASSH speaks 2.0. */
static json_t *ssh_side(const char *version, struct app_text software, const char *hassh)
{
	struct fields fields;

	fields_begin(&fields);
	if (version[0])
		fields_put(&fields, "proto_version",
			eve_text((struct app_text){ version, (uint32_t)strlen(version) }));
	eve_put_text(&fields, "software_version", software);
	put_hash(&fields, "hassh", hassh);
	return fields_end(&fields);
}

json_t *eve_ssh(const struct app_ssh *ssh)
{
	struct fields fields;

	fields_begin(&fields);
	if (ssh->client.len)
		fields_put(&fields, "client", ssh_side(ssh->version[0], ssh->client, ssh->hassh));
	if (ssh->server.len)
		fields_put(&fields, "server",
			ssh_side(ssh->version[1], ssh->server, ssh->hassh_server));
	return fields_end(&fields);
}

json_t *eve_login(const struct app_login *login)
{
	static const char *const results[] = { [LOGIN_UNKNOWN] = "unknown",
		[LOGIN_FAILED] = "failed",
		[LOGIN_SUCCEEDED] = "succeeded" };
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "result", json_string(results[login->result]));
	eve_put_text(&fields, "user", login->user);
	fields_put(&fields, "tries", value_count(login->tries));
	fields_put(&fields, "guessed", json_boolean(login->is_guessed));
	return fields_end(&fields);
}

json_t *eve_smtp(const struct app_smtp *smtp)
{
	struct fields fields;

	fields_begin(&fields);
	eve_put_text(&fields, "helo", smtp->helo);
	eve_put_text(&fields, "mail_from", smtp->from);
	if (smtp->to.len)
		fields_put(&fields, "rcpt_to", json_pack("[o]", eve_text(smtp->to)));
	fields_put(&fields, "recipients", value_count(smtp->recipients));
	if (smtp->reply)
		fields_put(&fields, "reply", json_integer(smtp->reply));
	fields_put(&fields, "rejects", value_count(smtp->rejects));
	fields_put(&fields, "tls", json_boolean(smtp->is_tls));
	return fields_end(&fields);
}

json_t *eve_email(const struct app_smtp *smtp)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "status", json_string("PARSE_DONE"));
	eve_put_text(&fields, "subject", smtp->subject);
	eve_put_text(&fields, "x_mailer", smtp->agent);
	fields_put(&fields, "size", value_count(smtp->bytes));
	return fields_end(&fields);
}

json_t *eve_ftp(const struct app_ftp *ftp)
{
	bool is_password = app_text_is(ftp->command, "PASS");
	struct fields fields;
	char code[8];

	fields_begin(&fields);
	eve_put_text(&fields, "command", ftp->command);
	if (!is_password)
		eve_put_text(&fields, "command_data", ftp->argument);
	if (ftp->reply) {
		snprintf(code, sizeof(code), "%u", ftp->reply);
		fields_put(&fields, "completion_code", json_pack("[s]", code));
	}
	fields_put(&fields, "reply_received", json_string(ftp->reply ? "yes" : "no"));
	return fields_end(&fields);
}

json_t *eve_irc(const struct app_irc *irc)
{
	static const char *const words[] = { [IRC_REGISTER] = "register",
		[IRC_WELCOME] = "welcome",
		[IRC_JOIN] = "join",
		[IRC_TOPIC] = "topic",
		[IRC_MESSAGE] = "message",
		[IRC_PING] = "ping",
		[IRC_QUIT] = "quit" };
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "what", json_string(words[irc->what]));
	eve_put_text(&fields, "nick", irc->nick);
	eve_put_text(&fields, "user", irc->user);
	fields_put(&fields, "has_password", json_boolean(irc->password.len > 0));
	eve_put_text(&fields, "channel", irc->channel);
	eve_put_text(&fields, "text", irc->text);
	fields_put(&fields, "from_server", json_boolean(irc->is_from_server));
	return fields_end(&fields);
}

json_t *eve_stratum(const struct app_stratum *stratum)
{
	static const char *const words[] = { [STRATUM_LOGIN] = "login",
		[STRATUM_JOB] = "job",
		[STRATUM_DIFFICULTY] = "difficulty",
		[STRATUM_SHARE] = "share",
		[STRATUM_RESULT] = "result" };
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "what", json_string(words[stratum->what]));
	eve_put_text(&fields, "method", stratum->method);
	eve_put_text(&fields, "worker", stratum->worker);
	eve_put_text(&fields, "agent", stratum->agent);
	eve_put_text(&fields, "algorithm", stratum->algorithm);
	eve_put_text(&fields, "pool", stratum->pool);
	eve_put_text(&fields, "dialect", stratum->dialect);
	if (stratum->difficulty > 0)
		fields_put(&fields, "difficulty", value_number(stratum->difficulty, 3));
	if (stratum->rate_hps > 0)
		fields_put(&fields, "rate_hps", value_number(stratum->rate_hps, 1));
	if (stratum->what == STRATUM_RESULT)
		fields_put(&fields, "accepted", json_boolean(stratum->is_accepted));
	return fields_end(&fields);
}

json_t *eve_socks(const struct app_socks *socks)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "version", json_integer(socks->version));
	eve_put_text(&fields, "user", socks->user);
	eve_put_text(&fields, "host", socks->host);
	if (!addr_is_zero(&socks->addr))
		fields_put(&fields, "address", value_address(&socks->addr, 128));
	fields_put(&fields, "port", value_port(socks->port));
	fields_put(&fields, "granted", json_boolean(socks->is_granted));
	return fields_end(&fields);
}

static const char *hex_of(struct app_text bytes, char out[HEX_TEXT])
{
	size_t n = 0;

	for (uint32_t i = 0; i < bytes.len && n + 3 < HEX_TEXT; i++)
		n += (size_t)snprintf(
			out + n, HEX_TEXT - n, "%02x", (unsigned)(uint8_t)bytes.at[i]);
	out[n] = '\0';
	return out;
}

json_t *eve_p2p(const struct app_p2p *p2p)
{
	struct fields fields;
	char text[HEX_TEXT];

	fields_begin(&fields);
	eve_put_text(&fields, "what", p2p->what);
	eve_put_string(&fields, "id", hex_of(p2p->id, text));
	fields_put(&fields, "from_server", json_boolean(p2p->side == 1));
	fields_put(&fields, "odd", json_boolean(p2p->is_odd));
	return fields_end(&fields);
}

json_t *eve_rdp(const struct app_rdp *rdp)
{
	struct fields fields;

	fields_begin(&fields);
	fields_put(&fields, "event_type", json_string("initial_request"));
	eve_put_text(&fields, "cookie", rdp->cookie);
	fields_put(&fields, "protocols", value_count(rdp->protocols));
	fields_put(&fields, "tls", json_boolean(rdp->is_tls));
	return fields_end(&fields);
}

json_t *eve_host(const struct app_host *host)
{
	struct fields fields;
	char text[HEX_TEXT];

	fields_begin(&fields);
	if (!addr_is_zero(&host->addr))
		fields_put(&fields, "address", value_address(&host->addr, 128));
	if (host->has_mac)
		eve_put_string(&fields, "mac",
			with_colons(hex_of((struct app_text){ (const char *)host->mac, 6 }, text),
				12, false, (char[HEX_TEXT]){ 0 }));
	eve_put_text(&fields, "name", host->name);
	eve_put_text(&fields, "vendor", host->vendor);
	eve_put_text(&fields, "system", host->system);
	eve_put_text(&fields, "model", host->model);
	eve_put_text(&fields, "service", host->service);
	eve_put_string(&fields, "parameters", hex_of(host->parameters, text));
	return fields_end(&fields);
}
