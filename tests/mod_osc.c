/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oscillators: pitch, harmonics against theory, what folds back, phase, modulation, shapes. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* N frames, after the post-filter has settled. */
static const float *
steady(struct rig *r, double note)
{
	rig_set(r, "pitch", note);
	rig_run(r, 3 * N);
	return rig_out(r, "out") + N / 2;
}

static double
cents(double got, double want)
{
	return 1200 * log2(got / want);
}

static void
pitch(const char *module, int highest)
{
	double worst = 0;
	for (int note = 24; note <= highest; note += 4) {
		struct rig r = rig(module);
		const double f = note_hz(note + 0.37) / 44100;
		const float *y = steady(&r, note + 0.37);
		worst = fmax(worst, fabs(cents(rig_frequency(y, N, f), f)));
		rig_free(&r);
	}
	ok(worst < 0.01, "%s: in tune within 0.01 cent from C1 to C%d (%.2g)", module, highest / 12 - 1, worst);
}

/* Worst dB between harmonic k and theory below 16 kHz. */
static void
harmonics(const char *module, const char *set, double value, double (*theory)(int k, double value), double limit)
{
	static const double notes[] = {33, 48, 60, 72, 84, 96, 108};
	double worst = 0;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		struct rig r = rig(module);
		if (set)
			rig_set(&r, set, value);
		const float *y = steady(&r, notes[i]);
		const double f = note_hz(notes[i]) / 44100, first = theory(1, value);
		for (int k = 1; k * f < 16000.0 / 44100; k++) {
			if (theory(k, value) < first * 1e-3)
				continue;
			const double a = cabs(rig_partial(y, N, k * f));
			worst = fmax(worst, fabs(rig_db(a / theory(k, value))));
		}
		rig_free(&r);
	}
	ok(worst < limit, "%s%s%.3g: harmonics to 16 kHz within %g dB of theory (%.3f)", module,
	    set ? " with width " : " ", value, limit, worst);
}

static double saw_theory(int k, double v) { (void)v; return 2 / (M_PI * k); }
static double square_theory(int k, double w) { return 4 / (M_PI * k) * fabs(sin(M_PI * k * w)); }
static double triangle_theory(int k, double v) { (void)v; return k & 1 ? 8 / (M_PI * M_PI * k * k) : 0; }

/* Loudest partial below 16 kHz that is not a harmonic, in dB of the fundamental. */
static double
alias(const char *module, const char *set, double value, double note)
{
	struct rig r = rig(module);
	if (set)
		rig_set(&r, set, value);
	const float *y = steady(&r, note);
	double *mag = rig_spectrum(y, N), worst = 0;
	const double f = note_hz(note) / 44100 * N;
	const double first = cabs(rig_partial(y, N, f / N));
	for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++) {
		const double off = bin - f * floor(bin / f + 0.5);
		if (fabs(off) > 8)
			worst = fmax(worst, mag[bin]);
	}
	free(mag);
	rig_free(&r);
	return rig_db(worst / first);
}

/* The worst of seventeen notes up to C8: what folds back below 16 kHz. */
static void
everywhere(const char *module, double width, double limit)
{
	double worst = -300;
	for (int note = 60; note <= 108; note += 3)
		worst = fmax(worst, alias(module, width > 0 ? "width" : NULL, width, note + (note < 108 ? 0.37 : 0.03)));
	ok(worst < limit, "%s%s: notes from C4 to C8 fold back less than %.1f dB below 16 kHz", module,
	    width > 0 && width < 0.5 ? ", narrow" : "", worst);
}

static void
aliases(const char *module, const char *set, double value, double c6, double c8, double c9)
{
	const double a = alias(module, set, value, 84.03), b = alias(module, set, value, 108.03),
	             c = alias(module, set, value, 119.03);
	ok(a < c6 && b < c8 && c < c9, "%s%s: what folds back below 16 kHz: C6 %.1f dB, C8 %.1f dB, B8 %.1f dB", module,
	    set ? ", narrow" : "", a, b, c);
}


/* Phase modulation by a sine gives Bessel functions: J0, J1, J2 of the index. */
static void
modulation(void)
{
	struct rig r = rig("sine");
	const double f = note_hz(81) / 44100, index = 1.5;
	float *m = malloc(3 * N * sizeof *m);
	for (int i = 0; i < 3 * N; i++)
		m[i] = (float)(index / (2 * M_PI) * sin(2 * M_PI * i * 100 / 44100.0));
	rig_signal(&r, "phase", m);
	const float *y = steady(&r, 81);
	double worst = 0;
	for (int k = -3; k <= 3; k++)
		worst = fmax(worst, fabs(cabs(rig_partial(y, N, f + k * 100 / 44100.0)) - fabs(jn(abs(k), index))));
	ok(worst < 1e-4, "sine: phase modulation has the sidebands of theory (%.2g)", worst);

	/* linear FM by g sin: deviation g f, so an index of g f / fm */
	for (int i = 0; i < 3 * N; i++)
		m[i] = (float)(0.25 * sin(2 * M_PI * i * 100 / 44100.0));
	rig_set(&r, "phase", 0);
	rig_signal(&r, "fm", m);
	y = steady(&r, 81);
	worst = 0;
	for (int k = -3; k <= 3; k++)
		worst = fmax(
		    worst, fabs(cabs(rig_partial(y, N, f + k * 100 / 44100.0)) - fabs(jn(abs(k), 0.25 * 880 / 100))));
	ok(worst < 1e-4, "sine: frequency modulation too (%.2g)", worst);
	free(m);

	rig_set(&r, "fm", 0);
	rig_set(&r, "feedback", 0.6);
	y = steady(&r, 48);
	const double a1 = cabs(rig_partial(y, N, note_hz(48) / 44100)),
		     a2 = cabs(rig_partial(y, N, 2 * note_hz(48) / 44100));
	/* y = sin(x + b y): harmonics 2 J_k(k b) / (k b) (Kepler); b = 0.6 * 2 pi / 4 */
	const double b = 0.6 * M_PI / 2;
	ok(fabs(a1 - 2 * jn(1, b) / b) < 0.01 && fabs(a2 - 2 * jn(2, 2 * b) / (2 * b)) < 0.01,
	    "sine: feedback gives the harmonics of theory (%.3f, %.3f)", a1, a2);
	rig_set(&r, "feedback", 0);
	y = steady(&r, 60);
	double *mag = rig_spectrum(y, N), rest = 0;
	const double centre = note_hz(60) / 44100 * N;
	for (int k = 8; k < N / 2; k++)
		if (fabs(k - centre) > 8)
			rest = fmax(rest, mag[k]);
	ok(rig_db(rest) < -125, "sine: nothing else above %.0f dB", rig_db(rest));
	free(mag);
	rig_free(&r);
}

static double
shape_theory(int shape, double p)
{
	const double s = sin(2 * M_PI * p), q = p < 0.5 ? sin(4 * M_PI * p) : 0;
	switch (shape) {
	case 1: return s * fabs(s);
	case 2: return fmax(s, 0);
	case 3: return fmax(s, 0) * fmax(s, 0);
	case 4: return q;
	case 5: return q * fabs(q);
	case 6: return fabs(q);
	case 7: return q * q;
	case 8: return fabs(s);
	default: return sin(M_PI / 2 * p);
	}
}

/* Every shape by its series (level and mean taken off), and nothing else at any pitch. */
static void
shapes(void)
{
	struct rig r = rig("sine");
	const struct port *p = port_find(r.m, PORT_IN, "shape", NULL);
	enum { FINE = 1 << 14 };
	for (int shape = 1; p->choices[shape]; shape++) {
		double complex want[17];
		double worst = 0, alias = -300, peak = 0, first = 0;
		for (int k = 1; k <= 16; k++) {
			want[k] = 0;
			for (int i = 0; i < FINE; i++)
				want[k] += shape_theory(shape, (i + 0.5) / FINE) * cexp(-2 * M_PI * I * k * (i + 0.5) / FINE) * 2 / FINE;
			if (shape == 9)
				want[k] *= sin(M_PI * k / 17) / (M_PI * k / 17);
			first = fmax(first, cabs(want[k]));
		}
		rig_set(&r, "shape", shape);
		const float *y = steady(&r, 45);
		peak = rig_peak(y, N);
		double loudest = 0;
		for (int k = 1; k <= 16; k++)
			loudest = fmax(loudest, cabs(rig_partial(y, N, k * 110 / 44100.0)));
		for (int k = 1; k <= 16; k++)
			worst = fmax(worst, fabs(cabs(rig_partial(y, N, k * 110 / 44100.0)) / loudest - cabs(want[k]) / first));
		for (int note = 60; note <= 108; note += 12) {
			y = steady(&r, note + 0.03);
			const double f = note_hz(note + 0.03) / 44100 * N;
			double *mag = rig_spectrum(y, N), top = 0, rest = 0;
			for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++) {
				top = fmax(top, mag[bin]);
				if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
					rest = fmax(rest, mag[bin]);
			}
			alias = fmax(alias, rig_db(rest / top));
			free(mag);
		}
		ok(worst < 1e-5 && fabs(peak - 1) < 0.01 && alias < -120,
		    "sine %s: its harmonics within %.1g, peak %.3f, else nothing above %.0f dB from C4 to C8", p->choices[shape],
		    worst, peak, alias);
	}
	rig_free(&r);
}

/* Where a note starts, and that chance is chance. */
static void
phases(void)
{
	static const char *const oscs[] = {"sine", "saw", "square", "triangle", "wavetable"};
	for (int k = 0; k < 5; k++) {
		struct rig r = rig(oscs[k]);
		rig_set(&r, "pitch", 24);
		rig_set(&r, "phase", 0.25);
		rig_run(&r, 64);
		const double quarter = rig_out(&r, "out")[3];
		rig_set(&r, "phase", 0);
		rig_set(&r, "random", 1);
		double mean = 0, sq = 0;
		for (r.seed = 1; r.seed <= 200; r.seed++) {
			rig_run(&r, 64);
			const double x = rig_out(&r, "out")[3];
			mean += x / 200;
			sq += x * x / 200;
		}
		const double want = k == 1 ? 0.5 : 1, power = k == 2 ? 1 : k == 0 || k == 4 ? 0.5 : 1.0 / 3;
		ok(fabs(quarter - want) < 0.05 && fabs(mean) < 0.15 && fabs(sq - power) < 0.1,
		    "%s: a quarter turn on it starts at %.2f; by chance the mean is %.2f and the power %.2f", oscs[k],
		    quarter, mean, sq);
		rig_free(&r);
	}
}

/* A pitch that is wired each frame, and one that moves from block to block, sweep without a click. */
static void
sweep(void)
{
	struct rig r = rig("sine");
	float *p = malloc(N * sizeof *p), *blocks = malloc(N / 64 * sizeof *blocks);
	for (int i = 0; i < N; i++)
		p[i] = (float)(60 + 24.0 * (i + 1) / N);
	for (int i = 0; i < N / 64; i++)
		blocks[i] = p[i * 64 + 63];
	rig_signal(&r, "pitch", p);
	rig_run(&r, N);
	float *a = malloc(N * sizeof *a);
	memcpy(a, rig_out(&r, "out"), N * sizeof *a);
	rig_signal(&r, "pitch", NULL);
	rig_control(&r, "pitch", blocks);
	rig_run(&r, N);
	const float *b = rig_out(&r, "out");
	double worst = 0;
	for (int i = 0; i < N; i++)
		worst = fmax(worst, fabs((double)(a[i] - b[i])));
	ok(worst < 0.02, "sine: a sweep by blocks follows the sweep by frames (within %.3f)", worst);
	free(p);
	free(blocks);
	free(a);
	rig_free(&r);
}

/* Every table: level, no DC, and what folds back at every position. */
static void
wavetables(void)
{
	struct rig r = rig("wavetable");
	const struct port *p = port_find(r.m, PORT_IN, "table", NULL);
	for (int t = 0; p->choices[t]; t++) {
		double worst = -200, lowest = 10, highest = 0;
		static const double notes[] = {36.03, 72.03, 84.03, 96.03, 108.03};
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 3; k++) {
				rig_set(&r, "table", t);
				rig_set(&r, "position", k * 0.47);
				const float *y = steady(&r, notes[i]);
				const double rms = rig_rms(y, N), f = note_hz(notes[i]) / 44100 * N;
				double *mag = rig_spectrum(y, N);
				for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++)
					if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
						worst = fmax(worst, rig_db(mag[bin] / rms));
				free(mag);
				lowest = fmin(lowest, rms);
				highest = fmax(highest, rms);
			}
		ok(worst < -70 && lowest > 0.08 && highest < 1.1,
		    "wavetable %s: what is not a harmonic is under %.1f dB of its level (%.2f to %.2f)", p->choices[t],
		    worst, lowest, highest);
	}
	rig_set(&r, "table", 0);
	rig_set(&r, "position", 1);
	const float *y = steady(&r, 60);
	const double a1 = cabs(rig_partial(y, N, note_hz(60) / 44100)),
		     a3 = cabs(rig_partial(y, N, 3 * note_hz(60) / 44100));
	ok(fabs(a1 / a3 - 3) < 0.01,
	    "wavetable: the last frame of the first is a square (first to third harmonic %.3f)", a1 / a3);
	rig_free(&r);
}

int
main(void)
{
	pitch("sine", 120);
	pitch("saw", 120);
	pitch("square", 120);
	pitch("triangle", 120);
	pitch("sync", 108);
	pitch("fm2", 108);
	pitch("fm3", 108);
	pitch("phasedist", 108);
	pitch("window", 108);
	harmonics("saw", NULL, 0, saw_theory, 0.03);
	harmonics("square", "width", 0.5, square_theory, 0.03);
	harmonics("square", "width", 0.1, square_theory, 0.03);
	harmonics("triangle", NULL, 0, triangle_theory, 0.03);
	everywhere("saw", 0, -80);
	everywhere("square", 0.5, -80);
	everywhere("square", 0.05, -80);
	everywhere("triangle", 0, -80);
	aliases("saw", NULL, 0, -107, -95, -90);
	aliases("square", NULL, 0, -107, -95, -90);
	aliases("square", "width", 0.1, -97, -86, -80);
	aliases("triangle", NULL, 0, -138, -114, -105);
	pitch("wavetable", 120);
	modulation();
	shapes();
	phases();
	sweep();
	wavetables();
	return done();
}
