/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/beacon_known.c - see beacon_known.h.
 *
 * Ports are those of IANA's service registry, where no other source stands beside them. Names are
 * registered domains that belong to the maker alone, from the makers' own lists of hosts that must
 * be reachable: Microsoft ("Manage connection endpoints for Windows", Microsoft 365 URLs), Apple
 * (HT210060, "Use Apple products on enterprise networks"), Google (FCM ports, Chrome Enterprise
 * host names), Mozilla (captive portal, Normandy), Canonical, Debian, Red Hat; certificate
 * authorities' OCSP and CRL hosts as they stand in their certificates; vendors' device clouds.
 * Clouds in which anybody rents a name (amazonaws.com, azurewebsites.net, cloudfront.net …) are
 * not here, except for the parts a customer cannot have.
 */
#include "detect/beacon_known.h"

#include <netinet/in.h>
#include <string.h>

struct port_range {
	uint16_t from, to;
};

static const struct port_range tcp_ports[] = {
	{ 21, 23 },	  /* FTP, SSH, Telnet: bruteforce, irc and shell look at them */
	{ 25, 25 },	  /* SMTP */
	{ 53, 53 },	  /* DNS */
	{ 88, 88 },	  /* Kerberos */
	{ 110, 110 },	  /* POP3: looks for mail every few minutes */
	{ 135, 139 },	  /* MS-RPC, NetBIOS */
	{ 143, 143 },	  /* IMAP */
	{ 161, 162 },	  /* SNMP */
	{ 179, 179 },	  /* BGP keepalives (RFC 4271) */
	{ 389, 389 },	  /* LDAP */
	{ 445, 445 },	  /* SMB */
	{ 465, 465 },	  /* submission */
	{ 514, 515 },	  /* syslog, printing */
	{ 554, 554 },	  /* RTSP */
	{ 587, 587 },	  /* submission */
	{ 631, 631 },	  /* IPP */
	{ 636, 636 },	  /* LDAPS */
	{ 853, 853 },	  /* DNS over TLS (RFC 7858) */
	{ 993, 995 },	  /* IMAPS, POP3S */
	{ 1433, 1433 },	  /* MS SQL */
	{ 1521, 1521 },	  /* Oracle */
	{ 1723, 1723 },	  /* PPTP */
	{ 1883, 1883 },	  /* MQTT: PINGREQ (OASIS MQTT 3.1.1, 3.1.2.10) */
	{ 2008, 2008 },	  /* TeamSpeak's licence server */
	{ 2049, 2049 },	  /* NFS */
	{ 2195, 2197 },	  /* APNs, old */
	{ 3260, 3260 },	  /* iSCSI */
	{ 3306, 3306 },	  /* MySQL */
	{ 3389, 3389 },	  /* RDP */
	{ 4505, 4506 },	  /* Salt */
	{ 5060, 5061 },	  /* SIP: REGISTER (RFC 3261) */
	{ 5222, 5223 },	  /* XMPP; APNs */
	{ 5228, 5230 },	  /* FCM (mtalk.google.com) */
	{ 5269, 5269 },	  /* XMPP between servers */
	{ 5432, 5432 },	  /* PostgreSQL */
	{ 5671, 5672 },	  /* AMQP */
	{ 5900, 5903 },	  /* VNC */
	{ 5938, 5938 },	  /* TeamViewer */
	{ 6346, 6347 },	  /* Gnutella: pings of its peers */
	{ 6379, 6379 },	  /* Redis */
	{ 7547, 7547 },	  /* CWMP (TR-069): periodic inform */
	{ 8883, 8883 },	  /* MQTT over TLS */
	{ 9090, 9100 },	  /* Prometheus and its exporters; raw printing */
	{ 9200, 9200 },	  /* Elasticsearch */
	{ 10050, 10051 }, /* Zabbix */
	{ 27017, 27017 }, /* MongoDB */
};

static const struct port_range udp_ports[] = {
	{ 53, 53 },	  /* DNS */
	{ 67, 68 },	  /* DHCP */
	{ 88, 88 },	  /* Kerberos */
	{ 123, 123 },	  /* NTP: polls every 64 to 1024 s (RFC 5905) */
	{ 137, 138 },	  /* NetBIOS */
	{ 161, 162 },	  /* SNMP */
	{ 389, 389 },	  /* CLDAP */
	{ 500, 500 },	  /* IKE */
	{ 514, 514 },	  /* syslog */
	{ 520, 521 },	  /* RIP */
	{ 546, 547 },	  /* DHCPv6 */
	{ 623, 623 },	  /* IPMI */
	{ 853, 853 },	  /* DNS over QUIC (RFC 9250) */
	{ 1194, 1194 },	  /* OpenVPN: ping 10 */
	{ 1701, 1701 },	  /* L2TP: hello every 60 s (RFC 2661) */
	{ 1812, 1813 },	  /* RADIUS */
	{ 1900, 1900 },	  /* SSDP */
	{ 2055, 2055 },	  /* NetFlow */
	{ 3074, 3074 },	  /* Xbox */
	{ 3478, 3481 },	  /* STUN, TURN keepalives (RFC 8489); Teams */
	{ 3544, 3544 },	  /* Teredo */
	{ 4500, 4500 },	  /* IPsec: keepalive every 20 s (RFC 3948) */
	{ 5004, 5005 },	  /* RTP */
	{ 5060, 5061 },	  /* SIP */
	{ 5246, 5247 },	  /* CAPWAP: echo every 30 s (RFC 5415) */
	{ 5349, 5349 },	  /* TURN over DTLS */
	{ 5353, 5353 },	  /* mDNS */
	{ 5355, 5355 },	  /* LLMNR */
	{ 5683, 5684 },	  /* CoAP */
	{ 6343, 6343 },	  /* sFlow */
	{ 8125, 8125 },	  /* StatsD */
	{ 9987, 9987 },	  /* TeamSpeak */
	{ 9993, 9993 },	  /* ZeroTier */
	{ 10001, 10001 }, /* UniFi inform */
	{ 19302, 19309 }, /* Google's STUN */
	{ 25826, 25826 }, /* collectd */
	{ 27000, 27050 }, /* Steam */
	{ 41641, 41641 }, /* Tailscale */
	{ 51820, 51820 }, /* WireGuard: PersistentKeepalive 25 */
	{ 64738, 64738 }, /* Mumble */
};

/* A name ends in one of these, at a dot. */
static const char *const domains[] = {
	/* time */
	"ntp.org",
	"time.nist.gov",
	"nist.gov",
	"ptb.de",
	"time.cloudflare.com",
	"time.facebook.com",
	/* Microsoft */
	"microsoft.com",
	"windowsupdate.com",
	"windows.com",
	"msftconnecttest.com",
	"msftncsi.com",
	"live.com",
	"office.com",
	"office.net",
	"office365.com",
	"microsoftonline.com",
	"skype.com",
	"msn.com",
	"bing.com",
	"outlook.com",
	"xboxlive.com",
	"azure-devices.net",
	"events.data.trafficmanager.net",
	"live.net",
	"msedge.net",
	"visualstudio.com",
	/* Apple */
	"apple.com",
	"icloud.com",
	"mzstatic.com",
	"aaplimg.com",
	"cdn-apple.com",
	/* Google */
	"google.com",
	"googleapis.com",
	"gstatic.com",
	"gvt1.com",
	"gvt2.com",
	"googlevideo.com",
	"youtube.com",
	"android.com",
	"google-analytics.com",
	"googlesyndication.com",
	"doubleclick.net",
	"crashlytics.com",
	"app-measurement.com",
	"dns.google",
	"1e100.net",
	"googletagmanager.com",
	"googleadservices.com",
	"ggpht.com",
	"ytimg.com",
	"nest.com",
	/* browsers, systems, their updates and portals */
	"mozilla.com",
	"mozilla.org",
	"mozilla.net",
	"firefox.com",
	"opera.com",
	"operacdn.com",
	"brave.com",
	"vivaldi.com",
	"ubuntu.com",
	"canonical.com",
	"snapcraft.io",
	"debian.org",
	"fedoraproject.org",
	"redhat.com",
	"centos.org",
	"archlinux.org",
	"opensuse.org",
	"gnome.org",
	"kde.org",
	"kernel.org",
	"freebsd.org",
	"openwrt.org",
	/* certificates */
	"digicert.com",
	"lencr.org",
	"letsencrypt.org",
	"sectigo.com",
	"usertrust.com",
	"comodoca.com",
	"globalsign.com",
	"globalsign.net",
	"entrust.net",
	"godaddy.com",
	"amazontrust.com",
	"pki.goog",
	"verisign.com",
	"symcb.com",
	"symcd.com",
	"thawte.com",
	"geotrust.com",
	"identrust.com",
	"quovadisglobal.com",
	"ssl.com",
	"certum.pl",
	"buypass.com",
	/* virus scanners and their look-ups */
	"avast.com",
	"avcdn.net",
	"avg.com",
	"avira.com",
	"bitdefender.com",
	"bitdefender.net",
	"eset.com",
	"kaspersky.com",
	"kaspersky-labs.com",
	"mcafee.com",
	"norton.com",
	"symantec.com",
	"sophos.com",
	"sophosxl.net",
	"trendmicro.com",
	"malwarebytes.com",
	"crowdstrike.com",
	"f-secure.com",
	"clamav.net",
	"drweb.com",
	"sentinelone.net",
	/* messengers and networks of people */
	"facebook.com",
	"facebook.net",
	"fbcdn.net",
	"instagram.com",
	"cdninstagram.com",
	"messenger.com",
	"whatsapp.com",
	"whatsapp.net",
	"signal.org",
	"whispersystems.org",
	"twitter.com",
	"x.com",
	"twimg.com",
	"linkedin.com",
	"snapchat.com",
	"tiktok.com",
	"tiktokv.com",
	"pinterest.com",
	"reddit.com",
	"viber.com",
	"line.me",
	"wechat.com",
	"qq.com",
	"kakao.com",
	"threema.ch",
	"wire.com",
	"vk.com",
	"weibo.cn",
	"weibo.com",
	/* meetings, telephones, offices */
	"zoom.us",
	"webex.com",
	"gotomeeting.com",
	"teamviewer.com",
	"anydesk.com",
	"skype.net",
	"slack.com",
	"slack-edge.com",
	"atlassian.com",
	"adobe.com",
	"adobe.io",
	"dropbox.com",
	"dropboxapi.com",
	"evernote.com",
	"ringcentral.com",
	"logmein.com",
	"salesforce.com",
	/* telemetry of applications */
	"newrelic.com",
	"nr-data.net",
	"datadoghq.com",
	"sentry.io",
	"bugsnag.com",
	"mixpanel.com",
	"segment.io",
	"amplitude.com",
	"appsflyer.com",
	"adjust.com",
	"branch.io",
	"scorecardresearch.com",
	"hotjar.com",
	"nvidia.com",
	"intel.com",
	"amd.com",
	"dell.com",
	"hp.com",
	"hpconnected.com",
	"lenovo.com",
	"logitech.com",
	"grammarly.com",
	"jetbrains.com",
	"github.com",
	"docker.com",
	/* music, films, games */
	"spotify.com",
	"scdn.co",
	"netflix.com",
	"nflxvideo.net",
	"nflxext.com",
	"hulu.com",
	"disneyplus.com",
	"bamgrid.com",
	"twitch.tv",
	"ttvnw.net",
	"steampowered.com",
	"steamserver.net",
	"epicgames.com",
	"riotgames.com",
	"battle.net",
	"blizzard.com",
	"ea.com",
	"playstation.net",
	"playstation.com",
	"nintendo.net",
	"roblox.com",
	"deezer.com",
	"tunein.com",
	"pandora.com",
	"plex.tv",
	"primevideo.com",
	"aiv-cdn.net",
	/* devices and their clouds */
	"amazon.com",
	"amazonalexa.com",
	"a2z.com",
	"media-amazon.com",
	"sonos.com",
	"roku.com",
	"samsung.com",
	"samsungcloud.com",
	"samsungelectronics.com",
	"samsungotn.net",
	"lge.com",
	"lgtvsdp.com",
	"lgsmartad.com",
	"philips-hue.com",
	"meethue.com",
	"ring.com",
	"arlo.com",
	"wyze.com",
	"tuyaeu.com",
	"tuyaus.com",
	"tuyacn.com",
	"tplinkcloud.com",
	"tplinknbu.com",
	"netgear.com",
	"ui.com",
	"ubnt.com",
	"meraki.com",
	"cisco.com",
	"synology.com",
	"myqnapcloud.com",
	"hicloud.com",
	"huawei.com",
	"xiaomi.com",
	"xiaomi.net",
	"miui.com",
	"oppomobile.com",
	"garmin.com",
	"fitbit.com",
	"withings.net",
	"ecobee.com",
	"tesla.services",
	"ikea.com",
	"shelly.cloud",
	"home-assistant.io",
	"ifttt.com",
	"wemo2.com",
	"belkin.com",
	/* weather, and where a host finds out whether it is connected */
	"weather.com",
	"accuweather.com",
	"openweathermap.org",
	"wunderground.com",
	"met.no",
	"yahoo.com",
	"yahooapis.com",
	"captive.apple.com",
	"connectivitycheck.gstatic.com",
	"nmcheck.gnome.org",
	"detectportal.firefox.com",
	"networkcheck.kde.org",
};

/* Parts of clouds that are the maker's own: a device's channel to its vendor. */
static bool is_device_channel(const char *name)
{
	size_t len = strlen(name);
	static const char aws[] = ".amazonaws.com";

	return len > sizeof(aws) && strcmp(name + len - (sizeof(aws) - 1), aws) == 0 &&
	       strstr(name, ".iot.");
}

static bool is_in(const struct port_range *ranges, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (port >= ranges[i].from && port <= ranges[i].to)
			return true;
	return false;
}

bool beacon_port_is_known(uint8_t proto, uint16_t port)
{
	switch (proto) {
	case IPPROTO_TCP:
		return is_in(tcp_ports, sizeof(tcp_ports) / sizeof(tcp_ports[0]), port);
	case IPPROTO_UDP:
		return is_in(udp_ports, sizeof(udp_ports) / sizeof(udp_ports[0]), port);
	default:
		return true; /* ICMP is monitoring, tunnels are tunnels: others look at them */
	}
}

bool beacon_proto_is_known(enum app_proto proto)
{
	switch (proto) {
	case PROTO_UNKNOWN:
	case PROTO_HTTP:
	case PROTO_TLS:
	case PROTO_QUIC:
	case PROTO_TELNET:
		return false;
	default:
		return true; /* each has its own detector, or its own rhythm */
	}
}

bool beacon_name_is_known(const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		size_t part = strlen(domains[i]);

		if (len >= part && strcmp(name + len - part, domains[i]) == 0 &&
			(len == part || name[len - part - 1] == '.'))
			return true;
	}
	return is_device_channel(name);
}
