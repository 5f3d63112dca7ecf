/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters by their responses in dB against the analytic curves, and by what wild modulation does to them. */
#include "base/rng.h"
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };
#define RATE 44100.0

/* Magnitude response by an impulse, at Hz. */
struct response {
	float y[N];
};

static struct response *
respond(const char *module, const char *out, double cutoff, double resonance, double size)
{
	struct response *h = malloc(sizeof *h);
	struct rig r = rig(module);
	float *x = calloc(N, sizeof *x);
	x[0] = (float)size;
	rig_signal(&r, "in", x);
	rig_set(&r, "cutoff", cutoff);
	if (port_find(r.m, PORT_IN, "resonance", NULL))
		rig_set(&r, "resonance", resonance);
	rig_run(&r, N);
	for (int i = 0; i < N; i++)
		h->y[i] = rig_out(&r, out)[i] / (float)size;
	free(x);
	rig_free(&r);
	return h;
}

static double
magnitude(const struct response *h, double hz)
{
	const double complex turn = cexp(-2 * M_PI * I * hz / RATE);
	double complex s = 0, z = 1;
	for (int i = 0; i < N; i++) {
		s += (double)h->y[i] * z;
		z *= turn;
	}
	return cabs(s);
}

/* What the bilinear transform makes of s / wc at this frequency. */
static double complex
warped(double hz, double cutoff)
{
	return I * tan(M_PI * hz / RATE) / tan(M_PI * cutoff / RATE);
}

typedef double complex curve_fn(double complex s, double k);
static double complex svf_low(double complex s, double k) { return 1 / (s * s + k * s + 1); }
static double complex svf_band(double complex s, double k) { return s / (s * s + k * s + 1); }
static double complex svf_high(double complex s, double k) { return s * s / (s * s + k * s + 1); }
static double complex svf_notch(double complex s, double k) { return (s * s + 1) / (s * s + k * s + 1); }
static double complex one_low(double complex s, double k) { (void)k; return 1 / (1 + s); }
static double complex one_high(double complex s, double k) { (void)k; return s / (1 + s); }
static double complex four(double complex s, double k) { return (1 + k / 2) / (cpow(1 + s, 4) + k); }
static double complex ladder_low12(double complex s, double k) { return four(s, k) * (1 + s) * (1 + s); }
static double complex ladder_band(double complex s, double k) { return four(s, k) * 4 * s * s; }
static double complex ladder_high(double complex s, double k) { return four(s, k) * cpow(s, 4); }

/* Worst error in dB to 10 kHz over cutoffs and resonances, against the analog filter
   whose frequency axis the bilinear transform has bent; above -60 dB. */
static void
response(const char *module, const char *out, curve_fn *curve, double k_at_0, double k_per_1, double size)
{
	static const double cutoffs[] = {100, 300, 1000, 5000, 12000}, resonances[] = {0, 0.4, 0.8};
	double worst = 0;
	for (int c = 0; c < 5; c++)
		for (int q = 0; q < (k_per_1 != 0 ? 3 : 1); q++) {
			struct response *h = respond(module, out, cutoffs[c], resonances[q], size);
			for (double hz = 20; hz <= 10000; hz *= 1.3) {
				const double want =
				    cabs(curve(warped(hz, cutoffs[c]), k_at_0 + k_per_1 * resonances[q]));
				const double e = fabs(rig_db(magnitude(h, hz)) - rig_db(want));
				if (want > 1e-3)
					worst = fmax(worst, e);
			}
			free(h);
		}
	ok(worst < 0.1, "%s %s: within 0.1 dB of the analytic curve to 10 kHz (%.4f)", module, out, worst);
}

/* Over one octave, three octaves or more from the cutoff. */
static void
slope(const char *module, const char *out, int low, double want)
{
	struct response *h = respond(module, out, low ? 80 : 3200, 0, 1e-3);
	const double far = low ? 2560 : 200, near = low ? 1280 : 400;
	const double got = rig_db(magnitude(h, far)) - rig_db(magnitude(h, near));
	ok(fabs(got - want) < 0.5, "%s %s: %.0f dB an octave (%.2f)", module, out, want, got);
	free(h);
}

/* Cutoff and resonance by chance, each frame and each block, at full range. */
static void
wild(const char *module, const char *cutoff, const char *resonance, double limit)
{
	double peak = 0, after = 0;
	for (int per_frame = 0; per_frame < 2; per_frame++) {
		struct rig r = rig(module);
		struct rng rng = {3, 0};
		float *x = calloc(N, sizeof *x), *f = malloc(N * sizeof *f), *q = malloc(N * sizeof *q);
		size_t k;
		const struct port *p = port_find(r.m, PORT_IN, cutoff, &k);
		for (int i = 0; i < N; i++) {
			x[i] = i < N / 4 ? (float)(2 * rng_uniform(&rng) - 1) : 0;
			f[i] = (float)(p->min * pow(p->max / p->min, rng_uniform(&rng)));
			q[i] = (float)rng_uniform(&rng) * 0.8f;
		}
		rig_signal(&r, "in", x);
		(per_frame ? rig_signal : rig_control)(&r, cutoff, f);
		if (resonance)
			(per_frame ? rig_signal : rig_control)(&r, resonance, q);
		rig_run(&r, N);
		for (const struct port *o = r.m->ports; o->dir != PORT_END; o++)
			if (o->dir == PORT_OUT) {
				peak = fmax(peak,
				    rig_finite(rig_out(&r, o->name), N) ? rig_peak(rig_out(&r, o->name), N) : INFINITY);
				after = fmax(after, rig_peak(rig_out(&r, o->name) + N - 4096, 4096));
			}
		rig_free(&r);
		free(x);
		free(f);
		free(q);
	}
	ok(peak < limit && after < 1e-3, "%s: modulated by noise it stays under %g (%.1f) and dies away (%.1g)", module,
	    limit, peak, after);
}

/* Kicked once, at full resonance, the ladder goes on at its cutoff. */
static void
oscillation(void)
{
	double worst = 0, lowest = 10, highest = 0;
	for (double cutoff = 55; cutoff < 8000; cutoff *= 2) {
		struct rig r = rig("ladder");
		float *x = calloc(4 * N, sizeof *x);
		x[0] = 1;
		rig_signal(&r, "in", x);
		rig_set(&r, "cutoff", cutoff);
		rig_set(&r, "resonance", 1);
		rig_run(&r, 4 * N);
		const float *y = rig_out(&r, "low") + 2 * N;
		const double f = rig_frequency(y, N, cutoff / RATE) * RATE, level = rig_peak(y, N);
		worst = fmax(worst, fabs(1200 * log2(f / cutoff)));
		lowest = fmin(lowest, level);
		highest = fmax(highest, level);
		free(x);
		rig_free(&r);
	}
	ok(worst < 1 && lowest > 0.05 && highest < 1,
	    "ladder: oscillates in tune within 1 cent, 55 Hz to 7 kHz (%.2f), at %.2f to %.2f", worst, lowest, highest);
}

static void
saturation(void)
{
	struct rig r = rig("ladder");
	float *x = malloc(N * sizeof *x);
	for (int i = 0; i < N; i++)
		x[i] = (float)sin(2 * M_PI * 100 * i / RATE);
	rig_signal(&r, "in", x);
	rig_set(&r, "cutoff", 20000);
	rig_set(&r, "drive", -24);
	rig_run(&r, N);
	const double soft1 = cabs(rig_partial(rig_out(&r, "low") + N / 2, N / 2, 100 / RATE));
	const double soft3 = cabs(rig_partial(rig_out(&r, "low") + N / 2, N / 2, 300 / RATE)) / soft1;
	rig_set(&r, "drive", 24);
	rig_run(&r, N);
	const double hard1 = cabs(rig_partial(rig_out(&r, "low") + N / 2, N / 2, 100 / RATE));
	const double hard3 = cabs(rig_partial(rig_out(&r, "low") + N / 2, N / 2, 300 / RATE)) / hard1;
	ok(rig_db(soft3) < -60 && rig_db(hard3) > -14,
	    "ladder: drive adds odd harmonics (third %.0f dB at -24 dB, %.0f dB at 24 dB)", rig_db(soft3),
	    rig_db(hard3));
	free(x);
	rig_free(&r);
}

/* Peaks where they belong, and as high as theory says; ringing T60 from the feedback. */
static void
comb(void)
{
	double worst = 0, level = 0;
	for (double f0 = 55; f0 < 2000; f0 *= 1.7) {
		struct rig r = rig("comb");
		float *x = calloc(N, sizeof *x);
		x[0] = 1;
		rig_signal(&r, "in", x);
		rig_set(&r, "frequency", f0);
		rig_set(&r, "feedback", 0.9);
		rig_run(&r, N);
		struct response *h = malloc(sizeof *h);
		memcpy(h->y, rig_out(&r, "out"), sizeof h->y);
		const double a = magnitude(h, f0), up = magnitude(h, f0 * 1.0005), down = magnitude(h, f0 / 1.0005);
		/* the top of a parabola through three points, in cents */
		worst = fmax(worst, fabs(0.5 * (up - down) / (2 * a - up - down) * 1200 * log2(1.0005)));
		level = fmax(level, fabs(rig_db(a) - rig_db(sqrt(1 - 0.81) / 0.1)));
		free(h);
		free(x);
		rig_free(&r);
	}
	ok(worst < 0.1 && level < 0.2, "comb: first peak within 0.1 cent (%.3f) and 0.2 dB (%.3f), 55 Hz to 1.7 kHz",
	    worst, level);
}

int
main(void)
{
	response("svf", "low", svf_low, 2, -1.98, 1);
	response("svf", "band", svf_band, 2, -1.98, 1);
	response("svf", "high", svf_high, 2, -1.98, 1);
	response("svf", "notch", svf_notch, 2, -1.98, 1);
	response("onepole", "low", one_low, 0, 0, 1);
	response("onepole", "high", one_high, 0, 0, 1);
	response("ladder", "low", four, 0, 4.4, 1e-3);
	response("ladder", "low12", ladder_low12, 0, 4.4, 1e-3);
	response("ladder", "band", ladder_band, 0, 4.4, 1e-3);
	response("ladder", "high", ladder_high, 0, 4.4, 1e-3);
	slope("svf", "low", 1, -12);
	slope("svf", "high", 0, -12);
	slope("onepole", "low", 1, -6);
	slope("onepole", "high", 0, -6);
	slope("ladder", "low", 1, -24);
	slope("ladder", "low12", 1, -12);
	slope("ladder", "high", 0, -24);
	wild("svf", "cutoff", "resonance", 50);
	wild("onepole", "cutoff", NULL, 10);
	wild("ladder", "cutoff", "resonance", 50);
	wild("comb", "frequency", NULL, 50);
	oscillation();
	saturation();
	comb();
	return done();
}
