/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * respond/nft.h - nftables, spoken to through nft -j.
 *
 * nft_json.c makes the documents and reads the listing; nft.c is the responder.
 */
#ifndef WEIR_RESPOND_NFT_H
#define WEIR_RESPOND_NFT_H

#include <jansson.h>

#include "respond/gate_index.h"
#include "respond/responder.h"

#define NFT_TABLE "weir"
#define NFT_SYNPROXY_TABLE "weir_synproxy"

/* The first word of the names of sets: blocked, blocked_prefixes and allowed, of each family. */
enum nft_set { NFT_BLOCKED, NFT_BLOCKED_PREFIXES, NFT_ALLOWED, NFT_SET_COUNT };

/* For whom handshakes are completed. mss and window_scale are for SYNs, which the kernel part
 * answers before synproxy gets them; nft wants them all the same. */
struct nft_synproxy {
	const struct wire_prefix *prefixes;
	unsigned count, mss, window_scale;
};

/* An empty transaction, {"nftables": []}; NULL without memory. */
json_t *nft_document(void);

/* Adds table, sets, chains and rules, as they are to be; elements that are there stay. */
int nft_add_table(json_t *document);
int nft_delete_table(json_t *document);

/* Adds or takes out one element. timeout_s 0: for good. */
int nft_add_element(json_t *document, enum nft_set set, const struct wire_prefix *prefix,
	uint64_t mitigation, uint64_t timeout_s);
/* Takes out all elements of that set, of both families. */
int nft_flush_set(json_t *document, enum nft_set set);
int nft_delete_element(json_t *document, enum nft_set set, const struct wire_prefix *prefix);

/* Adds the table that completes, with nftables' synproxy, the handshakes that the kernel part
 * began for hosts behind this machine; one that is there is replaced. is_on false: conntrack
 * watches, and what was completed goes on. */
int nft_add_synproxy(json_t *document, const struct nft_synproxy *synproxy, bool is_on);
int nft_delete_synproxy(json_t *document);

/* Calls for each element of ours in what `nft -j list table` printed; expires_s: seconds left.
 * -EINVAL when it is not that. */
int nft_read_listing(const char *text,
	void (*call)(void *context, enum nft_set set, const struct wire_prefix *prefix,
		uint64_t mitigation, uint64_t expires_s),
	void *context);

/* Hands a document to nft and frees it. 0, -ENOENT (no nft), -EPERM, -ETIMEDOUT, -EIO with what
 * nft said. */
int nft_run(json_t *document, struct err *err);

/* Completes handshakes for hosts behind this machine, while the kernel part answers SYNs to
 * them: rules and the sysctl they need, saved below runtime_dir. Again with other prefixes
 * replaces them. From then on ACKs of connections that conntrack does not know are dropped: so
 * before, nft_synproxy_watch() lets it see those that are there. */
int nft_synproxy_enable(
	const char *runtime_dir, const struct nft_synproxy *synproxy, struct err *err);
/* Rules that do nothing, the sysctl as it was. Connections that were completed go on: their numbers
 * are translated as long as the table is there. */
int nft_synproxy_watch(
	const char *runtime_dir, const struct nft_synproxy *synproxy, struct err *err);
/* Takes the table away, and with it the connections that were completed. */
int nft_synproxy_disable(const char *runtime_dir, struct err *err);

#endif
