/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/like_fetch.c - programs fetched by those who are meant to: package managers, installers.
 */
#include <stdio.h>
#include <string.h>

#include "gen/bots.h"
#include "types.h"

#define PACKAGES 6

void package_update(struct schedule *schedule, const struct plan *plan)
{
	static const char deb[] =
		"!<arch>\ndebian-binary   1700000000  0     0     100644  4         `\n"
		"2.0\n";
	static const uint8_t rpm[] = { 0xed, 0xab, 0xee, 0xdb, 3, 0 };
	static uint8_t body[60000];
	struct cast cast = cast_of(schedule, plan);
	char text[HOST_TEXT_MAX], path[96];
	struct web_request request = { .method = "GET",
		.host = cast_host(&cast, text),
		.path = plan->variant ? "/fedora/repodata/repomd.xml"
				      : "/debian/dists/stable/InRelease",
		.agent = plan->variant ? "libdnf (Fedora Linux 39; server; Linux.x86_64)"
				       : "Debian APT-HTTP/1.3 (2.6.1)" };
	struct web_answer answer = { .status = 200,
		.type = "application/octet-stream",
		.body = body,
		.body_len = sizeof(body) };
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 80);
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = prng_next(&cast.prng) >> 56;
	if (plan->variant)
		memcpy(body, rpm, sizeof(rpm));
	else
		memcpy(body, deb, sizeof(deb) - 1);
	script_request(script, &request);
	script_answer(script, &(struct web_answer){ .status = 200,
				      .type = "text/plain",
				      .body = "Origin: example\n",
				      .body_len = 16 });
	for (unsigned i = 0; i < PACKAGES; i++) {
		snprintf(path, sizeof(path),
			plan->variant ? "/fedora/Packages/p/package-%u.rpm"
				      : "/debian/pool/main/p/package_%u_amd64.deb",
			i);
		request.path = path;
		script_request(script, &request);
		script_answer(script, &answer);
	}
	cast_play(&cast, script);
}

void script_install(struct schedule *schedule, const struct plan *plan)
{
	static const char body[] =
		"#!/bin/sh\nset -eu\n# Installs the tool for the user that runs this.\n"
		"arch=$(uname -m)\ncase $arch in\nx86_64) ;;\n*) echo \"no build for $arch\" >&2; "
		"exit 1 ;;\n"
		"esac\ncurl -fsSL https://get.tool.example/tool-$arch.tar.gz | tar -xz -C "
		"~/.local\n";
	struct cast cast = cast_of(schedule, plan);
	struct secure secure = { .client = SECURE_OPENSSL, .server_name = plan->name };
	char text[HOST_TEXT_MAX];
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 80);
	script_request(script, &(struct web_request){ .method = "GET",
				       .path = "/install.sh",
				       .host = cast_host(&cast, text),
				       .agent = "curl/8.5.0" });
	script_answer(script, &(struct web_answer){ .status = 200,
				      .type = "text/plain",
				      .body = body,
				      .body_len = sizeof(body) - 1 });
	cast_play(&cast, script);
	script = script_open(&cast.client, &cast.server, 443, &cast.prng);
	secure_open(script, &secure);
	secure_say(script, 0, 180);
	secure_say(script, 1, 300000);
	cast_play(&cast, script);
}
