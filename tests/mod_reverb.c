/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverberation: decay in seconds by octave, density of echoes, evenness of the tail. */
#include "effect_rig.h"

enum { RATE = 48000 };

static void
test_plate(void)
{
	static const double round[] = {0.3627, 0.7254, 1.2332}; /* seconds, by size */
	for (int size = 0; size < 3; size++) {
		double worst = 0, at_worst = 0;
		for (int k = 0; k < 4; k++) {
			const double decay = k < 3 ? round[size] * (1 + 1.5 * k) : 6;
			struct effect e;
			effect_open(&e, "plate", RATE, (int)(RATE * (0.5 + decay)));
			effect_set(&e, "size", size);
			effect_set(&e, "decay", decay);
			effect_set(&e, "damping", 20000);
			effect_set(&e, "predelay", 0);
			effect_set(&e, "mix", 1);
			effect_signal(&e, "left")[0] = effect_signal(&e, "right")[0] = 1;
			effect_run(&e);
			double t = 0;
			for (int side = 0; side < 2; side++) {
				const float *x = effect_out(&e, side ? "right" : "left");
				t += (t30(x, e.frames, 500, RATE) + t30(x, e.frames, 1000, RATE)) / 4;
			}
			if (fabs(t / decay - 1) > fabs(worst))
				worst = t / decay - 1, at_worst = decay;
			effect_close(&e);
		}
		ok(fabs(worst) < 0.05, "plate: size %d, T30 at 500 and 1000 Hz is its decay, at worst %+.1f %% (%g s)", size,
		    100 * worst, at_worst);
	}

	struct effect e;
	effect_open(&e, "plate", RATE, 2 * RATE);
	effect_set(&e, "decay", 2);
	effect_set(&e, "predelay", 0.1);
	effect_set(&e, "mix", 1);
	noise_into(effect_signal(&e, "left"), RATE, 4);
	noise_into(effect_signal(&e, "right"), RATE, 4);
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	double dot = 0;
	for (int i = RATE / 2; i < RATE; i++)
		dot += (double)l[i] * r[i];
	dot /= RATE / 2 * rig_rms(l + RATE / 2, RATE / 2) * rig_rms(r + RATE / 2, RATE / 2);
	ok(fabs(dot) < 0.15, "plate: left and right of a mono sound correlate by %.3f", dot);
	const int first = first_above(l, 0, e.frames, 0);
	ok(first > 4800 && first < 4800 + 1000, "plate: begins after a pre-delay of 4800 frames: %d", first);
	const double level = rig_db(rig_rms(l + RATE / 2, RATE / 2) / rig_rms(effect_signal(&e, "left"), RATE));
	ok(fabs(level) < 6, "plate: is about as loud as the sound: %.1f dB", level);
	effect_close(&e);

	double t[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "plate", RATE, 3 * RATE);
		effect_set(&e, "decay", 2);
		effect_set(&e, "damping", 2000);
		effect_set(&e, "mix", 1);
		effect_signal(&e, "left")[0] = 1;
		effect_run(&e);
		t[k] = t30(effect_out(&e, "left"), e.frames, k ? 4000 : 250, RATE);
		effect_close(&e);
	}
	ok(fabs(t[0] / 2 - 1) < 0.1 && t[1] < 0.7 * t[0], "plate: damping at 2 kHz: %.2f s at 250 Hz, %.2f s at 4 kHz", t[0], t[1]);
}


/* The answer of a reverb to one sample on both sides. */
static void
answer(struct effect *e, const char *name, int size, double decay, double seconds)
{
	effect_open(e, name, RATE, (int)(RATE * seconds));
	if (size >= 0)
		effect_set(e, "size", size);
	effect_set(e, "decay", decay);
	effect_set(e, "mix", 1);
	effect_signal(e, "left")[0] = effect_signal(e, "right")[0] = 1;
}

static void
test_hall(void)
{
	for (int size = 0; size < 4; size++) {
		static const double decays[] = {0.6, 1.5, 4, 10};
		double worst = 0, at_worst = 0, at_hz = 0;
		for (int k = 0; k < 4; k++) {
			struct effect e;
			answer(&e, "hall", size, decays[k], 0.5 + decays[k]);
			effect_set(&e, "damping", 20000);
			effect_set(&e, "early", 0);
			effect_run(&e);
			for (double hz = 250; hz <= 1000; hz *= 2) {
				const double t = (t30(effect_out(&e, "left"), e.frames, hz, RATE) + t30(effect_out(&e, "right"), e.frames, hz, RATE)) / 2;
				if (fabs(t / decays[k] - 1) > fabs(worst))
					worst = t / decays[k] - 1, at_worst = decays[k], at_hz = hz;
			}
			effect_close(&e);
		}
		ok(fabs(worst) < 0.05, "hall: size %d: T30 from 250 to 1000 Hz is its decay, at worst %+.1f %% (%g s, %g Hz)", size,
		    100 * worst, at_worst, at_hz);
	}
	struct effect e;
	answer(&e, "hall", 2, 3, 4);
	effect_set(&e, "damping", 4000);
	effect_run(&e);
	const double low = t30(effect_out(&e, "left"), e.frames, 250, RATE), high = t30(effect_out(&e, "left"), e.frames, 4000, RATE);
	ok(fabs(low / 3 - 1) < 0.05 && high > 1.4 && high < 2, "hall: damping at 4 kHz: %.2f s at 250 Hz, %.2f s in the octave there", low, high);
	effect_close(&e);

	answer(&e, "hall", 2, 2, 1);
	effect_set(&e, "predelay", 0.1);
	effect_run(&e);
	const float *l = effect_out(&e, "left");
	const int first = first_above(l, 0, e.frames, 1e-6f);
	ok(first == 4800 + (int)(4.3 * 48 + 0.5), "hall: the first reflection comes 4.3 ms after the pre-delay: frame %d", first);
	effect_close(&e);

	answer(&e, "hall", 2, 2, 2);
	noise_into(effect_signal(&e, "left"), RATE, 4);
	noise_into(effect_signal(&e, "right"), RATE, 4);
	effect_run(&e);
	const float *r = effect_out(&e, "right") + RATE / 2;
	l = effect_out(&e, "left") + RATE / 2;
	const double apart = alike(l, r, RATE / 2), level = rig_db(rig_rms(l, RATE / 2) / rig_rms(effect_signal(&e, "left"), RATE));
	ok(fabs(apart) < 0.15 && fabs(level) < 6, "hall: a mono sound's sides correlate by %.3f, at %.1f dB: in mono 3 dB are lost", apart, level);
	effect_close(&e);
}

/* Echo density: the share of samples beyond one standard deviation over 20 ms, 1 where it is that of Gaussian
   noise (J. Abel, P. Huang, "A simple, robust measure of reverberation echo density", AES 121, 2006). */
static double
density(const float *x, int at)
{
	enum { HALF = RATE / 100 };
	double square = 0, beyond = 0;
	for (int i = at - HALF; i < at + HALF; i++)
		square += (double)x[i] * x[i];
	const double sigma = sqrt(square / (2 * HALF));
	for (int i = at - HALF; i < at + HALF; i++)
		beyond += fabs(x[i]) > sigma;
	return beyond / (2 * HALF) / 0.3173;
}

/* The tail's spectrum against its own mean over 101 bins, 200 Hz to 8 kHz: standard deviation in dB (5.57 for
   noise: M. Schroeder, 1954; more where single modes stand apart, as in small rooms) and the highest peak. */
static void
evenness(const float *x, int n, double decay, double *deviation, double *peak)
{
	float *level = malloc((size_t)n * sizeof *level);
	for (int i = 0; i < n; i++)
		level[i] = (float)(x[i] * exp(6.9078 * i / (decay * RATE)));
	double *mag = rig_spectrum(level, (size_t)n), sum = 0, square = 0, m = 0;
	*peak = 0;
	for (int k = (int)(200.0 / RATE * n); k < (int)(8000.0 / RATE * n); k++) {
		double mean = 0;
		for (int j = -50; j <= 50; j++)
			mean += mag[k + j] * mag[k + j] / 101;
		const double d = 10 * log10(mag[k] * mag[k] / mean);
		m++, sum += d, square += d * d;
		*peak = fmax(*peak, d);
	}
	*deviation = sqrt(square / m - sum / m * sum / m);
	free(mag);
	free(level);
}

static void
test_smooth(void)
{
	static const struct { const char *name; int sizes; double decay[4], dense_by[4], least; } list[] = {
	    {"hall", 4, {0.8, 1.5, 3, 4}, {0.1, 0.15, 0.2, 0.3}, 0.8}, {"plate", 3, {1, 2, 3}, {0.15, 0.3, 0.45}, 0.6}};
	for (int k = 0; k < 2; k++)
		for (int size = 0; size < list[k].sizes; size++) {
			struct effect e;
			const double decay = list[k].decay[size];
			answer(&e, list[k].name, size, decay, 3);
			effect_run(&e);
			const float *l = effect_out(&e, "left");
			int at = 480;
			while (at < RATE && density(l, at) < 0.9)
				at += 48;
			double least = 9;
			for (int i = (int)(list[k].dense_by[size] * RATE); i < RATE; i += 480)
				least = fmin(least, density(l, i));
			double deviation, peak;
			evenness(l + RATE / 2, 65536, decay, &deviation, &peak);
			ok(at < list[k].dense_by[size] * RATE && least > list[k].least, "%s: size %d: as dense as noise after %.0f ms, and never below %.2f again",
			    list[k].name, size, at * 1e3 / RATE, least);
			ok(deviation > 4.5 && deviation < 8 && peak < 15, "%s: size %d: the tail's spectrum has the unevenness of noise: %.2f dB, peaks of %.1f dB",
			    list[k].name, size, deviation, peak);
			effect_close(&e);
		}
}

static void
test_spring(void)
{
	double worst = 0, at_worst = 0;
	static const double decays[] = {1, 2, 4};
	for (int k = 0; k < 3; k++) {
		struct effect e;
		answer(&e, "spring", -1, decays[k], 0.5 + decays[k]);
		effect_set(&e, "damping", 5000);
		effect_run(&e);
		for (int side = 0; side < 2; side++) {
			const float *y = effect_out(&e, side ? "right" : "left");
			const double t = (t30(y, e.frames, 500, RATE) + t30(y, e.frames, 1000, RATE)) / 2;
			if (fabs(t / decays[k] - 1) > fabs(worst))
				worst = t / decays[k] - 1, at_worst = decays[k];
		}
		effect_close(&e);
	}
	ok(fabs(worst) < 0.05, "spring: T30, the mean of 500 and 1000 Hz, is its decay, at worst %+.1f %% (%g s)", 100 * worst, at_worst);

	/* The first pulse: where the energy of an octave stands. Low is early, high is late. */
	struct effect e;
	double at[4];
	answer(&e, "spring", -1, 1, 0.2);
	effect_set(&e, "time", 0.1);
	effect_set(&e, "damping", 5000);
	effect_run(&e);
	for (int k = 0; k < 4; k++) {
		const int n = (int)(0.15 * RATE);
		double *left = energy_left(effect_out(&e, "left"), n, 500 << k, RATE);
		int i = 0;
		while (left[i] > left[0] / 2)
			i++;
		at[k] = i / (double)RATE;
		free(left);
	}
	ok(fabs(at[0] - 0.1) < 0.003, "spring: a pulse at 500 Hz comes after %.4f s of 0.1", at[0]);
	ok(at[1] < at[2] && at[2] + 0.001 < at[3], "spring: and chirps: %.1f, %.1f, %.1f, %.1f ms for 500 Hz to 4 kHz",
	    1e3 * at[0], 1e3 * at[1], 1e3 * at[2], 1e3 * at[3]);
	effect_close(&e);

	answer(&e, "spring", -1, 2, 2);
	noise_into(effect_signal(&e, "left"), e.frames, 4);
	noise_into(effect_signal(&e, "right"), e.frames, 4);
	effect_run(&e);
	const double apart = alike(effect_out(&e, "left") + RATE, effect_out(&e, "right") + RATE, RATE);
	ok(fabs(apart) < 0.2, "spring: left and right correlate by %.2f", apart);
	double images = 0;
	for (double hz = 6500; hz < 20000; hz += 500)
		images = fmax(images, amplitude_at(effect_out(&e, "left") + RATE, RATE, hz, RATE));
	const double band = amplitude_at(effect_out(&e, "left") + RATE, RATE, 1000, RATE);
	ok(images < 0.02 * rig_rms(effect_out(&e, "left") + RATE, RATE), "spring: over 6.5 kHz there is nothing: %.5f beside %.5f", images, band);
	effect_close(&e);
}

int
main(void)
{
	test_plate();
	test_hall();
	test_smooth();
	test_spring();
	return done();
}
