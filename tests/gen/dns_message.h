/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/dns_message.h - DNS queries and answers (RFC 1035, EDNS RFC 6891).
 */
#ifndef WEIR_GEN_DNS_MESSAGE_H
#define WEIR_GEN_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define DNS_TYPE_A 1
#define DNS_TYPE_TXT 16
#define DNS_TYPE_ANY 255

/* A query for host `number` of example.net; at most 80 bytes. Returns its length. */
size_t dns_query(uint8_t *out, uint16_t id, uint32_t number, uint16_t type);

/* The answer to it, of bytes bytes at least: one address, or as many TXT records as it takes.
 * out has room for bytes + 300. Returns its length. */
size_t dns_answer(uint8_t *out, uint16_t id, uint32_t number, uint16_t type, size_t bytes);

#endif
