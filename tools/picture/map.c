/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature/summary.h"
#include "base/eigen.h"
#include "picture.h"
#include "wire/measure.h"

enum { D = SUMMARY_COLUMNS, LABELS = 8, GIVEN_LABELS = 400 };

struct spot {
	const struct take *take;
	double x, y, fitness; /* fitness NaN: not scored, an example of what is wanted */
};

int
principal(float *const *v, size_t n, double mean[D], double axis[2][D], struct err *err)
{
	double *cov = calloc((size_t)D * D, sizeof *cov), *vec = calloc((size_t)D * D, sizeof *vec), value[D], work[D];
	int status = cov && vec ? 0 : err_set(err, "out of memory");
	memset(mean, 0, D * sizeof *mean);
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < D; k++)
			mean[k] += v[i][k] / (double)n;
	for (size_t i = 0; i < n && status == 0; i++)
		for (int a = 0; a < D; a++)
			for (int b = 0; b <= a; b++)
				cov[a * D + b] += (v[i][a] - mean[a]) * (v[i][b] - mean[b]);
	if (status == 0 && eigen_symmetric(D, cov, value, vec, work) < 0)
		status = err_set(err, "the features are not finite numbers");
	for (int c = 0; c < 2 && status == 0; c++) {
		int most = 0;
		for (int k = 1; k < D; k++)
			if (value[k] > value[most])
				most = k;
		value[most] = -INFINITY;
		double sign = 0; /* an axis has no direction of its own: most columns shall rise along it */
		for (int k = 0; k < D; k++)
			sign += vec[k * D + most];
		for (int k = 0; k < D; k++)
			axis[c][k] = sign < 0 ? -vec[k * D + most] : vec[k * D + most];
	}
	free(cov);
	free(vec);
	return status;
}

static int
worst_first(const void *pa, const void *pb)
{
	const struct spot *a = pa, *b = pb;
	const double x = isnan(a->fitness) ? INFINITY : a->fitness, y = isnan(b->fitness) ? INFINITY : b->fitness;
	return (x > y) - (x < y);
}

static void
star(cairo_t *cr, double x, double y, double r)
{
	cairo_new_path(cr);
	for (int i = 0; i < 10; i++) {
		const double a = i * 0.62831853 - 1.5707963, size = i % 2 ? r * 0.42 : r;
		cairo_line_to(cr, x + size * cos(a), y + size * sin(a));
	}
	cairo_close_path(cr);
	cairo_fill(cr);
}

static const char *
run_of(const struct spot *s)
{
	return s->take->m->origin ? s->take->m->origin->run : "";
}

static void
draw(cairo_t *cr, const struct plot *p, const struct spot *spot, size_t n)
{
	double lo = INFINITY, hi = -INFINITY;
	for (size_t i = 0; i < n; i++)
		if (!isnan(spot[i].fitness)) {
			lo = fmin(lo, spot[i].fitness);
			hi = fmax(hi, spot[i].fitness);
		}
	for (size_t i = 0; i < n; i++) {
		const double x = plot_x(p, spot[i].x), y = plot_y(p, spot[i].y);
		if (isnan(spot[i].fitness))
			continue;
		/* by rank: a few outliers do not darken the rest */
		const double f = (double)(i + 1) / (double)n;
		set_colour(cr, heat(0.2 + 0.75 * f * f), 0.3 + 0.6 * f);
		cairo_arc(cr, x, y, 2.2 + 3 * pow(f, 8), 0, 6.2832);
		cairo_fill(cr);
	}
	const bool all_given = !isfinite(lo); /* nothing is scored: these are the sounds, not examples */
	const struct spot *said[GIVEN_LABELS];
	size_t n_said = 0;
	for (size_t i = 0; i < n; i++) {
		char label[HASH_HEX];
		const double x = plot_x(p, spot[i].x), y = plot_y(p, spot[i].y);
		if (!isnan(spot[i].fitness))
			continue;
		set_colour(cr, second, all_given ? 0.8 : 1);
		if (all_given) {
			cairo_arc(cr, x, y, 4, 0, 6.2832);
			cairo_fill(cr);
		} else
			star(cr, x, y, 12);
		bool free_place = n_said < GIVEN_LABELS;
		for (size_t k = 0; k < n_said && free_place; k++)
			free_place = fabs(plot_y(p, said[k]->y) - y) > 14 || fabs(plot_x(p, said[k]->x) - x) > 130;
		if (all_given && !free_place)
			continue;
		if (n_said < GIVEN_LABELS)
			said[n_said++] = &spot[i];
		text(cr, x, all_given ? y - 7 : y + 27, all_given ? 11 : 13, CENTRE, "%s", take_label(spot[i].take, label));
	}
	/* names of the best take of each run, where they do not cover one another */
	const struct spot *named[LABELS];
	size_t labels = 0;
	for (size_t i = n; i-- > 0 && labels < LABELS;) {
		char label[HASH_HEX];
		const double x = plot_x(p, spot[i].x), y = plot_y(p, spot[i].y);
		bool free_place = !isnan(spot[i].fitness);
		for (size_t k = 0; k < labels; k++)
			free_place = free_place && strcmp(run_of(named[k]), run_of(&spot[i]))
			    && (fabs(plot_y(p, named[k]->y) - y) > 18 || fabs(plot_x(p, named[k]->x) - x) > 240);
		if (!free_place)
			continue;
		named[labels++] = &spot[i];
		const bool right = x > p->left + 0.75 * p->width;
		set_colour(cr, ink, 0.95);
		text(cr, x + (right ? -11 : 11), y + 5, 13, right ? RIGHT : LEFT, "%s  %.3f", take_label(spot[i].take, label),
		    spot[i].fitness);
	}
	set_colour(cr, ink, 0.7);
	if (!all_given)
		text(cr, p->left + p->width, 80, 15, RIGHT, "bright and large: fit (%.3f to %.3f); star: a sound given as an example", lo, hi);
}

/* Where takes lie by their summaries: the two directions in which these differ most. */
static int
place_alike(struct spot *spot, size_t n, struct err *err)
{
	float **v = calloc(n, sizeof *v);
	double mean[D], axis[2][D];
	for (size_t i = 0; v && i < n; i++)
		v[i] = take_summary(spot[i].take);
	const int status = v ? principal(v, n, mean, axis, err) : err_set(err, "out of memory");
	for (size_t i = 0; status == 0 && i < n; i++)
		for (int k = 0; k < D; k++) {
			spot[i].x += (v[i][k] - mean[k]) * axis[0][k];
			spot[i].y += (v[i][k] - mean[k]) * axis[1][k];
		}
	free(v);
	return status;
}

/* Where they lie on the axes asked for. */
static int
place(struct spot *spot, size_t n, const struct picture_settings *set, struct err *err)
{
	struct measure_source x, y;
	char label[HASH_HEX];
	if (!set->x)
		return place_alike(spot, n, err);
	measure_find(set->x, &x);
	measure_find(set->y, &y);
	for (size_t i = 0; i < n; i++)
		if (measure_read(&x, spot[i].take, &spot[i].x, err) < 0 || measure_read(&y, spot[i].take, &spot[i].y, err) < 0)
			return err_prefix(err, "%s", take_label(spot[i].take, label));
	return 0;
}

/* The frame, with room about what is in it. */
static void
fit(struct plot *p, const struct spot *spot, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p->x0 = fmin(p->x0, spot[i].x);
		p->x1 = fmax(p->x1, spot[i].x);
		p->y0 = fmin(p->y0, spot[i].y);
		p->y1 = fmax(p->y1, spot[i].y);
	}
	const double mx = fmax(p->x1 - p->x0, 1e-6) * 0.05, my = fmax(p->y1 - p->y0, 1e-6) * 0.05;
	p->x0 -= mx;
	p->x1 += mx;
	p->y0 -= my;
	p->y1 += my;
}

int
picture_map(struct take **takes, size_t n, const struct picture_settings *set, struct err *err)
{
	struct spot *spot = calloc(n + 1, sizeof *spot);
	size_t kept = 0;
	int status = spot ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && status == 0; i++) {
		if (!*takes[i]->m->error && take_summary(takes[i]))
			spot[kept++] = (struct spot){takes[i], 0, 0, takes[i]->m->n_scores ? takes[i]->m->fitness : NAN};
	}
	if (status == 0 && kept < 3)
		status = err_set(err, "%zu of %zu takes have a summary; a map needs three: put 'assay features' before", kept, n);
	if (status == 0)
		status = place(spot, kept, set, err);
	struct canvas canvas;
	if (status == 0 && (status = canvas_init(&canvas, set->width, set->height, err)) == 0) {
		const double margin = set->x ? 60 : 0; /* for the numbers of the axes */
		struct plot p = {60 + margin / 3, 110 + margin / 3, set->width - 100 - margin / 3, set->height - 160 - margin, INFINITY,
		    -INFINITY, INFINITY, -INFINITY};
		fit(&p, spot, kept);
		qsort(spot, kept, sizeof *spot, worst_first);
		set_colour(canvas.cr, ink, 1);
		text(canvas.cr, p.left, 46, 26, LEFT, "%s", set->title ? set->title : "what was found");
		set_colour(canvas.cr, ink, 0.7);
		text(canvas.cr, p.left, 80, 15, LEFT, set->x ? "%zu takes" : "%zu takes; near is alike", kept);
		cairo_set_line_width(canvas.cr, 1);
		set_colour(canvas.cr, faint, 0.5);
		cairo_rectangle(canvas.cr, p.left, p.top, p.width, p.height);
		cairo_stroke(canvas.cr);
		if (set->x)
			plot_axes(canvas.cr, &p, set->x, set->y);
		draw(canvas.cr, &p, spot, kept);
		status = canvas_write(&canvas, set->out, err);
	}
	free(spot);
	return status;
}
