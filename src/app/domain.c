/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/domain.c - see domain.h.
 *
 * pair_cost[a][b] is the cost, in 1/16 bit, of letter b behind letter a; 0 stands for the beginning
 * and the end of a label and for whatever is no letter. Counted in the words of three letters and
 * more, without regard to case, of Debian's word list wamerican 2020.12.07-2: -16 log2 of the
 * pair's share among those with the same first letter, with half a pair added to each count, so
 * that what was never seen costs much and not all. What people chose for a name lies above -5
 * bits a letter, random letters lie below -6 (domain_test.c).
 */
#include "app/domain.h"

#include <libpsl.h>
#include <string.h>

#include "lib/hash.h"

#define LETTERS 27
#define DIGIT_BITS 5.5 /* of a digit, wherever it stands */
#define COSTS_A_BIT 16.0
#define KEPT 1024      /* names of which a thread remembers the facts: 128 KiB */
#define KEPT_RESTS 256 /* and of what stands behind their first dots: 32 KiB */
#define REST_LABELS 7  /* of a longer name libpsl may look at the end only */
#define END_SLOTS 512
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* clang-format off */
static const uint8_t pair_cost[LETTERS][LETTERS] = {
	{ 255, 66, 65, 54, 65, 74, 73, 78, 76, 75, 103, 105, 79, 66,
	  90, 87, 59, 123, 66, 50, 69, 87, 96, 83, 161, 128, 137 },
	{ 75, 160, 76, 67, 74, 124, 108, 81, 120, 79, 158, 100, 51, 74,
	  45, 155, 79, 155, 49, 64, 44, 91, 95, 106, 130, 94, 119 },
	{ 97, 45, 75, 135, 131, 44, 156, 182, 148, 52, 126, 195, 41, 132,
	  138, 49, 162, 207, 55, 78, 115, 56, 150, 156, 207, 101, 232 },
	{ 77, 45, 186, 94, 176, 52, 204, 190, 47, 61, 249, 58, 74, 178,
	  176, 41, 186, 145, 65, 101, 61, 70, 198, 249, 249, 102, 174 },
	{ 24, 70, 125, 136, 91, 38, 137, 99, 130, 45, 135, 183, 85, 120,
	  124, 69, 141, 193, 80, 72, 142, 83, 127, 121, 248, 106, 174 },
	{ 51, 73, 114, 80, 49, 86, 102, 104, 129, 108, 158, 141, 69, 85,
	  55, 115, 94, 136, 40, 41, 75, 125, 101, 111, 98, 112, 146 },
	{ 84, 55, 146, 156, 169, 49, 55, 159, 154, 40, 187, 179, 52, 165,
	  156, 49, 169, 224, 58, 94, 75, 54, 224, 173, 224, 88, 224 },
	{ 22, 61, 151, 198, 162, 49, 156, 81, 72, 62, 192, 177, 72, 118,
	  87, 73, 157, 206, 61, 78, 132, 75, 217, 146, 243, 105, 175 },
	{ 60, 41, 119, 150, 140, 34, 131, 174, 146, 43, 174, 161, 101, 104,
	  109, 43, 151, 192, 80, 90, 75, 71, 200, 116, 237, 82, 192 },
	{ 105, 72, 98, 60, 81, 60, 92, 82, 168, 159, 172, 126, 68, 80,
	  30, 62, 93, 142, 83, 54, 61, 129, 84, 176, 137, 196, 84 },
	{ 121, 32, 183, 183, 183, 40, 158, 183, 183, 58, 183, 158, 183, 183,
	  183, 35, 158, 183, 158, 146, 183, 32, 183, 158, 183, 183, 183 },
	{ 46, 65, 107, 145, 131, 30, 120, 145, 95, 39, 155, 119, 71, 114,
	  79, 84, 119, 218, 100, 51, 123, 96, 218, 109, 218, 83, 218 },
	{ 62, 48, 124, 119, 93, 38, 120, 126, 152, 41, 200, 116, 51, 115,
	  132, 57, 120, 196, 151, 77, 89, 77, 117, 157, 181, 56, 190 },
	{ 65, 38, 68, 124, 168, 39, 132, 203, 158, 43, 240, 203, 126, 72,
	  112, 51, 55, 185, 146, 76, 166, 72, 170, 164, 240, 109, 215 },
	{ 52, 65, 129, 68, 61, 52, 102, 37, 126, 62, 142, 97, 122, 136,
	  91, 77, 135, 140, 132, 57, 51, 101, 113, 141, 171, 121, 149 },
	{ 88, 90, 91, 78, 83, 108, 104, 81, 129, 92, 161, 102, 63, 67,
	  37, 71, 76, 156, 47, 69, 71, 58, 84, 78, 119, 113, 135 },
	{ 81, 49, 140, 149, 152, 40, 151, 165, 65, 54, 190, 157, 59, 139,
	  147, 51, 66, 241, 47, 73, 77, 72, 215, 149, 241, 109, 215 },
	{ 114, 128, 154, 179, 179, 179, 179, 179, 179, 116, 179, 179, 128, 179,
	  179, 154, 179, 179, 179, 154, 179, 1, 179, 154, 179, 179, 179 },
	{ 53, 47, 102, 92, 84, 40, 120, 98, 128, 47, 162, 103, 101, 88,
	  90, 55, 106, 166, 85, 58, 73, 81, 113, 133, 200, 89, 180 },
	{ 20, 81, 140, 80, 154, 61, 142, 156, 71, 67, 187, 110, 94, 96,
	  110, 85, 82, 129, 157, 65, 46, 83, 170, 114, 255, 115, 211 },
	{ 50, 57, 135, 103, 165, 38, 132, 158, 67, 37, 195, 184, 92, 128,
	  133, 63, 146, 255, 61, 63, 77, 79, 183, 118, 255, 87, 134 },
	{ 111, 74, 78, 73, 79, 74, 100, 82, 159, 74, 159, 127, 54, 64,
	  43, 110, 76, 185, 48, 46, 58, 172, 133, 179, 133, 151, 124 },
	{ 104, 43, 192, 180, 158, 16, 192, 180, 173, 34, 218, 218, 143, 218,
	  180, 60, 180, 218, 142, 134, 167, 101, 136, 218, 218, 121, 218 },
	{ 71, 35, 104, 141, 98, 41, 126, 143, 63, 42, 215, 114, 84, 126,
	  68, 51, 123, 215, 76, 69, 122, 135, 215, 145, 215, 120, 156 },
	{ 49, 65, 151, 59, 188, 45, 137, 151, 82, 42, 188, 188, 133, 143,
	  151, 78, 45, 151, 151, 151, 47, 81, 107, 129, 93, 92, 163 },
	{ 11, 79, 106, 90, 105, 75, 129, 115, 128, 75, 168, 147, 89, 85,
	  88, 93, 82, 201, 95, 67, 102, 118, 171, 111, 145, 182, 138 },
	{ 68, 49, 138, 160, 153, 20, 198, 172, 112, 39, 198, 147, 81, 130,
	  138, 69, 138, 172, 160, 147, 138, 105, 138, 138, 198, 95, 61 },
};
/* clang-format on */

/* Suffixes outside the list under which names are bought all the same: Namecoin, EmerCoin, OpenNIC.
 * Bots use them since nobody can take the names away (Necurs: .bit, BazarLoader: .bazar). */
static const char *const other_roots[] = { "bit", "bazar", "emc", "coin", "lib", "libre", "onion" };

/* clang-format off */
/* Ends of names that are strange by design. Sources: RFC 3172, 6303, 6762, 8880 (special names);
 * RFC 5782 for the form of lists that are asked over DNS. The names themselves are those that
 * we know of, of well-known providers and products; the list is not whole. */
static const char *const technical_ends[] = {
	/* addresses and discovery */
	"arpa", "local", "localdomain", "home.arpa", "_tcp", "_udp", "dns-sd.org",
	/* block lists */
	"spamhaus.org", "spamhaus.net", "spamcop.net", "sorbs.net", "surbl.org", "uribl.com",
	"barracudacentral.org", "uceprotect.net", "dnswl.org", "mailspike.net", "mailspike.org",
	"abuse.ch", "abuseat.org", "njabl.org", "ahbl.org", "psbl.org", "surriel.com",
	"manitu.net", "senderscore.com", "senderbase.org", "invaluement.com",
	"spameatingmonkey.net", "backscatterer.org", "rfc-ignorant.org", "habeas.com",
	"bondedsender.org", "isipp.com", "mailshell.net", "nszones.com", "gbudb.net",
	"dnsbl.net.au", "rbl.jp", "s5h.net", "0spam.org", "msbl.org", "support-intelligence.net",
	"cymru.com", "routeviews.org", "dronebl.org", "tornevall.org", "efnetrbl.org", "dan.me.uk",
	"dnsel.torproject.org", "team-cymru.org",
	/* anti-virus and filters */
	"avqs.mcafee.com", "avts.mcafee.com", "gti.mcafee.com", "mcafee.com", "sophosxl.net",
	"sophosxl.com", "e5.sk", "eset.com", "webcfs00.com", "webcfs03.com", "trendmicro.com",
	"barracudabrts.com", "barracuda.com", "mailcontrol.com", "cloudmark.com", "ctmail.com",
	"commtouch.com", "cyren.com", "bitdefender.net", "nimbus.bitdefender.net",
	"kaspersky-labs.com", "drweb.com", "avira.com", "avast.com", "avg.com", "f-secure.com",
	"fsapi.com", "symantec.com", "norton.com", "zvelo.com", "brightcloud.com", "websense.net",
	"fortiguard.net", "fortinet.net", "sonicwall.com", "webroot.com", "opendns.com",
	"umbrella.com", "paloaltonetworks.com", "zscaler.net", "netcraft.com", "sucuri.net",
	"rspamd.com", "dcc-servers.net", "razor2.cloudmark.com",
	/* measuring */
	"akamai.net", "akadns.net", "akamaiedge.net", "edgekey.net", "edgesuite.net",
	"akahost.net", "akam.net", "azure-dns.com", "trafficmanager.net", "cedexis-radar.net",
	"dns-oarc.net", "apnic.net", "dotnxdomain.net", "ripe.net", "dnsleaktest.com",
	"ipleak.net", "bash.ws", "whoami.akamai.net", "edns-client-sub.net", "browserleaks.com",
};
/* clang-format on */

/* clang-format off */
static const char *const list_labels[] = {
	"dnsbl", "rbl", "dnswl", "uribl", "surbl", "_domainkey", "_dmarc", "_spf",
	"_dns-sd", "_acme-challenge", "_adsp", "_mta-sts", "_sip",
};
/* clang-format on */

/* Of a name that was asked for. */
struct facts {
	char name[124]; /* "": nothing kept here */
	uint16_t registered_at;
	bool is_technical, is_sold;
	bool is_suffix; /* nothing is registered: a public suffix, or no name of hosts */
	uint32_t sum;	/* of has_technical_end(), of all of it */
};

struct recall {
	struct facts kept[KEPT], rests[KEPT_RESTS], unkept;
	uint8_t ends[END_SLOTS]; /* place in technical_ends plus 1, by its sum; 0: free */
	bool has_ends;
};

_Static_assert(COUNT(technical_ends) < END_SLOTS / 2, "an end is found in a few steps");

static bool is_address(const char *name)
{
	bool has_dot = false;

	for (; *name; name++) {
		if (*name == ':')
			return true;
		if ((*name < '0' || *name > '9') && *name != '.')
			return false;
		has_dot |= *name == '.';
	}
	return has_dot;
}

static bool is_of_hosts(const char *name, size_t len)
{
	return len > 0 && len <= DOMAIN_LONGEST && name[0] != '.' && name[len - 1] != '.' &&
	       !strstr(name, "..") && !is_address(name);
}

/* The registered part; NULL: there is none. */
static const char *find_registered(const char *name, size_t len)
{
	return is_of_hosts(name, len) ? psl_registrable_domain(psl_builtin(), name) : NULL;
}

static bool find_known_suffix(const char *name)
{
	const char *last = strrchr(name, '.');

	if (!last || !last[1] || is_address(name))
		return false;
	for (size_t i = 0; i < COUNT(other_roots); i++)
		if (strcmp(last + 1, other_roots[i]) == 0)
			return true;
	return psl_is_public_suffix2(
		psl_builtin(), last + 1, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

static bool is_list_label(const char *label)
{
	if (!strchr("drsu_", *label))
		return false;
	for (size_t i = 0; i < COUNT(list_labels); i++) {
		size_t len = strlen(list_labels[i]);

		if (strncmp(label, list_labels[i], len) == 0 &&
			(label[len] == '.' || label[len] == '\0'))
			return true;
	}
	return false;
}

/* Is one of its labels that of a block list, or of what is published about mail and services? */
static bool has_list_label(const char *name)
{
	for (const char *at = name; at && *at;) {
		if (is_list_label(at))
			return true;
		at = strchr(at, '.');
		at = at ? at + 1 : NULL;
	}
	return false;
}

/* --- what a thread remembers --- */

/* The sum of an end, from its last byte on, so that one pass over a name gives those of all its
 * ends. */
static uint32_t sum_add(uint32_t sum, char c)
{
	return (sum ^ (uint8_t)c) * 0x01000193U; /* FNV-1a */
}

static unsigned slot_of(uint32_t sum)
{
	return (sum ^ sum >> 15) % END_SLOTS;
}

static void make_ends(struct recall *memory)
{
	for (size_t i = 0; i < COUNT(technical_ends); i++) {
		uint32_t sum = 0;
		unsigned slot;

		for (size_t at = strlen(technical_ends[i]); at-- > 0;)
			sum = sum_add(sum, technical_ends[i][at]);
		for (slot = slot_of(sum); memory->ends[slot]; slot = (slot + 1) % END_SLOTS)
			continue;
		memory->ends[slot] = (uint8_t)(i + 1);
	}
	memory->has_ends = true;
}

static bool is_technical_end(const struct recall *memory, const char *end, uint32_t sum)
{
	for (unsigned slot = slot_of(sum); memory->ends[slot]; slot = (slot + 1) % END_SLOTS)
		if (strcmp(technical_ends[memory->ends[slot] - 1], end) == 0)
			return true;
	return false;
}

static bool has_technical_end(
	const struct recall *memory, const char *name, size_t len, uint32_t *sum)
{
	for (size_t at = len; at-- > 0;) {
		*sum = sum_add(*sum, name[at]);
		if ((at == 0 || name[at - 1] == '.') && is_technical_end(memory, name + at, *sum))
			return true;
	}
	return false;
}

static void find_out(const struct recall *memory, struct facts *facts, const char *name, size_t len)
{
	const char *registered = find_registered(name, len);

	facts->is_suffix = !registered;
	facts->registered_at = registered ? (uint16_t)(registered - name) : 0;
	facts->is_sold = find_known_suffix(name);
	facts->sum = 0;
	facts->is_technical = has_technical_end(memory, name, len, &facts->sum) ||
			      has_list_label(name) || is_address(name);
}

/* The same from the facts of what stands behind the first dot (at rest): the suffix is looked for
 * from the left, label by label, and ends are ends of both. */
static void find_out_from(const struct recall *memory, const struct facts *of_rest,
	struct facts *facts, const char *name, size_t rest)
{
	facts->is_suffix = psl_is_public_suffix(psl_builtin(), name);
	facts->registered_at = 0;
	if (!facts->is_suffix && !of_rest->is_suffix)
		facts->registered_at = (uint16_t)(rest + of_rest->registered_at);
	facts->is_sold = of_rest->is_sold;
	facts->sum = of_rest->sum;
	facts->is_technical = of_rest->is_technical;
	if (!facts->is_technical)
		facts->is_technical =
			has_technical_end(memory, name, rest, &facts->sum) || is_list_label(name);
}

/* Where the name goes on behind its first dot, if the facts can be told from there; 0: they cannot
 * be. */
static size_t rest_of(const char *name, size_t len)
{
	const char *dot = strchr(name, '.');
	unsigned labels = 1;

	for (const char *at = dot; at; at = strchr(at + 1, '.'))
		labels++;
	if (labels < 3 || labels > REST_LABELS || !is_of_hosts(name, len) || is_address(dot + 1))
		return 0;
	return (size_t)(dot + 1 - name);
}

static struct facts *place_of(struct facts *places, unsigned count, const char *name, size_t len)
{
	return &places[hash_bytes(name, len, 0) % count];
}

static const struct facts *facts_of_rest(struct recall *memory, const char *rest, size_t len)
{
	struct facts *facts = place_of(memory->rests, KEPT_RESTS, rest, len);

	if (memcmp(facts->name, rest, len + 1) != 0) {
		memcpy(facts->name, rest, len + 1);
		find_out(memory, facts, rest, len);
	}
	return facts;
}

/* From what the thread remembers, or found out now. A name has one place, so strangers who aim at
 * it gain only that we look again. Valid until the next call. */
static const struct facts *facts_of(const char *name)
{
	static _Thread_local struct recall memory;
	size_t len = strlen(name), rest;
	struct facts *facts = &memory.unkept;

	if (!memory.has_ends)
		make_ends(&memory);
	if (len == 0 || len >= sizeof(facts->name)) {
		find_out(&memory, facts, name, len);
		return facts;
	}
	facts = place_of(memory.kept, KEPT, name, len);
	if (memcmp(facts->name, name, len + 1) == 0)
		return facts;
	memcpy(facts->name, name, len + 1);
	rest = rest_of(name, len);
	if (rest > 0)
		find_out_from(&memory, facts_of_rest(&memory, name + rest, len - rest), facts, name,
			rest);
	else
		find_out(&memory, facts, name, len);
	return facts;
}

const char *domain_registered(const char *name)
{
	return name + facts_of(name)->registered_at;
}

bool domain_has_known_suffix(const char *name)
{
	return facts_of(name)->is_sold;
}

bool domain_is_technical(const char *name)
{
	return facts_of(name)->is_technical;
}

const char *domain_label(const char *name, char *out, size_t size)
{
	const char *registered = domain_registered(name);
	size_t len = strcspn(registered, ".");

	if (size == 0)
		return out;
	len = len < size - 1 ? len : size - 1;
	memcpy(out, registered, len);
	out[len] = '\0';
	return out;
}

/* 1 to 26; 0: no letter. */
static unsigned letter_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a' + 1);
	return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 1) : 0;
}

double domain_likelihood(const char *label)
{
	unsigned before = 0, count = 0;
	double bits = 0;

	for (; *label; label++) {
		unsigned letter = letter_of(*label);
		bool is_digit = *label >= '0' && *label <= '9';

		if (letter)
			bits += pair_cost[before][letter] / COSTS_A_BIT;
		else if (is_digit)
			bits += DIGIT_BITS;
		count += letter || is_digit;
		before = letter;
	}
	if (before) {
		bits += pair_cost[before][0] / COSTS_A_BIT;
		count++;
	}
	return count ? -bits / count : 0;
}
