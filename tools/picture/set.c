/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A golden set on one page: who is like whom, how it goes, what it fills, how fast and in which keys. */
#include "set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature/summary.h"
#include "wire/measure.h"

struct colour
kind_colour(size_t k)
{
	struct colour c = series_colour(k);
	for (size_t turn = k / 8; turn > 0; turn--)
		c = (struct colour){0.5 * c.r + 0.45, 0.5 * c.g + 0.45, 0.5 * c.b + 0.45};
	return c;
}

void
panel_title(cairo_t *cr, const struct box *b, const char *title, const char *note)
{
	set_colour(cr, ink, 0.95);
	text(cr, b->left, b->top - 12, 17, LEFT, "%s", title);
	set_colour(cr, ink, 0.55);
	text(cr, b->left + b->width, b->top - 12, 13, RIGHT, "%s", note);
}

static int
by_kind(const void *pa, const void *pb)
{
	const struct star *a = pa, *b = pb;
	if (a->loop->kind != b->loop->kind)
		return a->loop->kind < b->loop->kind ? -1 : 1;
	const int names = strcmp(a->take->m->key, b->take->m->key);
	return names ? names : (a > b) - (a < b);
}

/* Principal components; each spread is drawn towards the middle by its root, so that one that is far out does not
   crowd the others. */
static int
place(struct star *star, size_t n, struct err *err)
{
	float **v = calloc(n + 1, sizeof *v);
	double mean[SUMMARY_COLUMNS], axis[2][SUMMARY_COLUMNS], most[2] = {0, 0};
	if (!v)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++)
		v[i] = (float *)star[i].summary;
	const int status = principal(v, n, mean, axis, err);
	for (size_t i = 0; i < n && status == 0; i++) {
		double at[2] = {0, 0};
		for (int k = 0; k < SUMMARY_COLUMNS; k++)
			for (int c = 0; c < 2; c++)
				at[c] += (star[i].summary[k] - mean[k]) * axis[c][k];
		star[i].x = at[0];
		star[i].y = at[1];
		most[0] = fmax(most[0], fabs(at[0]));
		most[1] = fmax(most[1], fabs(at[1]));
	}
	for (size_t i = 0; i < n && status == 0; i++) {
		const double x = star[i].x / fmax(most[0], 1e-9), y = star[i].y / fmax(most[1], 1e-9);
		star[i].x = copysign(pow(fabs(x), 0.75), x);
		star[i].y = copysign(pow(fabs(y), 0.75), y);
	}
	free(v);
	return status;
}

static void
draw(cairo_t *cr, const struct picture_settings *set, struct star *star, size_t n)
{
	const double w = set->width, h = set->height, margin = 44, column = w * 0.61;
	const double right = column + margin, wide = w - right - margin, tall = h - 2 * margin - 60;
	size_t loops = 0;
	unsigned kinds = 0;
	for (size_t i = 0; i < n; i++) {
		loops += star[i].loop->loopness >= 0.5;
		kinds = star[i].loop->kind >= kinds ? star[i].loop->kind + 1 : kinds;
	}
	set_colour(cr, ink, 1);
	text(cr, margin, 50, 30, LEFT, "%s", set->title ? set->title : "golden set");
	set_colour(cr, ink, 0.65);
	text(cr, w - margin, 50, 16, RIGHT, "%zu sounds, %zu that loop, %u kind%s", n, loops, kinds, kinds == 1 ? "" : "s");
	const double top = margin + 68;
	const struct box map = {margin, top, column - margin, tall * 0.60};
	const struct box bars = {margin, top + tall * 0.60 + 62, column - margin, h - margin - (top + tall * 0.60 + 62)};
	draw_set_map(cr, &map, star, n);
	draw_set_bars(cr, &bars, star, n);
	const double each = (h - margin - top - 3 * 62) / 4.0;
	const struct box rhythm = {right, top, wide, each * 1.05};
	const struct box octaves = {right, rhythm.top + rhythm.height + 62, wide, each * 1.05};
	const struct box tempi = {right, octaves.top + octaves.height + 62, wide, each * 0.8};
	const struct box keys = {right, tempi.top + tempi.height + 62, wide, h - margin - (tempi.top + tempi.height + 62)};
	draw_set_rhythm(cr, &rhythm, star, n);
	draw_set_octaves(cr, &octaves, star, n);
	draw_set_tempi(cr, &tempi, star, n);
	draw_set_keys(cr, &keys, star, n);
}

int
picture_set(struct take **takes, size_t n, const struct picture_settings *set, struct err *err)
{
	struct star *star = calloc(n + 1, sizeof *star);
	struct canvas canvas;
	size_t kept = 0;
	int status = star ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && status == 0; i++) {
		float *v = take_summary(takes[i]);
		if (!*takes[i]->m->error && takes[i]->m->loop && v)
			star[kept++] = (struct star){takes[i], takes[i]->m->loop, v, 0, 0};
	}
	if (status == 0 && kept < 3)
		status = err_set(err, "%zu of %zu takes are loops of a golden set; the picture needs three: see 'assay golden'", kept, n);
	if (status == 0) {
		qsort(star, kept, sizeof *star, by_kind);
		status = place(star, kept, err);
	}
	if (status == 0 && (status = canvas_init(&canvas, set->width, set->height, err)) == 0) {
		draw(canvas.cr, set, star, kept);
		status = canvas_write(&canvas, set->out, err);
	}
	free(star);
	return status;
}
