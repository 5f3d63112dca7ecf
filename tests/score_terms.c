/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms: what must rank above what, and that a search finds a slope. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "base/fmath.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "dsp/stft.h"
#include "score/kernels.h"
#include "score/likeness.h"
#include "score/portrait.h"
#include "hearings.h"
#include "tap.h"

#define SAMPLES "/usr/share/sonic-pi/samples/"
enum { RATE = 44100 };

static char last_why[768];

static struct heard
heard(const float *x, uint64_t frames, const char *name)
{
	return (struct heard){.samples = x, .rate = RATE, .channels = 1, .frames = frames, .name = name};
}

static double
score(const struct term *t, void *self, const struct heard *h)
{
	struct err err;
	char why[512] = "";
	double value = NAN;
	struct heard it = *h;
	hear_it(&it);
	if (t->score(self, &it, &value, why, sizeof why, &err) < 0)
		diag("%s: %s", h->name, err.text);
	snprintf(last_why, sizeof last_why, "%s %s %.4f: %s", h->name, t->name, value, why);
	return value;
}

/* A check on the last score; says why if it fails. */
#define CHECK(...) (ok(__VA_ARGS__) || (diag("%s", last_why), 0))

/* A fair imitation: noise through the target's spectrum, which is averaged over
   third-octaves and 1024 samples, so neither pitch nor phase survive. */
static void
imitate(const float *x, size_t n, float *out)
{
	enum { N = 1024, HOP = 256, BINS = N / 2 + 1 };
	const struct fft *fft = fft_real(N);
	float *in = fft_alloc(N), *X = fft_alloc(2 * BINS), window[N];
	struct rng rng = {.seed = 7};
	window_hann(window, N);
	memset(out, 0, n * sizeof *out);
	for (size_t from = 0; from + N <= n; from += HOP) {
		for (size_t i = 0; i < N; i++)
			in[i] = x[from + i] * window[i];
		fft_forward(fft, in, X);
		for (size_t lo = 0, hi; lo < BINS; lo = hi) {
			double power = 0;
			hi = lo + 1 + lo / 4;
			hi = hi < BINS ? hi : BINS;
			for (size_t k = lo; k < hi; k++)
				power += X[2 * k] * X[2 * k] + X[2 * k + 1] * X[2 * k + 1];
			for (size_t k = lo; k < hi; k++) {
				const double a = sqrt(power / (hi - lo)), phase = 6.283185307 * rng_uniform(&rng);
				X[2 * k] = a * fm_cos(phase);
				X[2 * k + 1] = a * fm_sin(phase);
			}
		}
		fft_backward(fft, X, in);
		for (size_t i = 0; i < N; i++)
			out[from + i] += in[i] * window[i] / N * 1.4f; /* as loud as the target, nearly */
	}
	fft_release(in);
	fft_release(X);
}

/* Nothing cheap may rank above a fair imitation. */
static void
adversaries(const char *file, double late)
{
	const struct term *like = term_find("like");
	struct err err;
	struct sound s = {0};
	char path[256];
	snprintf(path, sizeof path, SAMPLES "%s", file);
	if (sound_read(path, &s, &err) < 0) {
		skip(file, err.text);
		return;
	}
	sound_to_mono(&s);
	const size_t n = s.frames, shift = (size_t)(late * RATE) % n;
	float *y = malloc(n * sizeof *y);
	struct heard golden = heard(s.x, n, file);
	golden.hearing = hearing_kept();
	void *self = like->create(&golden, 1, &err);
	double rms = 0;
	for (size_t i = 0; i < n; i++)
		rms += s.x[i] * s.x[i] / n;
	rms = sqrt(rms);

	CHECK(score(like, self, &golden) == 1, "%s: the target itself is 1", file);
	imitate(s.x, n, y);
	const struct heard fair = heard(y, n, "imitation");
	const double good = score(like, self, &fair);
	CHECK(good > 0.4, "%s: a fair imitation is worth something", file);

	struct rng rng = {.seed = 3};
	static const char *const names[] = {"silence", "dc", "clipped", "noise", "shaped", "late", "quiet", "loud", "click", "reversed"};
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		for (size_t i = 0; i < n; i++) {
			const double noise = 2 * rng_uniform(&rng) - 1;
			switch (k) {
			case 0: y[i] = 0; break;
			case 1: y[i] = (float)rms; break;
			case 2: y[i] = fmaxf(fminf(s.x[i] * 1000, 1), -1); break;
			case 3: y[i] = (float)(noise * rms * sqrt(3)); break;
			case 4: y[i] = (float)(noise * rms * 2 * (double)(n - i) / n); break;
			case 5: y[i] = s.x[(i + n - shift) % n]; break;
			case 6: y[i] = s.x[i] * 0.1f; break;
			case 7: y[i] = s.x[i] * 10; break;
			case 8: y[i] = i == 0; break;
			case 9: y[i] = s.x[n - 1 - i]; break;
			}
		}
		const struct heard bad = heard(y, n, names[k]);
		CHECK(score(like, self, &bad) < good, "%s: %s ranks below", file, names[k]);
	}
	like->free(self);
	sound_free(&s);
	free(y);
}

/* A plucked saw through a one-pole filter. */
struct pluck {
	double note, cutoff, decay, db;
};

static void
pluck(const struct pluck *p, float *x, size_t n)
{
	const double hz = 440 * fm_exp2((p->note - 69) / 12), w = 6.283185307 * p->cutoff / RATE, k = w / (1 + w);
	double phase = 0, y = 0;
	for (size_t i = 0; i < n; i++) {
		phase += hz / RATE;
		phase -= floor(phase);
		y += k * (2 * phase - 1 - y);
		x[i] = (float)(y * fm_exp(-(double)i / RATE / p->decay) * fm_exp2(p->db / 6.02));
	}
}

/* From far to near, one parameter at a time: the score must rise at every step. */
static void
slopes(void)
{
	enum { N = RATE / 3, STEPS = 7 };
	static float target[N], x[N];
	const struct term *like = term_find("like");
	const struct pluck at = {57, 2000, 0.15, -6};
	static const double way[STEPS] = {1, 0.7, 0.45, 0.25, 0.1, 0.03, 0};
	struct err err;
	pluck(&at, target, N);
	struct heard golden = heard(target, N, "pluck");
	golden.hearing = hearing_kept();
	void *self = like->create(&golden, 1, &err);
	static const char *const what[] = {"pitch down 30 semitones", "cutoff up three octaves", "cutoff down three octaves",
	    "decay shorter by eight", "decay longer by eight", "level down 40 dB", "level up 40 dB"};
	for (int k = 0; k < 7; k++) {
		double last = -1;
		int rises = 0;
		for (int i = 0; i < STEPS; i++) {
			struct pluck p = at;
			const double d = way[i], by = fm_exp2(3 * d);
			switch (k) {
			case 0: p.note -= 30 * d; break;
			case 1: p.cutoff *= by; break;
			case 2: p.cutoff /= by; break;
			case 3: p.decay /= by; break;
			case 4: p.decay *= by; break;
			case 5: p.db -= 40 * d; break;
			case 6: p.db += 40 * d; break;
			}
			pluck(&p, x, N);
			const struct heard h = heard(x, N, what[k]);
			const double value = score(like, self, &h);
			rises += value > last;
			last = value;
		}
		CHECK(rises == STEPS && last == 1, "like rises all the way home from %s", what[k]);
	}
	like->free(self);
}

/* Of a set, the same to the bit as the best of all looked at one by one, although few of them are;
   also where portraits were given up and taken again. */
static void
nearest(void)
{
	enum { N = RATE / 4, SET = 24, TRIES = 12 };
	static float x[SET + TRIES][2 * N];
	struct heard set[SET];
	const struct term *like = term_find("like");
	struct err err;
	struct rng rng = {.seed = 9};
	for (int i = 0; i < SET + TRIES; i++) {
		const struct pluck p = {30 + 40 * rng_uniform(&rng), 200 + 8000 * rng_uniform(&rng), 0.02 + 0.3 * rng_uniform(&rng),
		    -30 * rng_uniform(&rng)};
		pluck(&p, x[i], 2 * N);
	}
	for (int i = 0; i < SET; i++) { /* of all lengths, some of them stereo */
		set[i] = heard(x[i], N / 2 + (size_t)i * N / SET, "one of many");
		set[i].channels = 1 + i % 3 / 2;
		set[i].hearing = hearing_kept();
	}
	void *all = like->create(set, SET, &err);
	int same = 0;
	for (int k = 0; k < TRIES; k++) {
		struct heard it = heard(x[SET + k], N / (1 + k % 2), "it");
		it.channels = 1 + k % 4 / 3;
		double best = 0;
		for (int i = 0; i < SET; i++) {
			void *one = like->create(&set[i], 1, &err);
			best = fmax(best, score(like, one, &it));
			like->free(one);
		}
		for (int i = 0; k % 3 == 0 && i < SET; i += 2)
			heard_lighten(&set[i], it.channels == set[i].channels ? 0 : HEARD_MONO);
		same += score(like, all, &it) == best;
	}
	CHECK(same == TRIES, "the nearest of %d is the one that %d comparisons find: %d of %d", SET, SET, same, TRIES);
	like->free(all);

	/* outlines never say too much, and say something */
	struct portrait_distance least, true_one;
	int under = 0;
	double part = 0;
	for (int i = 0; i + 3 < SET; i += 3) {
		const struct portrait *a = heard_portrait(&set[i], HEARD_OUTLINED | HEARD_MONO, &err),
		                      *b = heard_portrait(&set[i + 2], HEARD_OUTLINED | HEARD_MONO, &err);
		portrait_least(a, b, &least);
		portrait_compare(a, b, &true_one);
		under += least.mss <= true_one.mss && least.mrstft <= true_one.mrstft && least.envelope <= true_one.envelope
		    && least.transport <= true_one.transport;
		part += least.mrstft / true_one.mrstft / 7;
	}
	ok(under == 7 && part > 0.5, "outlines bound distances from below, at %.2f of them", part);
}

/* The same bits at every width. */
static void
widths(void)
{
	enum { N = 1033 };
	static float a[N], b[N], out[4][N];
	const struct kernels *const k[] = {&kernels_scalar, &kernels_sse, &kernels_avx2, &kernels_avx512};
	struct rng rng = {.seed = 1};
	for (int i = 0; i < N; i++) {
		a[i] = (float)fm_exp2(-40 * rng_uniform(&rng));
		b[i] = (float)fm_exp2(-40 * rng_uniform(&rng));
	}
	const struct kernels *best = kernels_best();
	double sums[4][6] = {{0}};
	float far[4][KERNELS_ROWS * 64];
	size_t clipped[4] = {0};
	float peak[4] = {0};
	float block[4][2][(N / 3 + KERNELS_BLOCK - 1) / KERNELS_BLOCK];
	for (int w = 0; w < 4; w++) {
		k[w]->decibels(a, N, 3, out[w]);
		sums[w][0] = k[w]->sum_abs(a, b, N);
		sums[w][1] = k[w]->sum_self(a, N);
		k[w]->spectral(a, b, N, &sums[w][2], &sums[w][3]);
		sums[w][4] = k[w]->sum_squares(a, b, N);
		k[w]->peaks(a, N, 0.5f, &peak[w], &clipped[w]);
		k[w]->distances(a, 7, b, 64, far[w]);
		ok(!memcmp(far[w], far[0], sizeof *far), "and distances of rows, %d", w);
		sums[w][5] = peak[w] + (double)clipped[w];
		k[w]->blocks(a, 3, N / 3, block[w][0], block[w][1]);
		ok(!memcmp(out[w], out[0], sizeof *out) && !memcmp(sums[w], sums[0], sizeof *sums)
		        && !memcmp(block[w], block[0], sizeof *block),
		    "kernels give the same bits at width %d", w);
		if (k[w] == best)
			break;
	}
	float most = 0;
	size_t over = 0;
	for (int i = 0; i < N; i++) {
		most = fmaxf(most, a[i]);
		over += a[i] >= 0.5f;
	}
	ok(peak[0] == most && clipped[0] == over, "the peak is found, and %zu beyond the limit", over);
	double worst = 0, logs = 0;
	for (int i = 0; i < N; i++) {
		worst = fmax(worst, fabs(out[0][i] - 3 - 10 * log10(fmax(a[i], 1e-10))));
		logs += fabs(log(a[i]) - log(b[i]));
	}
	ok(worst < 1e-4, "decibels are within %.1e of libm's", worst);
	ok(fabs(sums[0][3] / logs - 1) < 1e-6, "log distance is libm's");
}

static void
validity(void)
{
	enum { N = RATE / 2 };
	static float x[N];
	const struct term *valid = term_find("valid");
	struct err err;
	void *self = valid->create(NULL, 0, &err);
	const struct pluck p = {57, 2000, 0.15, -6}, thump = {24, 200, 0.1, 0};
	const struct heard h = heard(x, N, "pluck");
	pluck(&p, x, N);
	CHECK(score(valid, self, &h) == 1, "a pluck is valid");
	pluck(&thump, x, N);
	CHECK(score(valid, self, &h) > 0.8, "a thump is valid");
	pluck(&p, x, N);
	double last = 2;
	for (int k = 0; k <= 4; k++) { /* -6, -26 ... -86 dB */
		const double value = score(valid, self, &h);
		CHECK(value < last || (k < 2 && value == 1), "%d dB down is worth %.2f", 20 * k, value);
		last = value;
		for (int i = 0; i < N; i++)
			x[i] *= 0.1f;
	}
	CHECK(score(valid, self, &h) == 0, "silence is worth nothing");
	pluck(&p, x, N);
	for (int i = 0; i < N; i++)
		x[i] = fmaxf(fminf(x[i] * 8, 1), -1);
	CHECK(score(valid, self, &h) < 0.2, "hard clipping is worth little");
	pluck(&p, x, N);
	for (int i = 0; i < N; i++)
		x[i] = x[i] * 0.3f + 0.5f;
	CHECK(score(valid, self, &h) < 0.1, "DC is worth little");
	valid->free(self);
}

/* Summaries as a search would leave them. */
static double
hear(void *self, double a, double b, uint32_t generation)
{
	const float summary[] = {(float)a, (float)b, 5};
	const struct heard h = {.summary = summary, .n_summary = 3, .generation = generation, .name = "it"};
	return score(term_find("novel"), self, &h);
}

static void
novelty(void)
{
	const struct term *novel = term_find("novel");
	struct err err;
	void *self = novel->create(NULL, 0, &err);
	CHECK(hear(self, 0, 0, 1) == 1, "the first of all is as novel as can be");
	for (int i = 0; i < 40; i++)
		hear(self, i % 5 * 0.5, i % 7 * 0.5, 1);
	const double near = hear(self, 1, 1.5, 2), far = hear(self, 5, 6, 2), farther = hear(self, 50, 60, 2);
	CHECK(near < far && far < farther && farther < 1, "farther is more novel: %.3f %.3f %.3f", near, far, farther);
	CHECK(hear(self, 5, 6, 2) == far, "a generation is not held against itself");
	for (int i = 0; i < 5; i++)
		hear(self, 5, 6, 3);
	CHECK(hear(self, 5, 6, 4) < 0.1, "what was heard five times is not novel");
	novel->free(self);

	/* The order within a generation is no matter. */
	double forth[30], back[30];
	void *one = novel->create(NULL, 0, &err), *two = novel->create(NULL, 0, &err);
	for (uint32_t g = 1; g <= 3; g++) {
		for (int i = 0; i < 30; i++)
			forth[i] = hear(one, fm_sin(i * g), fm_cos(i + g), g);
		for (int i = 29; i >= 0; i--)
			back[i] = hear(two, fm_sin(i * g), fm_cos(i + g), g);
	}
	CHECK(!memcmp(forth, back, sizeof forth), "the scores of a generation do not depend on its order");
	novel->free(one);
	novel->free(two);

	/* A search that was killed proposes again what it had proposed; nothing counts twice for it. */
	uint8_t id[32] = {0};
	const float point[] = {1, 2, 3};
	struct heard again = {.summary = point, .n_summary = 3, .generation = 1, .id = id, .name = "again"};
	char why[200];
	double worth;
	one = novel->create(NULL, 0, &err);
	for (int i = 0; i < 3000; i++) {
		id[1] = (uint8_t)(i % 1000);
		id[7] = (uint8_t)(i % 1000 / 256);
		novel->remember(one, &again, &err);
	}
	again.generation = 2;
	novel->score(one, &again, &worth, why, sizeof why, &err);
	ok(strstr(why, "of 1000 heard") != NULL, "a proposal is remembered once: %s", why);
	novel->score(one, &again, &worth, why, sizeof why, &err);
	ok(strstr(why, "of 1001 heard") != NULL, "of another generation it is another: %s", why);
	novel->free(one);

	float bad[] = {1, NAN, 3};
	const struct heard nan = {.summary = bad, .n_summary = 3, .name = "nan"}, none = {.name = "none"};
	double value;
	self = novel->create(NULL, 0, &err);
	ok(novel->score(self, &nan, &value, NULL, 0, &err) < 0, "a summary that is not finite is refused: %s", err.text);
	ok(novel->score(self, &none, &value, NULL, 0, &err) < 0, "no summary is refused: %s", err.text);
	novel->free(self);
	novel->free(NULL);
}

/* The search's mss beside the papers'. */
static void
quick_mss(void)
{
	enum { N = RATE / 3 };
	static float x[N], y[N];
	const struct pluck a = {57, 2000, 0.15, -6}, b[] = {{57.3, 1500, 0.12, -9}, {40, 400, 0.3, -6}, {81, 9000, 0.02, -20}};
	struct err err;
	struct likeness exact;
	struct portrait_distance d;
	struct portrait_plan *plan = portrait_plan_new(RATE, &err);
	struct portrait *p = portrait_new(), *q = portrait_new();
	pluck(&a, x, N);
	for (int i = 0; i < 3; i++) {
		pluck(&b[i], y, N);
		const struct sound s = {x, RATE, 1, N}, t = {y, RATE, 1, N};
		const int got = likeness_measure(&s, &t, &exact, &err) | portrait_take(p, plan, x, 1, N, 0, &err)
		    | portrait_take(q, plan, y, 1, N, 0, &err);
		portrait_compare(p, q, &d);
		ok(!got && fabs(d.mss / exact.mss - 1) < 0.02, "quick MSS %.3f dB is within 2 %% of %.3f dB", d.mss, exact.mss);
	}
	portrait_free(p);
	portrait_free(q);
	portrait_plan_free(plan);
}

int
main(void)
{
	widths();
	quick_mss();
	validity();
	novelty();
	adversaries("loop_amen.flac", 0.219);
	adversaries("loop_compus.flac", 0.5);
	adversaries("drum_snare_hard.flac", 0.1);
	adversaries("bass_hit_c.flac", 0.2);
	adversaries("drum_cymbal_closed.flac", 0.05);
	slopes();
	nearest();
	hearings_end();
	return done();
}
