/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/parsers.c - the lists of parsers, in the order in which they are asked.
 *
 * Those that are sure after a few bytes stand first; one that may need both sides to be sure, or
 * that many other things look like, stands later. parser_looks is not in the list: it takes what
 * is left.
 */
#include "app/parser.h"

const struct stream_parser *const stream_parsers[] = {
	&parser_tls,
	&parser_http,
	&parser_bittorrent,
	&parser_ssh,
	&parser_rdp,
	&parser_dns_tcp,
	&parser_smtp,
	&parser_ftp,
	&parser_mail,
	&parser_smb,
	&parser_telnet,
	&parser_irc,
	&parser_stratum,
	&parser_socks,
	NULL,
};

const struct datagram_parser *const datagram_parsers[] = {
	&datagram_quic,
	&datagram_dns,
	&datagram_dhcp,
	&datagram_mdns,
	&datagram_ssdp,
	&datagram_bittorrent,
	&datagram_kad,
	NULL,
};
