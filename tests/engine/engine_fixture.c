/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/engine/engine_fixture.c - see engine_fixture.h. */
#include "engine/engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "gen/catalogue.h"
#include "gen/writer.h"

static char folder[] = "/tmp/weir-engine-XXXXXX";

int engine_folder_make(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

int engine_folder_remove(void **state)
{
	(void)state;
	return rmdir(folder);
}

void engine_path(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s.pcap", folder, name);
}

void engine_write_capture(const char *name, uint64_t packets, char *path, size_t size)
{
	const struct capture *capture = catalogue_find(name);
	struct schedule_settings settings = { .seed = 1, .scale = 1, .packets = packets };
	struct writer_settings format = { .snap_bytes = capture->snap_bytes };
	struct schedule *schedule;
	struct writer *writer;
	struct err err;

	engine_path(name, path, size);
	assert_int_equal(writer_open(path, &format, &writer, &err), 0);
	schedule = schedule_open(&settings, (struct sink){ writer_put, writer });
	capture_start(capture, schedule);
	assert_true(schedule_run(schedule) > 0);
	schedule_close(schedule);
	assert_int_equal(writer_close(writer, &err), 0);
}
