/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/captures_likes.c - what looks like a bot and is not: the false alarms of captures_bots….c.
 *
 * Nothing of medium severity or above may come of these. Each is an ordinary program among the same
 * thirty people.
 */
#include "gen/office.h"

#define LIKE_SEEN .start_s = 10, .seconds = 600
static const struct part nothing[] = { OFFICE(660, 30) };
#define SERVER_INSIDE HOST4(10, 20, 8, 5)

IN_OFFICE(chat, PART(irc_chat, LIKE_SEEN, .name = "irc.community.example", .from = PERSON,
			.to = OUTSIDE(120)));
IN_OFFICE(updates,
	PART(package_update, .start_s = 20, .name = "deb.distribution.example", .from = PERSON,
		.to = OUTSIDE(121)),
	PART(package_update, .start_s = 90, .variant = 1, .name = "mirror.distribution.example",
		.from = HOST4(10, 20, 1, 8), .to = OUTSIDE(122)),
	PART(beats, LIKE_SEEN, EVERY(60), .variant = BEAT_UPDATE,
		.name = "deb.distribution.example", .from = HOST4(10, 20, 1, 9),
		.to = OUTSIDE(121)));
IN_OFFICE(installer, PART(script_install, .start_s = 60, .name = "get.tool.example", .from = PERSON,
			     .to = OUTSIDE(123)));
IN_OFFICE(periodic,
	PART(beats, LIKE_SEEN, EVERY(16), .variant = BEAT_NTP, .name = "time.vendor.example",
		.from = PERSON, .to = OUTSIDE(124)),
	PART(beats, LIKE_SEEN, EVERY(30), .share = 0.02, .count = 12, .variant = BEAT_TELEMETRY,
		.name = "metrics.vendor.example", .from = PEOPLE(30), .to = OUTSIDE(125)),
	PART(beats, LIKE_SEEN, EVERY(20), .count = 10, .variant = BEAT_CONNECTIVITY,
		.name = "captive.vendor.example", .from = PEOPLE(30), .to = OUTSIDE(126)));
IN_OFFICE(push,
	PART(push_channel, LIKE_SEEN, EVERY(60), .name = "mtalk.vendor.example", .from = PERSON,
		.to = OUTSIDE(127)),
	PART(push_channel, LIKE_SEEN, EVERY(60), .name = "mtalk.vendor.example",
		.from = HOST4(10, 20, 1, 8), .to = OUTSIDE(127)),
	PART(web_socket, LIKE_SEEN, EVERY(30), .name = "live.sports.example",
		.from = HOST4(10, 20, 1, 9), .to = OUTSIDE(128)));
IN_OFFICE(mail,
	PART(mail_server, LIKE_SEEN, .rate = 0.4, .share = 0.04, .from = SERVER_INSIDE,
		.to = PUBLIC_OF(60)),
	PART(blocklist_lookups, LIKE_SEEN, .rate = 2, .from = SERVER_INSIDE));
IN_OFFICE(names, PART(cdn_lookups, LIKE_SEEN, .rate = 2, .from = PEOPLE(30)));
IN_OFFICE(checks, PART(ssh_checks, LIKE_SEEN, EVERY(60), .from = SERVER_INSIDE, .to = OUTSIDE(129)),
	PART(ssh_checks, LIKE_SEEN, .rate = 0.5, .from = HOST4(10, 20, 8, 6),
		.to = NET4(10, 20, 9, 0, 27)));
IN_OFFICE(copies,
	PART(bulk_transfer, .start_s = 60, .seconds = 60, .rate = 400, .count = 1, .port = 22,
		.options = PLAN_UPLOAD, .from = SERVER_INSIDE, .to = OUTSIDE(130)));
IN_OFFICE(torrent, PART(peer_to_peer, LIKE_SEEN, .rate = 3, .share = 0.3, .from = PERSON,
			   .to = PUBLIC_OF(300)));
IN_OFFICE(coins,
	PART(wallet, LIKE_SEEN, .name = "seed.coins.example", .from = PERSON, .to = OUTSIDE(131)),
	PART(wallet, LIKE_SEEN, .from = PERSON, .to = OUTSIDE(132)));
IN_OFFICE(sensor, PART(mqtt_sensor, LIKE_SEEN, EVERY(10), .name = "broker.home.example",
			  .from = HOST4(10, 20, 2, 30), .to = OUTSIDE(133)));
IN_OFFICE(tunnel,
	PART(vpn, LIKE_SEEN, .name = "vpn.company.example", .from = PERSON, .to = OUTSIDE(134)));

/* An hour, so that what comes back has come back often. Numbers of hosts are those of people. */
#define HOUR .start_s = 5, .seconds = 3500
#define POLL(host, what, interval_s, jitter, name_, server)                                        \
	PART(beats, HOUR, EVERY(interval_s), .share = (jitter), .variant = (what),                 \
		.name = (name_), .from = HOST4(10, 20, 1, host), .to = OUTSIDE(server))
static const struct part polling[] = { OFFICE(3600, 30),
	POLL(1, BEAT_MAIL, 60, 0.5, "mail.company.example", 140),
	POLL(2, BEAT_MAIL, 30, 0.3, "mail.club.example", 141),
	POLL(3, BEAT_UPDATE, 60, 0.1, "news.paper.example", 142),
	POLL(3, BEAT_UPDATE, 60, 0.0, "feeds.journal.example", 143),
	POLL(3, BEAT_UPDATE, 300, 0.5, "blog.friend.example", 144),
	POLL(4, BEAT_TELEMETRY, 30, 0.5, "metrics.tool.example", 145),
	POLL(5, BEAT_OWN, 60, 0.5, "home.company.example", 146),
	POLL(6, BEAT_OWN, 300, 0.1, NULL, 147), POLL(7, BEAT_OWN, 300, 0.1, NULL, 147),
	POLL(8, BEAT_DEAD, 30, 0.0, NULL, 148), POLL(9, BEAT_DEAD, 60, 0.3, NULL, 149) };
#define CHAT(host, interval_s, jitter, ...)                                                        \
	PART(chat_line, HOUR, EVERY(interval_s), .share = (jitter),                                \
		.from = HOST4(10, 20, 1, host), __VA_ARGS__)
static const struct part chatting[] = { OFFICE(3600, 30),
	CHAT(1, 30, 0.5, .options = PLAN_TLS, .name = "chat.app.example", .to = OUTSIDE(150)),
	CHAT(2, 30, 0.5, .to = OUTSIDE(151)), CHAT(3, 60, 0.1, .to = OUTSIDE(152)),
	CHAT(4, 20, 0.0, .options = PLAN_TLS, .to = OUTSIDE(153)) };
IN_OFFICE(own_tunnels, PART(own_tunnel, LIKE_SEEN, .from = PERSON, .to = OUTSIDE(154)),
	PART(own_tunnel, LIKE_SEEN, .name = "gate.company.example", .from = HOST4(10, 20, 1, 8),
		.to = OUTSIDE(155)));
IN_OFFICE(desktops, PART(remote_desktop, LIKE_SEEN, .from = PERSON, .to = OUTSIDE(156)),
	PART(remote_desktop, .start_s = 10, .seconds = 240, .variant = 1,
		.from = HOST4(10, 20, 1, 8), .to = OUTSIDE(157)));
IN_OFFICE(asked,
	PART(asked_device, LIKE_SEEN, EVERY(10), .from = HOST4(10, 20, 2, 31), .to = OUTSIDE(158)),
	PART(asked_device, LIKE_SEEN, EVERY(15), .share = 0.5, .from = HOST4(10, 20, 2, 32),
		.to = OUTSIDE(158)),
	PART(asked_device, LIKE_SEEN, EVERY(15), .variant = 1, .from = HOST4(10, 20, 2, 33),
		.to = OUTSIDE(159)));

#define LIKE(name_, symbol, about_)                                                                \
	{                                                                                          \
		.name = (name_), .about = (about_), .parts = PARTS(symbol), .truth = TRUTH_QUIET   \
	}
IN_OFFICE(quic,
	PART(quic_browser, LIKE_SEEN, .count = 12, .name = "video.media.example", .from = PERSON,
		.to = OUTSIDE(135)),
	PART(quic_browser, LIKE_SEEN, .count = 12, .name = "www.portal.example",
		.from = HOST4(10, 20, 1, 8), .to = OUTSIDE(136)));

static const struct capture list[] = {
	LIKE("like-nothing", nothing, "the thirty people alone"),
	LIKE("like-irc-chat", chat, "a person chats over IRC"),
	LIKE("like-updates", updates, "apt, dnf, and a check for updates each minute"),
	LIKE("like-installer", installer, "curl NAME | sh"),
	LIKE("like-periodic", periodic, "clocks, telemetry, checks of the network"),
	LIKE("like-push", push, "push channels of phones, a WebSocket"),
	LIKE("like-mail-server", mail, "a mail server with its look-ups of bad senders"),
	LIKE("like-cdn-names", names, "names of content networks"),
	LIKE("like-ssh-checks", checks, "monitoring and administration by SSH, always let in"),
	LIKE("like-backup", copies, "a copy of a server goes out"),
	LIKE("like-torrent", torrent, "file sharing with 300 peers"),
	LIKE("like-wallet", coins, "a wallet at its peers, no miner"),
	LIKE("like-mqtt", sensor, "a sensor tells its value each 10 s"),
	LIKE("like-vpn", tunnel, "WireGuard with its keepalives"),
	LIKE("like-quic", quic, "browsers over QUIC with post-quantum hellos"),
	LIKE("like-polling", polling,
		"mail, feeds, one's own server, a dead one, asked again and again for an hour"),
	LIKE("like-chat-lines", chatting, "chats that stand for an hour, with keepalives"),
	LIKE("like-own-tunnel", own_tunnels, "SSH in TLS to the company's own server"),
	LIKE("like-remote-desktop", desktops, "desktops seen from far away, both ways"),
	LIKE("like-asked-device", asked,
		"devices that answer their maker, or their owner, over TLS"),
};

const struct captures captures_likes = { list, LENGTH_OF(list) };
