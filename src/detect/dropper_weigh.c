/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dropper_weigh.c - how much a file that came speaks for malware: parts with a weight each,
 * added up.
 *
 * The parts are what loaders have in common (programs fetched from bare addresses, in builds for
 * several architectures; Mirai's and Gafgyt's scripts; Emotet's and Empire's stagers); their
 * weights are weir's: two that are strong, or three, reach medium (0.7), and no single one does.
 */
#include "detect/dropper_weigh.h"

#include <string.h>

#include "app/words.h"

#define CONFIDENCE_MAX 0.97F
#define NAMED_MAX 0.55F /* a developer's installer, whatever it does */
#define LOCAL_MAX 0.55F
#define PUSHED_MAX 0.55F   /* anybody may send anything to an open port: that makes no bot */
#define OPAQUE_ENTROPY 7.6 /* bits a byte: 4 KiB of random bytes have 7.95, packed text 7.7 */
#define OPAQUE_SIZE 4096

#define TRAITS_LOADER (TRAIT_BUSYBOX | TRAIT_SOCKET)

struct sum {
	float confidence, best;
	const char *reason;
	unsigned parts;
};

static void add(struct sum *sum, bool is_so, float weight, const char *reason)
{
	if (!is_so)
		return;
	sum->confidence += weight;
	sum->parts++;
	if (weight > sum->best) {
		sum->best = weight;
		sum->reason = reason;
	}
}

static bool is_program(const struct app_file *file)
{
	return file->magic == MAGIC_ELF || file->magic == MAGIC_PE || file->magic == MAGIC_MACHO;
}

static bool is_script(const struct app_file *file)
{
	return file->magic == MAGIC_SHELL_SCRIPT || file->magic == MAGIC_PYTHON ||
	       file->magic == MAGIC_POWERSHELL;
}

/* Says that it is a picture, a sound, a font: what no server calls a program by mistake. */
static bool is_said_media(const struct app_file *file)
{
	static const char *const media[] = { "image/", "audio/", "video/", "font/", "text/css" };

	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++)
		if (words_begin(file->declared_type, media[i]))
			return true;
	return false;
}

static bool is_said_page(const struct app_file *file)
{
	return words_begin(file->declared_type, "text/html");
}

/* Formats of pictures and films that have no place among the magics. */
static bool is_media(struct app_text first)
{
	return (first.len >= 8 && memcmp(first.at + 4, "ftyp", 4) == 0) ||
	       (first.len >= 2 &&
		       (memcmp(first.at, "BM", 2) == 0 || memcmp(first.at, "\xff\x0a", 2) == 0)) ||
	       (first.len >= 8 && memcmp(first.at + 4, "jP  ", 4) == 0) ||
	       (first.len >= 8 && memcmp(first.at + 4, "JXL ", 4) == 0) ||
	       words_begin(first, "RIFF") || words_begin(first, "OggS") ||
	       words_begin(first, "wOF") || words_begin(first, "ID3");
}

/* Says picture and is noise. A part of a file (206) begins anywhere. */
static bool is_opaque_media(const struct app_file *file, const struct dropper_request *request)
{
	return file->magic == MAGIC_OTHER && words_begin(file->declared_type, "image/") &&
	       file->size >= OPAQUE_SIZE && request->status == 200 && file->first.len > 0 &&
	       app_entropy_bits(file->entropy) >= OPAQUE_ENTROPY && !is_media(file->first);
}

bool dropper_is_stage(const struct app_file *file)
{
	return (file->traits & TRAIT_DOWNLOAD) && (file->traits & (TRAIT_RUN | TRAIT_BUSYBOX));
}

bool dropper_is_worth(const struct app_file *file, const struct dropper_request *request)
{
	bool is_odd_page = request->is_odd_path && request->is_get && request->status == 200;

	if (file->proto == PROTO_HTTP &&
		(request->is_known_host ||
			(request->agent_kind == AGENT_UPDATER && request->has_known_path)))
		return false;
	return is_program(file) || is_script(file) || (file->traits & ~(unsigned)TRAIT_BOMB) ||
	       is_opaque_media(file, request) || is_odd_page;
}

/* Behind the folders that a WordPress has. */
static struct app_text wordpress_folder(struct app_text uri)
{
	static const char *const folders[] = { "/wp-content/", "/wp-includes/", "/wp-admin/" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		uint32_t at = words_find(uri, folders[i]);

		if (at < uri.len)
			return words_after(uri, at + (uint32_t)strlen(folders[i]));
	}
	return (struct app_text){ 0 };
}

/* "/wp-content/Elw3kPvOsZxM5/": Emotet's loaders put such folders into hacked WordPresses, a
 * WordPress itself has only named ones and answers them with nothing. */
bool dropper_is_odd_path(struct app_text uri)
{
	struct app_text folder = wordpress_folder(uri);
	const char *slash = folder.len ? memchr(folder.at, '/', folder.len) : NULL;

	if (!slash || slash + 1 != folder.at + folder.len)
		return false;
	folder.len = (uint32_t)(slash - folder.at);
	return agent_is_random(folder);
}

/* A cache in the network gives out what others have: the name stands in the path. */
bool dropper_has_known_path(struct app_text uri)
{
	return words_have(uri, ".microsoft.com/") || words_have(uri, ".windowsupdate.com/") ||
	       words_have(uri, ".apple.com/");
}

static void weigh_program(struct sum *sum, const struct app_file *file,
	const struct dropper_request *request, const struct dropper_past *past)
{
	bool is_http = file->proto == PROTO_HTTP;

	add(sum, true, 0.1F, "a program was fetched");
	add(sum, is_said_media(file), 0.45F, "a program came under the name of a picture");
	add(sum, is_said_page(file), 0.15F, "a program came under the name of a page");
	add(sum, past->machines >= 2, past->machines > 2 ? 0.5F : 0.3F,
		"programs for several architectures came from one place");
	add(sum, past->has_stage, 0.4F, "a script that downloads was followed by a program");
	add(sum, is_http && file->is_bare_address, 0.3F, "a program came from a bare address");
	add(sum, !is_http && !past->is_local, 0.35F, "a program was sent bare over TCP");
	add(sum, is_http && request->agent_kind == AGENT_RANDOM, 0.45F,
		"a program was fetched by a client with a random name");
	add(sum, is_http && request->agent_kind == AGENT_STAGER, 0.25F,
		"a program was fetched as scripts do it");
	add(sum, is_http && request->is_asked && request->agent_kind == AGENT_NONE, 0.2F,
		"a program was fetched by a client without a name");
	add(sum, is_http && file->declared_type.len && request->is_odd_path, 0.4F,
		"a program came from a made-up folder of a WordPress");
	/* "/video/6JvA8/" gives a .dll: the name is the answer's, not the path's. */
	add(sum, is_http && file->url.len && file->url.at[file->url.len - 1] == '/', 0.15F,
		"a program came for a path that is a folder");
}

static void weigh_script(struct sum *sum, const struct app_file *file,
	const struct dropper_request *request, const struct dropper_past *past)
{
	uint32_t t = file->traits;
	bool is_http = file->proto == PROTO_HTTP;

	add(sum, dropper_is_stage(file), 0.3F, "a script came that downloads and runs things");
	add(sum, t & TRAIT_ARCHITECTURES && t & TRAIT_DOWNLOAD, 0.3F,
		"a script came that downloads for several architectures");
	add(sum, t & TRAIT_BUSYBOX, 0.25F, "a script came that works as Mirai's loader does");
	add(sum, t & TRAIT_SOCKET, 0.4F, "a script came that gives a shell to a socket");
	add(sum, t & TRAIT_DECODE_EXEC, 0.4F, "a script came that unpacks itself and runs that");
	add(sum, t & TRAIT_HIDES && t != TRAIT_HIDES, 0.1F, "a script came that hides its traces");
	add(sum, !is_http && is_script(file), past->is_local && !t ? 0.42F : 0.45F,
		"a script was sent bare over TCP");
	if (sum->parts == 0)
		return;
	add(sum, is_http && file->is_bare_address, 0.25F, "a script came from a bare address");
	add(sum, is_http && request->agent_kind == AGENT_STAGER, 0.1F,
		"a script was fetched as scripts do it");
	add(sum, is_http && is_said_media(file), 0.4F, "a script came under the name of a picture");
	add(sum, past->has_stage && !dropper_is_stage(file), 0.2F, "a script fetched a script");
}

/* What a name or our own network makes of it. */
static float capped(
	const struct sum *sum, const struct app_file *file, const struct dropper_past *past)
{
	float most = CONFIDENCE_MAX;
	bool is_loader = (file->traits & TRAITS_LOADER) || past->has_stage;

	if (past->is_local)
		most = LOCAL_MAX;
	else if (past->is_pushed)
		most = PUSHED_MAX;
	else if (!is_program(file) && file->proto == PROTO_HTTP && !file->is_bare_address &&
		 !is_loader && !is_said_media(file))
		most = NAMED_MAX;
	return sum->confidence < most ? sum->confidence : most;
}

struct dropper_weight dropper_weigh(const struct app_file *file,
	const struct dropper_request *request, const struct dropper_past *past)
{
	struct sum sum = { 0 };

	if (is_program(file))
		weigh_program(&sum, file, request, past);
	else if (is_script(file) || file->traits)
		weigh_script(&sum, file, request, past);
	if (is_opaque_media(file, request)) {
		add(&sum, true, 0.3F, "noise came under the name of a picture");
		add(&sum, file->is_bare_address, 0.2F, "noise came from a bare address");
	}
	if (!is_program(file))
		add(&sum, request->is_odd_path, 0.45F,
			"a page came from a made-up folder of a WordPress");
	return (struct dropper_weight){ .confidence = capped(&sum, file, past),
		.reason = sum.reason,
		.machines = past->machines,
		.parts = sum.parts };
}

const char *dropper_words(enum file_magic magic)
{
	switch (magic) {
	case MAGIC_ELF:
		return "a Linux program";
	case MAGIC_PE:
		return "a Windows program";
	case MAGIC_MACHO:
		return "a macOS program";
	case MAGIC_SHELL_SCRIPT:
		return "a shell script";
	case MAGIC_PYTHON:
		return "a Python script";
	case MAGIC_POWERSHELL:
		return "a PowerShell script";
	case MAGIC_TEXT:
		return "a text";
	default:
		return "data";
	}
}
