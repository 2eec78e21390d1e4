/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_gate.c - bots that speak HTTP: Zeus' gate, and downloads in stages.
 *
 * Zeus gets its configuration, encrypted, and posts what it stole to a gate, encrypted, each minute
 * or so; the client calls itself a browser and sends nothing else that one would.
 */
#include <stdio.h>
#include <string.h>

#include "gen/bots.h"
#include "types.h"

#define BROWSER "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)"
#define REPORT_S 60
#define STAGE_BYTES 90000

void zeus_gate(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	int64_t end_ns = cast.at_ns + seconds_ns(plan->seconds);
	char text[HOST_TEXT_MAX];
	struct web_request request = { .method = "GET",
		.path = "/images/cfg.bin",
		.agent = BROWSER,
		.head = "Cache-Control: no-cache\r\nPragma: no-cache\r\n" };
	struct script *script;

	cast_lookup(&cast);
	request.host = cast_host(&cast, text);
	script = cast_script(&cast, 80);
	script_request(script, &request);
	script_answer(script,
		&(struct web_answer){
			.status = 200, .type = "application/octet-stream", .body_len = 51244 });
	cast_play(&cast, script);
	request.method = "POST";
	request.path = "/gate.php";
	while (cast.at_ns < end_ns) {
		int64_t at_ns = cast.at_ns;

		script = cast_script(&cast, 80);
		request.body_len = prng_between(&cast.prng, 240, 900);
		script_request(script, &request);
		script_answer(script,
			&(struct web_answer){ .status = 200, .type = "text/html", .body_len = 64 });
		cast_play(&cast, script);
		cast.at_ns = at_ns + REPORT_S * NS_PER_S + prng_below(&cast.prng, 2000) * NS_PER_MS;
	}
}

/* An executable that calls itself a picture. */
static void stage_windows(struct cast *cast, struct web_request *request)
{
	static const uint8_t header[] = { 'P', 'E', 0, 0, 0x4c, 1 };
	static uint8_t body[STAGE_BYTES] = { 'M', 'Z', 0x90, 0, 3, 0, 0, 0, 4 };
	struct script *script = cast_script(cast, 80);

	body[0x3c] = 0x80; /* where the PE header is */
	memcpy(body + 0x80, header, sizeof(header));
	for (size_t i = 0x100; i < sizeof(body); i++)
		body[i] = prng_next(&cast->prng) >> 56;
	request->path = "/u/7.png";
	script_request(script, request);
	script_answer(script, &(struct web_answer){ .status = 200,
				      .type = "image/png",
				      .body = body,
				      .body_len = sizeof(body) });
	cast_play(cast, script);
}

static void stage_python(struct cast *cast, struct web_request *request)
{
	static const char first[] =
		"import zlib,base64,marshal\nexec(marshal.loads(zlib.decompress("
		"base64.b64decode('";
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char body[4096];
	size_t len = sizeof(first) - 1;
	struct script *script = cast_script(cast, 80);

	memcpy(body, first, len);
	while (len < sizeof(body) - 8)
		body[len++] = digits[prng_below(&cast->prng, 64)];
	len += (size_t)snprintf(body + len, sizeof(body) - len, "'))))\n");
	request->path = "/s/loader.py";
	request->agent = "Python-urllib/3.9";
	script_request(script, request);
	script_answer(script,
		&(struct web_answer){
			.status = 200, .type = "text/plain", .body = body, .body_len = len });
	cast_play(cast, script);
	cast->at_ns += NS_PER_S;
	script = cast_script(cast, 80);
	request->path = "/s/stage2";
	script_request(script, request);
	script_answer(script, &(struct web_answer){ .status = 200,
				      .type = "application/octet-stream",
				      .body_len = STAGE_BYTES });
	cast_play(cast, script);
}

void staged_download(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);
	char text[HOST_TEXT_MAX];
	struct web_request request = {
		.method = "GET", .agent = BROWSER, .host = cast_host(&cast, text)
	};

	if (plan->variant)
		stage_python(&cast, &request);
	else
		stage_windows(&cast, &request);
}
