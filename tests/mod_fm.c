/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FM: side-bands against Bessel functions, every algorithm against its equation in double precision. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* Bessel function of the first kind, by its power series (sharp for the x < 15 used here). */
static double
bessel(int n, double x)
{
	double term = 1, sum = 0;
	for (int k = 1; k <= n; k++)
		term *= x / 2 / k;
	for (int m = 0; m < 60; m++) {
		sum += term;
		term *= -x * x / 4 / ((m + 1.0) * (m + 1.0 + n));
	}
	return sum;
}

static struct rig
fm(int algorithm, double note)
{
	struct rig r = rig("fm4");
	rig_set(&r, "algorithm", algorithm);
	rig_set(&r, "pitch", note);
	return r;
}

/* Carrier 1, modulator 2 at ratio 3.4: lines at |f (1 + 3.4 k)| of amplitude J_k. */
static void
side_bands(double level)
{
	struct rig r = fm(4, 57);
	const double f = note_hz(57) / 44100;
	rig_set(&r, "ratio2", 3.4);
	rig_set(&r, "level2", level);
	rig_set(&r, "level3", 0);
	rig_run(&r, 2 * N);
	const float *y = rig_out(&r, "out") + N / 2;
	double worst = 0;
	for (int k = -16; k <= 16; k++) {
		const double a = 2 * cabs(rig_partial(y, N, fabs(1 + 3.4 * k) * f)); /* the mean with a silent carrier */
		worst = fmax(worst, fabs(a - fabs(bessel(abs(k), 2 * M_PI * level))));
	}
	ok(worst < 1e-4, "fm4: level %g, index %.2f: 33 side-bands, below zero too, are Bessel's (%.2g)", level,
	    2 * M_PI * level, worst);
	rig_free(&r);
}

/* What modulates what, written out. */
static double
theory(int algorithm, const double p[4], const double l[4])
{
	const double t = 2 * M_PI, y4 = l[3] * sin(t * p[3]);
	const double free3 = l[2] * sin(t * p[2]), y43 = l[2] * sin(t * (p[2] + y4)), free2 = l[1] * sin(t * p[1]);
	const double free1 = l[0] * sin(t * p[0]);
	switch (algorithm) {
	case 0: return l[0] * sin(t * (p[0] + l[1] * sin(t * (p[1] + y43))));
	case 1: return l[0] * sin(t * (p[0] + l[1] * sin(t * (p[1] + y4 + free3))));
	case 2: return l[0] * sin(t * (p[0] + y4 + l[1] * sin(t * (p[1] + free3))));
	case 3: return l[0] * sin(t * (p[0] + y43 + free2));
	case 4: return (l[0] * sin(t * (p[0] + free2)) + y43) / 2;
	case 5: return (l[0] * sin(t * (p[0] + y4)) + l[1] * sin(t * (p[1] + y4)) + l[2] * sin(t * (p[2] + y4))) / 3;
	case 6: return (free1 + free2 + y43) / 3;
	default: return (free1 + free2 + free3 + y4) / 4;
	}
}

static void
algorithms(void)
{
	static const double ratio[4] = {1, 2.01, 0.5, 3.73}, level[4] = {0.9, 0.35, 0.6, 0.2};
	double worst = -300, apart = 0;
	float first[4096];
	for (int a = 0; a < 8; a++) {
		struct rig r = fm(a, 45);
		for (int k = 0; k < 4; k++) {
			char name[8];
			snprintf(name, sizeof name, "ratio%d", k + 1);
			rig_set(&r, name, ratio[k]);
			snprintf(name, sizeof name, "level%d", k + 1);
			rig_set(&r, name, level[k]);
		}
		rig_run(&r, 4096);
		const float *y = rig_out(&r, "out");
		double error = 0, sum = 0, other = 0;
		for (int i = 0; i < 4096; i++) {
			double p[4];
			for (int k = 0; k < 4; k++)
				p[k] = ratio[k] * note_hz(45) / 44100 * i;
			const double want = theory(a, p, level);
			error += pow(y[i] - want, 2);
			sum += want * want;
			other += a ? fabs((double)(y[i] - first[i])) : 0;
		}
		if (!a)
			memcpy(first, y, sizeof first);
		apart += a && other / 4096 > 0.1;
		worst = fmax(worst, 10 * log10(error / sum));
		rig_free(&r);
	}
	ok(worst < -80 && apart == 7, "fm4: eight algorithms, each its equation within %.0f dB", worst);
}

/* y = sin(x + b y): harmonics 2 J_k(k b) / (k b) (Kepler), b = feedback pi / 2. */
static void
feedback(void)
{
	struct rig r = fm(7, 48);
	rig_set(&r, "level1", 0);
	rig_set(&r, "level4", 1);
	rig_set(&r, "feedback", 0.6);
	rig_run(&r, 2 * N);
	const float *y = rig_out(&r, "out") + N / 2;
	double worst = 0;
	for (int k = 1; k <= 4; k++) {
		const double b = 0.6 * M_PI / 2, want = 2 * bessel(k, k * b) / (k * b);
		worst = fmax(worst, fabs(4 * cabs(rig_partial(y, N, k * note_hz(48) / 44100)) - want));
	}
	ok(worst < 0.01, "fm4: feedback gives the harmonics of theory (%.3f)", worst);
	rig_set(&r, "feedback", 2);
	rig_run(&r, 2 * N);
	ok(rig_finite(rig_out(&r, "out"), 2 * N) && rig_peak(rig_out(&r, "out"), 2 * N) <= 0.2501, "fm4: and stays in bounds");
	rig_free(&r);
}

/* fm2 and fm3 are fm4 with silent operators: the same numbers, but for the division by the carriers. */
static void
fewer(int ops, const char *algorithm, const char *same, double carriers, double same_carriers)
{
	static const double ratio[3] = {1.01, 2.5, 0.7}, level[3] = {0.8, 0.4, 0.3};
	char name[8];
	snprintf(name, sizeof name, "fm%d", ops);
	struct rig a = rig(name), b = rig("fm4");
	for (int k = 0; k < 4; k++) {
		snprintf(name, sizeof name, "ratio%d", k + 1);
		rig_set(&b, name, k < ops ? ratio[k] : 1);
		if (k < ops)
			rig_set(&a, name, ratio[k]);
		snprintf(name, sizeof name, "level%d", k + 1);
		rig_set(&b, name, k < ops ? level[k] : 0);
		if (k < ops)
			rig_set(&a, name, level[k]);
	}
	rig_set(&a, "feedback", 0.7);
	rig_set(&b, "feedback", 0.7);
	rig_set(&b, "operator", 4 - ops); /* counted from the last */
	size_t i = 0, j = 0;
	const struct port *p = port_find(a.m, PORT_IN, "algorithm", NULL), *q = port_find(b.m, PORT_IN, "algorithm", NULL);
	while (p->choices[i] && strcmp(p->choices[i], algorithm))
		i++;
	while (q->choices[j] && strcmp(q->choices[j], same))
		j++;
	rig_set(&a, "algorithm", (double)i);
	rig_set(&b, "algorithm", (double)j);
	rig_run(&a, 8192);
	rig_run(&b, 8192);
	double worst = 0;
	for (int n = 0; n < 8192; n++)
		worst = fmax(worst, fabs(a.out[0][n] * carriers - b.out[0][n] * same_carriers));
	ok(worst < 1e-5 && rig_rms(a.out[0], 8192) > 0.1, "fm%d %s is fm4 %s with silent operators (%.2g)", ops, algorithm, same,
	    worst);
	rig_free(&a);
	rig_free(&b);
}

/* The three of fm3 that fm4 has not. */
static void
three(void)
{
	double worst = 0;
	for (int a = 2; a < 5; a++) {
		struct rig r = rig("fm3");
		rig_set(&r, "algorithm", a);
		rig_set(&r, "pitch", 45);
		rig_set(&r, "ratio2", 2.01);
		rig_set(&r, "ratio3", 3.3);
		rig_set(&r, "level2", 0.4);
		rig_set(&r, "level3", 0.2);
		rig_run(&r, 4096);
		for (int i = 0; i < 4096; i++) {
			const double t = 2 * M_PI, p = t * note_hz(45) / 44100 * i, y3 = 0.2 * sin(3.3 * p);
			const double y2 = 0.4 * sin(2.01 * p + t * y3);
			const double want = a == 2 ? sin(p + t * (y3 + y2)) : ((a == 3 ? sin(p + t * y3) : sin(p)) + y2) / 2;
			worst = fmax(worst, fabs(rig_out(&r, "out")[i] - want));
		}
		rig_free(&r);
	}
	ok(worst < 1e-4, "fm3: the other algorithms are their equations within %.2g", worst);
}

/* An operator in Hz stands still while the pitch moves; feedback goes to the operator it is set on. */
static void
fixed_and_fed(void)
{
	double worst = 0;
	for (int note = 40; note <= 80; note += 20) {
		struct rig r = rig("fm2");
		rig_set(&r, "algorithm", 1);
		rig_set(&r, "pitch", note);
		rig_set(&r, "hz2", 1234.5);
		rig_set(&r, "level2", 1);
		rig_run(&r, 2 * N);
		worst = fmax(worst, fabs(rig_frequency(rig_out(&r, "out"), N, 1234.5 / 44100) * 44100 - 1234.5));
		worst = fmax(worst, fabs(cabs(rig_partial(rig_out(&r, "out"), N, note_hz(note) / 44100)) - 0.5));
		rig_free(&r);
	}
	ok(worst < 1e-3, "fm2: an operator of 1234.5 Hz is that on every note, beside the pitch (%.2g)", worst);
	double h2[3];
	for (int own = 0; own < 3; own++) {
		struct rig r = rig("fm3");
		rig_set(&r, "algorithm", 5);
		rig_set(&r, "level2", 1);
		rig_set(&r, "level3", 1);
		rig_set(&r, "ratio2", 1.3);
		rig_set(&r, "ratio3", 1.7);
		rig_set(&r, "pitch", 36);
		rig_set(&r, "feedback", 0.6);
		rig_set(&r, "operator", own);
		rig_run(&r, 2 * N);
		const double ratio[3] = {1.7, 1.3, 1}; /* of the operator that has it */
		h2[own] = 3 * cabs(rig_partial(rig_out(&r, "out") + N / 2, N, 2 * ratio[own] * note_hz(36) / 44100));
		rig_free(&r);
	}
	const double b = 0.6 * M_PI / 2, want = 2 * bessel(2, 2 * b) / (2 * b);
	ok(fabs(h2[0] - want) < 0.01 && fabs(h2[1] - want) < 0.01 && fabs(h2[2] - want) < 0.01,
	    "fm3: feedback of 3, 2 or 1 gives that one the second harmonic of theory (%.3f, %.3f, %.3f)", h2[0], h2[1], h2[2]);
}

/* The pitch is the carrier's whatever modulates it; and what folds back, stated. */
static void
tuning(void)
{
	double worst = 0;
	for (int note = 36; note <= 96; note += 12) {
		struct rig r = fm(4, note + 0.37);
		const double f = note_hz(note + 0.37) / 44100;
		rig_set(&r, "level2", 0.25);
		rig_run(&r, 2 * N + N / 2);
		const float *y = rig_out(&r, "out") + N / 4;
		worst = fmax(worst, fabs(1200 * log2(rig_frequency(y, N, f) / f)));
		rig_free(&r);
	}
	ok(worst < 0.01, "fm4: in tune within %.2g cent from C2 to C7", worst);
	static const double notes[] = {72.03, 84.03, 96.03};
	double db[3];
	for (int i = 0; i < 3; i++) {
		struct rig r = fm(4, notes[i]);
		rig_set(&r, "level2", 0.5);
		rig_run(&r, 2 * N);
		double *mag = rig_spectrum(rig_out(&r, "out") + N / 2, N), first = 0;
		const double f = note_hz(notes[i]) / 44100 * N;
		double folded = 0;
		for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++) {
			if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
				folded = fmax(folded, mag[bin]);
			first = fmax(first, mag[bin]);
		}
		db[i] = rig_db(folded / first);
		free(mag);
		rig_free(&r);
	}
	ok(db[0] < -110 && db[1] < -110 && db[2] < -95,
	    "fm4: index 3.1, ratio 1: what folds back below 16 kHz: C5 %.0f, C6 %.0f, C7 %.0f dB", db[0], db[1], db[2]);
}

int
main(void)
{
	side_bands(0.1);
	side_bands(0.5);
	side_bands(1.2);
	algorithms();
	feedback();
	fewer(2, "2>1", "4>3 2>1", 1, 2);
	fewer(2, "2 1", "4 3 2 1", 2, 4);
	fewer(3, "3>2>1", "4>3>2>1", 1, 1);
	fewer(3, "(3+2)>1", "(4>3+2)>1", 1, 1);
	fewer(3, "3 2 1", "4 3 2 1", 3, 4);
	three();
	fixed_and_fed();
	tuning();
	return done();
}
