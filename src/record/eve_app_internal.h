/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/eve_app_internal.h - what the files eve_app*.c share and nobody else. */
#ifndef WEIR_RECORD_EVE_APP_INTERNAL_H
#define WEIR_RECORD_EVE_APP_INTERNAL_H

#include "record/eve_app.h"
#include "record/json_value.h"

/* Puts the text when there is one. */
void eve_put_text(struct fields *fields, const char *key, struct app_text text);
void eve_put_string(struct fields *fields, const char *key, const char *text);
json_t *eve_text(struct app_text text);

/* The object under the event's own name. */
json_t *eve_flow(const struct app_flow *flow);
json_t *eve_http(const struct app_http *http);
json_t *eve_file(const struct app_file *file);
json_t *eve_dns(const struct app_dns *dns);
json_t *eve_tls(const struct app_tls *tls);
json_t *eve_quic(const struct app_tls *tls);
json_t *eve_ssh(const struct app_ssh *ssh);
json_t *eve_login(const struct app_login *login);
json_t *eve_smtp(const struct app_smtp *smtp);
json_t *eve_email(const struct app_smtp *smtp);
json_t *eve_ftp(const struct app_ftp *ftp);
json_t *eve_irc(const struct app_irc *irc);
json_t *eve_stratum(const struct app_stratum *stratum);
json_t *eve_socks(const struct app_socks *socks);
json_t *eve_p2p(const struct app_p2p *p2p);
json_t *eve_rdp(const struct app_rdp *rdp);
json_t *eve_host(const struct app_host *host);

#endif
