/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/engine/engine_fixture.h - a folder for the captures of a test, and captures to put there.
 */
#ifndef WEIR_ENGINE_FIXTURE_H
#define WEIR_ENGINE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* Group setup and teardown; the tests leave it empty. */
int engine_folder_make(void **state);
int engine_folder_remove(void **state);

/* The path of a file in it. */
void engine_path(const char *name, char *path, size_t size);

/* The first packets of a capture of the catalogue, as a file in it; fails the test. */
void engine_write_capture(const char *name, uint64_t packets, char *path, size_t size);

#endif
