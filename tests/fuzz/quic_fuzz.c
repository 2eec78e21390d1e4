/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/quic_fuzz.c - any bytes as a datagram that may be QUIC.
 *
 * As nothing but what was sealed with the right keys gets beyond the header, hellos and frames are
 * reached by tls_fuzz and by quic_test.
 */
#include <stdint.h>
#include <stdlib.h>

#include "app/log.h"
#include "app/parser.h"
#include "app/tls_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void ignore(void *context, const struct app_event *event)
{
	(void)context;
	(void)event;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct app_log *log;
	struct pkt pkt = { .ip_version = 4 };
	struct parse parse = { .now_ns = 1 };
	struct tls_hello hello;
	char ja4[JA4_SIZE];

	if (!log && app_log_open(65536, &log) < 0)
		abort();
	parse.log = log;
	datagram_quic.see(&parse, &pkt, bytes, len);
	if (tls_client_hello_read(bytes, len, &hello))
		tls_ja4(&hello, 'q', ja4);
	app_logs_drain(&log, 1, ignore, NULL);
	return 0;
}
