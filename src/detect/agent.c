/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/agent.c - see agent.h.
 *
 * The lists are of what is in common use: the download programs that the loaders of Mirai, Gafgyt,
 * Empire and Metasploit call (LOLBAS names those of Windows), and where the package managers of
 * the common systems fetch from. A name in the list of hosts is a mark of innocence only together
 * with a name that was not given by an address, so it is no way in.
 */
#include "detect/agent.h"

#include <ctype.h>

#include "app/words.h"

#define RANDOM_LEAST 5	 /* letters: shorter ones cannot be told */
#define CHANGES_SHARE 3	 /* weir: one change of kind in so many letters; words have few */
#define CONSONANTS_MAX 5 /* in a row: "rhythms" has 7 with y, "catchphrase" 6; random 8 of 10 */

static const char *const stagers[] = { "wget", "curl/", "python", "windowspowershell", "powershell",
	"certutil", "libwww-perl", "lwp", "go-http-client", "java/", "hello, world", "hello world",
	"busybox", "axel", "aria2", "fetch ", "libcurl", "winhttprequest", "microsoft bits" };

static const char *const updaters[] = { "debian apt", "apt", "libdnf", "urlgrabber", "yum", "dnf",
	"zypp", "pacman", "pip/", "npm/", "yarn/", "cargo", "homebrew", "gem", "composer", "docker",
	"containerd", "snapd", "microsoft-delivery-optimization", "windows-update-agent",
	"microsoft-cryptoapi", "googleupdate", "google update", "chrome/updater", "valve/steam",
	"softwareupdate", "apple", "itunes", "opkg", "uclient-fetch", "adobe", "avast", "avira",
	"kaspersky", "eset", "clamav", "msdw", "device", "tivo" };

static const char *const hosts[] = { "debian.org", "ubuntu.com", "canonical.com", "launchpad.net",
	"fedoraproject.org", "centos.org", "redhat.com", "rockylinux.org", "almalinux.org",
	"opensuse.org", "suse.com", "archlinux.org", "alpinelinux.org", "gentoo.org", "kernel.org",
	"openwrt.org", "raspberrypi.org", "raspberrypi.com", "pypi.org", "pythonhosted.org",
	"python.org", "npmjs.org", "npmjs.com", "nodejs.org", "rubygems.org", "crates.io",
	"rust-lang.org", "golang.org", "go.dev", "docker.com", "docker.io", "github.com",
	"githubusercontent.com", "gitlab.com", "microsoft.com", "windowsupdate.com", "msedge.net",
	"office.net", "visualstudio.com", "apple.com", "mozilla.org", "mozilla.net", "mozilla.com",
	"google.com", "gvt1.com", "googleapis.com", "steamcontent.com", "steampowered.com",
	"steamstatic.com", "adobe.com", "nvidia.com", "amd.com", "intel.com", "dell.com", "hp.com",
	"lenovo.com", "epicgames.com", "ea.com", "avast.com", "avcdn.net", "avg.com",
	"kaspersky.com", "eset.com", "mcafee.com", "symantec.com", "sonos.com", "videolan.org",
	"sourceforge.net" };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool begins_any(struct app_text text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (words_begin(text, list[i]))
			return true;
	return false;
}

/* Upper, lower, digit or other. */
static int kind_of(char c)
{
	unsigned char u = (unsigned char)c;

	return isupper(u) ? 0 : islower(u) ? 1 : isdigit(u) ? 2 : 3;
}

bool agent_is_random(struct app_text word)
{
	unsigned changes = 0, row = 0, longest = 0, digits = 0;

	if (word.len < RANDOM_LEAST)
		return false;
	for (uint32_t i = 0; i < word.len; i++) {
		char c = (char)tolower((unsigned char)word.at[i]);

		if (kind_of(word.at[i]) == 3)
			return false;
		digits += isdigit((unsigned char)c) != 0;
		row = isalpha((unsigned char)c) && !strchr("aeiouy", c) ? row + 1 : 0;
		longest = row > longest ? row : longest;
		changes += i > 1 && kind_of(word.at[i]) != kind_of(word.at[i - 1]);
	}
	return digits < word.len && ((longest > CONSONANTS_MAX && word.len >= 8) ||
					    changes >= word.len / CHANGES_SHARE + 1);
}

enum agent agent_of(struct app_text agent)
{
	if (agent.len == 0)
		return AGENT_NONE;
	if (words_begin(agent, "Mozilla/4.0 (compatible; MSIE"))
		return AGENT_OLD;
	if (words_begin(agent, "Mozilla/") && words_have(agent, "WindowsPowerShell"))
		return AGENT_STAGER;
	if (words_begin(agent, "Mozilla/") || words_begin(agent, "Opera/"))
		return AGENT_BROWSER;
	if (begins_any(agent, stagers, COUNT(stagers)))
		return AGENT_STAGER;
	if (begins_any(agent, updaters, COUNT(updaters)))
		return AGENT_UPDATER;
	return agent.len >= 8 && agent_is_random(agent) ? AGENT_RANDOM : AGENT_OTHER;
}

bool agent_is_known_host(struct app_text host)
{
	const char *colon = host.len ? memchr(host.at, ':', host.len) : NULL;

	if (colon)
		host.len = (uint32_t)(colon - host.at);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		uint32_t len = (uint32_t)strlen(hosts[i]);

		if (host.len >= len && app_text_is(words_after(host, host.len - len), hosts[i]) &&
			(host.len == len || host.at[host.len - len - 1] == '.'))
			return true;
		if (host.len == len && app_text_is(host, hosts[i]))
			return true;
	}
	return false;
}
