/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The resonator: tuning in cents, decay in seconds, and how loud noise comes out. */
#include "effect_rig.h"

enum { RATE = 48000, N = 16384 };

static void
knock(struct effect *e, double pitch, int chord, double decay, double damping, int frames)
{
	effect_open(e, "resonator", RATE, frames);
	effect_set(e, "pitch", pitch);
	effect_set(e, "chord", chord);
	effect_set(e, "decay", decay);
	effect_set(e, "damping", damping);
	effect_set(e, "mix", 1);
	effect_set(e, "width", 0);
	effect_signal(e, "left")[0] = 1;
	effect_signal(e, "right")[0] = 1;
	effect_run(e);
}

int
main(void)
{
	/* One string, the others far above it. */
	for (int pitch = 36; pitch <= 84; pitch += 12)
		for (int damping = 0; damping < 2; damping++) {
			struct effect e;
			effect_open(&e, "resonator", RATE, 4 * N);
			effect_set(&e, "chord", 8);
			effect_set(&e, "pitch", pitch + 0.37);
			const char *const names[6] = {"interval1", "interval2", "interval3", "interval4", "interval5", "interval6"};
			for (int k = 1; k < 6; k++)
				effect_set(&e, names[k], 28 + k);
			effect_set(&e, "decay", 3);
			effect_set(&e, "damping", damping * 0.5);
			effect_set(&e, "mix", 1);
			effect_signal(&e, "left")[0] = 1;
			effect_run(&e);
			const float *y = effect_out(&e, "left");
			const double f = 440 * pow(2, (pitch + 0.37 - 69) / 12) / RATE;
			const double cents = 1200 * log2(rig_frequency(y + N, N, f) / f);
			ok(fabs(cents) < 0.5, "resonator: note %d.37, damping %g: %.3f cents off", pitch, damping * 0.5, cents);
			const double a = cabs(rig_partial(y + N, N, f)), z = cabs(rig_partial(y + 2 * N, N, f));
			const double t60 = 60 / (-rig_db(z / a)) * N / RATE;
			ok(fabs(t60 / 3 - 1) < (damping && pitch > 80 ? 0.3 : 0.05), "resonator: it decays in %.3f s, not 3", t60);
			effect_close(&e);
		}

	struct effect e;
	knock(&e, 48, 3, 4, 0.1, 4 * N);
	static const int major[6] = {0, 7, 12, 16, 19, 24};
	double least = 0, most = -200;
	for (int k = 0; k < 6; k++) {
		const double f = 440 * pow(2, (48 + major[k] - 69) / 12.0) / RATE;
		least = fmin(least, rig_db(cabs(rig_partial(effect_out(&e, "left") + N, 2 * N, f))));
		most = fmax(most, rig_db(cabs(rig_partial(effect_out(&e, "left") + N, 2 * N, f * pow(2, 1.0 / 12)))));
	}
	ok(least > most + 20, "resonator: a knock rings in major: its notes over %.0f dB, a semitone beside them under %.0f", least, most);
	effect_close(&e);

	effect_open(&e, "resonator", RATE, 4 * RATE);
	effect_set(&e, "mix", 1);
	effect_set(&e, "damping", 0);
	effect_set(&e, "width", 0);
	noise_into(effect_signal(&e, "left"), e.frames, 1);
	memcpy(effect_signal(&e, "right"), effect_signal(&e, "left"), (size_t)e.frames * sizeof(float));
	effect_run(&e);
	const double gain = rig_db(rig_rms(effect_out(&e, "left") + 2 * RATE, 2 * RATE) / rig_rms(effect_signal(&e, "left"), 2 * RATE));
	ok(fabs(gain) < 3, "resonator: noise comes out at %+.2f dB", gain);
	effect_close(&e);

	effect_open(&e, "resonator", RATE, RATE);
	effect_set(&e, "mix", 1);
	effect_set(&e, "left", 1);
	effect_set(&e, "right", 1);
	effect_set(&e, "decay", 0.5);
	effect_run(&e);
	ok(rig_peak(effect_out(&e, "left") + RATE - 4800, 4800) < 0.01, "resonator: a constant does not pile up: %.4f",
	    rig_peak(effect_out(&e, "left") + RATE - 4800, 4800));
	effect_close(&e);
	return done();
}
