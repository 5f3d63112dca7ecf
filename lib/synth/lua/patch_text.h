/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recipe as Lua text that reads in again (patch_lua.h) to the same id: one
 * local a node, every port stated, floats with nine digits.
 */
#ifndef SYNTH_PATCH_TEXT_H
#define SYNTH_PATCH_TEXT_H

#include <stdio.h>

#include "base/err.h"
#include "synth/patch.h"

/* Writes to f; whether that failed is for the caller to ask. The recipe has
   passed recipe_check. -1: it holds what the language has no words for. */
int patch_text(FILE *f, const struct recipe *r, struct err *err);

#endif
