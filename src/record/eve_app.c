/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/eve_app.c - the head of an EVE event, and which object goes below it; see eve_app.h. The
 * objects are in eve_app_flow.c (what most conversations are) and eve_app_other.c.
 *
 * src is the client, as in Suricata's logs of transactions; of a file it is who sent it.
 */
#include "record/eve_app_internal.h"

#define TEXT_BYTES 1024 /* of one text; weir: a line stays below 32 KiB */

/* Suricata's flow_id has 51 bits, so that JavaScript can hold it. */
#define FLOW_ID_MASK 0x0007ffffffffffffULL

json_t *eve_text(struct app_text text)
{
	char clean[TEXT_BYTES];

	return json_string(app_text_clean(text, clean, sizeof(clean)));
}

void eve_put_text(struct fields *fields, const char *key, struct app_text text)
{
	if (text.len > 0)
		fields_put(fields, key, eve_text(text));
}

void eve_put_string(struct fields *fields, const char *key, const char *text)
{
	if (text[0])
		fields_put(fields, key, value_text(text));
}

bool eve_app_is_wanted(const struct conf *conf, const struct app_event *event)
{
	switch (event->type) {
	case APP_FLOW:
		return conf->events.flow == CONF_ON && event->flow_end.end != FLOW_END_ONGOING;
	case APP_HTTP:
		return conf->events.http == CONF_ON;
	case APP_FILE:
		return conf->events.fileinfo == CONF_ON;
	case APP_DNS:
		return conf->events.dns == CONF_ON;
	case APP_TLS:
	case APP_QUIC:
		return conf->events.tls == CONF_ON;
	case APP_SSH:
		return conf->events.ssh == CONF_ON;
	case APP_SMTP:
		return conf->events.smtp == CONF_ON;
	case APP_FTP:
		return conf->events.ftp == CONF_ON;
	case APP_IRC:
	case APP_STRATUM:
	case APP_SOCKS:
	case APP_P2P:
	case APP_RDP:
	case APP_LOGIN:
	case APP_HOST:
		return conf->events.other == CONF_ON;
	default:
		return false;
	}
}

bool eve_app_has_any(const struct conf *conf)
{
	return conf->events.flow == CONF_ON || conf->events.http == CONF_ON ||
	       conf->events.fileinfo == CONF_ON || conf->events.dns == CONF_ON ||
	       conf->events.tls == CONF_ON || conf->events.ssh == CONF_ON ||
	       conf->events.smtp == CONF_ON || conf->events.ftp == CONF_ON ||
	       conf->events.other == CONF_ON;
}

/* What the event says of its conversation's protocol. */
static enum app_proto proto_of(const struct app_event *event)
{
	switch (event->type) {
	case APP_FLOW:
		return event->flow_end.proto;
	case APP_HTTP:
		return PROTO_HTTP;
	case APP_FILE:
		return event->file.proto;
	case APP_DNS:
		return PROTO_DNS;
	case APP_TLS:
		return PROTO_TLS;
	case APP_QUIC:
		return PROTO_QUIC;
	case APP_SSH:
		return PROTO_SSH;
	case APP_LOGIN:
		return event->login.proto;
	case APP_SMTP:
		return PROTO_SMTP;
	case APP_FTP:
		return PROTO_FTP;
	case APP_IRC:
		return PROTO_IRC;
	case APP_STRATUM:
		return PROTO_STRATUM;
	case APP_SOCKS:
		return PROTO_SOCKS;
	case APP_P2P:
		return event->p2p.proto;
	case APP_RDP:
		return PROTO_RDP;
	case APP_HOST:
		return event->host.proto;
	default:
		return PROTO_UNKNOWN;
	}
}

static json_t *object_of(const struct app_event *event)
{
	switch (event->type) {
	case APP_FLOW:
		return eve_flow(&event->flow_end);
	case APP_HTTP:
		return eve_http(&event->http);
	case APP_FILE:
		return eve_file(&event->file);
	case APP_DNS:
		return eve_dns(&event->dns);
	case APP_TLS:
		return eve_tls(&event->tls);
	case APP_QUIC:
		return eve_quic(&event->tls);
	case APP_SSH:
		return eve_ssh(&event->ssh);
	case APP_LOGIN:
		return eve_login(&event->login);
	case APP_SMTP:
		return eve_smtp(&event->smtp);
	case APP_FTP:
		return eve_ftp(&event->ftp);
	case APP_IRC:
		return eve_irc(&event->irc);
	case APP_STRATUM:
		return eve_stratum(&event->stratum);
	case APP_SOCKS:
		return eve_socks(&event->socks);
	case APP_P2P:
		return eve_p2p(&event->p2p);
	case APP_RDP:
		return eve_rdp(&event->rdp);
	case APP_HOST:
		return eve_host(&event->host);
	default:
		return NULL;
	}
}

static void put_ends(struct fields *fields, const struct app_event *event)
{
	const struct flow_key *key = &event->key;
	unsigned source = event->type == APP_FILE && event->file.side == 1;
	bool has_ports = key->port[0] != 0 || key->port[1] != 0;

	fields_put(fields, "src_ip", value_address(&key->addr[source], 128));
	if (has_ports)
		fields_put(fields, "src_port", json_integer(key->port[source]));
	fields_put(fields, "dest_ip", value_address(&key->addr[!source], 128));
	if (has_ports)
		fields_put(fields, "dest_port", json_integer(key->port[!source]));
	fields_put(fields, "proto", value_proto(key->proto));
	if (key->vlan)
		fields_put(fields, "vlan", json_pack("[i]", key->vlan));
}

json_t *eve_app(const struct app_event *event)
{
	enum app_proto proto = proto_of(event);
	json_t *object = object_of(event);
	struct fields fields;

	if (!object)
		return NULL;
	fields_begin(&fields);
	fields_put(&fields, "timestamp", value_time(event->time_ns));
	fields_put(&fields, "flow_id", json_integer((json_int_t)(event->flow & FLOW_ID_MASK)));
	fields_put(&fields, "event_type", json_string(app_event_names[event->type]));
	put_ends(&fields, event);
	if (proto != PROTO_UNKNOWN)
		fields_put(&fields, "app_proto", json_string(app_proto_names[proto]));
	fields_put(&fields, app_event_names[event->type], object);
	if (event->type == APP_SMTP && event->smtp.bytes > 0)
		fields_put(&fields, "email", eve_email(&event->smtp));
	return fields_end(&fields);
}
