/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

/* One run's takes stand together, in the order they were proposed. */
static int
by_run(const void *pa, const void *pb)
{
	const Assay__Origin *a = (*(struct take *const *)pa)->m->origin, *b = (*(struct take *const *)pb)->m->origin;
	const int order = strcmp(a->run, b->run);
	return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* The algorithms met so far, at most eight: what colours stand for. */
struct legend {
	const char *name[8];
	size_t takes[8], n;
};

static size_t
legend_of(struct legend *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->name[i], name))
			return i;
	if (l->n < 8)
		l->name[l->n++] = name;
	return l->n - 1;
}

static bool
scored(const struct take *t)
{
	return t->m->origin && !*t->m->error && t->m->n_scores && isfinite(t->m->fitness);
}

int
picture_progress(struct take **takes, size_t n, const struct picture_settings *set, struct err *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (scored(takes[i])) {
			struct take *t = takes[kept];
			takes[kept++] = takes[i];
			takes[i] = t;
		}
	if (!kept)
		return err_set(err, "no take of a run with a score among %zu", n);
	qsort(takes, kept, sizeof *takes, by_run);

	struct legend legend = {0};
	double lo = INFINITY, hi = -INFINITY, last = 1;
	for (size_t i = 0; i < kept; i++) {
		lo = fmin(lo, takes[i]->m->fitness);
		hi = fmax(hi, takes[i]->m->fitness);
		last = fmax(last, (double)takes[i]->m->origin->index);
	}
	const double room = fmax(hi - lo, 1e-6) * 0.05;
	const struct plot p = {90, 110, set->width - 130, set->height - 180, 0, last, lo - room, hi + room};
	struct canvas canvas;
	if (canvas_init(&canvas, set->width, set->height, err) < 0)
		return -1;
	cairo_t *cr = canvas.cr;
	set_colour(cr, ink, 1);
	text(cr, p.left, 46, 26, LEFT, "%s", set->title ? set->title : "score over evaluations");
	plot_axes(cr, &p, "takes heard in a run", "fitness");
	for (size_t i = 0; i < kept; i++) {
		const size_t k = legend_of(&legend, takes[i]->m->origin->algo);
		legend.takes[k]++;
		set_colour(cr, series_colour(k), 0.28);
		cairo_arc(cr, plot_x(&p, (double)takes[i]->m->origin->index), plot_y(&p, takes[i]->m->fitness), 1.8, 0, 6.2832);
		cairo_fill(cr);
	}
	cairo_set_line_width(cr, 2);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	for (size_t i = 0; i < kept;) {
		const Assay__Origin *o = takes[i]->m->origin;
		double best = takes[i]->m->fitness;
		set_colour(cr, series_colour(legend_of(&legend, o->algo)), 0.9);
		cairo_move_to(cr, plot_x(&p, (double)o->index), plot_y(&p, best));
		for (; i < kept && !strcmp(takes[i]->m->origin->run, o->run); i++) {
			const double x = plot_x(&p, (double)takes[i]->m->origin->index);
			cairo_line_to(cr, x, plot_y(&p, best));
			best = fmax(best, takes[i]->m->fitness);
			cairo_line_to(cr, x, plot_y(&p, best));
		}
		cairo_stroke(cr);
	}
	double x = set->width - 40;
	for (size_t k = legend.n; k-- > 0;) {
		char label[96];
		cairo_text_extents_t e;
		snprintf(label, sizeof label, "%s: %zu takes", *legend.name[k] ? legend.name[k] : "by hand", legend.takes[k]);
		cairo_set_font_size(cr, 17);
		cairo_text_extents(cr, label, &e);
		set_colour(cr, series_colour(k), 1);
		text(cr, x, 80, 17, RIGHT, "%s", label);
		x -= e.x_advance + 24;
	}
	return canvas_write(&canvas, set->out, err);
}
