/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dga.h - how strange a registered label is: the part of detect/dga.c that looks at letters.
 */
#ifndef WEIR_DETECT_DGA_H
#define WEIR_DETECT_DGA_H

/* 0: somebody chose it; 1: a machine made it. From its likelihood (app/domain.h), length, digits,
 * vowels. */
double dga_strangeness(const char *label);

/* From here on a label counts as strange. */
#define DGA_STRANGE 0.5

#endif
