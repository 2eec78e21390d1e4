/* SPDX-License-Identifier: GPL-2.0-or-later */
/* respond/nft_test.c - the nftables responder, in a network namespace of the test's own. */
#include "respond/nft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respond/gate_internal.h"
#include "respond/respond_fixture.h"

#define LATER (now_monotonic_ns() + 60000000000)

static bool has(const char *what)
{
	return shell("nft list table inet weir 2>/dev/null | tr -d '\\n' | grep -q '%s'", what) ==
	       0;
}

static void *open_nft(struct machine *machine)
{
	struct responder_env env = { .conf = &machine->conf };
	struct err err = { "" };
	void *nft = NULL;
	int result = responder_nft.open(&env, &err, &nft);

	if (result == -ENOTSUP) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
	assert_int_equal(result, 0);
	return nft;
}

static void apply(void *nft, uint64_t id, const char *prefix)
{
	struct msg_request request = request_of(VERB_NFT_BLOCK, id, prefix);
	struct err err = { "" };
	int result = responder_nft.apply(nft, &request, LATER, &err);

	if (result)
		print_message("%s\n", err.text);
	assert_int_equal(result, 0);
}

static void blocks_and_takes_back(void **state)
{
	void *nft = open_nft(machine_of(state));

	apply(nft, 1, "203.0.113.7");
	apply(nft, 2, "203.0.113.0/24"); /* holds the one before */
	apply(nft, 3, "2001:db8::7");
	apply(nft, 4, "2001:db8:1::/48");
	assert_true(has("203.0.113.7 timeout 1m"));
	assert_true(has("203.0.113.0/24 timeout 1m"));
	assert_true(has("2001:db8::7 "));
	assert_true(has("2001:db8:1::/48 "));
	assert_true(has("hook forward priority mangle"));
	assert_true(has("ip saddr @allowed4 counter packets 0 bytes 0 accept"));
	apply(nft, 1, "203.0.113.7"); /* extends */
	apply(nft, 2, "203.0.113.0/24");
	apply(nft, 5, "203.0.113.7"); /* takes over */
	assert_true(has("weir 5"));
	assert_int_equal(responder_nft.revoke(nft, 1), -ENOENT);
	assert_int_equal(responder_nft.revoke(nft, 5), 0);
	assert_int_equal(responder_nft.revoke(nft, 2), 0);
	assert_false(has("203.0.113"));
	responder_nft.close(nft, true);
	assert_false(has("table"));
}

struct seen {
	unsigned count;
	uint64_t ids;
};

static void see(void *context, uint64_t mitigation, enum verb verb,
	const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct seen *seen = context;

	assert_int_equal(verb, VERB_NFT_BLOCK);
	assert_true(prefix->bits >= 48 && expires_ns > now_monotonic_ns());
	seen->count++;
	seen->ids |= 1ULL << mitigation;
}

static void adopts_after_a_restart(void **state)
{
	struct machine *machine = machine_of(state);
	struct msg_request request = request_of(VERB_NFT_BLOCK, 4, "203.0.113.9");
	struct seen seen = { 0 };
	void *nft = open_nft(machine);

	apply(nft, 1, "203.0.113.7");
	apply(nft, 2, "198.51.100.0/24");
	apply(nft, 3, "2001:db8:1::/48");
	responder_nft.close(nft, false);
	assert_true(has("203.0.113.7"));
	nft = open_nft(machine);
	responder_nft.list(nft, now_monotonic_ns(), see, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.ids, 0xe);
	assert_int_equal(responder_nft.revoke(nft, 2), 0);
	assert_false(has("198.51.100.0"));
	request.prefix.bits = 100;
	assert_int_equal(responder_nft.apply(nft, &request, LATER, NULL), -EINVAL);
	/* What has run out is forgotten. */
	responder_nft.list(nft, UINT64_MAX, NULL, NULL);
	assert_int_equal(responder_nft.revoke(nft, 1), -ENOENT);
	responder_nft.close(nft, true);
}

static void allows_before_all(void **state)
{
	struct wire_prefix prefix = prefix_of("192.0.2.0/24"), one = prefix_of("2001:db8::1");
	void *nft = open_nft(machine_of(state));

	assert_int_equal(responder_nft.allow(nft, &prefix, 0), 0);
	assert_int_equal(responder_nft.allow(nft, &prefix, 0), 0);
	assert_int_equal(responder_nft.allow(nft, &one, LATER), 0);
	assert_true(has("192.0.2.0/24"));
	assert_true(has("2001:db8::1 timeout"));
	assert_int_equal(responder_nft.disallow(nft, &prefix), 0);
	assert_false(has("192.0.2.0/24"));
	assert_int_not_equal(responder_nft.disallow(nft, &prefix), 0);
	responder_nft.close(nft, true);
}

static void count_allowed(void *context, const struct wire_prefix *prefix)
{
	assert_true(prefix->bits <= 128);
	++*(unsigned *)context;
}

/* nftables takes no prefixes that overlap; we do. */
static void allows_what_overlaps(void **state)
{
	struct wire_prefix wide = prefix_of("192.0.2.0/24"), one = prefix_of("192.0.2.1");
	struct wire_prefix half = prefix_of("192.0.2.0/25"), other = prefix_of("192.0.2.200");
	void *nft = open_nft(machine_of(state));
	unsigned count = 0;

	assert_int_equal(responder_nft.allow(nft, &one, 0), 0);
	assert_int_equal(responder_nft.allow(nft, &wide, LATER), 0);
	assert_int_equal(responder_nft.allow(nft, &half, 0), 0);
	assert_int_equal(responder_nft.allow(nft, &other, 0), 0);
	assert_true(has("192.0.2.0/24 "));
	assert_false(has("192.0.2.1 ") || has("192.0.2.0/25 ") || has("192.0.2.200 "));
	responder_nft.allowed(nft, count_allowed, &count);
	assert_int_equal(count, 4);
	/* The lease of the wide one ends. */
	responder_nft.list(nft, now_monotonic_ns() + 61000000000, NULL, NULL);
	assert_false(has("192.0.2.0/24 "));
	assert_true(has("192.0.2.0/25 ") && has("192.0.2.200 "));
	assert_false(has("192.0.2.1 "));
	assert_int_equal(responder_nft.disallow(nft, &one), 0);
	assert_int_equal(responder_nft.disallow(nft, &half), 0);
	assert_false(has("192.0.2.1 ") || has("192.0.2.0/25 "));
	/* What a keeper leaves, the next one knows. */
	responder_nft.close(nft, false);
	nft = open_nft(machine_of(state));
	count = 0;
	responder_nft.allowed(nft, count_allowed, &count);
	assert_int_equal(count, 1);
	assert_int_equal(responder_nft.disallow(nft, &other), 0);
	assert_false(has("192.0.2.200 "));
	responder_nft.close(nft, true);
}

/* One wrong element, and nothing of the transaction is there. */
static void is_all_or_nothing(void **state)
{
	struct wire_prefix prefix = prefix_of("203.0.113.7"), never = prefix_of("203.0.113.8");
	void *nft = open_nft(machine_of(state));
	json_t *document = nft_document();
	struct err err = { "" };

	assert_int_equal(nft_add_element(document, NFT_BLOCKED, &prefix, 1, 60), 0);
	assert_int_equal(nft_delete_element(document, NFT_BLOCKED, &never), 0);
	assert_int_equal(nft_run(document, &err), -EIO);
	assert_non_null(strstr(err.text, "nft"));
	assert_false(has("203.0.113.7"));
	responder_nft.close(nft, true);
}

static void says_that_nft_is_missing(void **state)
{
	struct machine *machine = machine_of(state);
	struct responder_env env = { .conf = &machine->conf };
	const char *path = getenv("PATH");
	char *before = strdup(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	struct err err = { "" };
	void *nft = NULL;

	setenv("PATH", "", 1);
	assert_int_equal(responder_nft.open(&env, &err, &nft), -ENOTSUP);
	assert_non_null(strstr(err.text, "install nftables"));
	assert_null(nft);
	setenv("PATH", before, 1);
	free(before);
}

static void never(void *context, enum nft_set set, const struct wire_prefix *prefix,
	uint64_t mitigation, uint64_t expires_s)
{
	(void)context;
	(void)set;
	(void)prefix;
	(void)mitigation;
	(void)expires_s;
	fail();
}

static void reads_only_listings(void **state)
{
	static const char *const strange[] = {
		"{\"nftables\":[]}",
		"{\"nftables\":[1,null,{\"set\":3},{\"set\":{\"name\":\"blocked4\",\"elem\":5}}]}",
		"{\"nftables\":[{\"set\":{\"name\":\"blocked4\",\"elem\":[\"192.0.2.1\"]}}]}",
		"{\"nftables\":[{\"set\":{\"name\":\"blocked4\",\"elem\":[{\"elem\":{\"val\":"
		"\"no\","
		"\"comment\":\"weir 1\"}}]}}]}",
		"{\"nftables\":[{\"set\":{\"name\":\"blocked4\",\"elem\":[{\"elem\":{\"val\":"
		"{\"prefix\":{\"addr\":\"192.0.2.0\",\"len\":33}},\"comment\":\"weir 1\"}}]}}]}",
		"{\"nftables\":[{\"set\":{\"name\":\"theirs\",\"elem\":[{\"elem\":{\"val\":"
		"\"192.0.2.1\",\"comment\":\"weir 1\"}}]}}]}",
	};

	(void)state;
	assert_int_equal(nft_read_listing("", never, NULL), -EINVAL);
	assert_int_equal(nft_read_listing("{", never, NULL), -EINVAL);
	assert_int_equal(nft_read_listing("[]", never, NULL), -EINVAL);
	for (unsigned i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		assert_int_equal(nft_read_listing(strange[i], never, NULL), 0);
}

#define LOOSE "/proc/sys/net/netfilter/nf_conntrack_tcp_loose"

static bool has_synproxy(const char *what)
{
	return shell("nft list table inet " NFT_SYNPROXY_TABLE
		     " 2>/dev/null | tr -d '\\n' | grep -q '%s'",
		       what) == 0;
}

static void completes_handshakes_for_others(void **state)
{
	struct machine *machine = machine_of(state);
	struct wire_prefix prefixes[] = { prefix_of("198.51.100.0/24"),
		prefix_of("2001:db8::/32") };
	const struct nft_synproxy synproxy = { prefixes, 2, 1460, 7 };
	struct err err = { "" };

	if (nft_synproxy_watch(machine->runtime_dir, &synproxy, &err)) {
		print_message("skipped: %s\n", err.text); /* no synproxy or conntrack here */
		skip();
	}
	assert_false(has_synproxy("jump complete"));
	assert_true(has_synproxy("ip daddr 198.51.100.0/24 synproxy mss 1460 wscale 7"));
	assert_int_equal(shell("grep -q 1 " LOOSE), 0);
	assert_int_equal(nft_synproxy_enable(machine->runtime_dir, &synproxy, &err), 0);
	assert_true(has_synproxy("invalid jump complete"));
	assert_true(has_synproxy("ip6 daddr 2001:db8::/32 synproxy mss 1460 wscale 7"));
	assert_int_equal(shell("grep -q 0 " LOOSE), 0);
	assert_int_equal(nft_synproxy_enable(machine->runtime_dir, &synproxy, &err), 0);
	assert_int_equal(nft_synproxy_watch(machine->runtime_dir, &synproxy, &err), 0);
	assert_false(has_synproxy("jump complete"));
	assert_int_equal(shell("grep -q 1 " LOOSE), 0);
	assert_int_equal(nft_synproxy_enable(machine->runtime_dir, &synproxy, &err), 0);
	assert_int_equal(nft_synproxy_disable(machine->runtime_dir, &err), 0);
	assert_false(has_synproxy("table"));
	assert_int_equal(shell("grep -q 1 " LOOSE), 0);
	assert_int_equal(nft_synproxy_disable(machine->runtime_dir, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_and_takes_back),
		cmocka_unit_test(adopts_after_a_restart),
		cmocka_unit_test(allows_before_all),
		cmocka_unit_test(allows_what_overlaps),
		cmocka_unit_test(is_all_or_nothing),
		cmocka_unit_test(says_that_nft_is_missing),
		cmocka_unit_test(reads_only_listings),
		cmocka_unit_test(completes_handshakes_for_others),
	};

	return cmocka_run_group_tests(tests, machine_open, machine_close);
}
