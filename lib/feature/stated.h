/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the name of a sound file says of it: "amen_170bpm_Fm.wav", "loop 128 Am",
 * "Bass C# minor 90.5 BPM". A number beside "bpm" is a tempo, and so is a lone
 * number from 60 to 200 that is no unit's and no machine's ("90s", "96kHz",
 * "SH-101"). A key is a letter with # or b or sharp or flat, with m, min, minor,
 * maj or major, or with both; a letter alone only beside the tempo or after "key".
 */
#ifndef FEATURE_STATED_H
#define FEATURE_STATED_H

struct stated {
	double bpm;  /* 0: nothing is said */
	int tonic;   /* 0 to 11 from C; -1: nothing is said */
	int mode;    /* 0 major, 1 minor; -1: nothing is said */
};

/* Folders in front and the suffix do not count. */
struct stated stated_in(const char *path);

/* "F minor", or "F"; "" where nothing is said. */
const char *stated_key(const struct stated *s);

#endif
