/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantise and choose: nothing but notes of the scale, none nearer; the signal that was asked for. */
#include "module_rig.h"
#include "tap.h"

static double
one(struct rig *r, const char *port, double x)
{
	rig_set(r, port, x);
	rig_run(r, 1);
	return rig_out(r, "out")[0];
}

/* From the steps between notes, as scales are taught. */
static void
scale(const char *name, const char *steps)
{
	struct rig r = rig("quantise");
	const struct port *p = port_find(r.m, PORT_IN, "scale", NULL);
	int k = 0, degree[16], n = 0, sum = 0;
	while (strcmp(p->choices[k], name))
		k++;
	for (; *steps; steps++) {
		degree[n++] = sum;
		sum += *steps == 'c' ? 12 : *steps - '0';
	}
	rig_set(&r, "scale", k);
	rig_set(&r, "root", 9);
	int wrong = sum != 12, notes = 0;
	double last = -1e9;
	for (double x = 20.013; x < 100; x += 0.11) {
		const double y = one(&r, "in", x);
		int in = 0;
		double best = 1e9;
		for (int o = -2; o < 12; o++)
			for (int d = 0; d < n; d++) {
				const double note = 9 + 12 * o + degree[d];
				in |= note == y;
				best = fmin(best, fabs(note - x));
			}
		wrong += !in || fabs(fabs(y - x) - best) > 1e-4;
		notes += y != last;
		last = y;
	}
	ok(!wrong && notes > n * 6, "quantise: %s on A: always the nearest of its notes (%d notes in 80 semitones)", name, notes);
	rig_free(&r);
}

int
main(void)
{
	scale("chromatic", "111111111111");
	scale("major", "2212221");
	scale("minor", "2122122");
	scale("harmonic minor", "2122131");
	scale("melodic minor", "2122221");
	scale("dorian", "2122212");
	scale("phrygian", "1222122");
	scale("lydian", "2221221");
	scale("mixolydian", "2212212");
	scale("locrian", "1221222");
	scale("major pentatonic", "22323");
	scale("minor pentatonic", "32232");
	scale("blues", "321132");
	scale("whole tone", "222222");
	scale("diminished", "21212121");
	scale("major triad", "435");
	scale("minor triad", "345");
	scale("fifths", "75");
	scale("octaves", "c");
	struct rig r = rig("quantise");
	ok(one(&r, "in", 61) == 60 && one(&r, "in", -1) == -1 && one(&r, "in", -0.49) == 0 && one(&r, "in", -12.6) == -13,
	    "quantise: between two notes the lower one; below 0 as above");
	rig_free(&r);

	r = rig("choose");
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	int wrong = 0;
	for (int k = 0; k < 8; k++)
		rig_set(&r, names[k], k * k);
	for (int k = 0; k < 8; k++)
		wrong += one(&r, "index", k) != k * k || one(&r, "index", k + 0.4) != k * k;
	ok(!wrong && one(&r, "index", -3) == 0 && one(&r, "index", 99) == 49, "choose: the nearest of eight, and no further");
	rig_set(&r, "mode", 1);
	ok(one(&r, "index", 2) == 4 && fabs(one(&r, "index", 2.25) - 5.25) < 1e-6 && one(&r, "index", 7) == 49,
	    "choose: fades from one to the next");
	rig_set(&r, "count", 3);
	ok(one(&r, "index", 1.5) == 2.5 && one(&r, "index", 6) == 4, "choose: of three the last is the end");
	rig_free(&r);
	return done();
}
