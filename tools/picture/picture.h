/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A canvas, and the pictures that are drawn on it. */
#ifndef PICTURE_H
#define PICTURE_H

#include <cairo.h>

#include "base/err.h"
#include "feature/summary.h"
#include "wire/take.h"

struct colour {
	double r, g, b;
};

/* Dark paper, light ink; and what data is drawn in. */
extern const struct colour paper, ink, faint, accent, second;

struct canvas {
	cairo_surface_t *surface;
	cairo_t *cr;
};

int canvas_init(struct canvas *c, int width, int height, struct err *err);
int canvas_write(struct canvas *c, const char *path, struct err *err); /* and releases it */

void set_colour(cairo_t *cr, struct colour c, double alpha);
struct colour heat(double x);         /* 0..1: black, violet, orange, pale yellow */
struct colour series_colour(size_t k); /* a colour for each of many */

enum align { LEFT = 0, CENTRE = 1, RIGHT = 2 };
void text(cairo_t *cr, double x, double y, double size, enum align align, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* A frame with axes: data from (x0, y0) to (x1, y1) fill the box. */
struct plot {
	double left, top, width, height;
	double x0, x1, y0, y1;
};
double plot_x(const struct plot *p, double x);
double plot_y(const struct plot *p, double y);
void plot_axes(cairo_t *cr, const struct plot *p, const char *x_name, const char *y_name);

struct picture_settings {
	int width, height;
	const char *out, *title;
	const char *x, *y; /* of a map: an aspect, a column of the summary, a term of the score; NULL: principal components */
	bool as_is; /* of an archive: takes in the order in which they come */
	const char *measures, *axes; /* of an archive: as evolve is told them; axes may be NULL */
};

/* One or two sounds side by side: waveform and mel spectrogram on one dB scale. */
int picture_spectrogram(char **where, int n, const struct picture_settings *s, struct err *err);

/* Fitness of every take over the number of its proposal; the best so far of each run as a line. */
int picture_progress(struct take **takes, size_t n, const struct picture_settings *s, struct err *err);

/* A golden set on one page: a map of its loops by kind, its bars, octaves, tempi and keys. */
int picture_set(struct take **takes, size_t n, const struct picture_settings *s, struct err *err);

/* The mean of n summary vectors and the two directions in which they differ most (principal components). */
int principal(float *const *v, size_t n, double mean[SUMMARY_COLUMNS], double axis[2][SUMMARY_COLUMNS], struct err *err);

/* The cells of the first two measures in the colour of the best in them, coverage and QD-score over the takes,
   run after run in the order in which they come. */
int picture_archive(struct take **takes, size_t n, const struct picture_settings *s, struct err *err);

/* Takes by their summary vectors on the two directions in which these differ most, or on those asked for. */
int picture_map(struct take **takes, size_t n, const struct picture_settings *s, struct err *err);

#endif
