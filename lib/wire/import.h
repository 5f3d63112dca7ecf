/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files as takes. */
#ifndef WIRE_IMPORT_H
#define WIRE_IMPORT_H

#include "audio/sound.h"
#include "wire/take.h"

/* A take of a sound that was read from path: key (the file's name without folder and
   suffix), id, audio and origin. The samples are not copied: s must outlive the take.
   On failure the take is there all the same, with its error set; NULL only when out of
   memory. */
struct take *take_import(const struct sound *s, const char *path);

/* The same for a file that could not be read. */
struct take *take_import_failed(const char *path, const char *why);

/* Names a take after a file, as take_import does: key and origin. 0, or -1 out of memory. */
int take_name(struct take *t, const char *path);

/* Leaves the samples out (not their hash) where the message would be too long for a
   stream. Whether it did. */
bool take_fit(struct take *t);

#endif
