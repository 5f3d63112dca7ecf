/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How alike two sounds are, by the measures of the field, so that results can
 * stand beside the papers'. doc/scores.md has the definitions, and
 * tests/likeness_reference.py has them a second time. For reports; a search
 * compares portraits (score/portrait.h), which are cached and quicker.
 */
#ifndef SCORE_LIKENESS_H
#define SCORE_LIKENESS_H

#include "audio/sound.h"
#include "base/err.h"

struct likeness {
	double mss;    /* dB, 0 is the same: mel spectrograms at three scales, level left out */
	double wmfcc;  /* 0 is the same: cepstra, after time warping */
	double sot;    /* 0 to 1, 0 is the same: transport between magnitude spectra */
	double rms;    /* 0 to 1, 1 is the same: cosine of the level's envelopes */
	double mrstft; /* 0 is the same: magnitude spectra at three resolutions, level included */
	double lsd;       /* dB, 0 is the same: norm of the difference of log spectra, level included */
	double lsd_frame; /* lsd over the number of frames, as published results have it */
	double mfccd;     /* 0 is the same: mean difference of 13 cepstral coefficients, level included */
};

/* Longer sounds are refused: warping takes time with the square of the length. */
#define LIKENESS_MAX_SECONDS 180.0

/* Sounds of one rate. The shorter is padded with zeros to the length of the longer;
   if one has more channels than the other, both are made mono. */
int likeness_measure(const struct sound *target, const struct sound *candidate, struct likeness *out, struct err *err);

/* Only some of them; the others are left as they are. */
enum {
	LIKENESS_MSS = 1, LIKENESS_WMFCC = 2, LIKENESS_SOT = 4, LIKENESS_RMS = 8, LIKENESS_MRSTFT = 16, LIKENESS_LSD = 32,
	LIKENESS_MFCCD = 64, LIKENESS_ALL = 127,
};
int likeness_some(const struct sound *target, const struct sound *candidate, unsigned which, struct likeness *out,
    struct err *err);

/* One channel after another, from interleaved samples: the mean of them alone if
   mono, and zeros up to padded samples each. malloc'ed; NULL when out of memory. */
float *planar(const float *x, uint32_t channels, uint64_t frames, int mono, uint64_t padded);

#endif
