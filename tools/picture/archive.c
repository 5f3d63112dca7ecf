/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive of elites: its cells on one side, how they came to be filled on the other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "wire/cells.h"

enum { MOST_RUNS = 64, MOST_CELLS = 2000 };

/* Takes in the order of their runs, as these come, and of their numbers. */
struct placed {
	struct take *take;
	size_t run;
	uint64_t index;
};

/* What has been reached after so many takes. */
struct mark {
	double coverage, score;
};

static int
in_order(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;
	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* Returns how many runs there are; the last stands for all beyond MOST_RUNS. As they are: one run, whatever they say. */
static size_t
place(struct take **takes, size_t n, bool as_is, struct placed *p, const char *names[MOST_RUNS])
{
	size_t runs = 0;
	for (size_t i = 0; as_is && i < n; i++)
		p[i] = (struct placed){takes[i], 0, i};
	if (as_is) {
		names[0] = "";
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		const Assay__Origin *o = takes[i]->m->origin;
		const char *name = o ? o->run : "";
		size_t k = 0;
		while (k < runs && strcmp(names[k], name))
			k++;
		if (k == runs && runs < MOST_RUNS)
			names[runs++] = name;
		p[i] = (struct placed){takes[i], k < runs ? k : runs - 1, o ? o->index : i};
	}
	qsort(p, n, sizeof *p, in_order);
	return runs;
}

/* The best of each cell of the first two measures, whatever the others are: NaN where there is none. */
static double *
flatten(const struct take_archive *a, size_t across, size_t up, double *lo, double *hi)
{
	double *best = malloc(across * up * sizeof *best);
	*lo = INFINITY;
	*hi = -INFINITY;
	for (size_t k = 0; best && k < across * up; k++)
		best[k] = NAN;
	for (size_t i = 0; best && i < a->archive.filled; i++) {
		const double *at = archive_where(&a->archive, i), f = a->archive.elite[i].fitness;
		const struct measure *m = a->measures;
		const size_t x = level_of((at[0] - m[0].min) / (m[0].max - m[0].min), (uint32_t)across);
		const size_t y = a->n > 1 ? level_of((at[1] - m[1].min) / (m[1].max - m[1].min), (uint32_t)up) : 0;
		if (!(best[y * across + x] >= f))
			best[y * across + x] = f;
		*lo = fmin(*lo, f);
		*hi = fmax(*hi, f);
	}
	return best;
}

static struct colour
worth_colour(double f, double lo, double hi)
{
	return heat(0.22 + 0.75 * (hi > lo ? fmax(f - lo, 0) / (hi - lo) : 1));
}

static int
draw_cells(cairo_t *cr, const struct plot *p, const struct take_archive *a, struct err *err)
{
	const size_t across = a->measures[0].cells, up = a->n > 1 ? a->measures[1].cells : 1;
	double lo, hi;
	if (across > MOST_CELLS || up > MOST_CELLS)
		return err_set(err, "%zu times %zu cells are too many to be drawn (%d a side)", across, up, MOST_CELLS);
	double *best = flatten(a, across, up, &lo, &hi);
	if (!best)
		return err_set(err, "out of memory");
	const double w = p->width / (double)across, h = p->height / (double)up, seam = fmin(w, h) > 6 ? 1 : 0;
	set_colour(cr, faint, 0.14);
	cairo_rectangle(cr, p->left, p->top, p->width, p->height);
	cairo_fill(cr);
	for (size_t y = 0; y < up; y++)
		for (size_t x = 0; x < across; x++)
			if (!isnan(best[y * across + x])) {
				set_colour(cr, worth_colour(best[y * across + x], lo, hi), 1);
				cairo_rectangle(cr, p->left + (double)x * w, p->top + p->height - (double)(y + 1) * h, w - seam, h - seam);
				cairo_fill(cr);
			}
	free(best);
	plot_axes(cr, p, a->from[0].name, a->n > 1 ? a->from[1].name : "");
	/* what the colours are: below the scale of the axis */
	const double left = p->left, top = p->top + p->height + 66, width = p->width;
	for (int k = 0; k < 200; k++) {
		set_colour(cr, heat(0.22 + 0.75 * k / 199.0), 1);
		cairo_rectangle(cr, left + k * width / 200, top, width / 200 + 1, 10);
		cairo_fill(cr);
	}
	set_colour(cr, ink, 0.7);
	text(cr, left, top + 28, 14, LEFT, "%.4g", lo);
	text(cr, left + width / 2, top + 28, 14, CENTRE, a->n > 2 ? "fitness: the best over the other measures" : "fitness");
	text(cr, left + width, top + 28, 14, RIGHT, "%.4g", hi);
	return 0;
}

/* One curve, and where another run began. */
static void
draw_curve(cairo_t *cr, struct plot *p, const struct mark *mark, size_t n, size_t offset, const size_t *begin, size_t runs,
    const char *name)
{
	const double *y = (const double *)mark + offset;
	double lo = 0, hi = 0;
	for (size_t i = 0; i < n; i++) {
		lo = fmin(lo, y[2 * i]);
		hi = fmax(hi, y[2 * i]);
	}
	*p = (struct plot){p->left, p->top, p->width, p->height, 0, (double)n, lo, hi > lo ? hi + 0.06 * (hi - lo) : lo + 1};
	plot_axes(cr, p, p->x0 < p->x1 && offset ? "takes heard" : "", name);
	for (size_t r = 0; r < runs; r++) {
		const size_t to = r + 1 < runs ? begin[r + 1] : n;
		set_colour(cr, series_colour(r), 1);
		cairo_set_line_width(cr, 2.2);
		for (size_t i = begin[r]; i < to; i++) {
			const double x = plot_x(p, (double)i + 1), at = plot_y(p, y[2 * i]);
			if (i == begin[r])
				cairo_move_to(cr, plot_x(p, (double)i), plot_y(p, i ? y[2 * i - 2] : 0));
			cairo_line_to(cr, x, at);
		}
		cairo_stroke(cr);
	}
	set_colour(cr, ink, 0.9);
	text(cr, p->left + p->width, p->top - 14, 16, RIGHT, "%.4g", n ? y[2 * n - 2] : 0);
}

static void
draw_names(cairo_t *cr, const struct plot *p, const char *const *names, const size_t *begin, size_t runs, size_t n)
{
	for (size_t r = 0; r < runs && runs > 1; r++) {
		const double from = plot_x(p, (double)begin[r]), to = plot_x(p, (double)(r + 1 < runs ? begin[r + 1] : n));
		const char *last = strrchr(names[r], '/');
		const char *name = last && last[1] ? last + 1 : names[r];
		cairo_text_extents_t e;
		cairo_set_font_size(cr, 13);
		cairo_text_extents(cr, name, &e);
		if (e.x_advance > to - from)
			continue;
		set_colour(cr, series_colour(r), 1);
		text(cr, (from + to) / 2, p->top + p->height - 8, 13, CENTRE, "%s", name);
	}
}

int
picture_archive(struct take **takes, size_t n, const struct picture_settings *set, struct err *err)
{
	struct take_archive a = {0};
	struct placed *p = malloc((n + 1) * sizeof *p);
	struct mark *mark = malloc((n + 1) * sizeof *mark);
	const char *names[MOST_RUNS];
	size_t begin[MOST_RUNS], kept = 0;
	int status = p && mark ? 0 : err_set(err, "out of memory");
	if (status == 0)
		status = take_archive_init(&a, set->measures, set->axes, err);
	const size_t runs = status == 0 ? place(takes, n, set->as_is, p, names) : 0;
	double sum = 0;
	for (size_t i = 0, run = SIZE_MAX; status == 0 && i < n; i++) {
		char label[HASH_HEX];
		if (p[i].run != run)
			begin[run = p[i].run] = i;
		const int added = take_archive_add(&a, p[i].take, NULL, err);
		status = added < 0 ? err_prefix(err, "%s", take_label(p[i].take, label)) : 0;
		sum = added > 0 ? archive_sum(&a.archive) : sum;
		mark[i] = (struct mark){100 * archive_coverage(&a.archive), sum};
		kept += added > 0;
	}
	if (status == 0 && !kept)
		status = err_set(err, "no take with a score among %zu", n);
	struct canvas canvas;
	if (status == 0 && (status = canvas_init(&canvas, set->width, set->height, err)) == 0) {
		cairo_t *cr = canvas.cr;
		const double side = fmin(set->height - 240, set->width * 0.52), right = 90 + side + 110;
		const struct measure *m = a.measures;
		const struct plot cells = {90, 110, side, side, m[0].min, m[0].max, a.n > 1 ? m[1].min : 0, a.n > 1 ? m[1].max : 1};
		struct plot curve = {right, 110, set->width - right - 40, (side - 60) / 2, 0, 1, 0, 1};
		set_colour(cr, ink, 1);
		text(cr, cells.left, 46, 26, LEFT, "%s", set->title ? set->title : "an archive of elites");
		set_colour(cr, ink, 0.7);
		text(cr, cells.left, 74, 15, LEFT, "%zu takes, %zu of %zu cells filled", n, a.archive.filled, a.archive.cells);
		status = draw_cells(cr, &cells, &a, err);
		draw_curve(cr, &curve, mark, n, 0, begin, runs, "coverage, % of the cells");
		draw_names(cr, &curve, names, begin, runs, n);
		curve.top += curve.height + 60;
		draw_curve(cr, &curve, mark, n, 1, begin, runs, "QD-score: the sum of the elites' fitness");
		draw_names(cr, &curve, names, begin, runs, n);
		if (status == 0)
			status = canvas_write(&canvas, set->out, err);
	}
	take_archive_release(&a);
	free(p);
	free(mark);
	return status;
}
