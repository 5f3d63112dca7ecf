/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scala tunings: a scale (.scl) and which key plays which of its notes (.kbm), as
 * https://www.huygens-fokker.org/scala/scl_format.html and .../help.htm#mappings have them.
 * Without a .kbm key 60 is the first note of the scale, at 261.6256 Hz, and each key is the next.
 */
#ifndef SYNTH_TUNING_H
#define SYNTH_TUNING_H

#include "base/err.h"
#include "synth/patch.h"

enum { TUNING_NOTES = 4096, TUNING_KEYS = 4096, TUNING_BYTES = 1 << 20 };

struct tuning {
	size_t n;                      /* notes of the scale, without the first */
	double cents[TUNING_NOTES + 1]; /* 0, then those; the last is where it begins again */
	size_t size;                   /* entries of the map; 0: each key the next note */
	int32_t degree[TUNING_KEYS];   /* INT32_MAX: that key is not mapped */
	int first, last, middle, reference, repeat; /* keys; the degree at which the map begins again */
	double hz;                     /* of the reference key */
};

/* Reads files; kbm may be NULL. 0, or -1 with file and line: "x.scl:4: ...". */
int tuning_read(struct tuning *t, const char *scl, const char *kbm, struct err *err);

/* As a person names it: "FILE.scl", "FILE.scl,FILE.kbm"; "just" is patches/tunings/just.scl of the library. */
int tuning_named(struct tuning *t, const char *name, struct err *err);

/* The same from texts; names are for errors. kbm NULL: none. */
int tuning_parse(struct tuning *t, const char *scl, size_t n_scl, const char *scl_name, const char *kbm, size_t n_kbm,
    const char *kbm_name, struct err *err);

/* The MIDI pitch (69 is 440 Hz) that a key plays; a fraction of a key is as much of a semitone above
   or below the nearest. Keys outside the map's range keep their pitch. -1: it is not mapped, or plays
   what no note may have (-128 to 256). */
int tuning_pitch(const struct tuning *t, double key, double *pitch);

/* Tunes notes in place, leaving out those whose keys are not mapped. Returns how many are left. */
size_t tuning_notes(const struct tuning *t, struct note *notes, size_t n);

#endif
