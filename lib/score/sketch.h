/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sketches: a sound taken apart into aspects, each of which leaves the others
 * out. All of them leave the level out, and DC. The sound is heard as a loop,
 * with its own end before its beginning, so that what goes on all the time has
 * no onset at its start.
 *
 *   timbre    mean and spread of the log-mel spectrum over time
 *   rhythm    onset strength, frame by frame
 *   harmony   chroma, frame by frame, each frame as heavy as it is loud
 *   envelope  level, frame by frame
 *
 * Frames are those of feature/analysis.h. A sound's aspects are held against those of
 * another, 0 to 1, 1 for the same. What hears no level must not be won by what
 * is no sound: all of it is multiplied by how audible the quieter one is, and by the
 * second sound's validity, so far as it is below that of the first.
 */
#ifndef SCORE_SKETCH_H
#define SCORE_SKETCH_H

#include "feature/analysis.h"
#include "score/term.h"

enum { SKETCH_CLASSES = 12 };

struct sketch {
	size_t frames;
	double hop;       /* seconds a frame */
	double audible;   /* 0 silent, to 1: -50 dBFS RMS in the loudest frame */
	double validity;  /* score/validity.h */
	float *onset;     /* [frames], dB */
	float *level;     /* [frames], dB, the loudest frame being 0 */
	float *chroma;    /* [frames][SKETCH_CLASSES], times the frame's amplitude */
	float mean[ANALYSIS_MELS], spread[ANALYSIS_MELS]; /* dB; mean has a mean of 0 over the bands */
};

/* What s held is freed; it is begun zeroed. */
int sketch_take(struct sketch *s, struct analysis *a, const struct heard *h, struct err *err);
void sketch_release(struct sketch *s);

/* 1 / (1 + d / 6 dB), d the mean difference of the mean spectra and half that of the spreads. */
double sketch_timbre(const struct sketch *a, const struct sketch *b);
/* Correlation of the onset strengths, which are smoothed over 50 ms; nothing below 0. */
double sketch_rhythm(const struct sketch *a, const struct sketch *b);
/* Correlation of the chroma in steps of a quarter of a second; nothing below 0. */
double sketch_harmony(const struct sketch *a, const struct sketch *b);
/* 1 / (1 + d / 6 dB), d the mean difference of the levels, no deeper than 60 dB. */
double sketch_envelope(const struct sketch *a, const struct sketch *b);

/* A term that is one aspect: its create, prepare and free, and what its score calls. */
typedef double sketch_aspect(const struct sketch *a, const struct sketch *b);
void *sketch_term_new(const struct heard *golden, size_t n, struct err *err);
int sketch_term_prepare(const void *self, const struct heard *h, struct err *err);
void sketch_term_free(void *self);
/* Of the nearest golden sound. */
int sketch_term_score(void *self, sketch_aspect *of, const char *aspect, const struct heard *h, double *value, char *why,
    size_t n_why, struct err *err);

#endif
