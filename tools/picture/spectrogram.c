/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/mel.h"
#include "dsp/stft.h"
#include "picture.h"
#include "wire/sounds.h"

enum { FFT = 4096, WINDOW = 2048, BANDS = 160, RANGE_DB = 80 };

/* What is drawn of one sound. */
struct panel {
	const char *name;
	struct sound *sound; /* mono */
	size_t frames, hop;
	float *db;           /* [frames][BANDS] */
	float top;
};

static int
analyse(struct panel *p, int width, struct err *err)
{
	const size_t n = p->sound->frames;
	sound_to_mono(p->sound);
	p->hop = n / (size_t)width + 1;
	struct stft *s = stft_new(FFT, WINDOW, p->hop, STFT_ZERO, err);
	struct mel *m = s ? mel_new(p->sound->rate, FFT, BANDS, 30, fmin(16000, p->sound->rate / 2.0), MEL_HTK, err) : NULL;
	float *power = NULL;
	int status = m ? 0 : -1;
	if (m) {
		p->frames = stft_frames(s, n);
		power = malloc(stft_bins(s) * sizeof *power);
		p->db = malloc(p->frames * BANDS * sizeof *p->db);
		if (!power || !p->db)
			status = err_set(err, "out of memory");
	}
	for (size_t i = 0; i < p->frames && status == 0; i++) {
		if (stft_power(s, p->sound->x, n, i, 1, power) < 0)
			status = err_set(err, "out of memory");
		mel_apply(m, power, 1, p->db + i * BANDS);
	}
	if (status == 0) {
		power_to_db(p->db, p->frames * BANDS, 1, 0, p->db);
		p->top = -200;
		for (size_t i = 0; i < p->frames * BANDS; i++)
			p->top = fmaxf(p->top, p->db[i]);
	}
	free(power);
	mel_free(m);
	stft_free(s);
	return status;
}

static void
draw_image(cairo_t *cr, const struct panel *p, const struct plot *box)
{
	cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)p->frames, BANDS);
	unsigned char *data = cairo_image_surface_get_data(image);
	if (data) {
		const int stride = cairo_image_surface_get_stride(image);
		for (int b = 0; b < BANDS; b++)
			for (size_t i = 0; i < p->frames; i++) {
				const struct colour c = heat(1 + (p->db[i * BANDS + b] - p->top) / RANGE_DB);
				const uint32_t rgb = (uint32_t)(c.r * 255) << 16 | (uint32_t)(c.g * 255) << 8 | (uint32_t)(c.b * 255);
				memcpy(data + (BANDS - 1 - b) * stride + 4 * i, &rgb, 4);
			}
		cairo_surface_mark_dirty(image);
		cairo_save(cr);
		cairo_rectangle(cr, box->left, box->top, box->width, box->height);
		cairo_clip(cr);
		cairo_translate(cr, box->left, box->top);
		cairo_scale(cr, box->width / (double)p->frames, box->height / BANDS);
		cairo_set_source_surface(cr, image, 0, 0);
		cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_BILINEAR);
		cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
		cairo_paint(cr);
		cairo_restore(cr);
	}
	cairo_surface_destroy(image);
}

static double
mel_of(double hz)
{
	return log2(1 + hz / 700);
}

static void
draw_scales(cairo_t *cr, const struct panel *p, const struct plot *box, bool frequencies)
{
	static const double hz[] = {100, 200, 500, 1000, 2000, 5000, 10000};
	const double seconds = (double)p->sound->frames / p->sound->rate, lo = mel_of(30),
	             hi = mel_of(fmin(16000, p->sound->rate / 2.0));
	set_colour(cr, ink, 0.7);
	double last = INFINITY; /* where the last label stands: in a low picture not all have room */
	for (size_t i = 0; frequencies && i < sizeof hz / sizeof *hz; i++) {
		const double y = box->top + box->height * (1 - (mel_of(hz[i]) - lo) / (hi - lo)) + 5;
		if (hz[i] >= p->sound->rate / 2.0 || last - y < 16)
			continue;
		text(cr, box->left - 10, y, 15, RIGHT, hz[i] < 1000 ? "%.0f Hz" : "%.0f kHz", hz[i] < 1000 ? hz[i] : hz[i] / 1000);
		last = y;
	}
	double step = 0.001;
	for (int k = 0; seconds / step > 6; k++)
		step *= k % 3 == 1 ? 2.5 : 2;
	for (double t = 0; t <= seconds * 1.0001; t += step)
		text(cr, box->left + t / seconds * box->width, box->top + box->height + 24, 15, CENTRE, "%g s", t);
}

static void
draw_wave(cairo_t *cr, const struct panel *p, double left, double top, double width, double height)
{
	const size_t n = p->sound->frames;
	float peak = 1e-6f;
	for (size_t i = 0; i < n; i++)
		peak = fmaxf(peak, fabsf(p->sound->x[i]));
	set_colour(cr, accent, 0.9);
	cairo_set_line_width(cr, 1);
	for (int x = 0; x < (int)width; x++) {
		const size_t from = n * (size_t)x / (size_t)width, to = n * (size_t)(x + 1) / (size_t)width;
		float lo = 0, hi = 0;
		for (size_t i = from; i < to || i == from; i++) {
			lo = fminf(lo, p->sound->x[i]);
			hi = fmaxf(hi, p->sound->x[i]);
		}
		cairo_move_to(cr, left + x + 0.5, top + height / 2 * (1 - hi / peak));
		cairo_line_to(cr, left + x + 0.5, top + height / 2 * (1 - lo / peak) + 1);
	}
	cairo_stroke(cr);
	set_colour(cr, ink, 0.6);
	text(cr, left + width, top - 8, 15, RIGHT, "peak %.1f dB", 20 * log10(peak));
}

int
picture_spectrogram(char **where, int n, const struct picture_settings *set, struct err *err)
{
	struct sounds sounds = {0};
	struct panel panel[2] = {{0}};
	struct canvas canvas;
	int status = 0;
	for (int i = 0; i < n && status == 0; i++)
		status = sounds_add(&sounds, where[i], err);
	if (status == 0 && (sounds.n < 1 || sounds.n > 2))
		status = err_set(err, "%zu sounds; one or two fit in the picture", sounds.n);
	const double gap = 30, left = 100, right = 40, top = 190, bottom = 60;
	const double width = sounds.n == 2 ? (set->width - left - right - gap) / 2 : set->width - left - right;
	for (size_t i = 0; i < sounds.n && status == 0; i++) {
		panel[i] = (struct panel){.name = sounds.item[i].name, .sound = &sounds.item[i].sound};
		status = analyse(&panel[i], (int)width, err);
	}
	if (status == 0 && (status = canvas_init(&canvas, set->width, set->height, err)) == 0) {
		cairo_t *cr = canvas.cr;
		set_colour(cr, ink, 1);
		text(cr, left, 46, 26, LEFT, "%s", set->title ? set->title : sounds.n == 2 ? "target and match" : panel[0].name);
		set_colour(cr, ink, 0.6);
		text(cr, set->width - right, 46, 15, RIGHT, "mel spectrogram, %d dB down from each sound's loudest", RANGE_DB);
		for (size_t i = 0; i < sounds.n; i++) {
			const struct plot box = {left + (double)i * (width + gap), top, width, set->height - top - bottom, 0, 1, 0, 1};
			set_colour(cr, ink, 1);
			text(cr, box.left, 92, 19, LEFT, "%s", panel[i].name);
			draw_wave(cr, &panel[i], box.left, 104, width, 70);
			draw_image(cr, &panel[i], &box);
			draw_scales(cr, &panel[i], &box, i == 0);
		}
		status = canvas_write(&canvas, set->out, err);
	}
	free(panel[0].db);
	free(panel[1].db);
	sounds_free(&sounds);
	return status;
}
