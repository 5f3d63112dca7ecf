/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the terms of one sound have in common: its validity, its sketch and its
 * portraits, each made when the first term asks for it. A listener has the transforms and
 * buffers that this takes; one serves all the hearings of a run.
 *
 *     hearing_begin(g, &h);   h.hearing is g from here on
 *     term->score(self, &h, ...);
 */
#ifndef SCORE_HEARING_H
#define SCORE_HEARING_H

#include "score/portrait.h"
#include "score/sketch.h"
#include "score/term.h"
#include "score/validity.h"

struct listener;
struct listener *listener_new(void);
void listener_free(struct listener *l);

/* Of one sound, or of one after another: its memory is used again. */
struct hearing *hearing_new(struct listener *l);
void hearing_free(struct hearing *g);
void hearing_begin(struct hearing *g, struct heard *h);

/* What was made of h: lasts until its hearing is begun with another sound. NULL with the
   reason. */
const struct validity *heard_validity(const struct heard *h, struct err *err);
const struct sketch *heard_sketch(const struct heard *h, struct err *err);
enum {
	HEARD_MONO = 1,     /* of the mean of the channels */
	HEARD_OUTLINED = 2, /* with its outline */
	HEARD_LIGHT = 4,    /* maybe without what portrait_compare_spectra looks at */
};
const struct portrait *heard_portrait(const struct heard *h, unsigned how, struct err *err);
/* Gives up all but that; how: 0 or HEARD_MONO. */
void heard_lighten(const struct heard *h, unsigned how);

#endif
