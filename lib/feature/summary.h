/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The summary: one vector for a whole sound, of fixed columns, made to be
 * compared by Euclidean distance. Each column is (value - mid) / unit, where the
 * unit makes the spread of that column over a varied set of sounds what it
 * should weigh in a distance. doc/features.md has the list. A sound has as many
 * numbers however long it is and however many channels it has: columns are means
 * over the channels, but for those that are about all of them.
 */
#ifndef FEATURE_SUMMARY_H
#define FEATURE_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "feature/analysis.h"

/* Name of the tensor. These columns are version 2; when one changes, or its meaning, mid
   or unit, the name becomes "summary.3", so that vectors of two kinds never meet. Version 1
   was called SUMMARY_BEFORE and had the first 61 columns, in other units. */
#define SUMMARY_NAME "summary.2"
#define SUMMARY_BEFORE "summary"

enum { SUMMARY_COLUMNS = 85, SUMMARY_MAX_CHANNELS = 64 };

/* Where columns are. */
enum {
	SUMMARY_DURATION, SUMMARY_LOUDNESS, SUMMARY_CREST, SUMMARY_ATTACK, SUMMARY_TEMPORAL, SUMMARY_SUSTAIN, SUMMARY_WIDTH,
	SUMMARY_LEVEL_STD, SUMMARY_ONSET_MEAN, SUMMARY_ONSET_STD,
	SUMMARY_SHAPE, /* centroid, bandwidth, roll-off, flatness, zcr, flux: mean and deviation in turn */
	SUMMARY_CENTROID_MEAN = SUMMARY_SHAPE, SUMMARY_CENTROID_STD, SUMMARY_ROLLOFF_MEAN = SUMMARY_SHAPE + 4,
	SUMMARY_FLATNESS_MEAN = SUMMARY_SHAPE + 6, SUMMARY_FLUX_MEAN = SUMMARY_SHAPE + 10,
	SUMMARY_MFCC_MEAN = SUMMARY_SHAPE + 12,    /* 1 to 19: coefficient 0 is the level */
	SUMMARY_MFCC_STD = SUMMARY_MFCC_MEAN + 19, /* 0 to 19 */
	SUMMARY_DECAY = SUMMARY_MFCC_STD + 20, SUMMARY_EFFECTIVE, SUMMARY_DRIFT,
	SUMMARY_SUB, SUMMARY_LOW, SUMMARY_PRESENCE, SUMMARY_AIR, /* parts of the power */
	SUMMARY_ROUGHNESS_MEAN, SUMMARY_ROUGHNESS_STD,
	SUMMARY_VALLEYS, SUMMARY_VALLEYS_SLOW,
	SUMMARY_TONAL,
	SUMMARY_CHROMA, /* C to B */
};

struct summary_column {
	const char *label;
	float mid, unit;
};
extern const struct summary_column summary_columns[SUMMARY_COLUMNS];

struct summary {
	const float *x; /* interleaved; the caller's, until summary_finish */
	uint32_t rate, channels, added;
	uint64_t frames;
	double sum[SUMMARY_COLUMNS];
	double *k[SUMMARY_MAX_CHANNELS]; /* K-weighted power of each channel */
};

int summary_init(struct summary *s, const float *x, uint32_t rate, uint32_t channels, uint64_t frames, struct err *err);
/* Adds the next channel, which `a` is loaded with. */
int summary_add(struct summary *s, struct analysis *a, struct err *err);
/* After all channels. */
void summary_finish(struct summary *s, float out[SUMMARY_COLUMNS]);
void summary_release(struct summary *s);

/* All of it: loads `a` with each channel in turn. */
int summary_of(struct analysis *a, const float *x, uint32_t rate, uint32_t channels, uint64_t frames,
    float out[SUMMARY_COLUMNS], struct err *err);

#endif
