/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sound in memory, and files of it through libsndfile and soxr. The format of a
 * file to write follows its name: .wav (32-bit float unless 16 or 24 bits are
 * asked for), .flac (24 bits), .aiff, .ogg; "-" is WAV on standard output.
 */
#ifndef AUDIO_SOUND_H
#define AUDIO_SOUND_H

#include <stdint.h>

#include "base/err.h"

struct sound {
	float *x; /* interleaved; malloc'ed, owned */
	uint32_t rate, channels;
	uint64_t frames;
};

/* Words that travel in a file: provenance goes into comment. Any may be NULL. */
struct sound_tags {
	const char *title, *artist, *software, *comment, *date;
};

/* What a file may hold: more is refused before it is read. */
enum { SOUND_MAX_CHANNELS = 8 };
#define SOUND_MAX_SECONDS 1200.0

/* Reads a whole file, whatever its name says it is. Refuses what is not sound,
   has no frames, is over the limits, or holds numbers that are not finite. */
int sound_read(const char *path, struct sound *s, struct err *err);

/* bits: 16, 24 or 32 (float); 0 for the format's usual. Atomic: the file appears
   whole under its name, or not at all. */
int sound_write(const char *path, const struct sound *s, int bits, const struct sound_tags *tags, struct err *err);

/* In place, by soxr at its highest quality. It computes in double, by the machine's vector unit and libm's
   filters, and rounds to float: of 11 million samples of noise from 48 to 44.1 kHz none differed with and without
   either. That is likely, not certain, to be so on every machine; PCM and FLAC are the same everywhere, and what
   decoders of MP3, Vorbis and Opus make of a file may differ in the last bits. */
int sound_resample(struct sound *s, uint32_t rate, struct err *err);

/* In place: the mean of the channels. */
void sound_to_mono(struct sound *s);

void sound_free(struct sound *s); /* free of an empty one is legal */

#endif
