/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Standard MIDI files (formats 0 and 1) as phrases. Times are kept to the second:
 * a file whose tempo changes is told in beats of its first tempo.
 */
#ifndef SYNTH_MIDI_H
#define SYNTH_MIDI_H

#include "base/arena.h"
#include "base/err.h"
#include "synth/patch.h"

enum { MIDI_MAX_BYTES = 16 << 20 };

/* Sets tempo, beats and notes of *phrase, and nothing else of it; notes live in a.
   Channel n plays part n where there are that many parts, else part 0. An error
   names the file and the byte: "song.mid: at byte 31: ...". */
int midi_read(const char *path, size_t parts, struct phrase *phrase, struct arena *a, struct err *err);
int midi_parse(const uint8_t *file, size_t n, size_t parts, struct phrase *phrase, struct arena *a, struct err *err);

#endif
