/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/quic_fuzz.c - any datagrams of one client and its server that may be QUIC.
 *
 * Input: pieces. A byte (bits 0-1: which of four ids the packet calls the server by, bits 2-3:
 * from which of them its keys follow, bit 4: version 2, bit 5: the bytes are the datagram, else
 * they are frames, which are sealed; bit 6: time passes, bit 7: the server sends), the length (2
 * bytes, big-endian), the bytes. What must hold: no more is collected than may be, nothing is left
 * at the end, and no more is told than there were datagrams.
 */
#include "app/quic_table.h"
#include "app/quic_test_bytes.h"
#include "app/tls_hello.h"
#include "fuzz/datagram_fuzz.h"
#include "lib/rd.h"

#define ID_BYTES 8
#define DATAGRAM 1200

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const ids[] = { "ABCDEFGH", "IJKLMNOP", "QRSTUVWX", "weirweir" };

struct scene {
	struct parse parse;
	unsigned datagrams, events, sum;
};

static void count(void *context, const struct app_event *event)
{
	struct scene *scene = context;

	scene->events++;
	datagram_look(&scene->sum, event);
}

static void see(struct scene *scene, unsigned side, const uint8_t *bytes, size_t len)
{
	struct pkt pkt = { .payload_len = (uint32_t)len,
		.payload_wire_len = (uint32_t)len,
		.side = (uint8_t)side,
		.ip_version = 4 };
	uint8_t *copy = malloc(len + !len);

	datagram_require(copy != NULL);
	if (len)
		memcpy(copy, bytes, len);
	scene->datagrams++;
	datagram_quic.see(&scene->parse, &pkt, copy, len);
	free(copy);
}

/* The server's Initial: what matters of it is the id that it gives. */
static void see_server(struct scene *scene, uint8_t head)
{
	uint8_t bytes[6 + 1 + ID_BYTES] = { (uint8_t)(0xc0 | (head & 0x0c) << 2), 0, 0, 0, 1, 0,
		ID_BYTES };

	memcpy(bytes + 7, ids[head & 3], ID_BYTES);
	see(scene, 1, bytes, sizeof(bytes));
}

static void see_sealed(struct scene *scene, uint8_t head, const uint8_t *frames, size_t len)
{
	uint8_t datagram[QUIC_SEAL_MAX];
	struct quic_seal seal = { .version = head & 0x10 ? QUIC_VERSION_2 : QUIC_VERSION_1,
		.id = ids[head & 3],
		.key_id = ids[head >> 2 & 3],
		.id_len = ID_BYTES,
		.key_id_len = ID_BYTES,
		.number = scene->datagrams,
		.size = DATAGRAM };

	quic_seal(&seal, frames, len, datagram);
	see(scene, 0, datagram, DATAGRAM);
}

static void play_piece(struct scene *scene, struct rd *rd)
{
	uint8_t head = rd_u8(rd);
	size_t len = rd_be16(rd);
	const uint8_t *bytes;

	if (len > rd_left(rd))
		len = rd_left(rd);
	bytes = rd_bytes(rd, len);
	if (head & 0x40) {
		scene->parse.now_ns += NS_PER_S;
		quic_table_turn(scene->parse.quic, scene->parse.log, scene->parse.now_ns, false);
	}
	if (head & 0x20)
		see(scene, head >> 7, bytes, len);
	else if (head & 0x80)
		see_server(scene, head);
	else
		see_sealed(scene, head, bytes, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct scene scene = { .parse = { .now_ns = 1, .flow = 77 } };
	struct rd rd = rd_over(bytes, len);
	struct blocks *blocks;
	struct tls_hello hello;
	char ja4[JA4_SIZE];

	datagram_require(blocks_open(256U << 10, &blocks) == 0 &&
			 app_log_open(1U << 20, &scene.parse.log) == 0 &&
			 quic_table_open(blocks, NULL, &scene.parse.quic) == 0);
	while (rd_left(&rd) >= 3) {
		play_piece(&scene, &rd);
		datagram_require(blocks_used(blocks) <= 8192);
	}
	datagram_require(scene.parse.quic->stats.opened <= 8 * (uint64_t)scene.datagrams);
	quic_table_turn(scene.parse.quic, scene.parse.log, scene.parse.now_ns, true);
	datagram_require(blocks_used(blocks) == 0);
	app_logs_drain(&scene.parse.log, 1, count, &scene);
	datagram_require(scene.events <= scene.datagrams);
	if (tls_client_hello_read(bytes, len, &hello))
		tls_ja4(&hello, 'q', ja4);
	quic_table_close(scene.parse.quic);
	app_log_close(scene.parse.log);
	blocks_close(blocks);
	return 0;
}
