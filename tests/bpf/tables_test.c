/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf/tables_test.c - every row of every table is a case of its own, once for each program it is
 * for. Skips itself, with the reason, where BPF programs cannot be loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/row.h"

#define CASES_MAX 1024

struct task {
	const struct row *row;
	enum program program;
	char name[96];
};

static struct kernel kernel;
static const char *obstacle;
static struct task tasks[CASES_MAX];
static struct CMUnitTest cases[CASES_MAX];
static unsigned case_count, row_count;

static void run_task(void **state)
{
	const struct task *task = *state;

	if (obstacle) {
		print_message("skipped: %s\n", obstacle);
		skip();
	}
	row_run(&kernel, task->program, task->row);
}

static void add_case(const struct table *table, const struct row *row, enum program program)
{
	struct task *task = &tasks[case_count];

	if (case_count == CASES_MAX)
		abort();
	task->row = row;
	task->program = program;
	snprintf(task->name, sizeof(task->name), "%s/%s/%s", kernel_program_names[program],
		table->name, row->name);
	for (char *at = task->name; *at; at++)
		if (*at == ' ')
			*at = '_';
	cases[case_count++] = (struct CMUnitTest){
		.name = task->name, .test_func = run_task, .initial_state = task
	};
}

static void add_tables(const struct table *tables)
{
	for (const struct table *table = tables; table->name; table++) {
		row_count += table->count;
		for (unsigned i = 0; i < table->count; i++)
			for (unsigned program = 0; program < PROGRAM_COUNT; program++) {
				const struct row *row = &table->rows[i];
				unsigned programs = row->programs ? row->programs : table->programs;

				if (programs >> program & 1)
					add_case(table, row, (enum program)program);
			}
	}
}

int main(int argc, char **argv)
{
	int failed;

	obstacle = kernel_obstacle();
	if (!obstacle && kernel_load(WEIR_BPF_FOLDER, KERNEL_ENTRIES, &kernel) < 0) {
		fprintf(stderr, "the kernel part does not load\n");
		return EXIT_FAILURE;
	}
	add_tables(parse_tables);
	add_tables(list_tables);
	add_tables(sanity_tables);
	add_tables(class_tables);
	add_tables(filter_tables);
	add_tables(mode_tables);
	add_tables(egress_tables);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	failed = _cmocka_run_group_tests("tables", cases, case_count, NULL, NULL);
	print_message("%u rows, %u cases\n", row_count, case_count);
	if (!obstacle)
		kernel_close(&kernel);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
