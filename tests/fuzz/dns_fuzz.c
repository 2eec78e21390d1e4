/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz/dns_fuzz.c - any datagram and any conversation, for the parsers of DNS; and the names that
 * come out, for the functions that take names apart.
 *
 * Input: one byte chooses: 0 a conversation as in play_fuzz.h, 1 a question, 2 an answer, 3 an
 * answer on another port; the rest is it. What must hold: names are texts without NUL, of at most
 * DNS_NAME_MAX bytes, and their registered part is a part of them; no more records than there is
 * room for.
 */
#include "app/dns.h"
#include "app/domain.h"
#include "fuzz/datagram_fuzz.h"
#include "fuzz/play_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct app_text text)
{
	char name[DNS_NAME_MAX + 1], label[64];
	const char *registered;

	datagram_require(text.len <= DNS_NAME_MAX);
	memcpy(name, text.at, text.len);
	name[text.len] = '\0';
	datagram_require(strlen(name) == text.len);
	registered = domain_registered(name);
	datagram_require(registered >= name && registered <= name + text.len);
	domain_likelihood(domain_label(name, label, sizeof(label)));
	domain_is_technical(name);
	domain_has_known_suffix(name);
}

static void check(void *context, const struct app_event *event)
{
	datagram_look(context, event);
	datagram_require(event->type == APP_DNS && event->dns.listed <= DNS_ANSWERS);
	datagram_require(event->dns.listed <= event->dns.answer_count);
	check_name(event->dns.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned what;

	if (size == 0)
		return 0;
	what = data[0] % 4;
	if (what == 0) {
		play_recognise(&parser_dns_tcp, data + 1, size - 1);
		play_fuzz(&parser_dns_tcp, data + 1, size - 1);
	} else {
		datagram_fuzz(
			&datagram_dns, what != 1, what == 3 ? 5300 : 53, data + 1, size - 1, check);
	}
	return 0;
}
