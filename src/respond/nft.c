/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/nft.c - the responder that blocks in nftables, where XDP does not fit.
 *
 * Each change is one run of nft with one transaction, so it is there whole or not at all. Elements
 * have timeouts: a lease runs out without us. We keep an index of what is in force, read from the
 * listing at the start, and at most NFT_BLOCKS_MAX, as each block costs a process (about 5 ms).
 *
 * Elements of a set of prefixes must not overlap. Of the allowlist we hold all that was asked for,
 * and have the widest ones as elements; what lies within one of them comes forth when that one
 * goes.
 */
#include "respond/nft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/now.h"
#include "respond/child.h"
#include "respond/gate_internal.h"
#include "types.h"

#define NFT_BLOCKS_MAX 65536
#define NFT_TIMEOUT_MS 5000
#define NFT_OUTPUT_MAX (16U << 20)

struct allowed {
	struct wire_prefix prefix;
	uint64_t expires_ns; /* 0: for good */
};

struct nft {
	struct gate_index index;
	struct gate_array allowed; /* struct allowed */
	uint64_t adopted_ns;	   /* when the listing was read */
};

/* What nft said, its first line, as a result. */
static int judge(int status, char *said, struct err *err)
{
	if (said)
		said[strcspn(said, "\n")] = 0;
	if (status == 0)
		return 0;
	if (status == -ENOENT)
		return err_set(err, status, "there is no nft in PATH: install nftables");
	if (status == -ETIMEDOUT)
		return err_set(err, status, "nft did not end within %d ms", NFT_TIMEOUT_MS);
	if (status < 0)
		return err_set(err, status, "cannot run nft: %s", strerror(-status));
	if (said && strstr(said, "Operation not permitted"))
		return err_set(err, -EPERM, "nft: %s; CAP_NET_ADMIN is needed", said);
	return err_set(err, -EIO, "nft failed: %s", said && said[0] ? said : "no message");
}

int nft_run(json_t *document, struct err *err)
{
	static const char *const command[] = { "nft", "-j", "-f", "-", NULL };
	char *text = json_dumps(document, JSON_COMPACT), *said = NULL;
	int result;

	json_decref(document);
	if (!text)
		return -ENOMEM;
	result = child_run(command, text, strlen(text), NFT_TIMEOUT_MS, NFT_OUTPUT_MAX, &said);
	result = judge(result, said, err);
	free(said);
	free(text);
	return result;
}

/* Runs the document when building it went well, else frees it. */
static int finish(json_t *document, int result, struct err *err)
{
	if (document && result == 0)
		return nft_run(document, err);
	json_decref(document);
	return result ? result : -ENOMEM;
}

static struct allowed *allowed_at(const struct nft *nft, uint32_t i)
{
	return (struct allowed *)nft->allowed.list + i;
}

/* Its place in the list, or the count of it. */
static uint32_t find_allowed(const struct nft *nft, const struct wire_prefix *prefix)
{
	uint32_t i = 0;

	while (i < nft->allowed.count && !gate_prefix_equal(&allowed_at(nft, i)->prefix, prefix))
		i++;
	return i;
}

/* Does it lie within a wider one of the list? */
static bool is_covered(const struct nft *nft, const struct wire_prefix *prefix)
{
	for (uint32_t i = 0; i < nft->allowed.count; i++)
		if (allowed_at(nft, i)->prefix.bits < prefix->bits &&
			gate_prefix_holds(&allowed_at(nft, i)->prefix, prefix))
			return true;
	return false;
}

static int note_allowed(struct nft *nft, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	uint32_t place = find_allowed(nft, prefix);
	struct allowed *allowed = place < nft->allowed.count
					  ? allowed_at(nft, place)
					  : gate_array_add(&nft->allowed, sizeof(*allowed));

	if (!allowed)
		return -ENOMEM;
	*allowed = (struct allowed){ *prefix, expires_ns };
	return 0;
}

static void adopt(void *context, enum nft_set set, const struct wire_prefix *prefix,
	uint64_t mitigation, uint64_t expires_s)
{
	struct nft *nft = context;
	struct gate_entry *entry;

	if (set == NFT_ALLOWED)
		note_allowed(nft, prefix, expires_s ? nft->adopted_ns + expires_s * NS_PER_S : 0);
	if (set == NFT_ALLOWED || gate_index_find(&nft->index, mitigation))
		return;
	entry = gate_index_add(&nft->index, mitigation);
	if (!entry)
		return;
	entry->verb = VERB_NFT_BLOCK;
	entry->prefix = *prefix;
	entry->expires_ns = nft->adopted_ns + expires_s * NS_PER_S;
}

static int read_table(struct nft *nft, struct err *err)
{
	static const char *const command[] = { "nft", "-j", "list", "table", "inet", NFT_TABLE,
		NULL };
	char *said = NULL;
	int result = child_run(command, NULL, 0, NFT_TIMEOUT_MS, NFT_OUTPUT_MAX, &said);

	nft->adopted_ns = now_monotonic_ns();
	if (result == 0 && said)
		nft_read_listing(said, adopt, nft);
	free(said);
	/* Exit status 1: there is no such table, which is how it begins. */
	return result < 0 ? judge(result, NULL, err) : 0;
}

static void close_state(struct nft *nft)
{
	gate_index_close(&nft->index);
	gate_array_close(&nft->allowed);
	free(nft);
}

static int nft_open(const struct responder_env *env, struct err *err, void **ret_state)
{
	struct nft *nft = calloc(1, sizeof(*nft));
	json_t *document;
	int result;

	(void)env;
	if (!nft)
		return -ENOMEM;
	result = gate_index_open(&nft->index);
	if (result == 0)
		result = read_table(nft, err);
	if (result == 0) {
		document = nft_document();
		result = finish(document, nft_add_table(document), err);
	}
	if (result) {
		close_state(nft);
		return result == -ENOMEM ? result : -ENOTSUP;
	}
	*ret_state = nft;
	return 0;
}

static enum nft_set set_of(const struct wire_prefix *prefix)
{
	return prefix->bits == 128 ? NFT_BLOCKED : NFT_BLOCKED_PREFIXES;
}

static const struct gate_entry *entry_of_prefix(
	const struct nft *nft, const struct wire_prefix *prefix)
{
	for (uint32_t i = 0; i <= nft->index.mask; i++)
		if (nft->index.entries[i].mitigation &&
			gate_prefix_equal(&nft->index.entries[i].prefix, prefix))
			return &nft->index.entries[i];
	return NULL;
}

/* nft does not move the end of an element that is there: it is added (so that it is there in any
 * case, it may just have run out), deleted and added again, all in one transaction. */
static int put(const struct wire_prefix *prefix, uint64_t mitigation, uint64_t timeout_s,
	enum nft_set set, struct err *err)
{
	json_t *document = nft_document();
	int result = nft_add_element(document, set, prefix, mitigation, timeout_s);

	if (result == 0)
		result = nft_delete_element(document, set, prefix);
	if (result == 0)
		result = nft_add_element(document, set, prefix, mitigation, timeout_s);
	return finish(document, result, err);
}

/* Rounded up, so that what is listed is not shorter than what was promised. */
static uint64_t timeout_of(uint64_t expires_ns)
{
	uint64_t now = now_monotonic_ns();

	return expires_ns > now ? (expires_ns - now + NS_PER_S - 1) / NS_PER_S : 1;
}

static int nft_apply(
	void *state, const struct msg_request *request, uint64_t expires_ns, struct err *err)
{
	struct nft *nft = state;
	const struct gate_entry *other = entry_of_prefix(nft, &request->prefix);
	struct gate_entry *entry = gate_index_find(&nft->index, request->mitigation);
	int result;

	if (!gate_prefix_is_sound(&request->prefix) || !request->mitigation ||
		(entry && !gate_prefix_equal(&entry->prefix, &request->prefix)))
		return err_set(err, -EINVAL, "not a prefix that nftables can block");
	if (!other && nft->index.count >= NFT_BLOCKS_MAX)
		return err_set(err, -ENOSPC, "%d addresses are blocked in nftables already",
			NFT_BLOCKS_MAX);
	result = put(&request->prefix, request->mitigation, timeout_of(expires_ns),
		set_of(&request->prefix), err);
	if (result)
		return result;
	if (other && other->mitigation != request->mitigation)
		gate_index_remove(&nft->index, other->mitigation);
	entry = gate_index_find(&nft->index, request->mitigation);
	if (!entry)
		entry = gate_index_add(&nft->index, request->mitigation);
	if (!entry)
		return -ENOMEM; /* the element runs out by itself */
	entry->verb = VERB_NFT_BLOCK;
	entry->prefix = request->prefix;
	entry->expires_ns = expires_ns;
	return 0;
}

static int nft_revoke(void *state, uint64_t mitigation)
{
	struct nft *nft = state;
	const struct gate_entry *entry = gate_index_find(&nft->index, mitigation);
	json_t *document;
	int result;

	if (!entry)
		return -ENOENT;
	document = nft_document();
	/* It may have run out this moment: see put(). */
	result = nft_add_element(document, set_of(&entry->prefix), &entry->prefix, mitigation, 1);
	if (result == 0)
		result = nft_delete_element(document, set_of(&entry->prefix), &entry->prefix);
	result = finish(document, result, NULL);
	if (result == 0)
		gate_index_remove(&nft->index, mitigation);
	return result;
}

/* Is there one within it that is narrower? */
static bool covers_any(const struct nft *nft, const struct wire_prefix *prefix)
{
	for (uint32_t i = 0; i < nft->allowed.count; i++)
		if (allowed_at(nft, i)->prefix.bits > prefix->bits &&
			gate_prefix_holds(prefix, &allowed_at(nft, i)->prefix))
			return true;
	return false;
}

/* Writes the sets anew, in one transaction: nft refuses to put a wide one in place of narrow ones
 * of which it is not sure that they are still there. */
static int rebuild(struct nft *nft)
{
	json_t *document = nft_document();
	int result = nft_flush_set(document, NFT_ALLOWED);

	for (uint32_t i = 0; i < nft->allowed.count && result == 0; i++) {
		const struct allowed *one = allowed_at(nft, i);

		if (!is_covered(nft, &one->prefix))
			result = nft_add_element(document, NFT_ALLOWED, &one->prefix, 0,
				one->expires_ns ? timeout_of(one->expires_ns) : 0);
	}
	return finish(document, result, NULL);
}

/* With it goes what it had covered back on the set. */
static int take_off(struct nft *nft, uint32_t place)
{
	struct wire_prefix gone = allowed_at(nft, place)->prefix;
	json_t *document;
	int result;

	gate_array_remove(&nft->allowed, sizeof(struct allowed), place);
	if (is_covered(nft, &gone))
		return 0;
	if (covers_any(nft, &gone))
		return rebuild(nft);
	document = nft_document();
	/* It may have run out: see put(). */
	result = nft_add_element(document, NFT_ALLOWED, &gone, 0, 1);
	if (result == 0)
		result = nft_delete_element(document, NFT_ALLOWED, &gone);
	return finish(document, result, NULL);
}

static void nft_list(void *state, uint64_t now, responder_call *call, void *context)
{
	struct nft *nft = state;

	gate_index_list(&nft->index, now, call, context);
	for (uint32_t i = nft->allowed.count; i-- > 0;)
		if (allowed_at(nft, i)->expires_ns && allowed_at(nft, i)->expires_ns <= now)
			take_off(nft, i);
}

static int nft_allow(void *state, const struct wire_prefix *prefix, uint64_t expires_ns)
{
	struct nft *nft = state;
	bool is_new = find_allowed(nft, prefix) == nft->allowed.count;
	int result;

	if (!gate_prefix_is_sound(prefix))
		return -EINVAL;
	result = note_allowed(nft, prefix, expires_ns);
	if (result || is_covered(nft, prefix))
		return result;
	result = covers_any(nft, prefix) ? rebuild(nft)
					 : put(prefix, 0, expires_ns ? timeout_of(expires_ns) : 0,
						   NFT_ALLOWED, NULL);
	if (result && is_new)
		gate_array_remove(&nft->allowed, sizeof(struct allowed), find_allowed(nft, prefix));
	return result;
}

static int nft_disallow(void *state, const struct wire_prefix *prefix)
{
	struct nft *nft = state;
	uint32_t place = find_allowed(nft, prefix);

	return place < nft->allowed.count ? take_off(nft, place) : -ENOENT;
}

static void nft_allowed(const void *state, responder_allowed *call, void *context)
{
	const struct nft *nft = state;

	for (uint32_t i = 0; i < nft->allowed.count; i++)
		call(context, &allowed_at(nft, i)->prefix);
}

static void nft_close(void *state, bool is_removing)
{
	json_t *document = is_removing ? nft_document() : NULL;

	if (document)
		finish(document, nft_delete_table(document), NULL);
	close_state(state);
}

const struct responder responder_nft = {
	.name = "nft",
	.verbs = 1U << VERB_NFT_BLOCK,
	.open = nft_open,
	.apply = nft_apply,
	.revoke = nft_revoke,
	.list = nft_list,
	.allow = nft_allow,
	.disallow = nft_disallow,
	.allowed = nft_allowed,
	.close = nft_close,
};

static int replace_synproxy(const struct nft_synproxy *synproxy, bool is_on, struct err *err)
{
	json_t *document = nft_document();

	return finish(document, nft_add_synproxy(document, synproxy, is_on), err);
}

int nft_synproxy_enable(
	const char *runtime_dir, const struct nft_synproxy *synproxy, struct err *err)
{
	/* First the rules, which bring conntrack in, then its sysctl. */
	int result = replace_synproxy(synproxy, true, err);

	if (result == 0) {
		result = gate_sysctl_set(runtime_dir, GATE_SYSCTL_SYNPROXY, err);
		if (result)
			nft_synproxy_watch(runtime_dir, synproxy, NULL);
	}
	return result;
}

int nft_synproxy_watch(
	const char *runtime_dir, const struct nft_synproxy *synproxy, struct err *err)
{
	int result = replace_synproxy(synproxy, false, err);
	int restored = gate_sysctl_restore(runtime_dir, GATE_SYSCTL_SYNPROXY);

	return result ? result : restored;
}

int nft_synproxy_disable(const char *runtime_dir, struct err *err)
{
	json_t *document = nft_document();
	int restored = gate_sysctl_restore(runtime_dir, GATE_SYSCTL_SYNPROXY);
	int result = finish(document, nft_delete_synproxy(document), err);

	return result ? result : restored;
}
