/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of sounds: $XDG_DATA_HOME/assay/sounds (~/.local/share), a file a
 * sound, HASH.wav, WAV of 32-bit floats that any program plays. Only files that
 * this wrote are read; asset.c looks whether they are what their name says.
 */
#ifndef SYNTH_ASSET_STORE_H
#define SYNTH_ASSET_STORE_H

#include "synth/asset.h"

enum { STORE_PATH = 4096 };

int store_path(const uint8_t hash[HASH_SIZE], char path[STORE_PATH], struct err *err);
int store_has(const uint8_t hash[HASH_SIZE]);
int store_write(const struct asset *a, struct err *err);

/* The caller's. name: of the sound, for the reason why not. */
struct asset *store_read(const uint8_t hash[HASH_SIZE], const char *name, struct err *err);

#endif
