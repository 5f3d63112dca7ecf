/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of a golden set: dots coloured by kind, with names where there is room. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "set.h"

enum { TURNS = 60, MOST_BOXES = 4096 };
#define DOT 7.0

/* Dots that cover one another are moved apart, a little at a time. */
static void
part(double (*at)[2], size_t n, const struct box *b, double room)
{
	for (int turn = 0; turn < TURNS && n < 2000; turn++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < i; j++) {
				double dx = at[i][0] - at[j][0], dy = at[i][1] - at[j][1], d = sqrt(dx * dx + dy * dy);
				if (d >= room)
					continue;
				if (d < 1e-6) {
					dx = 1;
					dy = 0.5;
					d = 1;
				}
				const double push = 0.25 * (room - fmin(d, room)) / d + (d < 1 ? 0.1 : 0);
				for (int c = 0; c < 2; c++) {
					const double lo = c ? b->top + 16 : b->left + 16, hi = c ? b->top + b->height - 16 : b->left + b->width - 16;
					at[i][c] = fmin(fmax(at[i][c] + push * (c ? dy : dx), lo), hi);
					at[j][c] = fmin(fmax(at[j][c] - push * (c ? dy : dx), lo), hi);
				}
			}
}

static int
meet(const struct box *a, const struct box *b)
{
	return a->left < b->left + b->width && b->left < a->left + a->width && a->top < b->top + b->height
	    && b->top < a->top + a->height;
}

/* Where a name fits beside its dot: right, left, above, below, aslant, then further off by rings. 0 if nowhere. */
static int
find_place(struct box *name, const double at[2], int rings, const struct box *frame, const struct box *taken, size_t n)
{
	static const double side[][2] = {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, -1}, {-1, -1}, {1, 1}, {-1, 1}};
	for (int ring = 0; ring < rings; ring++)
		for (size_t s = 0; s < sizeof side / sizeof *side; s++) {
			const double off = DOT + 5 + 12 * ring;
			name->left = side[s][0] > 0 ? at[0] + off : side[s][0] < 0 ? at[0] - off - name->width : at[0] - name->width / 2;
			name->top = side[s][1] > 0 ? at[1] + off - 3 : side[s][1] < 0 ? at[1] - off - name->height + 3 : at[1] - name->height / 2;
			int clear = name->left > frame->left + 4 && name->top > frame->top + 4
			    && name->left + name->width < frame->left + frame->width - 4
			    && name->top + name->height < frame->top + frame->height - 4;
			for (size_t i = 0; clear && i < n; i++)
				clear = !meet(name, &taken[i]);
			if (clear)
				return 1;
		}
	return 0;
}

/* Kinds in one row or two above the map; what has no room there is left out. */
static void
draw_legend(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	enum { MOST = 40, HIGH = 22 };
	struct {
		char label[80];
		unsigned kind;
		double x;
		int row;
	} entry[MOST];
	size_t entries = 0;
	double x = 0;
	int row = 0;
	cairo_set_font_size(cr, 14);
	for (size_t i = 0; i < n && entries < MOST;) {
		size_t many = 0;
		cairo_text_extents_t e;
		const unsigned kind = star[i].loop->kind;
		const char *words = star[i].loop->words;
		while (i + many < n && star[i + many].loop->kind == kind)
			many++;
		i += many;
		snprintf(entry[entries].label, sizeof entry->label, "%.40s (%zu)", *words ? words : "sounds", many);
		cairo_text_extents(cr, entry[entries].label, &e);
		if (x + e.x_advance + 18 > b->width) {
			x = 0;
			row++;
		}
		if (row > 1)
			break;
		entry[entries].kind = kind;
		entry[entries].x = b->left + x;
		entry[entries++].row = row;
		x += e.x_advance + 36;
	}
	for (size_t i = 0; i < entries; i++) {
		const double y = b->top - 12 - (row && entry[i].row == 0 ? HIGH : 0);
		set_colour(cr, kind_colour(entry[i].kind), 1);
		cairo_new_path(cr);
		cairo_arc(cr, entry[i].x + 6, y - 5, 6, 0, 6.2832);
		cairo_fill(cr);
		set_colour(cr, ink, 0.85);
		text(cr, entry[i].x + 18, y, 14, LEFT, "%s", entry[i].label);
	}
}

void
draw_set_map(cairo_t *cr, const struct box *b, struct star *star, size_t n)
{
	double(*at)[2] = calloc(n + 1, sizeof *at);
	struct box *taken = calloc(MOST_BOXES, sizeof *taken);
	size_t boxes = 0;
	draw_legend(cr, b, star, n);
	set_colour(cr, faint, 0.5);
	cairo_set_line_width(cr, 1);
	cairo_rectangle(cr, b->left, b->top, b->width, b->height);
	cairo_stroke(cr);
	set_colour(cr, ink, 0.5);
	text(cr, b->left + b->width - 10, b->top + b->height - 10, 13, RIGHT, "near is alike; ring: in the middle of its kind; hollow: does not loop");
	for (size_t i = 0; at && i < n; i++) {
		at[i][0] = b->left + b->width * (0.5 + 0.44 * star[i].x);
		at[i][1] = b->top + b->height * (0.49 - 0.43 * star[i].y);
	}
	if (!at || !taken) {
		free(at);
		free(taken);
		return;
	}
	part(at, n, b, n > 400 ? DOT : 2.4 * DOT);
	const double dot = n > 400 ? DOT * 0.55 : n > 100 ? DOT * 0.8 : DOT;
	/* the note is in the way, too */
	taken[boxes++] = (struct box){b->left + b->width - 460, b->top + b->height - 26, 460, 26};
	for (size_t i = 0; i < n; i++) {
		const Assay__Loop *l = star[i].loop;
		set_colour(cr, kind_colour(l->kind), l->loopness >= 0.5 ? 0.95 : 0.16);
		cairo_new_path(cr);
		cairo_arc(cr, at[i][0], at[i][1], dot, 0, 6.2832);
		cairo_fill_preserve(cr);
		set_colour(cr, kind_colour(l->kind), 1);
		cairo_set_line_width(cr, 1.5);
		cairo_stroke(cr);
		if (l->exemplar) {
			set_colour(cr, ink, 0.9);
			cairo_set_line_width(cr, 1.6);
			cairo_arc(cr, at[i][0], at[i][1], dot + 4, 0, 6.2832);
			cairo_stroke(cr);
		}
		if (boxes < MOST_BOXES)
			taken[boxes++] = (struct box){at[i][0] - dot - 2, at[i][1] - dot - 2, 2 * dot + 4, 2 * dot + 4};
	}
	/* exemplars choose first */
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < n && boxes < MOST_BOXES; i++) {
			cairo_text_extents_t e;
			const double size = n > 60 ? 11 : 14;
			char label[40];
			if (star[i].loop->exemplar != (turn == 0))
				continue;
			snprintf(label, sizeof label, "%.36s", star[i].take->m->key);
			cairo_set_font_size(cr, size);
			cairo_text_extents(cr, label, &e);
			struct box name = {.width = e.x_advance + 4, .height = size + 2};
			if (!find_place(&name, at[i], n > 60 ? 1 : 3, b, taken, boxes))
				continue;
			taken[boxes++] = name;
			set_colour(cr, ink, star[i].loop->exemplar ? 1 : 0.75);
			text(cr, name.left + 2, name.top + size - 1, size, LEFT, "%s", label);
		}
	free(at);
	free(taken);
}
