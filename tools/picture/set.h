/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the picture of a golden set share. */
#ifndef PICTURE_SET_H
#define PICTURE_SET_H

#include "picture.h"

/* A loop of the set; loops stand by kind, and within a kind by name. */
struct star {
	const struct take *take;
	const Assay__Loop *loop;
	const float *summary;
	double x, y; /* on the map */
};

struct box {
	double left, top, width, height;
};

/* A colour for each of many kinds: those of series_colour, then paler ones. */
struct colour kind_colour(size_t k);
void panel_title(cairo_t *cr, const struct box *b, const char *title, const char *note);

/* --- set_map.c: near is alike ------------------------------------------------------------------ */
void draw_set_map(cairo_t *cr, const struct box *b, struct star *star, size_t n);

/* --- set_panels.c ------------------------------------------------------------------------------ */
void draw_set_rhythm(cairo_t *cr, const struct box *b, const struct star *star, size_t n);
void draw_set_octaves(cairo_t *cr, const struct box *b, const struct star *star, size_t n);
void draw_set_tempi(cairo_t *cr, const struct box *b, const struct star *star, size_t n);
void draw_set_keys(cairo_t *cr, const struct box *b, const struct star *star, size_t n);
/* Bar by bar: each loop's sixteenths in a row. */
void draw_set_bars(cairo_t *cr, const struct box *b, const struct star *star, size_t n);

#endif
