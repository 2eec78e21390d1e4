/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/tls_odd.c - bot.tls: TLS as programs speak it that were not made to be found.
 *
 * Of each handshake of ours with an outside server a few traits are weighed that sellers of
 * ordinary software and sites avoid and builders of bots do not: no server name to an address that
 * nobody looked up, a certificate signed by itself, with the sample names of a manual or of a
 * known remote-control kit, just made or valid for decades, with random names, and a ClientHello
 * (JA4) that no other host here sends. Traits, not proof: VPNs, printers, cameras, P2P and
 * messengers have up to three. So it is told from a score that needs four of them, and it is low
 * unless there are nearly all, or the certificate is a kit's own.
 *
 * The traits are those of Cisco's Joy/ETA work (Anderson, McGrew: "Identifying Encrypted Malware
 * Traffic with Contextual Flow Data", 2016: self-signed, validity, subject, ciphers) and of nDPI's
 * risks (TLS_MISSING_SNI, TLS_SELFSIGNED_CERTIFICATE, TLS_CERT_VALIDITY_TOO_LONG); the names of the
 * kits are their defaults as we know them, the families are called as abuse.ch calls them. The
 * weights are weir's.
 */
#include "detect/tls_odd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "app/domain.h"
#include "app/tls_certificate.h"
#include "detect/detectors.h"
#include "lib/hash.h"
#include "lib/keyed.h"

#define PAIR_PLACES 4096
#define PRINT_PLACES 4096
#define DAY_S 86400
#define LAN_MIN 5		    /* hosts, below which "nobody else" means nothing (census.h) */
#define LONG_S (10 * 366LL * DAY_S) /* nDPI: 13 months for CAs; devices sign for 10 years */
#define YOUNG_S (7LL * DAY_S)
#define RANDOM_BITS (-5.5) /* of at least RANDOM_LETTERS; see domain.h */
#define RANDOM_LETTERS 8
#define TOLD_FROM 0.55
#define CONFIDENCE_MAX 0.75

/* A JA4 and up to two hosts of ours that sent it. */
struct print {
	struct keyed_head head;
	uint64_t ja4; /* its hash */
	struct addr host;
	uint64_t is_shared;
};

struct pair_key {
	struct addr inside, outside;
};

struct pair {
	struct keyed_head head;
	struct pair_key key;
	int64_t told_ns;
};

struct tls_odd_state {
	const struct networks *networks;
	const struct census *census;
	uint64_t seed;
	struct keyed prints, pairs;
};

static const struct {
	unsigned trait;
	double weight;
	const char *words;
} traits[] = {
	{ TRAIT_TLS_BARE, 0.15, "no server name, to a bare address" },
	{ TRAIT_TLS_SELF_SIGNED, 0.15, "self-signed" },
	{ TRAIT_TLS_SAMPLE, 0.2, "sample names in the certificate" },
	{ TRAIT_TLS_YOUNG, 0.1, "made within a week" },
	{ TRAIT_TLS_LONG, 0.05, "valid for decades" },
	{ TRAIT_TLS_RANDOM, 0.2, "random names" },
	{ TRAIT_TLS_LONELY, 0.1, "a TLS client nobody else here uses" },
	{ TRAIT_TLS_PORT, 0.05, "an unusual port" },
};

/* What manuals and tools fill in for who does not care (openssl.cnf, IIS, mod_ssl, gists). */
static const char *const samples[] = { "O=Internet Widgits Pty Ltd", "O=Default Company Ltd",
	"L=Default City", "ST=Some-State", "O=Global Security,", "O=My Company", "O=Company Name",
	"O=Example", "CN=example.com", "CN=www.example.com", "O=Acme Co", "C=XX" };

/* Defaults of kits; family names as abuse.ch's. */
static const struct {
	const char *part;
	const char *family;
} kits[] = {
	{ "CN=AsyncRAT Server", "asyncrat" },
	{ "CN=Quasar Server CA", "quasar" },
	{ "CN=DcRat Server", "dcrat" },
	{ "CN=BitRAT", "bitrat" },
	{ "CN=VenomRAT", "venomrat" },
	{ "CN=Major Cobalt Strike", "cobaltstrike" },
	{ "O=cobaltstrike", "cobaltstrike" },
	{ "CN=OrcusServerCert", "orcus" },
	{ "CN=P18055077", "metasploit" },
};

static bool contains(struct app_text text, const char *part)
{
	return text.len > 0 && memmem(text.at, text.len, part, strlen(part)) != NULL;
}

const char *tls_odd_family(const struct app_tls *tls)
{
	for (size_t i = 0; i < sizeof(kits) / sizeof(kits[0]); i++)
		if (contains(tls->subject, kits[i].part) || contains(tls->issuer, kits[i].part))
			return kits[i].family;
	return NULL;
}

static bool is_sample(const struct app_tls *tls)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		if (contains(tls->subject, samples[i]))
			return true;
	return false;
}

static bool is_random(const char *name)
{
	char label[64];

	domain_label(name, label, sizeof(label));
	/* Without a dot it is the name of a machine, which Windows and others make up. */
	return strchr(name, '.') && strlen(label) >= RANDOM_LETTERS && !domain_is_technical(name) &&
	       domain_likelihood(label) < RANDOM_BITS;
}

/* A random name in the certificate counts only when nobody vouches for it by a name of his own. */
static bool has_random_name(const struct app_tls *tls, bool is_bare)
{
	char name[128];

	if (tls->sni.len > 0 && tls->sni.len < sizeof(name)) {
		app_text_clean(tls->sni, name, sizeof(name));
		if (is_random(name))
			return true;
	}
	if (!tls->has_certificate || !(tls->is_self_signed || is_bare))
		return false;
	return tls_name_part(tls->subject.at, tls->subject.len, "CN", name, sizeof(name)) > 0 &&
	       is_random(name);
}

/* What other software speaks TLS on, too (IANA). */
static bool is_usual_port(uint16_t port)
{
	static const uint16_t usual[] = { 443, 465, 563, 587, 636, 853, 989, 990, 992, 993, 994,
		995, 5061, 5222, 5223, 5228, 8443, 8883, 9443, 25, 110, 143, 21, 3389 };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i] == port)
			return true;
	return false;
}

static unsigned certificate_traits(const struct app_tls *tls, int64_t now_s)
{
	unsigned found = 0;

	if (!tls->has_certificate)
		return 0;
	if (tls->is_self_signed)
		found |= TRAIT_TLS_SELF_SIGNED;
	if (is_sample(tls))
		found |= TRAIT_TLS_SAMPLE;
	/* CAs renew every few weeks: young means something only without one. */
	if (tls->is_self_signed && tls->not_before_s > 0 && now_s >= tls->not_before_s &&
		now_s - tls->not_before_s < YOUNG_S)
		found |= TRAIT_TLS_YOUNG;
	if (tls->not_before_s > 0 && tls->not_after_s - tls->not_before_s > LONG_S)
		found |= TRAIT_TLS_LONG;
	return found;
}

unsigned tls_odd_traits(const struct app_tls *tls, uint16_t port, bool is_looked_up, int64_t now_s)
{
	bool is_bare = tls->sni.len == 0 && !is_looked_up;
	unsigned found = certificate_traits(tls, now_s);

	if (is_bare)
		found |= TRAIT_TLS_BARE;
	if (has_random_name(tls, is_bare))
		found |= TRAIT_TLS_RANDOM;
	if (!is_usual_port(port))
		found |= TRAIT_TLS_PORT;
	return found;
}

double tls_odd_score(unsigned found)
{
	double score = 0;

	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++)
		score += found & traits[i].trait ? traits[i].weight : 0;
	return score;
}

/* Notes who sent it. Is this host the only one so far, in a LAN where that says something? */
static bool is_lonely(
	struct tls_odd_state *s, const struct app_event *event, const struct addr *host)
{
	uint64_t ja4 = hash_bytes(event->tls.ja4, strlen(event->tls.ja4), s->seed);
	struct print *print;

	if (!event->tls.ja4[0])
		return false;
	print = keyed_take(&s->prints, &ja4, keyed_weight(event->time_ns, 1));
	if (!print)
		return false;
	print->head.weight = keyed_weight(event->time_ns, 1);
	if (addr_is_zero(&print->host))
		print->host = *host;
	print->is_shared |= !addr_equal(&print->host, host);
	return !print->is_shared && s->census && census_inside_hosts(s->census) >= LAN_MIN;
}

static void describe(struct finding *finding, const struct app_tls *tls, unsigned found)
{
	char text[FINDING_DETAIL_MAX], subject[96];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		size_t words = strlen(traits[i].words);

		if (!(found & traits[i].trait) || len + words + 3 > sizeof(text))
			continue;
		if (len > 0) {
			memcpy(text + len, ", ", 2);
			len += 2;
		}
		memcpy(text + len, traits[i].words, words + 1);
		len += words;
	}
	if (tls->has_certificate)
		bot_detail(finding, "%s; certificate %s", text,
			app_text_clean(tls->subject, subject, sizeof(subject)));
	else
		bot_detail(finding, "%s", text);
}

static void tell(struct tls_odd_state *s, const struct app_event *event,
	const struct parties *parties, unsigned found, struct findings *findings)
{
	const char *family = tls_odd_family(&event->tls);
	double score = tls_odd_score(found);
	struct pair_key key = { parties->inside, parties->outside };
	struct pair *pair = keyed_take(&s->pairs, &key, keyed_weight(event->time_ns, 1));
	struct finding finding;

	if (!pair || !bot_is_due(&pair->told_ns, event->time_ns))
		return;
	pair->head.weight = keyed_weight(event->time_ns, 1);
	finding = bot_finding(KIND_BOT_TLS, "tls", parties, event->time_ns,
		family ? 0.9F : (float)(score < CONFIDENCE_MAX ? score : CONFIDENCE_MAX),
		family ? "the certificate is the one that a remote-control kit makes"
		       : "several oddities of one TLS connection");
	finding.family = family;
	finding.port = event->key.port[1];
	finding.proto = IPPROTO_TCP;
	finding.observed = score;
	finding.expected = TOLD_FROM;
	bot_evidence(&finding, "oddity", "score", score);
	bot_evidence(&finding, "traits", "traits", __builtin_popcount(found));
	app_text_clean(event->tls.sni, finding.name, sizeof(finding.name));
	describe(&finding, &event->tls, found);
	finding_add(findings, &finding);
}

static void tls_odd_event(void *state, const struct app_event *event, struct findings *findings)
{
	struct tls_odd_state *s = state;
	struct parties parties;
	bool is_looked_up;
	unsigned found;

	if (event->type != APP_TLS)
		return;
	parties = parties_of(s->networks, &event->key);
	if (parties.is_local || parties.inside_side != 0)
		return;
	is_looked_up = s->census && census_name(s->census, &parties.outside)[0] != '\0';
	found = tls_odd_traits(
		&event->tls, event->key.port[1], is_looked_up, event->time_ns / NS_PER_S);
	if (is_lonely(s, event, &parties.inside))
		found |= TRAIT_TLS_LONELY;
	if (tls_odd_score(found) >= TOLD_FROM || tls_odd_family(&event->tls))
		tell(s, event, &parties, found, findings);
}

static void tls_odd_close(void *state)
{
	struct tls_odd_state *s = state;

	keyed_close(&s->prints);
	keyed_close(&s->pairs);
}

static int tls_odd_init(void *state, const struct detector_env *env)
{
	struct tls_odd_state *s = state;

	*s = (struct tls_odd_state){
		.networks = env->networks, .census = env->census, .seed = env->seed
	};
	if (keyed_open(&s->prints, PRINT_PLACES, sizeof(struct print), sizeof(uint64_t), s->seed) <
			0 ||
		keyed_open(&s->pairs, PAIR_PLACES, sizeof(struct pair), sizeof(struct pair_key),
			s->seed) < 0) {
		tls_odd_close(s);
		return -ENOMEM;
	}
	return 0;
}

static void tls_odd_losses(const void *state, struct losses *losses)
{
	const struct tls_odd_state *s = state;

	losses->uncounted += s->prints.refused + s->pairs.refused;
	losses->forgotten += s->prints.evicted + s->pairs.evicted;
}

const struct detector detector_tls_odd = {
	.name = "tls",
	.state_size = sizeof(struct tls_odd_state),
	.init = tls_odd_init,
	.event = tls_odd_event,
	.losses = tls_odd_losses,
	.close = tls_odd_close,
};
