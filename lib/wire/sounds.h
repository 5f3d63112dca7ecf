/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sounds from wherever they are: an audio file, a folder of audio files (in the
 * order of their names), or a stream of takes that carry sound.
 */
#ifndef WIRE_SOUNDS_H
#define WIRE_SOUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/sound.h"
#include "base/hash.h"

struct named_sound {
	struct sound sound;
	char *name;     /* the file's name without its folder, or what the take is called */
	float *summary; /* the take's summary vector, or NULL */
	size_t n_summary;
	uint8_t id[HASH_SIZE]; /* zeros for a file */
};

struct sounds {
	struct named_sound *item;
	size_t n;
};

/* Adds all that stands at where; at least one sound, or it is an error. What a
   folder holds besides audio is passed over. Refuses more than two GiB in all. */
int sounds_add(struct sounds *s, const char *where, struct err *err);
void sounds_free(struct sounds *s);

#endif
