/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * detect/gate_weigh.h - how much one HTTP request speaks for a bot that talks to its gate.
 */
#ifndef WEIR_DETECT_GATE_WEIGH_H
#define WEIR_DETECT_GATE_WEIGH_H

#include "detect/agent.h"

#define GATE_TOLD 0.5F

/* What is known beside the request itself. */
struct gate_past {
	bool has_config;       /* noise was fetched from there under a harmless name before */
	bool has_other_agents; /* this host's other programs say something else */
	unsigned posts;	       /* opaque ones to there, this one included */
};

struct gate_weight {
	float confidence;
	const char *reason; /* static */
	const char *family; /* static; NULL: not known */
	unsigned parts, lies;
};

/* Is the body opaque: encrypted, or one long field of base64 or hex? Nothing else is weighed. */
bool gate_is_opaque(const struct app_http *http);
/* Noise for a GET of something harmless: what Zeus keeps its configuration in. */
bool gate_is_config(const struct app_http *http);
struct gate_weight gate_weigh(const struct app_http *http, const struct gate_past *past);

/* gate_family.c. A family's own way to ask; NULL: none that is known. */
const char *gate_family(const struct app_http *http);

#endif
