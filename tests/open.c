/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open parameters and the unit cube. */
#include "synth/open.h"

#include <math.h>

#include "tap.h"

int
main(void)
{
	const struct param lin = {.open = true, .min = -12, .max = 12}, log = {.open = true, .min = 20, .max = 20480, .scale = SCALE_LOG},
	                   choice = {.open = true, .min = 0, .max = 3, .scale = SCALE_CHOICE}, point = {.open = true, .min = 2, .max = 2};
	ok(open_value(&lin, 0) == -12 && open_value(&lin, 0.5) == 0 && open_value(&lin, 1) == 12, "linear: ends and middle");
	ok(open_value(&lin, -3) == -12 && open_value(&lin, 7) == 12 && open_value(&lin, NAN) == -12, "outside the cube is its edge");
	ok(open_value(&log, 0) == 20 && open_value(&log, 1) == 20480 && fabsf(open_value(&log, 0.5f) / 640 - 1) < 1e-6f,
	    "logarithmic: the middle is the geometric mean");
	ok(open_value(&choice, 0) == 0 && open_value(&choice, 0.26) == 1 && open_value(&choice, 1) == 3, "choices share the interval");
	ok(open_value(&point, 0.7) == 2 && open_unit(&point, 2) == 0.5, "a range of one value");

	double worst = 0;
	for (int i = 0; i <= 1000; i++) {
		worst = fmax(worst, fabs(open_unit(&lin, open_value(&lin, i / 1000.0)) - i / 1000.0));
		worst = fmax(worst, fabs(open_unit(&log, open_value(&log, i / 1000.0)) - i / 1000.0));
	}
	ok(worst < 1e-6, "there and back: %.2g", worst);
	int same = 1;
	for (int k = 0; k < 4; k++)
		same &= open_value(&choice, open_unit(&choice, (float)k)) == (float)k;
	ok(same, "a choice comes back");
	const struct param whole = {.open = true, .min = 1, .max = 8, .step = 1}, octave = {.open = true, .min = -24, .max = 18, .step = 12},
	                   tenth = {.open = true, .min = 0, .max = 1, .step = 0.1f}, fine = {.open = true, .min = 0, .max = 1, .step = 1e-4f};
	ok(open_levels(&whole) == 8 && open_levels(&octave) == 4 && open_levels(&tenth) == 11 && open_levels(&choice) == 4
	        && !open_levels(&lin) && !open_levels(&log) && !open_levels(&fine), "so many steps fit");
	same = open_value(&octave, 0) == -24 && open_value(&octave, 1) == 12 && open_value(&octave, 0.49) == -12 && open_value(&tenth, 1) == 1;
	for (int k = 0; k < 8; k++)
		same &= open_value(&whole, k / 8.0 + 1e-9) == 1 + k && open_value(&whole, (k + 1) / 8.0 - 1e-9) == 1 + k
		    && open_unit(&whole, 1 + (float)k) == (k + 0.5) / 8 && open_unit(&whole, 1.4f + (float)k) == (k + 0.5) / 8;
	ok(same && open_unit(&whole, 99) == 7.5 / 8 && open_unit(&whole, -99) == 0.5 / 8, "steps share the interval, the nearest counts");
	return done();
}
