/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hearing. A feature is one file in lib/feature/feat/ that ends in
 *
 *     const struct feature feature_NAME = {...};
 *
 * and turns one channel under analysis into frames of columns. What features
 * share (spectra, mel bands) is computed once, when the first of them asks for
 * it: see feature/analysis.h. Files feat/NAME_lanes.c are no features but the
 * part of one that is compiled for each instruction set.
 */
#ifndef FEATURE_FEATURE_H
#define FEATURE_FEATURE_H

#include <stddef.h>

#include "feature/group.h"

struct analysis; /* one channel of sound and what is known of it */

struct feature {
	const char *name; /* "logmel" */
	const char *axis; /* what columns count: "mel" "coefficient" "descriptor" */
	const char *help; /* one line, with the definition's source */
	size_t (*columns)(const struct analysis *a);
	const char *const *labels; /* one a column, NULL at the end; or NULL */
	/* Writes rows * columns(a) floats, columns running fastest; rows are analysis_frames, or 1
	   of a whole sound. 0, or -1 out of memory. */
	int (*run)(struct analysis *a, float *out);
	unsigned of; /* FEATURE_... or 0: of one channel, frame by frame */
	const char *const *needs; /* names of the features that it is made from, NULL at the end; or NULL */

	/* If there is one, prepares *state for the sound that is loaded; it is kept from sound to sound until
	   `release`. 0, or -1 out of memory. */
	int (*begin)(struct analysis *a, void **state);
	void (*release)(void *state);
	/* Features of spectra hear group after group, an ISA_TABLE of functions, in one pass over the sound for all
	   of them; `run`, if there is one, finishes what they wrote. */
	group_run *group[GROUP_SETS];
};

enum {
	FEATURE_WHOLE = 1,    /* one row for the whole sound */
	FEATURE_TOGETHER = 2, /* of all channels together: analysis_sound, not analysis_samples */
};

/* All features, by name, NULL at the end: made from the directory. */
extern const struct feature *const features[];
const struct feature *feature_find(const char *name);

#endif
