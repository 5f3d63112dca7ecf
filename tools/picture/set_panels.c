/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a golden set does: its bars, the octaves it fills, its tempi and keys. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "feature/key.h"
#include "feature/occupancy.h"
#include "feature/rhythm.h"
#include "set.h"

static int
has_bar(const struct star *s)
{
	return s->loop->n_steps == RHYTHM_STEPS && s->loop->loopness >= 0.5;
}

static double
median_swing(const struct star *star, size_t n, int sixteenths)
{
	/* the mean of those that have one is near enough on paper */
	double sum = 0, many = 0;
	for (size_t i = 0; i < n; i++) {
		const double s = sixteenths ? star[i].loop->swing16 : star[i].loop->swing8;
		if (has_bar(&star[i]) && s > 0) {
			sum += s;
			many++;
		}
	}
	return many > 0 ? sum / many : 0;
}

void
draw_set_rhythm(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	double step[RHYTHM_STEPS] = {0}, most = 0, loops = 0;
	char note[120] = "";
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; has_bar(&star[i]) && k < RHYTHM_STEPS; k++)
			step[k] += star[i].loop->steps[k];
		loops += has_bar(&star[i]);
	}
	for (int k = 0; k < RHYTHM_STEPS; k++)
		most = fmax(most, step[k]);
	const double s8 = median_swing(star, n, 0), s16 = median_swing(star, n, 1);
	if (s8 > 0 && s16 > 0)
		snprintf(note, sizeof note, "swing: eighths %.0f %%, sixteenths %.0f %%", 100 * s8, 100 * s16);
	panel_title(cr, b, "where the bar is struck", note);
	const double wide = b->width / RHYTHM_STEPS;
	for (int k = 0; k < RHYTHM_STEPS; k++) {
		const double part = most > 0 ? step[k] / most : 0, high = fmax(part * (b->height - 24), 1.5);
		set_colour(cr, k % 4 == 0 ? accent : second, k % 4 == 0 || k % 2 == 0 ? 0.95 : 0.6);
		cairo_rectangle(cr, b->left + k * wide + 3, b->top + b->height - 24 - high, wide - 6, high);
		cairo_fill(cr);
		set_colour(cr, ink, k % 4 == 0 ? 0.85 : 0.45);
		text(cr, b->left + (k + 0.5) * wide, b->top + b->height - 5, k % 4 == 0 ? 15 : 12, CENTRE, "%d", k % 4 == 0 ? k / 4 + 1 : k % 4 + 1);
	}
	if (!(loops > 0)) {
		set_colour(cr, ink, 0.6);
		text(cr, b->left + b->width / 2, b->top + b->height / 2, 15, CENTRE, "nothing here loops in bars");
	}
}

void
draw_set_octaves(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	double all[OCTAVES] = {0}, most = 0.2;
	for (size_t i = 0; i < n; i++)
		for (size_t o = 0; o < OCTAVES && o < star[i].loop->n_octaves; o++)
			all[o] += star[i].loop->octaves[o] / (double)n;
	for (int o = 0; o < OCTAVES; o++)
		most = fmax(most, all[o]);
	panel_title(cr, b, "octaves it fills", "mean part of the energy, by kind; line: an even spread");
	const double wide = b->width / OCTAVES, high = b->height - 46, foot = b->top + b->height - 24;
	for (int o = 0; o < OCTAVES; o++) {
		double y = foot;
		for (size_t i = 0; i < n; i++) {
			const double part = o < (int)star[i].loop->n_octaves ? star[i].loop->octaves[o] / (double)n / most * high : 0;
			set_colour(cr, kind_colour(star[i].loop->kind), 0.85);
			cairo_rectangle(cr, b->left + o * wide + 5, y - part, wide - 10, part + 0.3);
			cairo_fill(cr);
			y -= part;
		}
		set_colour(cr, ink, 0.75);
		text(cr, b->left + (o + 0.5) * wide, b->top + b->height - 5, 13, CENTRE, octave_centre[o] < 1000 ? "%.0f" : "%.0fk",
		    octave_centre[o] < 1000 ? octave_centre[o] : octave_centre[o] / 1000);
		if (all[o] < 0.025 || all[o] >= 0.2) {
			set_colour(cr, all[o] < 0.025 ? second : accent, 1);
			text(cr, b->left + (o + 0.5) * wide, y - 6, 13, CENTRE, all[o] < 0.025 ? "free" : "crowded");
		}
	}
	set_colour(cr, ink, 0.4);
	cairo_set_line_width(cr, 1);
	const double dash[] = {4, 4};
	cairo_set_dash(cr, dash, 2, 0);
	cairo_move_to(cr, b->left, foot - 0.1 / most * high);
	cairo_rel_line_to(cr, b->width, 0);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0);
}

/* What a tempo means something of. */
static int
has_tempo(const struct star *s)
{
	return s->loop->tempo > 0 && (s->loop->loopness >= 0.5 || s->loop->confidence >= 0.5);
}

void
draw_set_tempi(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	enum { COLUMNS = 70 };
	const double lo = 60, hi = 200;
	int stack[COLUMNS] = {0}, most = 1, without = 0;
	for (size_t i = 0; i < n; i++) {
		const int c = has_tempo(&star[i]) ? (int)floor((star[i].loop->tempo - lo) / (hi - lo) * COLUMNS) : -1;
		if (c >= 0 && c < COLUMNS && ++stack[c] > most)
			most = stack[c];
		without += c < 0 || c >= COLUMNS;
	}
	char note[80] = "pale: does not loop, or is not sure";
	if (without)
		snprintf(note, sizeof note, "pale: does not loop, or is not sure; %d without", without);
	panel_title(cr, b, "tempo in BPM", note);
	const double foot = b->top + b->height - 26, room = b->height - 34;
	const double size = fmin(7, room / (2.2 * most)), up = fmin(2.2 * size, room / most);
	set_colour(cr, faint, 0.7);
	cairo_set_line_width(cr, 1);
	cairo_move_to(cr, b->left, foot + 2);
	cairo_rel_line_to(cr, b->width, 0);
	cairo_stroke(cr);
	for (int bpm = 60; bpm <= 200; bpm += 20) {
		set_colour(cr, ink, 0.75);
		text(cr, b->left + (bpm - lo) / (hi - lo) * b->width, b->top + b->height - 5, 13, bpm == 60 ? LEFT : bpm == 200 ? RIGHT : CENTRE, "%d", bpm);
	}
	memset(stack, 0, sizeof stack);
	for (size_t i = 0; i < n; i++) {
		const int c = has_tempo(&star[i]) ? (int)floor((star[i].loop->tempo - lo) / (hi - lo) * COLUMNS) : -1;
		if (c < 0 || c >= COLUMNS)
			continue;
		set_colour(cr, kind_colour(star[i].loop->kind), star[i].loop->confidence >= 0.5 && star[i].loop->loopness >= 0.5 ? 1 : 0.35);
		cairo_new_path(cr);
		cairo_arc(cr, b->left + (c + 0.5) / COLUMNS * b->width, foot - size - up * stack[c]++, size, 0, 6.2832);
		cairo_fill(cr);
	}
}

void
draw_set_keys(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	/* by fifths: neighbours share all notes but one; a minor key stands under its relative major */
	double sure[KEYS] = {0}, most = 0;
	int count[KEYS] = {0};
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < KEYS; k++)
			if (!strcmp(star[i].loop->key, key_name(k))) {
				count[k]++;
				sure[k] += star[i].loop->key_confidence;
			}
	for (int k = 0; k < KEYS; k++)
		most = fmax(most, sure[k]);
	panel_title(cr, b, "keys, by fifths", "number: sounds; bright: sure; above major, below minor");
	const double wide = b->width / 12, high = b->height / 2;
	for (int i = 0; i < 12; i++)
		for (int minor = 0; minor < 2; minor++) {
			const int major = (i * 7 + 5) % 12, k = minor ? 12 + (major + 9) % 12 : major;
			const double x = b->left + i * wide, y = b->top + minor * high;
			char name[16];
			snprintf(name, sizeof name, "%.*s%s", (int)strcspn(key_name(k), " "), key_name(k), minor ? "m" : "");
			set_colour(cr, count[k] ? heat(0.22 + 0.53 * sure[k] / fmax(most, 1e-9)) : faint, count[k] ? 0.95 : 0.14);
			cairo_rectangle(cr, x + 2, y + 2, wide - 4, high - 4);
			cairo_fill(cr);
			set_colour(cr, ink, count[k] ? 1 : 0.5);
			text(cr, x + wide / 2, y + high / 2 + (count[k] ? -3 : 5), 14, CENTRE, "%s", name);
			if (count[k])
				text(cr, x + wide / 2, y + high / 2 + 16, 13, CENTRE, "%d", count[k]);
		}
}

void
draw_set_bars(cairo_t *cr, const struct box *b, const struct star *star, size_t n)
{
	size_t with = 0, rows, columns = b->width > 700 ? 2 : 1;
	for (size_t i = 0; i < n; i++)
		with += has_bar(&star[i]);
	const size_t fit = b->height > 17 ? (size_t)(b->height / 17) : 0;
	rows = (with + columns - 1) / columns;
	if (rows > fit)
		rows = fit;
	char note[80] = "";
	if (with > rows * columns)
		snprintf(note, sizeof note, "%zu of %zu, each kind's exemplar first", rows * columns, with);
	panel_title(cr, b, "bars", *note ? note : "each loop's sixteenths, and the part of its energy in ten octaves");
	if (!rows)
		return;
	const double high = fmin(b->height / (double)rows, 34), wide = b->width / (double)columns;
	size_t drawn = 0;
	/* exemplars first where not all fit; else in order */
	for (int turn = with > rows * columns ? 0 : 1; turn < 2; turn++)
		for (size_t i = 0; i < n && drawn < rows * columns; i++) {
			if (!has_bar(&star[i]) || (turn == 0) != (with > rows * columns && star[i].loop->exemplar))
				continue;
			const double x = b->left + (double)(drawn / rows) * wide, y = b->top + (double)(drawn % rows) * high;
			const double names = 140, bars = (wide - names - 110) / RHYTHM_STEPS, size = fmin(1.6 * bars, high) - 5;
			const struct colour c = kind_colour(star[i].loop->kind);
			double most = 0;
			for (int k = 0; k < RHYTHM_STEPS; k++)
				most = fmax(most, star[i].loop->steps[k]);
			set_colour(cr, ink, 0.8);
			text(cr, x, y + high / 2 + 5, 13, LEFT, "%.20s", star[i].take->m->key);
			for (int k = 0; k < RHYTHM_STEPS; k++) {
				const double part = most > 0 ? star[i].loop->steps[k] / most : 0;
				set_colour(cr, part > 0.02 ? c : faint, part > 0.02 ? 0.25 + 0.75 * part : k % 4 == 0 ? 0.28 : 0.14);
				cairo_rectangle(cr, x + names + k * bars + (k / 4) * 2, y + (high - size) / 2, bars - 3, size);
				cairo_fill(cr);
			}
			for (size_t o = 0; o < star[i].loop->n_octaves && o < OCTAVES; o++) {
				const double part = fmin(1, sqrt(star[i].loop->octaves[o] / 0.5)), tall = fmax(1, part * (high - 6));
				set_colour(cr, c, 0.8);
				cairo_rectangle(cr, x + wide - 94 + (double)o * 7, y + high - 3 - tall, 5, tall);
				cairo_fill(cr);
			}
			drawn++;
		}
}
