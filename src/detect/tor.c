/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/tor.c - bot.tor: a host of ours is a client of the Tor network.
 *
 * Tor hides in TLS but makes up its names (tor, src/lib/crypt_ops: crypto_random_hostname()): the
 * SNI is www.RANDOM.com, RANDOM being 4 to 25 letters of base32 (a-z2-7); the certificate of a
 * relay before TLS 1.3 has nothing but CN=www.RANDOM.net, its issuer nothing but CN=www.RANDOM.com.
 * Each connection has another one, and a client opens several, to several relays. Besides: cells of
 * 514 bytes in the first messages, a look-up of a .onion name (which never should leave Tor), and
 * the directory by plain HTTP (/tor/…).
 *
 * Tor is no bot; people have reasons to use it. But ransomware and stealers ship with it, and who
 * runs a network wants to know. So one sign alone is at most low.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/domain.h"
#include "app/tls_certificate.h"
#include "detect/bot.h"
#include "detect/detectors.h"
#include "lib/keyed.h"

#define TOR_PLACES 1024
#define RELAYS_MAX 8
#define LABEL_MIN 4 /* tor, MIN_HOSTNAME… of its callers: 8 to 20 now, 4 to 25 before */
#define LABEL_MAX 25
#define RANDOM_BITS (-4.7) /* weir: names that people chose are above; see domain.h */
#define FORGET_NS (3600 * NS_PER_S)
/* RELAY and other cells: 514 bytes since link protocol 4, and 512 before (tor-spec 3); a record of
 * TLS adds 22 (1.3), 24 to 29 (1.2, GCM or ChaCha20) or 30 and more (CBC, which tor split). */
#define CELL 514
#define RECORD_MIN 22
#define RECORD_MAX 72

enum sign {
	SIGN_NAME = 1 << 0,
	SIGN_CERTIFICATE = 1 << 1,
	SIGN_CELLS = 1 << 2,
	SIGN_DIRECTORY = 1 << 3,
	SIGN_ONION = 1 << 4,
};

/* A host of ours. */
struct tor_host {
	struct keyed_head head;
	struct addr addr;
	struct addr relays[RELAYS_MAX]; /* with one of the first two signs */
	unsigned relay_count;
	unsigned signs; /* enum sign bits, of the last hour */
	int64_t told_ns, last_ns;
	uint64_t flows[RELAYS_MAX]; /* whose sizes are awaited */
	unsigned flow_at;
};

struct tor_state {
	const struct networks *networks;
	struct keyed hosts;
};

/* www.RANDOM.end, as tor makes it up. A digit within tells it from words, as does likelihood. */
static bool is_random_name(const char *name, const char *end)
{
	char label[LABEL_MAX + 1];
	size_t len = strlen(name), end_len = strlen(end), digits = 0;

	if (len < 4 + LABEL_MIN + end_len || len > 4 + LABEL_MAX + end_len ||
		strncmp(name, "www.", 4) != 0 || strcmp(name + len - end_len, end) != 0)
		return false;
	len -= 4 + end_len;
	memcpy(label, name + 4, len);
	label[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!((label[i] >= 'a' && label[i] <= 'z') || (label[i] >= '2' && label[i] <= '7')))
			return false;
		digits += label[i] <= '9';
	}
	return domain_likelihood(label) < RANDOM_BITS && (digits > 0 || len >= 8);
}

/* The name is a common name and nothing else. */
static bool is_random_subject(struct app_text text, const char *end)
{
	char name[LABEL_MAX + 16];

	if (text.len < 4 || text.len >= sizeof(name) || memcmp(text.at, "CN=", 3) != 0)
		return false;
	memcpy(name, text.at + 3, text.len - 3);
	name[text.len - 3] = '\0';
	return is_random_name(name, end);
}

static unsigned signs_of(const struct app_tls *tls)
{
	char sni[LABEL_MAX + 16];
	unsigned signs = 0;

	if (tls->sni.len < sizeof(sni)) {
		app_text_clean(tls->sni, sni, sizeof(sni));
		if (is_random_name(sni, ".com"))
			signs |= SIGN_NAME;
	}
	if (tls->has_certificate && !tls->is_self_signed &&
		is_random_subject(tls->subject, ".net") && is_random_subject(tls->issuer, ".com"))
		signs |= SIGN_CERTIFICATE;
	return signs;
}

static bool is_cells(uint32_t len)
{
	uint32_t cells = (len + CELL - 1) / (CELL + RECORD_MIN);

	for (; cells > 0; cells--) {
		uint32_t rest = len >= cells * CELL ? len - cells * CELL : 0;

		if (rest >= RECORD_MIN && rest <= RECORD_MAX)
			return true;
	}
	return false;
}

/* Of the first messages after the handshake (its own are two a side) one is a few cells. */
static bool has_cells(const struct app_rhythm *rhythm)
{
	unsigned alike = 0;

	for (unsigned i = 2; i < RHYTHM_FIRST; i++)
		alike += is_cells(rhythm->first[0][i]);
	return alike >= 2;
}

static float confidence_of(const struct tor_host *host)
{
	bool is_odd_tls = host->signs & (SIGN_NAME | SIGN_CERTIFICATE);

	if (host->signs & SIGN_DIRECTORY)
		return is_odd_tls ? 0.95F : 0.75F;
	if (host->signs & SIGN_CERTIFICATE)
		return host->relay_count > 1 ? 0.95F : 0.85F;
	if ((host->signs & SIGN_NAME) && host->relay_count >= 3)
		return 0.85F;
	if ((host->signs & SIGN_NAME) && host->relay_count == 2)
		return host->signs & SIGN_CELLS ? 0.8F : 0.65F;
	if (is_odd_tls)
		return host->signs & SIGN_CELLS ? 0.55F : 0.4F;
	return 0.4F; /* a .onion name */
}

static const char *reason_of(const struct tor_host *host)
{
	if (host->signs & SIGN_CERTIFICATE)
		return "TLS with the made-up certificates of Tor relays";
	if (host->signs & SIGN_DIRECTORY)
		return "fetches Tor's directory";
	if (host->signs & SIGN_NAME)
		return "TLS with made-up server names, as Tor's";
	return "asks for a name that exists only within Tor";
}

static void tell(struct tor_host *host, const struct app_event *event,
	const struct parties *parties, struct app_text name, struct findings *findings)
{
	struct finding finding = bot_finding(
		KIND_BOT_TOR, "tor", parties, event->time_ns, confidence_of(host), reason_of(host));

	/* A relay passes on what others say: nobody's controller, and there are thousands. */
	finding.to_role = ROLE_COUNT;
	finding.family = "tor";
	finding.port = event->key.port[1];
	finding.proto = event->key.proto;
	finding.observed = host->relay_count;
	finding.expected = 1;
	bot_evidence(&finding, "relays", "addresses", host->relay_count);
	app_text_clean(name, finding.name, sizeof(finding.name));
	if (event->type == APP_TLS && event->tls.has_certificate) {
		char subject[80], issuer[80];

		bot_detail(&finding, "certificate %s of %s",
			app_text_clean(event->tls.subject, subject, sizeof(subject)),
			app_text_clean(event->tls.issuer, issuer, sizeof(issuer)));
	}
	finding_add(findings, &finding);
}

static struct tor_host *host_of(struct tor_state *s, const struct addr *addr, int64_t now_ns)
{
	struct tor_host *host = keyed_take(&s->hosts, addr, keyed_weight(now_ns, 1));

	if (!host)
		return NULL;
	if (now_ns - host->last_ns > FORGET_NS) {
		host->signs = 0;
		host->relay_count = 0;
	}
	host->last_ns = now_ns;
	host->head.weight = keyed_weight(now_ns, 1);
	return host;
}

static void note_relay(struct tor_host *host, const struct addr *relay)
{
	for (unsigned i = 0; i < host->relay_count; i++)
		if (addr_equal(&host->relays[i], relay))
			return;
	if (host->relay_count < RELAYS_MAX)
		host->relays[host->relay_count++] = *relay;
}

static void see(struct tor_state *s, const struct app_event *event, unsigned signs,
	struct app_text name, struct findings *findings)
{
	struct parties parties = parties_of(s->networks, &event->key);
	struct tor_host *host;

	/* A relay or a mirror of ours, and what ours do with one another: nobody's bot. */
	if (signs == 0 || parties.inside_side != 0)
		return;
	host = host_of(s, &parties.inside, event->time_ns);
	if (!host)
		return;
	host->signs |= signs;
	if (signs & (SIGN_NAME | SIGN_CERTIFICATE)) {
		note_relay(host, &parties.outside);
		host->flows[host->flow_at++ % RELAYS_MAX] = event->flow;
	}
	if (bot_is_due(&host->told_ns, event->time_ns))
		tell(host, event, &parties, name, findings);
}

/* The sizes of a conversation that looked like Tor's. */
static void see_flow(struct tor_state *s, const struct app_event *event, struct findings *findings)
{
	struct tor_host *host = s->hosts.count ? keyed_find(&s->hosts, &event->key.addr[0]) : NULL;

	if (!host || !(host->signs & (SIGN_NAME | SIGN_CERTIFICATE)) ||
		!has_cells(&event->flow_end.rhythm))
		return;
	for (unsigned i = 0; i < RELAYS_MAX; i++)
		if (host->flows[i] == event->flow && event->flow != 0) {
			struct app_text none = { 0 };

			host->flows[i] = 0;
			see(s, event, SIGN_CELLS, none, findings);
			return;
		}
}

/* dir-spec: /tor/status-vote/…, /tor/server/…, /tor/micro/…, /tor/keys/… */
static bool is_directory(const struct app_http *http)
{
	static const char *const paths[] = { "/tor/status-vote/", "/tor/server/", "/tor/micro/",
		"/tor/keys/", "/tor/extra/" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		size_t len = strlen(paths[i]);

		if (http->uri.len > len && memcmp(http->uri.at, paths[i], len) == 0)
			return true;
	}
	return false;
}

static bool is_onion(struct app_text name)
{
	return name.len > 6 && memcmp(name.at + name.len - 6, ".onion", 6) == 0;
}

static void tor_event(void *state, const struct app_event *event, struct findings *findings)
{
	switch (event->type) {
	case APP_TLS:
		see(state, event, signs_of(&event->tls), event->tls.sni, findings);
		break;
	case APP_HTTP:
		if (is_directory(&event->http))
			see(state, event, SIGN_DIRECTORY, event->http.host, findings);
		break;
	case APP_DNS:
		if (is_onion(event->dns.name))
			see(state, event, SIGN_ONION, event->dns.name, findings);
		break;
	case APP_FLOW:
		see_flow(state, event, findings);
		break;
	default:
		break;
	}
}

static int tor_init(void *state, const struct detector_env *env)
{
	struct tor_state *s = state;

	*s = (struct tor_state){ .networks = env->networks };
	return keyed_open(
		&s->hosts, TOR_PLACES, sizeof(struct tor_host), sizeof(struct addr), env->seed);
}

static void tor_losses(const void *state, struct losses *losses)
{
	const struct tor_state *s = state;

	losses->uncounted += s->hosts.refused;
	losses->forgotten += s->hosts.evicted;
}

static void tor_close(void *state)
{
	keyed_close(&((struct tor_state *)state)->hosts);
}

const struct detector detector_tor = {
	.name = "tor",
	.state_size = sizeof(struct tor_state),
	.init = tor_init,
	.event = tor_event,
	.losses = tor_losses,
	.close = tor_close,
};
