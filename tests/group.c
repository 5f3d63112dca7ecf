/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames side by side, and features that share a pass. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "dsp/fft.h"
#include "dsp/stft.h"
#include "feature/analysis.h"
#include "signals.h"
#include "tap.h"

static struct err err;

/* Any number of frames in any order, edges included, is what each is alone; in double it is what double gives. */
static void
side_by_side(size_t n_fft)
{
	enum { N = 9000, HOP = 300 };
	static float x[N];
	struct rng r = {n_fft, 0};
	for (int i = 0; i < N; i++)
		x[i] = (float)(rng_uniform(&r) - 0.5);
	struct stft *s = stft_new(n_fft, n_fft, HOP, STFT_ZERO, &err);
	const size_t bins = stft_bins(s), frames = stft_frames(s, N);
	const struct fft *f = fft_real(n_fft);
	struct stft_room room;
	float *all = malloc(frames * bins * sizeof *all), *group = fft_alloc((bins + 1) * STFT_LANES);
	double *in = malloc(n_fft * sizeof *in), *out = malloc(2 * bins * sizeof *out), worst = 0;
	int good = stft_room_init(&room, s) == 0 && stft_power(s, x, N, 0, frames, all) == 0;
	for (size_t count = 1; good && count <= STFT_LANES; count++) {
		size_t number[STFT_LANES];
		int set;
		for (size_t l = 0; l < count; l++)
			number[l] = (l * 7 + count) % frames;
		const size_t lanes = stft_lanes(count, &set);
		if (lanes < count) /* not so many at once on this machine */
			break;
		stft_side_by_side(s, &room, x, N, number, count, group);
		for (size_t l = 0; l < count; l++)
			for (size_t k = 0; k < bins; k++)
				good &= group[k * lanes + l] == all[number[l] * bins + k];
		good &= stft_side_by_side_precise(s, &room, x, N, number, count, 0, group) == 0;
		const ptrdiff_t from = (ptrdiff_t)(number[count - 1] * HOP) - (ptrdiff_t)(n_fft / 2);
		for (size_t i = 0; i < n_fft; i++) {
			const ptrdiff_t at = from + (ptrdiff_t)i;
			const double w = fm_sin(3.14159265358979323846 * (double)i / (double)n_fft);
			in[i] = at >= 0 && at < N ? x[at] * w * w : 0;
		}
		fft_forward_double(f, in, out);
		for (size_t k = 0; k < bins; k++) {
			const double want = out[2 * k] * out[2 * k] + out[2 * k + 1] * out[2 * k + 1];
			worst = fmax(worst, fabs(group[k * lanes + count - 1] / want - 1));
		}
	}
	ok(good, "%zu samples: frames side by side are what each is alone", n_fft);
	ok(worst < 1e-6, "%zu samples: in double precision all but rounding is right: %.2g", n_fft, worst);
	stft_room_release(&room);
	stft_free(s);
	free(all);
	fft_release(group);
	free(in);
	free(out);
}

static void
together(const char *name, const struct framing *framing)
{
	size_t n;
	float *x = signal_new(name, &n);
	struct analysis *one = analysis_new_framed(framing, &err), *all = analysis_new_framed(framing, &err);
	const struct feature *list[64];
	size_t many = 0, differ = 0;
	for (; features[many]; many++)
		list[many] = features[many];
	analysis_load(all, x, 1, n, 44100, &err);
	analysis_want(all, list, many);
	/* from the last to the first, so that what features are made from comes after them */
	for (size_t i = many; i-- > 0;) {
		analysis_load(one, x, 1, n, 44100, &err);
		const float *v = analysis_feature(one, list[i]), *w = analysis_feature(all, list[i]);
		differ += !v || !w || memcmp(v, w, analysis_rows(one, list[i]) * list[i]->columns(one) * sizeof *v);
	}
	ok(differ == 0, "%s, %zu/%zu: %zu features in one pass are what each is alone", name, framing->n_fft, framing->hop, many);
	analysis_free(one);
	analysis_free(all);
	free(x);
}

int
main(void)
{
	side_by_side(512);
	side_by_side(1500);
	side_by_side(75);
	side_by_side(74);
	together("chirpclick", &framing_default);
	together("tone220", &framing_default);
	together("lcgnoise", &(struct framing){800, 333, 50, MEL_HTK, 0, 0});
	ok(!analysis_new_framed(&(struct framing){31, 8, 20, MEL_HTK, 0, 0}, &err)
	        && !analysis_new_framed(&(struct framing){64, 0, 20, MEL_HTK, 0, 0}, &err),
	    "no framing: %s", err.text);
	return done();
}
