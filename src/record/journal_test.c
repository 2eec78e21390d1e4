/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record/journal_test.c - what is written comes back, and what happens when the disk says no.
 */
#include "record/journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "record/json_value.h"
#include "record/testing.h"

static struct journal_stats stats_of(const struct place *place)
{
	struct journal_stats stats;

	journal_stats(place->journal, &stats);
	return stats;
}

static void test_round_trip(void **state)
{
	struct place *place = *state;
	struct mitigation block = made_mitigation(5), filter = made_mitigation(3), other;
	struct seen seen;

	filter.verb = VERB_FILTER;
	memset(&filter.filter, 0x5a, sizeof(filter.filter));
	filter.state = MITIGATION_IN_FORCE;
	filter.origin = ORIGIN_OPERATOR;
	filter.rate_pps = UINT32_MAX;
	filter.class = WIRE_CLASS_UDP;
	place_open(place);
	assert_int_equal(journal_mitigation(place->journal, &block), 0);
	assert_int_equal(journal_mitigation(place->journal, &filter), 0);
	place_close(place);
	place_open(place);
	assert_int_equal(in_force(place, &seen), 2);
	assert_true(seen.is_in_order);
	other = seen.list[0];
	assert_memory_equal(&other.filter, &filter.filter, sizeof(filter.filter));
	assert_int_equal(other.rate_pps, UINT32_MAX);
	assert_int_equal(other.class, WIRE_CLASS_UDP);
	assert_int_equal(other.origin, ORIGIN_OPERATOR);
	other = seen.list[1];
	assert_int_equal(other.verb, VERB_BLOCK);
	assert_int_equal(other.state, MITIGATION_ASKED);
	assert_true(addr_equal(&other.whom, &block.whom));
	assert_int_equal(other.bits, 128);
	assert_string_equal(other.incident, block.incident);
	assert_int_equal(other.kind, KIND_FLOOD_UDP);
	assert_true(other.begins_ns == block.begins_ns && other.expires_ns == block.expires_ns);
	assert_true(other.hits == 12 && other.bytes == 1200 && other.coverage < 0);
	assert_string_equal(other.why, block.why);
}

static void test_states(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct seen seen;

	place_open(place);
	for (unsigned i = 0; i < MITIGATION_STATE_COUNT; i++) {
		mitigation.state = (enum mitigation_state)i;
		assert_int_equal(journal_mitigation(place->journal, &mitigation), 0);
		assert_int_equal(in_force(place, &seen), i <= MITIGATION_IN_FORCE);
	}
	mitigation.verb = VERB_COUNT;
	assert_int_equal(journal_mitigation(place->journal, &mitigation), -EINVAL);
	mitigation.verb = VERB_BLOCK;
	mitigation.coverage = mitigation.collateral = (double)NAN;
	mitigation.state = MITIGATION_ASKED;
	mitigation.hits = UINT64_MAX;
	assert_int_equal(journal_mitigation(place->journal, &mitigation), 0);
	assert_int_equal(in_force(place, &seen), 1);
}

static void test_none(void **state)
{
	struct mitigation mitigation = made_mitigation(1);
	struct journal *journal;
	struct journal_stats stats;
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(journal_open(NULL, NULL, &journal), 0);
	assert_int_equal(journal_mitigation(journal, &mitigation), 0);
	assert_int_equal(journal_allow(journal, &mitigation.whom, 128, 0, false), 0);
	assert_int_equal(journal_in_force(journal, see, &seen), 0);
	assert_int_equal(journal_incidents(journal, 0, 10, NULL, NULL), 0);
	journal_tend(journal, FIXTURE_NOW_NS);
	journal_stats(journal, &stats);
	assert_int_equal(stats.written + stats.failed + stats.lost + stats.waiting, 0);
	journal_close(journal);
	journal_close(NULL);
}

struct allowed {
	unsigned count;
	struct addr addr;
	unsigned bits;
	int64_t expires_ns;
};

static void note_allowed(void *context, const struct addr *addr, unsigned bits, int64_t expires_ns)
{
	struct allowed *allowed = context;

	*allowed = (struct allowed){ allowed->count + 1, *addr, bits, expires_ns };
}

static void test_allow(void **state)
{
	struct place *place = *state;
	struct allowed allowed = { 0 };
	struct addr addr;
	unsigned bits;

	addr_prefix_parse("192.0.2.0/24", &addr, &bits);
	place_open(place);
	journal_allow(place->journal, &addr, bits, 0, false);
	journal_allow(place->journal, &addr, bits, FIXTURE_NOW_NS, false);
	assert_int_equal(journal_allowed(place->journal, note_allowed, &allowed), 0);
	assert_int_equal(allowed.count, 1);
	assert_true(addr_equal(&allowed.addr, &addr) && allowed.bits == bits);
	assert_true(allowed.expires_ns == FIXTURE_NOW_NS);
	journal_tend(place->journal, FIXTURE_NOW_NS + NS_PER_S); /* has run out */
	journal_allow(place->journal, &addr, 128, 0, false);
	journal_allow(place->journal, &addr, 128, 0, true);
	allowed.count = 0;
	journal_allowed(place->journal, note_allowed, &allowed);
	assert_int_equal(allowed.count, 0);
}

/* What waits for a locked disk counts as written, in the order it was said. */
static void test_allow_waits(void **state)
{
	struct place *place = *state;
	struct allowed allowed = { 0 };
	struct addr addr, other;
	unsigned bits;
	sqlite3 *locker;

	addr_prefix_parse("192.0.2.0/24", &addr, &bits);
	addr_prefix_parse("198.51.100.0/24", &other, &bits);
	place_open(place);
	assert_int_equal(journal_allow(place->journal, &addr, bits, 0, false), 0);
	assert_int_equal(sqlite3_open(place->path, &locker), SQLITE_OK);
	sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	assert_int_equal(journal_allow(place->journal, &addr, bits, 0, true), -EAGAIN);
	assert_int_equal(journal_allow(place->journal, &other, bits, 5, false), -EAGAIN);
	assert_int_equal(journal_allow(place->journal, &other, bits, 6, false), -EAGAIN);
	assert_int_equal(journal_allowed(place->journal, note_allowed, &allowed), 0);
	assert_int_equal(allowed.count, 1);
	assert_true(addr_equal(&allowed.addr, &other) && allowed.expires_ns == 6);
	sqlite3_exec(locker, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(locker);
	journal_tend(place->journal, 1);
	assert_int_equal(stats_of(place).waiting, 0);
	allowed.count = 0;
	assert_int_equal(journal_allowed(place->journal, note_allowed, &allowed), 0);
	assert_int_equal(allowed.count, 1);
	assert_true(addr_equal(&allowed.addr, &other) && allowed.expires_ns == 6);
}

struct lines {
	unsigned count;
	char first[12];
};

static void note_line(void *context, const char *json)
{
	struct lines *lines = context;
	json_t *value = json_loads(json, 0, NULL);

	assert_non_null(value);
	if (lines->count++ == 0)
		snprintf(lines->first, sizeof(lines->first), "%s",
			json_string_value(json_object_get(value, "id")));
	json_decref(value);
}

static void test_incidents(void **state)
{
	struct place *place = *state;
	struct made *made = made_bad_day();
	int64_t first_ns = made->incidents[0].last_ns;
	struct lines lines = { 0 };

	place_open(place);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(journal_incident(place->journal, &made->incidents[i]), 0);
		assert_int_equal(journal_incident(place->journal, &made->incidents[i]), 0);
	}
	assert_int_equal(journal_incidents(place->journal, 0, 100, note_line, &lines), 3);
	assert_string_equal(lines.first, made->incidents[1].id); /* the newest */
	assert_int_equal(journal_incidents(place->journal, 0, 2, note_line, &lines), 2);
	assert_int_equal(
		journal_incidents(place->journal, first_ns + 1, 100, note_line, &lines), 1);
	journal_tend(place->journal, first_ns + 31LL * 86400 * NS_PER_S);
	assert_int_equal(journal_incidents(place->journal, 0, 100, note_line, &lines), 0);
	free(made);
}

static void test_old_ones_go(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct seen seen;
	sqlite3 *other;
	int count = -1;
	sqlite3_stmt *statement;

	place_open(place);
	journal_mitigation(place->journal, &mitigation); /* in force, however old */
	mitigation.id = 2;
	mitigation.state = MITIGATION_RELEASED;
	mitigation.ended_ns = FIXTURE_NOW_NS;
	journal_mitigation(place->journal, &mitigation);
	journal_tend(place->journal, FIXTURE_NOW_NS + 31LL * 86400 * NS_PER_S);
	assert_int_equal(in_force(place, &seen), 1);
	assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
	sqlite3_prepare_v2(other, "SELECT count(*) FROM mitigation", -1, &statement, NULL);
	if (sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(other);
	assert_int_equal(count, 1);
}

/* Somebody else holds the lock: nothing is lost, and when it is gone all is written in order. */
static void test_locked(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct seen seen;
	sqlite3 *other;

	place_open(place);
	assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (mitigation.id = 1; mitigation.id <= 40; mitigation.id++)
		assert_int_equal(journal_mitigation(place->journal, &mitigation), -EAGAIN);
	mitigation.id = 7;
	mitigation.state = MITIGATION_FAILED; /* takes the place of the one that waits */
	assert_int_equal(journal_mitigation(place->journal, &mitigation), -EAGAIN);
	journal_tend(place->journal, FIXTURE_NOW_NS);
	assert_int_equal(stats_of(place).waiting, 40);
	assert_int_equal(stats_of(place).failed, 2); /* tried once, and once more in tend */
	assert_non_null(strstr(stats_of(place).trouble, "locked"));
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(other);
	journal_tend(place->journal, FIXTURE_NOW_NS);
	assert_int_equal(stats_of(place).waiting, 0);
	assert_int_equal(stats_of(place).written, 40);
	assert_string_equal(stats_of(place).trouble, "");
	assert_int_equal(in_force(place, &seen), 39);
}

/* The queue is bounded, incidents more so, and what does not fit is counted. */
static void test_queue_full(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct made *made = made_bad_day();
	sqlite3 *other;

	place_open(place);
	assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(journal_incident(place->journal, &made->incidents[2]), -EAGAIN);
	assert_int_equal(journal_incident(place->journal, &made->incidents[2]), -ENOBUFS);
	for (unsigned i = 0; i < 2 * MITIGATIONS_MAX - 512; i++, mitigation.id++)
		assert_int_equal(journal_mitigation(place->journal, &mitigation), -EAGAIN);
	assert_int_equal(journal_mitigation(place->journal, &mitigation), -ENOBUFS);
	assert_int_equal(stats_of(place).lost, 2);
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(other);
	for (unsigned i = 0; i < 2 * MITIGATIONS_MAX / 512; i++)
		journal_tend(place->journal, FIXTURE_NOW_NS);
	assert_int_equal(stats_of(place).waiting, 0);
	free(made);
}

static void damage(const char *path, off_t offset, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, offset), len);
	close(fd);
}

static unsigned count_aside(const struct place *place)
{
	DIR *folder = opendir(place->folder);
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(folder)))
		count += strstr(entry->d_name, ".damaged-") && !strstr(entry->d_name, "-wal") &&
			 !strstr(entry->d_name, "-shm");
	closedir(folder);
	return count;
}

/* No database at all, one with a page of rubbish, and one with tables that are not ours. */
static void test_damaged(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct err err = { "" };
	struct seen seen;
	sqlite3 *other;
	char rubbish[4096];

	memset(rubbish, 0xa5, sizeof(rubbish));
	damage(place->path, 0, rubbish, sizeof(rubbish));
	assert_int_equal(journal_open(place->path, &err, &place->journal), 0);
	assert_non_null(strstr(err.text, "was damaged"));
	assert_non_null(strstr(stats_of(place).trouble, ".damaged-"));
	assert_int_equal(count_aside(place), 1);
	assert_int_equal(journal_mitigation(place->journal, &mitigation), 0);
	place_close(place);
	damage(place->path, 4096, rubbish, sizeof(rubbish));
	place_open(place);
	assert_int_equal(count_aside(place), 2);
	assert_int_equal(in_force(place, &seen), 0);
	place_close(place);
	unlink(place->path);
	sqlite3_open(place->path, &other);
	sqlite3_exec(other, "CREATE TABLE x(y); PRAGMA user_version = 1", NULL, NULL, NULL);
	sqlite3_close(other);
	place_open(place);
	assert_int_equal(count_aside(place), 3);
	assert_int_equal(journal_mitigation(place->journal, &mitigation), 0);
}

static void test_newer_schema(void **state)
{
	struct place *place = *state;
	struct err err = { "" };
	sqlite3 *other;

	sqlite3_open(place->path, &other);
	sqlite3_exec(other, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_int_equal(journal_open(place->path, &err, &place->journal), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "newer weir"));
	assert_int_equal(count_aside(place), 0);
}

static void test_cannot_open(void **state)
{
	struct place *place = *state;
	struct err err = { "" };

	assert_true(journal_open("/nonexistent/weir.db", &err, &place->journal) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/weir.db"));
	assert_true(journal_open(place->folder, &err, &place->journal) < 0);
	assert_int_equal(symlink("/etc/passwd", place->path), 0);
	assert_true(journal_open(place->path, &err, &place->journal) < 0);
}

/* Rows that somebody else has put there. */
static void test_strange_rows(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	struct seen seen;
	sqlite3 *other;

	place_open(place);
	for (; mitigation.id <= 6; mitigation.id++)
		journal_mitigation(place->journal, &mitigation);
	sqlite3_open(place->path, &other);
	assert_int_equal(sqlite3_exec(other,
				 "UPDATE mitigation SET verb = 'launch' WHERE id = 1;"
				 "UPDATE mitigation SET whom = x'00' WHERE id = 2;"
				 "UPDATE mitigation SET bits = 200 WHERE id = 3;"
				 "UPDATE mitigation SET verb = 'filter' WHERE id = 4;"
				 "UPDATE mitigation SET class = 4711 WHERE id = 5;"
				 "UPDATE mitigation SET kind = 'none.such' WHERE id = 6;"
				 "INSERT INTO allowed VALUES(x'00', 3, 0);",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(in_force(place, &seen), 1);
	assert_int_equal(seen.list[0].kind, KIND_NONE);
	assert_int_equal(journal_allowed(place->journal, note_allowed, &(struct allowed){ 0 }), 0);
	assert_int_equal(stats_of(place).lost, 6);
}

/* Writes until the disk is full, makes room, and everything is there. In a child. */
static void fill_up(struct place *place, void (*make_room)(const char *path))
{
	struct mitigation mitigation = made_mitigation(1);
	struct seen seen;
	unsigned waiting = 0;

	for (; mitigation.id < 5000 && waiting < 10; mitigation.id++)
		waiting += journal_mitigation(place->journal, &mitigation) == -EAGAIN;
	assert_int_equal(waiting, 10);
	journal_tend(place->journal, FIXTURE_NOW_NS);
	assert_int_equal(stats_of(place).waiting, 10);
	assert_true(stats_of(place).trouble[0]);
	make_room(place->path);
	journal_tend(place->journal, FIXTURE_NOW_NS);
	assert_int_equal(stats_of(place).waiting, 0);
	assert_string_equal(stats_of(place).trouble, "");
	assert_int_equal(in_force(place, &seen), mitigation.id - 1);
	assert_int_equal(stats_of(place).lost, 0);
}

static void lift_limit(const char *path)
{
	struct rlimit limit;

	(void)path;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_file_limit(void **state)
{
	struct place *place = *state;
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	place_open(place);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 400000;
	setrlimit(RLIMIT_FSIZE, &limit);
	fill_up(place, lift_limit);
}

static void free_room(const char *path)
{
	char ballast[128];

	snprintf(ballast, sizeof(ballast), "%.*s/ballast", (int)(strrchr(path, '/') - path), path);
	assert_int_equal(unlink(ballast), 0);
}

static void test_full_disk(void **state)
{
	struct place *place = *state;
	char ballast[128];
	int fd;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("weir-test", place->folder, "tmpfs", 0, "size=2m") != 0) {
		print_message("skipped: a small file system of its own needs root\n");
		skip();
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", place->folder);
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 1 << 20), 0);
	close(fd);
	place_open(place);
	fill_up(place, free_room);
	place_close(place);
	umount2(place->folder, MNT_DETACH);
}

/* Many writes: the log is moved into the file now and then, and does not grow for ever. */
static void test_log_is_bounded(void **state)
{
	struct place *place = *state;
	struct mitigation mitigation = made_mitigation(1);
	char wal[128];
	struct stat file;

	place_open(place);
	snprintf(wal, sizeof(wal), "%s-wal", place->path);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 300; i++, mitigation.id++)
			journal_mitigation(place->journal, &mitigation);
		journal_tend(place->journal, FIXTURE_NOW_NS);
	}
	assert_int_equal(stat(wal, &file), 0);
	assert_true(file.st_size < 12 << 20);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = { CASE(test_round_trip), CASE(test_states),
		CASE(test_none), CASE(test_allow), CASE(test_allow_waits), CASE(test_incidents),
		CASE(test_old_ones_go), CASE(test_locked), CASE(test_queue_full),
		CASE(test_damaged), CASE(test_newer_schema), CASE(test_cannot_open),
		CASE(test_strange_rows), CASE(test_log_is_bounded), CASE(test_file_limit),
		CASE(test_full_disk) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
