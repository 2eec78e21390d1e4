/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app/event.h - what happened in a conversation, as the bot detectors, the host inventory and the
 * EVE log are told.
 *
 * Parsers (parser.h) make events on the workers, each into the log of its lane (log.h); at the end
 * of a window one thread takes all of them in the order of time and lane and hands them round. So
 * whoever takes events needs no lock, no summary and no merge, and how many workers there were
 * changes nothing. An event and the texts in it are valid only during the call that hands it over.
 *
 * Side 0 of the key is the client: the side that opened the conversation. Texts are as they came:
 * any bytes, not ended by 0, cut at the length that stands beside them. A text that was not there
 * has len 0.
 */
#ifndef WEIR_APP_EVENT_H
#define WEIR_APP_EVENT_H

#include "types.h"

/* APP_EVENT(symbol, member of the union, Suricata's event_type or ours) */
#define APP_EVENTS(APP_EVENT)                                                                      \
	/* A TCP conversation exists: both sides have proved themselves. */                        \
	APP_EVENT(CONNECT, connect, "connect")                                                     \
	/* A TCP opening that was refused or never answered. */                                    \
	APP_EVENT(REFUSED, connect, "refused")                                                     \
	/* The client of a conversation speaks again after a second of silence. */                 \
	APP_EVENT(BURST, burst, "burst")                                                           \
	/* A datagram, or an echo request, and its answer. */                                      \
	APP_EVENT(EXCHANGE, exchange, "exchange")                                                  \
	/* A conversation is over, or goes on: then once in 60 s of its life. */                   \
	APP_EVENT(FLOW, flow_end, "flow")                                                          \
	APP_EVENT(HTTP, http, "http")                                                              \
	/* The first bytes and the sum of a body, a mail attachment, a file sent bare. */          \
	APP_EVENT(FILE, file, "fileinfo")                                                          \
	APP_EVENT(DNS, dns, "dns")                                                                 \
	APP_EVENT(TLS, tls, "tls")                                                                 \
	APP_EVENT(QUIC, tls, "quic")                                                               \
	APP_EVENT(SSH, ssh, "ssh")                                                                 \
	/* A try to log in somewhere, and how it ended. */                                         \
	APP_EVENT(LOGIN, login, "login")                                                           \
	APP_EVENT(SMTP, smtp, "smtp")                                                              \
	APP_EVENT(FTP, ftp, "ftp")                                                                 \
	APP_EVENT(IRC, irc, "irc")                                                                 \
	APP_EVENT(STRATUM, stratum, "stratum")                                                     \
	APP_EVENT(SOCKS, socks, "socks")                                                           \
	APP_EVENT(P2P, p2p, "p2p")                                                                 \
	APP_EVENT(RDP, rdp, "rdp")                                                                 \
	/* A host says what it is: DHCP, mDNS, SSDP, an SMB or HTTP banner. */                     \
	APP_EVENT(HOST, host, "host")                                                              \
	/* Bytes of a conversation in no known protocol that look like something. */               \
	APP_EVENT(LOOKS, looks, "looks")

enum app_event_type {
#define APP_EVENT(symbol, ...) APP_##symbol,
	APP_EVENTS(APP_EVENT)
#undef APP_EVENT
		APP_EVENT_TYPES
};

/* APP_PROTO(symbol, Suricata's app_proto or nDPI's name in small letters) */
#define APP_PROTOS(APP_PROTO)                                                                      \
	APP_PROTO(UNKNOWN, "unknown")                                                              \
	APP_PROTO(HTTP, "http")                                                                    \
	APP_PROTO(DNS, "dns")                                                                      \
	APP_PROTO(TLS, "tls")                                                                      \
	APP_PROTO(QUIC, "quic")                                                                    \
	APP_PROTO(SSH, "ssh")                                                                      \
	APP_PROTO(SMTP, "smtp")                                                                    \
	APP_PROTO(FTP, "ftp")                                                                      \
	APP_PROTO(TELNET, "telnet")                                                                \
	APP_PROTO(IRC, "irc")                                                                      \
	APP_PROTO(STRATUM, "stratum")                                                              \
	APP_PROTO(SOCKS, "socks")                                                                  \
	APP_PROTO(BITTORRENT, "bittorrent-dht")                                                    \
	APP_PROTO(KAD, "kad")                                                                      \
	APP_PROTO(RDP, "rdp")                                                                      \
	APP_PROTO(DHCP, "dhcp")                                                                    \
	APP_PROTO(MDNS, "mdns")                                                                    \
	APP_PROTO(SSDP, "ssdp")                                                                    \
	APP_PROTO(NTP, "ntp")                                                                      \
	APP_PROTO(SMB, "smb")                                                                      \
	APP_PROTO(POP3, "pop3")                                                                    \
	APP_PROTO(IMAP, "imap")                                                                    \
	APP_PROTO(SIP, "sip")

enum app_proto {
#define APP_PROTO(symbol, name) PROTO_##symbol,
	APP_PROTOS(APP_PROTO)
#undef APP_PROTO
		APP_PROTO_COUNT
};

struct app_text {
	const char *at;
	uint32_t len;
};

/* CONNECT, REFUSED. */
struct app_connect {
	bool is_midstream;   /* picked up after its handshake */
	bool was_unanswered; /* REFUSED: nobody said anything */
};

/* The burst before this one: payload bytes by side, and when it began and ended. */
struct app_burst {
	uint64_t bytes[2];
	int64_t begin_ns, end_ns;
	uint32_t number; /* of this burst, from 1 */
	enum app_proto proto;
};

struct app_exchange {
	uint32_t bytes[2]; /* payload of question and answer */
	bool is_echo;	   /* ICMP echo: the answer should repeat the question */
	bool is_repeated;  /* and does */
	enum app_proto proto;
};

#define RHYTHM_FIRST 6

/* How a conversation goes back and forth. A message is what one side says before the other one
 * does, or before half a second of silence. */
struct app_rhythm {
	uint32_t messages[2];
	uint32_t small[2];	/* of these: at most 128 bytes */
	uint32_t keepalives[2]; /* of these: at most 4 bytes */
	uint32_t prompts; /* the server speaks first after 0.3 s of silence, in a small message… */
	uint32_t obeyed;  /* …and the client answers within 3 s */
	uint32_t idle_s;  /* in silences of 10 s and more */
	/* Of the logarithms of the silences before prompts, in s: the mean, and the sum of squares
	 * about it. */
	float pause_mean, pause_squares;
	uint32_t first[2][RHYTHM_FIRST]; /* payload bytes of the first messages */
	uint8_t entropy[2];		 /* of the first 256 bytes by side, in 1/32 bit a byte */
};

enum flow_end {
	FLOW_END_ONGOING, /* it goes on */
	FLOW_END_CLOSED,
	FLOW_END_RESET,
	FLOW_END_IDLE,
	FLOW_END_EVICTED,
	FLOW_END_INPUT, /* the input ended */
};

struct app_flow {
	int64_t first_ns, last_ns;
	uint64_t bytes[2], payload_bytes[2]; /* IP bytes; in TCP of both: retransmissions too */
	uint32_t packets[2];
	enum flow_end end;
	enum app_proto proto;
	bool is_midstream;
	struct app_rhythm rhythm; /* all zero when the flow had no stream slot */
};

/* One request with its response, when there was one. */
struct app_http {
	struct app_text method, host, uri, user_agent, referer, content_type; /* of the request */
	struct app_text cookie;
	struct app_text response_type, server, location;
	uint64_t request_body, response_body; /* bytes, decoded */
	uint16_t status;		      /* 0: no response */
	uint16_t header_count;
	uint8_t version; /* 10, 11; 9: 0.9 */
	bool has_response, is_pipelined;
	bool is_bare_address;	 /* Host is an address, or there is none */
	uint8_t body_entropy[2]; /* of the first 4096 bytes by side, 1/32 bit a byte */
	uint8_t body_printable[2];
	struct app_text body;	      /* first bytes of the request's body, at most 256 */
	struct app_text header_order; /* names of the request's headers, small letters, by "," */
};

enum file_magic {
	MAGIC_NONE,
	MAGIC_ELF,
	MAGIC_PE,
	MAGIC_MACHO,
	MAGIC_SHELL_SCRIPT,
	MAGIC_PYTHON,
	MAGIC_POWERSHELL,
	MAGIC_ARCHIVE,	/* zip, gzip, 7z, rar … */
	MAGIC_DOCUMENT, /* OLE, PDF, OOXML */
	MAGIC_IMAGE,
	MAGIC_TEXT,
	MAGIC_OTHER,
};

/* What a script does; bits of app_file.traits and app_looks.traits. */
enum script_trait {
	TRAIT_DOWNLOAD = 1 << 0, /* wget, curl, tftp, certutil, DownloadString … of something */
	TRAIT_RUN = 1 << 1,	 /* chmod +x and ./it, exec, IEX */
	TRAIT_DECODE_EXEC = 1 << 2,   /* base64, zlib, marshal and exec; -EncodedCommand */
	TRAIT_ARCHITECTURES = 1 << 3, /* several of mips, arm, x86, sh4, ppc … in names */
	TRAIT_HIDES = 1 << 4,	      /* removes itself, its history, logs; /tmp, /dev/shm */
	TRAIT_BUSYBOX = 1 << 5,	      /* /bin/busybox NAME as Mirai's loader says */
	TRAIT_SOCKET = 1 << 6,	      /* makes a socket and gives it to a shell */
	TRAIT_BOMB = 1 << 7,	      /* a body that unpacks to a hundred times its size and more */
};

struct app_file {
	struct app_text url, name, declared_type; /* url: host and path; name: last part */
	struct app_text first;			  /* bytes, at most 64 */
	enum file_magic magic;
	enum app_proto proto; /* it came by */
	uint32_t traits;
	uint64_t size;	 /* seen so far */
	uint8_t entropy; /* of the first 4096 bytes, 1/32 bit a byte */
	uint8_t side;	 /* who sent it */
	bool is_bare_address;
	bool is_complete;
	uint16_t machine; /* ELF e_machine or PE Machine */
};

#define DNS_ANSWERS 16

struct app_dns_answer {
	uint16_t type;
	uint32_t ttl_s;
	struct addr addr;     /* A, AAAA */
	struct app_text data; /* CNAME, MX, NS, PTR: the name; TXT, NULL and others: the bytes */
};

/* A question with its answer. Questions without an answer, and answers to none, are not told. */
struct app_dns {
	struct app_text name; /* in small letters, with dots, without the last one */
	uint16_t type, id;
	uint8_t rcode;
	bool is_truncated, is_tcp, is_authoritative;
	uint16_t flags;	       /* as in the header of the answer */
	uint16_t answer_count; /* of the header; at most DNS_ANSWERS are here */
	uint16_t listed;
	uint32_t bytes[2]; /* payload of question and answer */
	struct app_dns_answer answers[DNS_ANSWERS];
};

struct app_tls {
	struct app_text sni, alpn; /* alpn: the one that was chosen, else the first offered */
	struct app_text subject, issuer, serial; /* RFC 4514; serial: hex */
	int64_t not_before_s, not_after_s;	 /* of the certificate, seconds since 1970 */
	uint16_t version;			 /* negotiated: 0x0303, 0x0304 */
	uint16_t client_version;
	char ja3[33], ja3s[33]; /* MD5, hex; "" when there is none */
	char ja4[37];
	char fingerprint[41]; /* SHA-1 of the certificate, hex */
	char sha256[65];
	bool is_self_signed, has_certificate, is_resumed;
	bool has_server; /* ServerHello was seen */
	uint8_t alert;	 /* that ended the handshake; 0: none */
};

#define SSH_VERSION_SIZE 5

struct app_ssh {
	struct app_text client, server;	   /* software, after "SSH-2.0-" */
	char version[2][SSH_VERSION_SIZE]; /* by side: "2.0", "1.99"; "" of whom nothing is known */
	char hassh[33], hassh_server[33];
};

enum login_result { LOGIN_UNKNOWN, LOGIN_FAILED, LOGIN_SUCCEEDED };

struct app_login {
	enum app_proto proto;
	enum login_result result;
	struct app_text user; /* "" when encrypted */
	uint32_t tries;	      /* within this conversation, this one included */
	bool is_guessed;      /* from sizes of packets (SSH, RDP) */
};

struct app_smtp {
	struct app_text helo, from, to; /* to: the first recipient */
	struct app_text subject, agent; /* User-Agent or X-Mailer */
	uint32_t recipients;
	uint16_t reply;	  /* the last code of the server's for this mail */
	uint32_t rejects; /* 5xx replies in this mail */
	uint64_t bytes;	  /* of the mail */
	bool is_tls;
};

struct app_ftp {
	struct app_text command, argument;
	uint16_t reply;
};

enum irc_what {
	IRC_REGISTER, /* NICK and USER were said: nick, user, password */
	IRC_WELCOME,  /* 001: registered */
	IRC_JOIN,
	IRC_TOPIC,   /* 332 or TOPIC: text */
	IRC_MESSAGE, /* PRIVMSG, NOTICE: who to whom, text */
	IRC_PING,    /* and PONG */
	IRC_QUIT,
};

struct app_irc {
	enum irc_what what;
	struct app_text nick, user, password, channel, text;
	bool is_from_server; /* of a MESSAGE: somebody else said it */
};

enum stratum_what { STRATUM_LOGIN, STRATUM_JOB, STRATUM_DIFFICULTY, STRATUM_SHARE, STRATUM_RESULT };

struct app_stratum {
	enum stratum_what what;
	struct app_text method, worker, password, agent;
	struct app_text algorithm; /* "rx/0", "ethash" … */
	struct app_text pool;	   /* the name the miner calls the server by */
	struct app_text dialect;   /* "btc", "eth", "xmr", "zec": static */
	double difficulty;	   /* of one share, in expected hashes; 0: not known */
	double rate_hps;	   /* hashes a second as the miner itself says; 0: it does not */
	bool is_accepted;	   /* RESULT */
};

struct app_socks {
	uint8_t version;
	struct app_text user, host; /* host: the name asked for */
	struct addr addr;
	uint16_t port;
	bool is_granted;
};

struct app_p2p {
	enum app_proto proto;
	struct app_text what; /* "get_peers", "find_node", "announce", "kad2 hello" …: static */
	struct app_text id;   /* node id or info hash, raw */
	uint8_t side;
	bool is_odd; /* well-formed at first sight but encrypted or in a dialect of its own */
};

struct app_rdp {
	struct app_text cookie; /* mstshash */
	uint32_t protocols;	/* requested */
	bool is_tls;
};

/* HOST: of whom it is said is key.addr[side]. */
struct app_host {
	struct app_text name, vendor, system, model, service; /* vendor: DHCP option 60 … */
	struct app_text parameters;			      /* DHCP option 55 */
	uint8_t mac[6];
	bool has_mac;
	struct addr addr; /* the address it has, all zero when it is the sender's */
	enum app_proto proto;
};

enum looks_kind {
	LOOKS_SHELL_PROMPT,
	LOOKS_SHELL_COMMAND,
	LOOKS_SHELL_OUTPUT, /* of shell commands */
	LOOKS_MIRAI_LOGIN,  /* registration */
	LOOKS_MIRAI_KEEPALIVE,
	LOOKS_MIRAI_ORDER, /* to attack */
	LOOKS_MIRAI_LOADER,
	LOOKS_GAFGYT, /* line protocol */
	LOOKS_BYOB,   /* session */
	LOOKS_SCRIPT,
	LOOKS_EXECUTABLE,
	LOOKS_KIND_COUNT
};

struct app_looks {
	enum looks_kind kind;
	uint8_t side;	      /* who said it */
	uint32_t traits;      /* enum script_trait bits */
	uint32_t count;	      /* how often in this conversation */
	struct app_text text; /* the bytes, at most 128 */
};

struct app_event {
	enum app_event_type type;
	int64_t time_ns;
	struct flow_key key; /* side 0: the client */
	uint64_t flow;	     /* the same for all events of one conversation */
	union {
		struct app_connect connect;
		struct app_burst burst;
		struct app_exchange exchange;
		struct app_flow flow_end;
		struct app_http http;
		struct app_file file;
		struct app_dns dns;
		struct app_tls tls;
		struct app_ssh ssh;
		struct app_login login;
		struct app_smtp smtp;
		struct app_ftp ftp;
		struct app_irc irc;
		struct app_stratum stratum;
		struct app_socks socks;
		struct app_p2p p2p;
		struct app_rdp rdp;
		struct app_host host;
		struct app_looks looks;
	};
};

extern const char *const app_event_names[APP_EVENT_TYPES];
extern const char *const app_proto_names[APP_PROTO_COUNT];

/* Is it this, letter by letter, in any case? */
bool app_text_is(struct app_text text, const char *word);

/* Copies at most size - 1 bytes, cleaned (lib/text.h), 0-terminated. Returns out. */
const char *app_text_clean(struct app_text text, char *out, size_t size);

/* Entropy as the parsers give it, in bits a byte. */
static inline double app_entropy_bits(uint8_t entropy)
{
	return entropy / 32.0;
}

#endif
