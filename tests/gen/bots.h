/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bots.h - the pieces of the captures about infected hosts and of those that look like them.
 *
 * Unless said otherwise the client is the first of `from`, the server the first of `to`, and with a
 * `name` the server is looked up by it at the resolver of the LAN. What these pieces show is what
 * public descriptions of the families say of their wire formats; nothing in the bytes works: bodies
 * are noise behind a file's magic number.
 */
#ifndef WEIR_GEN_BOTS_H
#define WEIR_GEN_BOTS_H

#include "gen/lookup.h"
#include "gen/script.h"
#include "gen/secure.h"

/* Who plays in a piece, and when. */
struct cast {
	struct schedule *schedule;
	const struct plan *plan;
	struct prng prng;
	struct addr client, server;
	int64_t at_ns;
};

struct cast cast_of(struct schedule *schedule, const struct plan *plan);
/* A script between client and server, to the plan's port or else to this one. */
struct script *cast_script(struct cast *cast, uint16_t port);
/* Plays it at cast->at_ns, which then is the time after its end. */
void cast_play(struct cast *cast, struct script *script);
/* The client looks up the plan's name, when it has one, and gets the server. */
void cast_lookup(struct cast *cast);
/* The plan's name or else the address of the server as text, in out. */
#define HOST_TEXT_MAX 64
const char *cast_host(const struct cast *cast, char out[static HOST_TEXT_MAX]);

/* The resolver of the LAN, 10.20.0.53. */
extern const struct addr office_resolver;

/* --- office.c: an ordinary LAN. rate: sittings a second of all people of `from` together.
 * count: sites there are. bytes: mean response. --- */
piece_add office_web;
/* Every host of `from` does this at `rate` with a jitter of `share`; see beats.h. */
piece_add beats;

/* --- bot_iot.c --- */
/* The loader (from, outside) comes to a device (to) by Telnet. */
piece_add mirai_loader;
/* Registration, keepalives for `seconds`, an order after three quarters of them. */
piece_add mirai_c2;
piece_add gafgyt_c2;
/* A script, then a binary for each of several architectures. */
piece_add iot_dropper;

/* --- bot_byob.c --- */
/* variant 1: nobody there, tried again every 30 s. */
piece_add byob_session;

/* --- bot_irc.c --- */
/* count: number of the zombie, from which its nick comes. The order comes after three quarters of
 * `seconds`. */
piece_add irc_zombie;
piece_add irc_chat;

/* --- bot_shell.c --- */
/* variant 1: encrypted, only the rhythm is left. bytes: so much more output of every third command
 * (a list of processes, a file). */
piece_add reverse_shell;

/* --- bot_gate.c --- */
piece_add zeus_gate;
/* A staged download: variant 0 a Windows binary as an image, 1 a Python stager. */
piece_add staged_download;

/* --- bot_spam.c --- */
/* count: mail servers. share: of mails rejected. */
piece_add spam_run;

/* --- bot_names.c --- */
/* variant: enum dga. count: names until one is found; to: that one. */
enum dga { DGA_LETTERS, DGA_HEX, DGA_WORDS };
piece_add dga_search;
piece_add fast_flux;
/* variant: enum lookup_type of the records. `to`: the resolver. rate: queries a second. */
piece_add dns_tunnel;
piece_add icmp_tunnel;

/* --- bot_miner.c --- */
enum coin { COIN_MONERO, COIN_BITCOIN, COIN_ETHEREUM };
piece_add miner; /* variant: enum coin */

/* --- bot_peers.c --- */
/* Kad of a bot: rate: messages a second to peers (to). share: of peers that are gone. */
piece_add kad_bot;

/* --- guess.c: rate: connections a second, each with `count` passwords tried. --- */
piece_add guess_ssh;
piece_add guess_telnet;
piece_add guess_ftp;

/* --- like_….c: what only looks like it --- */
piece_add ssh_checks;	     /* rate: logins a second that succeed at once */
piece_add package_update;    /* variant 1: dnf */
piece_add script_install;    /* curl NAME | sh */
piece_add mail_server;	     /* rate: mails a second to the servers of `to` */
piece_add blocklist_lookups; /* DNSBL and anti-virus look-ups, rate a second */
piece_add cdn_lookups;
piece_add wallet;	/* Bitcoin's peer protocol */
piece_add mqtt_sensor;	/* a value each 1/rate seconds */
piece_add web_socket;	/* a message each 1/rate seconds */
piece_add push_channel; /* TLS, a few bytes each 1/rate seconds */
piece_add vpn;		/* WireGuard with its keepalives, traffic in it */
piece_add quic_browser; /* `count` visits, each with a hello in two datagrams */
/* like_typed.c */
piece_add own_tunnel;	  /* SSH in TLS, with a certificate of the company's own CA */
piece_add remote_desktop; /* variant 1: of ours, by somebody far away */
piece_add asked_device; /* asked each 1/rate seconds, give or take share; variant 1: by a person */
piece_add chat_line;	/* keepalives each 1/rate seconds, give or take share; PLAN_TLS */

#endif
