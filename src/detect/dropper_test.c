/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of detect/dropper.c: what is told of files that come, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detect/bot_play.h"
#include "detect/detectors.h"

#define HOST "192.168.1.20"
#define SERVER "203.0.113.1"

static struct app_text text(const char *string)
{
	return (struct app_text){ string, (uint32_t)strlen(string) };
}

/* One exchange. url: host and path. */
static struct app_file fetched(const char *url, enum file_magic magic, uint32_t traits)
{
	const char *slash = strchr(url, '/');

	return (struct app_file){
		.url = text(url),
		.name = text(slash + 1),
		.first = { "\x7f"
			   "ELF",
			4 },
		.magic = magic,
		.traits = traits,
		.proto = PROTO_HTTP,
		.size = 40000,
		.entropy = 6 * 32,
		.side = 1,
		.is_bare_address = url[0] >= '0' && url[0] <= '9',
		.is_complete = true,
	};
}

static void fetch(struct play *p, double time_s, const char *agent, const struct app_file *file)
{
	struct app_event event = play_event(
		p, APP_HTTP, time_s, play_addr(HOST), play_addr(SERVER), IPPROTO_TCP, 80);
	const char *path = strchr(file->url.at, '/');

	event.http = (struct app_http){ .method = text("GET"),
		.host = { file->url.at, (uint32_t)(path - file->url.at) },
		.uri = text(path),
		.user_agent = text(agent),
		.status = 200,
		.has_response = true,
		.is_bare_address = file->is_bare_address };
	play_see(p, &event);
	event.type = APP_FILE;
	event.file = *file;
	play_see(p, &event);
}

static float confidence(const struct play *p)
{
	float best;

	play_count(p, KIND_BOT_DROPPER, play_addr(HOST), &best);
	return best;
}

static float of_one(const char *agent, const struct app_file *file)
{
	struct play *p = play_open(&detector_dropper, NULL);
	float best;

	fetch(p, 0, agent, file);
	best = confidence(p);
	play_close(p);
	return best;
}

#define LOADER (TRAIT_DOWNLOAD | TRAIT_RUN | TRAIT_ARCHITECTURES)
#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:91.0) Gecko/20100101 Firefox/91.0"

static void a_loader_and_its_programs(void **state)
{
	struct play *p = play_open(&detector_dropper, NULL);
	struct app_file script = fetched("192.0.2.9/bins.sh", MAGIC_SHELL_SCRIPT, LOADER);
	struct app_file program = fetched("192.0.2.9/a.mips", MAGIC_ELF, 0);

	(void)state;
	fetch(p, 0, "Wget", &script);
	assert_true(confidence(p) >= 0.7F);
	program.machine = 8;
	fetch(p, 1, "Wget", &program);
	program.machine = 40;
	fetch(p, 2, "Wget", &program);
	assert_true(confidence(p) >= 0.9F);
	assert_int_equal(p->findings.list[0].kind, KIND_BOT_DROPPER);
	assert_true(p->findings.list[0].to_role == ROLE_CONTROLLER);
	assert_non_null(strstr(p->findings.list[0].detail, "192.0.2.9/bins.sh"));
	play_close(p);
}

static void programs_under_odd_circumstances(void **state)
{
	struct app_file file = fetched("192.0.2.9/x", MAGIC_ELF, 0);

	(void)state;
	assert_true(of_one("curl/7.88.1", &file) >= 0.6F);
	file.declared_type = text("image/png");
	assert_true(of_one(FIREFOX, &file) >= 0.8F);
	file = fetched("example.org/folder/", MAGIC_PE, 0);
	assert_true(of_one("vBKbaQgjyvRRbcgfvlsc", &file) >= 0.7F);
	file = fetched("192.0.2.9/a.py", MAGIC_PYTHON, TRAIT_DECODE_EXEC);
	assert_true(of_one("Python-urllib/3.9", &file) >= 0.7F);
	file = fetched("192.0.2.9/a.ps1", MAGIC_POWERSHELL, TRAIT_DECODE_EXEC | TRAIT_HIDES);
	assert_true(of_one("", &file) >= 0.7F);
	file = fetched("h.example/wp-content/Elw3kPvOsZxM5/", MAGIC_TEXT, 0);
	assert_in_range((int)(of_one(FIREFOX, &file) * 100), 40, 59);
	file = fetched("192.0.2.9/logo.png", MAGIC_OTHER, 0);
	file.declared_type = text("image/png");
	file.entropy = 253;
	assert_in_range((int)(of_one("", &file) * 100), 40, 59);
}

static void a_script_sent_bare(void **state)
{
	struct play *p = play_open(&detector_dropper, NULL);
	struct app_event event =
		play_event(p, APP_FILE, 0, play_addr(HOST), play_addr(SERVER), IPPROTO_TCP, 4444);

	(void)state;
	event.file = (struct app_file){
		.magic = MAGIC_SHELL_SCRIPT, .size = 100, .side = 1, .traits = LOADER
	};
	play_see(p, &event);
	assert_true(confidence(p) >= 0.7F);
	/* And what a host of ours sends out is not its download. */
	event.file.side = 0;
	event.flow++;
	event.time_ns += 20 * NS_PER_S;
	play_see(p, &event);
	assert_int_equal(p->findings.count, 1);
	play_close(p);
}

static void ordinary_downloads(void **state)
{
	static const struct {
		const char *url, *agent, *type;
		enum file_magic magic;
		uint32_t traits;
	} files[] = {
		{ "deb.debian.org/a.deb", "Debian APT-HTTP/1.3", "", MAGIC_ARCHIVE, 0 },
		{ "dl.fedoraproject.org/a", "libdnf", "text/plain", MAGIC_ELF, 0 },
		{ "files.pythonhosted.org/x.py", "pip/22", "", MAGIC_PYTHON, TRAIT_DECODE_EXEC },
		{ "registry.npmjs.org/i.sh", "npm/8", "", MAGIC_SHELL_SCRIPT, LOADER },
		{ "download.windowsupdate.com/a.exe", "Windows-Update-Agent", "", MAGIC_PE, 0 },
		{ "192.0.2.9/x/dl.delivery.mp.microsoft.com/f",
			"Microsoft-Delivery-Optimization/10", "application/octet-stream", MAGIC_PE,
			0 },
		{ "www.vendor.example/setup.exe", FIREFOX, "application/x-msdownload", MAGIC_PE,
			0 },
		{ "www.vendor.example/setup.exe", "curl/8.1", "text/plain", MAGIC_PE, 0 },
		{ "fw.vendor.example/cam.bin", "", "application/octet-stream", MAGIC_ELF, 0 },
		{ "blog.example/page", FIREFOX, "text/html", MAGIC_TEXT, 0 },
		{ "h.example/a.avif", FIREFOX, "image/avif", MAGIC_IMAGE, 0 },
		{ "h.example/wp-content/uploads/", FIREFOX, "text/html", MAGIC_TEXT, 0 },
		{ "h.example/wp-content/plugins/x1y2Z3/", FIREFOX, "text/html", MAGIC_TEXT, 0 },
	};
	struct app_file installer = fetched(
		"sh.example/i.sh", MAGIC_SHELL_SCRIPT, LOADER | TRAIT_HIDES | TRAIT_DECODE_EXEC);

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct app_file file = fetched(files[i].url, files[i].magic, files[i].traits);

		file.declared_type = text(files[i].type);
		if (of_one(files[i].agent, &file) > 0)
			fail_msg("told of %s", files[i].url);
	}
	/* A developer's curl | sh by name is low at most. */
	assert_true(of_one("curl/8.1", &installer) < 0.6F);
}

/* An AVIF, half of a file, packed pages that could not be unpacked. */
static void noise_that_is_a_picture(void **state)
{
	struct app_file file = fetched("192.0.2.9/a.avif", MAGIC_OTHER, 0);

	(void)state;
	file.declared_type = text("image/avif");
	file.entropy = 254;
	file.first = (struct app_text){ "\0\0\0 ftypavif", 12 };
	assert_true(of_one(FIREFOX, &file) == 0);
	file.magic = MAGIC_NONE;
	file.first = (struct app_text){ "\x01\x02\x03", 3 };
	assert_true(of_one(FIREFOX, &file) == 0);
}

static void between_our_own(void **state)
{
	struct play *p = play_open(&detector_dropper, NULL);
	struct app_event event = play_event(
		p, APP_FILE, 0, play_addr(HOST), play_addr("192.168.1.9"), IPPROTO_TCP, 4444);

	(void)state;
	event.file = (struct app_file){ .magic = MAGIC_ELF, .size = 100, .side = 1, .machine = 62 };
	play_see(p, &event);
	assert_int_equal(p->findings.count, 0);
	event.file.magic = MAGIC_SHELL_SCRIPT;
	event.file.traits = LOADER | TRAIT_BUSYBOX;
	play_see(p, &event);
	assert_true(confidence(p) < 0.6F);
	play_close(p);
}

/* A stranger shows a script to a port of ours that is open to all. */
static void sent_by_a_stranger(void **state)
{
	struct play *p = play_open(&detector_dropper, NULL);
	struct app_event event =
		play_event(p, APP_FILE, 0, play_addr(SERVER), play_addr(HOST), IPPROTO_TCP, 9000);

	(void)state;
	event.file = (struct app_file){ .magic = MAGIC_SHELL_SCRIPT,
		.traits = LOADER | TRAIT_BUSYBOX | TRAIT_SOCKET,
		.size = 100,
		.side = 0 };
	play_see(p, &event);
	assert_true(confidence(p) > 0);
	assert_true(confidence(p) < 0.6F);
	play_close(p);
}

/* Told at once, then at most every 10 s, unless there is more. */
static void told_now_and_then(void **state)
{
	struct play *p = play_open(&detector_dropper, NULL);
	struct app_file file = fetched("192.0.2.9/x", MAGIC_PYTHON, TRAIT_DECODE_EXEC);

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		fetch(p, i * 0.1, "", &file);
	assert_int_equal(p->findings.count, 1);
	fetch(p, 11, "", &file);
	assert_int_equal(p->findings.count, 2);
	play_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loader_and_its_programs),
		cmocka_unit_test(programs_under_odd_circumstances),
		cmocka_unit_test(a_script_sent_bare),
		cmocka_unit_test(ordinary_downloads),
		cmocka_unit_test(noise_that_is_a_picture),
		cmocka_unit_test(between_our_own),
		cmocka_unit_test(sent_by_a_stranger),
		cmocka_unit_test(told_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
