/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "picture.h"

const struct colour paper = {0.07, 0.07, 0.09}, ink = {0.92, 0.91, 0.88}, faint = {0.42, 0.43, 0.47},
                    accent = {0.98, 0.70, 0.25}, second = {0.45, 0.62, 0.80};

int
canvas_init(struct canvas *c, int width, int height, struct err *err)
{
	c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	c->cr = cairo_create(c->surface);
	if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS)
		return err_set(err, "cannot draw: %s", cairo_status_to_string(cairo_status(c->cr)));
	set_colour(c->cr, paper, 1);
	cairo_paint(c->cr);
	cairo_select_font_face(c->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	return 0;
}

static cairo_status_t
put(void *file, const unsigned char *data, unsigned length)
{
	return fwrite(data, 1, length, file) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int
canvas_write(struct canvas *c, const char *path, struct err *err)
{
	const cairo_status_t drawn = cairo_status(c->cr);
	struct file f;
	int status = drawn ? err_set(err, "cannot draw '%s': %s", path, cairo_status_to_string(drawn)) : file_create(&f, path, err);
	if (status == 0)
		status = file_finish(&f, !cairo_surface_write_to_png_stream(c->surface, put, f.stream), err);
	cairo_destroy(c->cr);
	cairo_surface_destroy(c->surface);
	return status;
}

void
set_colour(cairo_t *cr, struct colour c, double alpha)
{
	cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha);
}

struct colour
heat(double x)
{
	static const struct colour stop[] = {
	    {0.03, 0.03, 0.06}, {0.20, 0.08, 0.36}, {0.52, 0.14, 0.45}, {0.84, 0.28, 0.35}, {0.98, 0.58, 0.25}, {0.99, 0.94, 0.70}};
	enum { LAST = sizeof stop / sizeof *stop - 1 };
	x = x > 0 ? (x < 1 ? x : 1) * LAST : 0;
	const int k = x >= LAST ? LAST - 1 : (int)x;
	const double f = x - k;
	return (struct colour){stop[k].r + f * (stop[k + 1].r - stop[k].r), stop[k].g + f * (stop[k + 1].g - stop[k].g),
	    stop[k].b + f * (stop[k + 1].b - stop[k].b)};
}

struct colour
series_colour(size_t k)
{
	static const struct colour list[] = {{0.98, 0.70, 0.25}, {0.45, 0.72, 0.95}, {0.60, 0.85, 0.50}, {0.93, 0.45, 0.50},
	    {0.75, 0.60, 0.95}, {0.40, 0.85, 0.80}, {0.95, 0.60, 0.80}, {0.80, 0.80, 0.45}};
	return list[k % (sizeof list / sizeof *list)];
}

void
text(cairo_t *cr, double x, double y, double size, enum align align, const char *fmt, ...)
{
	char s[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	cairo_text_extents_t e;
	cairo_set_font_size(cr, size);
	cairo_text_extents(cr, s, &e);
	cairo_move_to(cr, x - e.x_advance * align / 2, y);
	cairo_show_text(cr, s);
}

double
plot_x(const struct plot *p, double x)
{
	return p->left + (x - p->x0) / (p->x1 - p->x0) * p->width;
}

double
plot_y(const struct plot *p, double y)
{
	return p->top + p->height - (y - p->y0) / (p->y1 - p->y0) * p->height;
}

/* 1, 2 or 5 times a power of ten, so that about `count` steps fill the span. */
static double
step_for(double span, int count)
{
	double step = 1;
	if (!(span > 0))
		return 1;
	while (step * count < span)
		step *= 10;
	while (step * count > span)
		step /= 10;
	const double many = span / (step * count);
	return step * (many > 5 ? 10 : many > 2 ? 5 : many > 1 ? 2 : 1);
}

void
plot_axes(cairo_t *cr, const struct plot *p, const char *x_name, const char *y_name)
{
	const double sx = step_for(p->x1 - p->x0, 6), sy = step_for(p->y1 - p->y0, 5);
	cairo_set_line_width(cr, 1);
	for (double x = ceil(p->x0 / sx) * sx; x <= p->x1 + sx * 1e-6; x += sx) {
		set_colour(cr, faint, 0.35);
		cairo_move_to(cr, plot_x(p, x), p->top);
		cairo_rel_line_to(cr, 0, p->height);
		cairo_stroke(cr);
		set_colour(cr, ink, 0.7);
		text(cr, plot_x(p, x), p->top + p->height + 22, 15, CENTRE, "%.6g", fabs(x) < sx / 1e6 ? 0 : x);
	}
	for (double y = ceil(p->y0 / sy) * sy; y <= p->y1 + sy * 1e-6; y += sy) {
		set_colour(cr, faint, 0.35);
		cairo_move_to(cr, p->left, plot_y(p, y));
		cairo_rel_line_to(cr, p->width, 0);
		cairo_stroke(cr);
		set_colour(cr, ink, 0.7);
		text(cr, p->left - 10, plot_y(p, y) + 5, 15, RIGHT, "%.6g", fabs(y) < sy / 1e6 ? 0 : y);
	}
	set_colour(cr, ink, 0.8);
	text(cr, p->left + p->width / 2, p->top + p->height + 48, 16, CENTRE, "%s", x_name);
	text(cr, p->left, p->top - 14, 16, LEFT, "%s", y_name);
}
