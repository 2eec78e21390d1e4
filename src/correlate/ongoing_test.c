/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * correlate/ongoing_test.c - incidents while they are going on: told again and again, ended,
 * forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "correlate/case_fixture.h"
#include "correlate/correlate_internal.h"

#define AT(seconds) (SCENE_START_NS + (int64_t)((seconds)*1e9))

/* What was ended, in its order. */
struct leave {
	struct incident last;
	char ids[16][INCIDENT_ID_MAX];
	unsigned count;
};

static void note(void *context, const struct incident *incident)
{
	struct leave *leave = context;

	assert_false(incident->is_open);
	assert_true(leave->count < 16);
	leave->last = *incident;
	memcpy(leave->ids[leave->count++], incident->id, INCIDENT_ID_MAX);
}

static unsigned tell(struct scene *scene, double second, struct leave *leave)
{
	struct correlator_hook hook = { note, leave };
	unsigned count;

	correlator_tell(scene->correlator, AT(second), &hook);
	correlator_incidents(scene->correlator, &count);
	return count;
}

static void take(struct scene *scene, enum kind kind, unsigned second, uint64_t packets)
{
	struct finding finding = plausible(kind, second);

	finding.packets = packets;
	scene_take(scene, &finding);
}

static void an_incident_is_told_while_it_lasts_and_keeps_its_id(void **state)
{
	struct leave leave = { .count = 0 };
	char id[INCIDENT_ID_MAX] = "";
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	assert_int_equal(tell(&scene, 0, &leave), 0);
	for (unsigned i = 0; i < 200; i++) {
		take(&scene, KIND_FLOOD_SYN, i, 1000);
		assert_int_equal(tell(&scene, i + 1, &leave), 1);
		if (i == 0)
			memcpy(id, scene_incident(&scene, 0)->id, sizeof(id));
		assert_string_equal(scene_incident(&scene, 0)->id, id);
		assert_int_equal(scene_incident(&scene, 0)->packets, 1000 * (i + 1));
		assert_true(scene_incident(&scene, 0)->is_open);
		assert_true(scene_incident(&scene, 0)->story[0] != '\0');
		assert_true(scene_incident(&scene, 0)->confidence < 1);
	}
	assert_int_equal(leave.count, 0);
	assert_int_equal(tell(&scene, 204, &leave), 1);
	assert_false(scene_incident(&scene, 0)->is_open);
	assert_int_equal(tell(&scene, 260, &leave), 1);
	assert_int_equal(tell(&scene, 260.5, &leave), 0);
	assert_int_equal(leave.count, 1);
	assert_string_equal(leave.last.id, id);
	assert_int_equal(leave.last.packets, 200000);
	/* The next one is another one. */
	take(&scene, KIND_FLOOD_SYN, 300, 10);
	assert_int_equal(tell(&scene, 301, &leave), 1);
	assert_string_not_equal(scene_incident(&scene, 0)->id, id);
	assert_int_equal(scene_incident(&scene, 0)->packets, 10);
	scene_close(&scene);
}

static void what_is_new_is_told_at_once_and_changes_soon(void **state)
{
	struct leave leave = { .count = 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	take(&scene, KIND_FLOOD_SYN, 0, 1000);
	assert_int_equal(tell(&scene, 1, &leave), 1);
	take(&scene, KIND_FLOOD_SYN, 0, 500);
	assert_int_equal(tell(&scene, 1.1, &leave), 1);
	assert_int_equal(scene_incident(&scene, 0)->packets, 1000);
	assert_int_equal(tell(&scene, 1.2, &leave), 1);
	assert_int_equal(scene_incident(&scene, 0)->packets, 1500);
	take(&scene, KIND_SCAN_HORIZONTAL, 0, 500);
	assert_int_equal(tell(&scene, 1.21, &leave), 2);
	/* A clock that stands still or goes back harms nothing. */
	assert_int_equal(tell(&scene, 1.21, &leave), 2);
	assert_int_equal(tell(&scene, -5000, &leave), 2);
	scene_close(&scene);
}

/* The whole tells its parts, and they are still there as themselves. */
static void side_effects_are_folded_without_harm(void **state)
{
	struct distinct near = crowd_open("203.0.113.1", 40, 1);
	struct distinct far = crowd_open("198.51.100.1", 60, 1);
	struct finding carpet = plausible(KIND_FLOOD_SYN, 0), host = plausible(KIND_FLOOD_SYN, 0);
	struct leave leave = { .count = 0 };
	struct scene scene;
	char id[INCIDENT_ID_MAX];

	(void)state;
	scene_open(&scene, NULL);
	host.sources = &near;
	scene_take(&scene, &host);
	assert_int_equal(tell(&scene, 1, &leave), 1);
	memcpy(id, scene_incident(&scene, 0)->id, sizeof(id));
	carpet.scope = SCOPE_PREFIX;
	carpet.to = address("192.0.2.0");
	carpet.to_bits = 120;
	carpet.sources = &far;
	carpet.packets = 5000;
	scene_take(&scene, &carpet);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(tell(&scene, 1.5 + i, &leave), 1);
		assert_int_equal(scene_incident(&scene, 0)->scope, SCOPE_PREFIX);
		assert_int_equal(scene_incident(&scene, 0)->packets, 6000 + i);
		assert_int_equal(scene_incident(&scene, 0)->source_count, 100);
		carpet.packets = 1;
		scene_take(&scene, &carpet);
	}
	/* That the host was told of by itself is over. */
	assert_int_equal(leave.count, 1);
	assert_string_equal(leave.ids[0], id);
	assert_int_equal(distinct_count(&scene.correlator->files[0].sources), 40);
	assert_int_equal(distinct_count(&scene.correlator->files[1].sources), 60);
	assert_int_equal(tell(&scene, 100, &leave), 0);
	assert_int_equal(leave.count, 2);
	assert_int_equal(leave.last.packets, 6003);
	assert_int_equal(leave.last.source_count, 100);
	crowd_close(&near);
	crowd_close(&far);
	scene_close(&scene);
}

/* A side effect that outgrows its cause is an attack of its own. */
static void a_side_effect_may_become_an_attack(void **state)
{
	struct leave leave = { .count = 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, NULL);
	take(&scene, KIND_FLOOD_SYN, 0, 1000);
	take(&scene, KIND_FLOOD_ACK, 0, 100);
	assert_int_equal(tell(&scene, 1, &leave), 1);
	assert_int_equal(scene_incident(&scene, 0)->packets, 1100);
	take(&scene, KIND_FLOOD_ACK, 1, 5000);
	assert_int_equal(tell(&scene, 2, &leave), 2);
	assert_int_equal(
		scene_incident(&scene, 0)->packets + scene_incident(&scene, 1)->packets, 6100);
	assert_int_equal(leave.count, 0);
	scene_close(&scene);
}

/* The effect comes in bursts more than quiet_s apart: the cause, which lasts, keeps them all. */
static void bursts_of_an_incident_take_no_more_room(void **state)
{
	struct leave leave = { .count = 0 };
	struct scene scene;
	uint64_t packets = 0;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned second = 0; second < 2000; second += 10) {
		take(&scene, KIND_FLOOD_SYN, second, 10000);
		packets += 10000;
		if (second % 100 == 0) {
			take(&scene, KIND_FLOOD_RST, second, 50);
			packets += 50;
		}
		assert_int_equal(tell(&scene, second + 1, &leave), 1);
		assert_int_equal(scene_incident(&scene, 0)->packets, packets);
		assert_true(scene.correlator->count <= 4);
	}
	assert_int_equal(leave.count, 0);
	scene_close(&scene);
}

static unsigned blocks_left(const struct correlator *correlator)
{
	return correlator->sets.tiers[0].unused_count + correlator->sets.tiers[1].unused_count;
}

/* Months of attacks: slots and sets come back. */
static void what_is_over_leaves_nothing_behind(void **state)
{
	struct distinct crowd = crowd_open("198.51.100.1", 200, 1);
	struct correlator_stats stats;
	struct scene scene;
	unsigned blocks;

	(void)state;
	scene_open(&scene, NULL);
	blocks = blocks_left(scene.correlator);
	for (unsigned i = 0; i < 3 * CASES_MAX; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, i * 7);
		unsigned count;

		finding.to.byte[14] = (uint8_t)(i >> 8);
		finding.to.byte[15] = (uint8_t)i;
		finding.sources = &crowd;
		scene_take(&scene, &finding);
		correlator_tell(scene.correlator, AT(i * 7 + 1), NULL);
		correlator_incidents(scene.correlator, &count);
		assert_in_range(count, 1, 10);
		assert_int_equal(scene_incident(&scene, 0)->roles[ROLE_TARGET].count, 1);
		assert_int_equal(scene_incident(&scene, count - 1)->source_count, 200);
	}
	correlator_stats(scene.correlator, &stats);
	assert_int_equal(stats.incidents_lost, 0);
	correlator_tell(scene.correlator, AT(1e6), NULL);
	assert_int_equal(scene.correlator->count, 0);
	assert_int_equal(scene.correlator->free_count, 0);
	assert_int_equal(blocks_left(scene.correlator), blocks);
	crowd_close(&crowd);
	scene_close(&scene);
}

static void a_full_house_is_told_and_ends(void **state)
{
	struct correlator_stats stats;
	struct scene scene;
	unsigned count;

	(void)state;
	scene_open(&scene, NULL);
	for (unsigned i = 0; i < CASES_MAX + 3; i++) {
		struct finding finding = plausible(KIND_FLOOD_SYN, 0);

		finding.to.byte[14] = (uint8_t)(i >> 8);
		finding.to.byte[15] = (uint8_t)i;
		scene_take(&scene, &finding);
	}
	correlator_tell(scene.correlator, AT(1), NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, CASES_MAX);
	correlator_stats(scene.correlator, &stats);
	assert_int_equal(stats.incidents_lost, 3);
	correlator_tell(scene.correlator, AT(100), NULL);
	correlator_incidents(scene.correlator, &count);
	assert_int_equal(count, 0);
	scene_close(&scene);
}

static struct networks *networks_with_group(const char *yaml)
{
	struct networks *networks;
	struct conf *conf;
	struct err err;

	assert_int_equal(conf_load_bytes(yaml, strlen(yaml), "test", &err, &conf), 0);
	assert_int_equal(networks_open(conf, &err, &networks), 0);
	conf_close(conf);
	return networks;
}

/* After a reload nothing points into the old networks (AddressSanitizer looks). */
static void a_reload_keeps_incidents(void **state)
{
	static const char *const yamls[] = {
		"groups:\n  - {name: shop, networks: [192.0.2.0/24]}\n",
		("groups:\n  - {name: mail, networks: [10.0.0.0/8]}\n"
		 "  - {name: shop, networks: [192.0.2.0/24]}\n"),
		"groups:\n  - {name: mail, networks: [10.0.0.0/8]}\n",
	};
	struct networks *networks[3];
	struct finding finding = plausible(KIND_FLOOD_SYN, 0);
	struct detector_env env = { .seed = SCENE_SEED };
	struct leave leave = { .count = 0 };
	struct scene scene;
	char id[INCIDENT_ID_MAX];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		networks[i] = networks_with_group(yamls[i]);
	scene_open(&scene, NULL);
	env.conf = &scene.conf;
	finding.scope = SCOPE_GROUP;
	finding.to = (struct addr){ 0 };
	finding.to_bits = 0;
	for (unsigned i = 0; i < 3; i++) {
		env.networks = networks[i];
		correlator_reload(scene.correlator, &env);
		if (i > 0)
			networks_close(networks[i - 1]);
		finding = plausible(KIND_FLOOD_SYN, i);
		finding.scope = SCOPE_GROUP;
		finding.to = (struct addr){ 0 };
		finding.to_bits = 0;
		finding.group = networks_group_name(networks[i], i == 1);
		scene_take(&scene, &finding);
		assert_int_equal(tell(&scene, i + 1, &leave), i == 2 ? 2 : 1);
		if (i == 0)
			memcpy(id, scene_incident(&scene, 0)->id, sizeof(id));
		assert_string_equal(scene_incident(&scene, 0)->id, id);
		assert_string_equal(scene_incident(&scene, 0)->group,
			i == 2 ? "of an earlier configuration" : "shop");
	}
	networks_close(networks[2]);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_incident_is_told_while_it_lasts_and_keeps_its_id),
		cmocka_unit_test(what_is_new_is_told_at_once_and_changes_soon),
		cmocka_unit_test(side_effects_are_folded_without_harm),
		cmocka_unit_test(a_side_effect_may_become_an_attack),
		cmocka_unit_test(bursts_of_an_incident_take_no_more_room),
		cmocka_unit_test(what_is_over_leaves_nothing_behind),
		cmocka_unit_test(a_full_house_is_told_and_ends),
		cmocka_unit_test(a_reload_keeps_incidents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
