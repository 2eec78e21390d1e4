/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch/watch_internal.h - the state of watch, shared by the files of src/watch that are the loop:
 * watch.c (start, loop), view.c (what the kernel part counts becomes findings and the picture),
 * orders.c (what was decided goes to the keeper and into the journal), reconcile.c (the same after
 * a start), commands.c (what the operator asks), status.c (how it is).
 */
#ifndef WEIR_WATCH_WATCH_INTERNAL_H
#define WEIR_WATCH_WATCH_INTERNAL_H

#include "app/oui.h"
#include "conf/conf.h"
#include "conf/networks.h"
#include "decide/decide.h"
#include "lib/keyed.h"
#include "lib/now.h"
#include "live.h"
#include "record/eve_log.h"
#include "record/journal.h"
#include "watch/control.h"
#include "watch/link.h"
#include "watch/maps.h"
#include "watch/watch.h"

#define WATCH_HOSTS_MAX 1024 /* hosts under attack that are looked at; more are one carpet */

/* A mitigation as the journal has it, to see what has changed. */
struct journaled {
	uint64_t id;
	enum mitigation_state state;
	int64_t expires_ns;
};

/* An incident that goes on, as it was last written down. */
struct told_incident {
	char id[INCIDENT_ID_MAX];
	enum severity severity;
	bool is_seen; /* it still goes on */
};

#define WATCH_TOLD_MAX 1024

/* A host of which the kernel part has sampled packets. */
struct watched_host {
	struct keyed_head head;
	struct addr addr;    /* the key */
	uint64_t sampled_ns; /* CLOCK_MONOTONIC, last time */
};

struct watch {
	const char *conf_path; /* NULL: defaults */
	const struct conf *conf;
	struct conf *own_conf; /* the same once it was reloaded, else NULL */
	struct networks *networks;
	struct prefix_set *allow;   /* what the policy leaves alone; the keeper has the last word */
	int64_t allow_until_ns;	    /* when the first of them runs out; 0: none does */
	struct msg_welcome welcome; /* mode and enforce_until_ns follow what the keeper says */
	struct link *link;
	struct maps *maps;  /* NULL: no kernel part */
	struct oui *makers; /* of network cards; NULL: not known */
	struct live *live;
	struct decider *decider;
	struct journal *journal;
	struct eve_log *events;
	struct control *control;
	int signals; /* descriptor */
	bool is_stopping;
	int64_t started_ns, next_beat_ns, next_second_ns; /* CLOCK_MONOTONIC */

	/* view.c */
	struct keyed hosts;  /* struct watched_host, at most WATCH_HOSTS_MAX; none gives way */
	uint64_t hosts_lost; /* sampled, but no place among the hosts */
	struct gate_host now[WATCH_HOSTS_MAX], before[WATCH_HOSTS_MAX];
	unsigned now_count, before_count;
	struct gate_view *view; /* NULL: no kernel part */
	struct gate_hit hits[MITIGATIONS_MAX];
	struct window window; /* the last one that ended */
	unsigned windows;     /* that ended in this step */

	/* orders.c */
	struct orders orders;
	struct journaled journaled[MITIGATIONS_MAX];
	unsigned journaled_count;
	struct told_incident told[WATCH_TOLD_MAX];
	unsigned told_count;
	uint64_t refused;	      /* requests that the keeper refused */
	struct msg_commands commands; /* as of its last answer to a beat */
	bool is_reconciling, is_too_fast;
	struct {
		uint64_t serial; /* of the request that a command waits for, 0: none */
		bool is_here;
		struct msg_reply reply;
	} awaited;

	/* status.c: rates of the last second */
	struct live_stats stats, stats_before;
	struct wire_counter counters[WIRE_REASON_COUNT], counters_before[WIRE_REASON_COUNT];
	double rates_s;	  /* seconds between the two */
	int64_t rated_ns; /* CLOCK_MONOTONIC of the later one */
};

/* view.c: takes the samples that have come; findings of a window; everything for a decision. */
int view_open(struct watch *watch);
void view_take_samples(struct watch *watch);
void view_window(void *watch, struct window window, struct findings *findings);
void view_picture(struct watch *watch, struct picture *ret_picture);
enum wire_mode view_mode(const struct watch *watch, uint64_t *ret_until_ns);
void view_close(struct watch *watch);

/* orders.c: decides, sends, writes down. */
void orders_of_window(struct watch *watch);
void orders_replied(void *watch, const struct msg_request *request, const struct msg_reply *reply);
void orders_fill(struct msg_request *request, const struct mitigation *mitigation);
/* Journals what has changed since the last time, or takes note that nothing has. */
void orders_write_down(struct watch *watch);
void orders_note_journaled(struct watch *watch);
/* Decides now and waits until the keeper has answered for this mitigation, at most half a
 * second. */
void orders_settle(struct watch *watch, uint64_t mitigation);
/* Asks the keeper and waits for its answer, at most half a second. 0 or −errno with its
 * sentence. */
int orders_ask(struct watch *watch, struct msg_request *request, struct err *err);
int orders_allow(struct watch *watch, const struct prefix *prefix, uint32_t lease_ms,
	bool is_removed, struct err *err);
/* Builds the set of what the policy leaves alone: configuration and journal. -ENOMEM. */
int orders_load_allow(struct watch *watch);

/* reconcile.c: after a start journal and kernel are made to agree. −errno with a message. */
int orders_reconcile(struct watch *watch, struct err *err);
/* The keeper has refused it as too fast. */
void reconcile_again(struct watch *watch, const struct msg_request *request);

/* status.c: the answer to "status", and its parts that others give, too. */
void status_put(struct watch *watch, json_t *answer);
void status_put_mode(struct watch *watch, json_t *answer);
void status_second(struct watch *watch); /* once a second: rates */

/* commands.c */
extern const struct control_command watch_commands[];

#endif
