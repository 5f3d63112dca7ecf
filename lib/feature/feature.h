/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hearing. A feature is one file in lib/feature/feat/ that ends in
 *
 *     const struct feature feature_NAME = {...};
 *
 * and turns one channel under analysis into frames of columns. What features
 * share (spectra, mel bands, onset strength) is computed once, when the first
 * of them asks for it: see feature/analysis.h.
 */
#ifndef FEATURE_FEATURE_H
#define FEATURE_FEATURE_H

#include <stddef.h>

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
};

enum {
	FEATURE_WHOLE = 1,    /* one row for the whole sound */
	FEATURE_TOGETHER = 2, /* of all channels together: analysis_sound, not analysis_samples */
};

/* All features, by name, NULL at the end: made from the directory. */
extern const struct feature *const features[];
const struct feature *feature_find(const char *name);

#endif
