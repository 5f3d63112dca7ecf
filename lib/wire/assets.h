/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sounds that patches play: out of files, out of takes, and along with takes. */
#ifndef WIRE_ASSETS_H
#define WIRE_ASSETS_H

#include "wire/take.h"

/* The sound in a file, or those in a folder in the order of their names, into the cache and the
   folder of sounds; refs are the arena's. Whatever libsndfile reads; wavetables with a "clm "
   (Serum), "srge" or "uhWT" chunk, and ".wt" (Surge), with their cycle. For struct lua_settings. */
int asset_read_files(const char *path, struct asset_ref **refs, size_t *n, struct arena *a, struct err *err);

/* The sounds that a take has along, looked over and into the cache: take_recipe does it. */
int take_unpack_sounds(struct take *t, struct err *err);

/* Whether a node of its patches names one: far cheaper to ask than take_recipe. */
bool take_names_sounds(const struct take *t);

/* Gives the take all sounds along that its patches name. */
int take_pack_sounds(struct take *t, struct err *err);

/* A message of a sound (its samples are the asset's own), and back, into the cache. */
Assay__Asset *asset_to_message(const struct asset *s, struct arena *a, struct err *err);
const struct asset *asset_from_message(const Assay__Asset *m, struct err *err);

#endif
