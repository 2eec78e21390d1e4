/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/log.c - see log.h.
 *
 * The block is three queues, one a class. A record holds the event as far as its type needs it,
 * then the bytes of its texts, whose pointers point there. Times only go forward within a log, so
 * reading all logs in order is a merge: of the queues by number, of the logs by a heap.
 */
#include "app/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/pages.h"

#define TEXT_MAX 4096
#define TEXTS_MAX 13
#define LOGS_MAX 256

/* Share of the block in eighths. */
enum class { CLASS_FLOWS, CLASS_DATAGRAMS, CLASS_STREAMS, CLASSES };
static const unsigned class_eighths[CLASSES] = { 2, 2, 4 };

struct record {
	uint32_t size; /* with the texts; a multiple of 8 */
	uint32_t pad;
	uint64_t number;
	struct app_event event; /* as much of it as there is */
};

struct queue {
	uint8_t *bytes;
	size_t size, filled, read;
};

struct app_log {
	struct queue queues[CLASSES];
	uint8_t *block;
	size_t size;
	int64_t last_ns;
	uint64_t number;
	struct app_log_stats stats;
};

#define END(member) (offsetof(struct app_event, member) + sizeof(((struct app_event *)0)->member))
#define AT(field) offsetof(struct app_event, field)

/* Bytes of an event of each type, and where its texts are; a 0 ends them. */
static const struct shape {
	uint16_t size;
	uint16_t class;
	uint16_t texts[TEXTS_MAX + 1];
} shapes[APP_EVENT_TYPES] = {
	[APP_CONNECT] = { END(connect), CLASS_FLOWS, { 0 } },
	[APP_REFUSED] = { END(connect), CLASS_FLOWS, { 0 } },
	[APP_BURST] = { END(burst), CLASS_FLOWS, { 0 } },
	[APP_EXCHANGE] = { END(exchange), CLASS_FLOWS, { 0 } },
	[APP_FLOW] = { END(flow_end), CLASS_FLOWS, { 0 } },
	[APP_HTTP] = { END(http), CLASS_STREAMS,
		{ AT(http.method), AT(http.host), AT(http.uri), AT(http.user_agent),
			AT(http.referer), AT(http.content_type), AT(http.cookie),
			AT(http.response_type), AT(http.server), AT(http.location), AT(http.body),
			AT(http.header_order) } },
	[APP_FILE] = { END(file), CLASS_STREAMS,
		{ AT(file.url), AT(file.name), AT(file.declared_type), AT(file.first) } },
	[APP_DNS] = { END(dns), CLASS_DATAGRAMS, { AT(dns.name) } },
	[APP_TLS] = { END(tls), CLASS_STREAMS,
		{ AT(tls.sni), AT(tls.alpn), AT(tls.subject), AT(tls.issuer), AT(tls.serial) } },
	[APP_QUIC] = { END(tls), CLASS_DATAGRAMS,
		{ AT(tls.sni), AT(tls.alpn), AT(tls.subject), AT(tls.issuer), AT(tls.serial) } },
	[APP_SSH] = { END(ssh), CLASS_STREAMS, { AT(ssh.client), AT(ssh.server) } },
	[APP_LOGIN] = { END(login), CLASS_STREAMS, { AT(login.user) } },
	[APP_SMTP] = { END(smtp), CLASS_STREAMS,
		{ AT(smtp.helo), AT(smtp.from), AT(smtp.to), AT(smtp.subject), AT(smtp.agent) } },
	[APP_FTP] = { END(ftp), CLASS_STREAMS, { AT(ftp.command), AT(ftp.argument) } },
	[APP_IRC] = { END(irc), CLASS_STREAMS,
		{ AT(irc.nick), AT(irc.user), AT(irc.password), AT(irc.channel), AT(irc.text) } },
	[APP_STRATUM] = { END(stratum), CLASS_STREAMS,
		{ AT(stratum.method), AT(stratum.worker), AT(stratum.password), AT(stratum.agent),
			AT(stratum.algorithm), AT(stratum.pool), AT(stratum.dialect) } },
	[APP_SOCKS] = { END(socks), CLASS_STREAMS, { AT(socks.user), AT(socks.host) } },
	[APP_P2P] = { END(p2p), CLASS_DATAGRAMS, { AT(p2p.what), AT(p2p.id) } },
	[APP_RDP] = { END(rdp), CLASS_STREAMS, { AT(rdp.cookie) } },
	[APP_HOST] = { END(host), CLASS_DATAGRAMS,
		{ AT(host.name), AT(host.vendor), AT(host.system), AT(host.model), AT(host.service),
			AT(host.parameters) } },
	[APP_LOOKS] = { END(looks), CLASS_STREAMS, { AT(looks.text) } },
};

int app_log_open(size_t bytes, struct app_log **ret_log)
{
	struct app_log *log = calloc(1, sizeof(*log));
	size_t eighth = bytes / 64 * 8, at = 0;

	if (!log)
		return -ENOMEM;
	log->size = eighth * 8;
	log->last_ns = INT64_MIN;
	log->block = pages_take(log->size, false);
	if (!log->block) {
		free(log);
		return -ENOMEM;
	}
	for (unsigned c = 0; c < CLASSES; c++) {
		log->queues[c].bytes = log->block + at;
		log->queues[c].size = eighth * class_eighths[c];
		at += log->queues[c].size;
	}
	*ret_log = log;
	return 0;
}

void app_log_close(struct app_log *log)
{
	if (!log)
		return;
	pages_give(log->block, log->size);
	free(log);
}

static unsigned dns_listed(const struct app_event *event)
{
	return event->dns.listed < DNS_ANSWERS ? event->dns.listed : DNS_ANSWERS;
}

size_t app_event_size(const struct app_event *event)
{
	if (event->type != APP_DNS)
		return shapes[event->type].size;
	return offsetof(struct app_event, dns.answers) +
	       dns_listed(event) * sizeof(event->dns.answers[0]);
}

unsigned app_event_texts(struct app_event *event, struct app_text *list[APP_TEXTS_MAX])
{
	const uint16_t *at = shapes[event->type].texts;
	unsigned count = 0;

	for (; *at; at++)
		list[count++] = (struct app_text *)(void *)((uint8_t *)event + *at);
	if (event->type == APP_DNS)
		for (unsigned i = 0; i < dns_listed(event); i++)
			list[count++] = &event->dns.answers[i].data;
	return count;
}

static uint32_t text_len(const struct app_text *text)
{
	return text->len < TEXT_MAX ? text->len : TEXT_MAX;
}

/* Of the record it will be. */
static size_t record_size(const struct app_event *event)
{
	size_t size = offsetof(struct record, event) + app_event_size(event);
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned count = app_event_texts((struct app_event *)(uintptr_t)event, texts);

	for (unsigned i = 0; i < count; i++)
		size += text_len(texts[i]);
	return (size + 7) & ~(size_t)7;
}

/* Puts the texts behind the event of the record, and lets it point there. */
static void copy_texts(struct record *record)
{
	struct app_text *texts[APP_TEXTS_MAX];
	unsigned count = app_event_texts(&record->event, texts);
	uint8_t *at = (uint8_t *)&record->event + app_event_size(&record->event);

	for (unsigned i = 0; i < count; i++) {
		struct app_text *text = texts[i];

		text->len = text_len(text);
		if (text->len > 0)
			memcpy(at, text->at, text->len);
		text->at = (const char *)at;
		at += text->len;
	}
}

bool app_log_add(struct app_log *log, const struct app_event *event)
{
	struct queue *queue = &log->queues[shapes[event->type].class];
	struct record *record = (struct record *)(void *)(queue->bytes + queue->filled);
	size_t size = record_size(event);

	log->stats.events++;
	if (size > queue->size - queue->filled) {
		log->stats.lost++;
		return false;
	}
	memcpy(&record->event, event, app_event_size(event));
	if (record->event.time_ns < log->last_ns)
		record->event.time_ns = log->last_ns;
	log->last_ns = record->event.time_ns;
	record->size = (uint32_t)size;
	record->number = log->number++;
	copy_texts(record);
	queue->filled += size;
	return true;
}

/* The next record of the log that was not read; NULL: none is left. */
static const struct record *next_record(const struct app_log *log, struct queue **ret_queue)
{
	const struct record *next = NULL;

	for (unsigned c = 0; c < CLASSES; c++) {
		const struct queue *queue = &log->queues[c];
		const struct record *record = (const void *)(queue->bytes + queue->read);

		if (queue->read < queue->filled && (!next || record->number < next->number)) {
			next = record;
			*ret_queue = (struct queue *)(uintptr_t)queue;
		}
	}
	return next;
}

/* A log with something left, in a heap by time and place in the list. */
struct turn {
	int64_t time_ns;
	unsigned log;
};

static bool is_before(const struct turn *a, const struct turn *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->log < b->log;
}

static void sift_down(struct turn *heap, unsigned count, unsigned at)
{
	for (;;) {
		unsigned least = at, left = at * 2 + 1;

		if (left < count && is_before(&heap[left], &heap[least]))
			least = left;
		if (left + 1 < count && is_before(&heap[left + 1], &heap[least]))
			least = left + 1;
		if (least == at)
			return;
		struct turn other = heap[at];

		heap[at] = heap[least];
		heap[least] = other;
		at = least;
	}
}

static void give(
	const struct record *record, void (*take)(void *, const struct app_event *), void *context)
{
	struct app_event event;
	size_t size = app_event_size(&record->event);

	memcpy(&event, &record->event, size);
	if (event.type == APP_DNS)
		memset((uint8_t *)&event + size, 0, END(dns) - size);
	take(context, &event);
}

static unsigned make_heap(struct app_log *const *logs, unsigned count, struct turn *heap)
{
	unsigned waiting = 0;
	struct queue *queue;

	for (unsigned i = 0; i < count; i++) {
		const struct record *record = next_record(logs[i], &queue);

		if (record)
			heap[waiting++] = (struct turn){ record->event.time_ns, i };
	}
	for (unsigned i = waiting / 2; i-- > 0;)
		sift_down(heap, waiting, i);
	return waiting;
}

static void drain_some(struct app_log *const *logs, unsigned count,
	void (*take)(void *context, const struct app_event *event), void *context)
{
	struct turn heap[LOGS_MAX];
	unsigned waiting = make_heap(logs, count, heap);

	while (waiting > 0) {
		struct app_log *log = logs[heap[0].log];
		struct queue *queue = NULL;
		const struct record *record = next_record(log, &queue);

		give(record, take, context);
		queue->read += record->size;
		record = next_record(log, &queue);
		if (record)
			heap[0].time_ns = record->event.time_ns;
		else
			heap[0] = heap[--waiting];
		sift_down(heap, waiting, 0);
	}
	for (unsigned i = 0; i < count; i++)
		for (unsigned c = 0; c < CLASSES; c++)
			logs[i]->queues[c].filled = logs[i]->queues[c].read = 0;
}

void app_logs_drain(struct app_log *const *logs, unsigned count,
	void (*take)(void *context, const struct app_event *event), void *context)
{
	/* There are as many logs as lanes; more than fit the heap are read in parts. */
	for (unsigned from = 0; from < count; from += LOGS_MAX)
		drain_some(logs + from, count - from < LOGS_MAX ? count - from : LOGS_MAX, take,
			context);
}

void app_log_stats_add(const struct app_log *log, struct app_log_stats *stats)
{
	stats->events += log->stats.events;
	stats->lost += log->stats.lost;
}
