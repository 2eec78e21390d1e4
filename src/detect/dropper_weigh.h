/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/dropper_weigh.h - how much a file that came speaks for malware.
 */
#ifndef WEIR_DETECT_DROPPER_WEIGH_H
#define WEIR_DETECT_DROPPER_WEIGH_H

#include "detect/agent.h"

#define DROPPER_TOLD 0.4F /* below it nothing is told; correlate's line for low */

/* The request it came for. */
struct dropper_request {
	enum agent agent_kind;
	uint16_t status;
	bool is_known_host, has_known_path;
	bool is_odd_path; /* a made-up folder where a WordPress has none */
	bool is_get, is_asked;
	char agent[64]; /* cleaned */
};

/* What came before from the same sender to the same host. */
struct dropper_past {
	unsigned machines; /* architectures of its programs */
	bool has_stage;	   /* a script that fetches and runs something */
	bool is_local;	   /* the sender is ours, too */
	bool is_pushed;	   /* nobody asked for it: the sender opened the conversation */
};

struct dropper_weight {
	float confidence;
	const char *reason; /* static */
	unsigned machines, parts;
};

/* Could it be anything? Most files are not. */
bool dropper_is_worth(const struct app_file *file, const struct dropper_request *request);
bool dropper_is_stage(const struct app_file *file);
bool dropper_is_odd_path(struct app_text uri);
bool dropper_has_known_path(struct app_text uri);
struct dropper_weight dropper_weigh(const struct app_file *file,
	const struct dropper_request *request, const struct dropper_past *past);
/* "a Windows program" */
const char *dropper_words(enum file_magic magic);

#endif
