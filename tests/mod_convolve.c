/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution against the plain sum in double precision, at every length that has levels of its own. */
#include "base/rng.h"
#include "module_rig.h"
#include "synth/samples.h"
#include "tap.h"

enum { RATE = 44100, N = 16384 };
static float x[N], h[2 * 60000];

static void
against_sum(uint32_t n, uint32_t channels)
{
	for (uint32_t i = 0; i < n * channels; i++)
		h[i] = (float)(2 * rng_uniform(&(struct rng){7, i}) - 1) * expf(-3.0f * (float)(i % n) / (float)n);
	const struct asset *a = rig_asset(h, channels, n, RATE, 0);
	struct rig r = rig("convolve");
	rig_sounds(&r, &a, 1);
	rig_set(&r, "mix", 1);
	rig_signal(&r, "left", x);
	rig_signal(&r, "right", x);
	rig_run(&r, N);
	double energy[2] = {0}, err = 0, all = 0;
	for (uint32_t c = 0; c < channels; c++)
		for (uint32_t i = 0; i < n; i++)
			energy[c] += (double)h[c * n + i] * h[c * n + i];
	const double gain = 1 / sqrt(fmax(energy[0], energy[1]));
	for (int side = 0; side < 2; side++) {
		const float *y = rig_out(&r, side ? "right" : "left"), *from = h + (channels == 2 ? (uint32_t)side * n : 0);
		/* every frame of the first and last blocks, and some between */
		for (int t = 0; t < N; t += t < 640 || t > N - 200 ? 1 : 97) {
			double want = 0;
			for (int k = 0; k <= t && k < (int)n; k++)
				want += (double)from[k] * x[t - k];
			want *= gain;
			err += (y[t] - want) * (y[t] - want);
			all += want * want;
		}
	}
	ok(10 * log10(err / all) < -120, "%u frames, %u channel%s: %.1f dB from the sum", n, channels, channels > 1 ? "s" : "",
	    10 * log10(err / all));
	rig_free(&r);
}

int
main(void)
{
	for (int i = 0; i < N; i++)
		x[i] = (float)(2 * rng_uniform(&(struct rng){3, (uint64_t)i}) - 1);
	static const uint32_t lengths[] = {1, 63, 64, 65, 512, 513, 1024, 4096, 4097, 9000, 15000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		against_sum(lengths[i], 1 + i % 2);

	/* another rate: a band-limited pulse stays one, at its place */
	for (int i = 0; i < 4000; i++) {
		const double t = (i - 2000) / 4.0;
		h[i] = (float)((t == 0 ? 1 : sin(M_PI * t) / (M_PI * t)) * exp(-t * t / 3000));
	}
	float y[8000];
	double worst = 0;
	samples_resample(h, 4000, 48000, 44100, y);
	for (uint64_t i = 200; i + 200 < samples_resampled(4000, 48000, 44100); i++) {
		const double t = ((double)i * 48000 / 44100 - 2000) / 4.0;
		worst = fmax(worst, fabs(y[i] - (t == 0 ? 1 : sin(M_PI * t) / (M_PI * t)) * exp(-t * t / 3000)));
	}
	ok(rig_db(worst) < -100, "48 to 44.1 kHz: %.1f dB from the function that was sampled", rig_db(worst));
	worst = 0;
	samples_resample(h, 4000, 32000, 44100, y);
	for (uint64_t i = 200; i + 200 < samples_resampled(4000, 32000, 44100); i++) {
		const double t = ((double)i * 32000 / 44100 - 2000) / 4.0;
		worst = fmax(worst, fabs(y[i] - (t == 0 ? 1 : sin(M_PI * t) / (M_PI * t)) * exp(-t * t / 3000)));
	}
	ok(rig_db(worst) < -100, "32 to 44.1 kHz: %.1f dB", rig_db(worst));

	/* no latency; pre-delay; mix */
	memset(h, 0, sizeof h);
	h[0] = 1;
	const struct asset *one = rig_asset(h, 1, 5000, RATE, 0);
	struct rig r = rig("convolve");
	rig_sounds(&r, &one, 1);
	rig_set(&r, "mix", 1);
	rig_signal(&r, "left", x);
	rig_run(&r, N);
	worst = 0;
	for (int i = 0; i < N; i++)
		worst = fmax(worst, fabs((double)rig_out(&r, "left")[i] - x[i]));
	ok(worst < 2e-6, "an answer of one frame is the sound itself, at once (%.1f dB)", rig_db(worst));
	rig_set(&r, "predelay", 0.01);
	rig_run(&r, N);
	worst = 0;
	for (int i = 441; i < N; i++)
		worst = fmax(worst, fabs((double)rig_out(&r, "left")[i] - x[i - 441]));
	ok(worst < 1e-3, "10 ms later with 10 ms of pre-delay (%.1f dB)", rig_db(worst));
	rig_set(&r, "mix", 0);
	rig_run(&r, N);
	ok(!memcmp(rig_out(&r, "left"), x, N * sizeof *x), "mix 0 is the sound to the bit");
	rig_sounds(&r, NULL, 0);
	rig_set(&r, "mix", 1);
	rig_run(&r, 640);
	ok(rig_peak(rig_out(&r, "left"), 640) == 0, "without a file there is no answer");
	rig_free(&r);
	return done();
}
