/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where played sound goes: ALSA, a file, or, on a machine without sound, a file in the cache. */
#ifndef PLAY_OUT_H
#define PLAY_OUT_H

#include <stdbool.h>

#include "audio/sound.h"

struct out;

/* path NULL: to an ALSA device; device NULL: the default one, or a file where it
   cannot be opened. gap: seconds of silence between sounds. rate 0: that of the
   first sound. All strings are kept by reference. */
struct out *out_new(const char *path, const char *device, double gap, uint32_t rate, struct err *err);

/* Plays a sound `times` over (0: until interrupted) without a gap between. A
   device returns when the last of it has been handed over. May change the sound.
   -1 with the reason; an interrupt is no failure. */
int out_play(struct out *o, struct sound *s, const char *name, uint64_t times, struct err *err);

/* Whether a sound goes to loudspeakers, and not to a file; known after the first. */
bool out_is_live(const struct out *o);

/* Waits for the last sound to end, or writes the file, and frees. */
int out_close(struct out *o, struct err *err);

#endif
