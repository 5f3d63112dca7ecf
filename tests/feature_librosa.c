/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Features against librosa's, from tables of its values (tests/reference, made by
 * librosa 0.11.0 on signals that are made again here).
 */
#include <math.h>

#include "dsp/mel.h"
#include "feature/analysis.h"
#include "signals.h"
#include "tap.h"

enum { MAX_VALUES = 1100 };

static struct analysis *a;
static float stft[ANALYSIS_BINS];

static const float *
column(const char *feature, size_t frame, int at)
{
	const struct feature *f = feature_find(feature);
	const float *v = analysis_feature(a, f);
	return v ? v + frame * f->columns(a) + at : NULL;
}

/* Our value of librosa's array `name` at one frame. */
static const float *
ours(const char *name, size_t frame)
{
	static float value;
	if (!strcmp(name, "stftmag")) {
		const float *p = analysis_power(a, frame, 1);
		for (int k = 0; k < ANALYSIS_BINS; k++)
			stft[k] = sqrtf(p[k]);
		return stft;
	}
	if (!strcmp(name, "melpow"))
		return analysis_mel(a) + frame * ANALYSIS_MELS;
	if (!strcmp(name, "logmel_top80"))
		return column("logmel", frame, 0);
	if (!strcmp(name, "mfcc20"))
		return column("mfcc", frame, 0);
	if (!strcmp(name, "onset_strength"))
		return column("onset", frame, 0);
	if (!strcmp(name, "chroma_tuning0"))
		return column("chroma", frame, 0);
	if (!strcmp(name, "mfcc20_delta"))
		return column("delta", frame, 0);
	if (!strcmp(name, "contrast7"))
		return column("contrast", frame, 0);
	if (!strcmp(name, "tonnetz"))
		return column("tonnetz", frame, 0);
	if (!strcmp(name, "yin"))
		return column("f0", frame, 2);
	if (!strcmp(name, "rms")) {
		/* ours is in dB and ends at -100 */
		const float db = *column("loudness", frame, 0);
		value = db > -100 ? (float)fm_pow(10, db / 20) : 0;
		return &value;
	}
	static const char *const shape[] = {"centroid", "bandwidth", "rolloff85", "flatness", "zcr"};
	for (int i = 0; i < 5; i++)
		if (!strcmp(name, shape[i]))
			return column("shape", frame, i);
	return NULL;
}

struct tally {
	char name[32];
	size_t rows, values;
	double most, worst, diff; /* largest value; worst difference, relative to limit 1 */
};

/* A difference counts against 1e-4 of the value or, where the value is small beside the
   array's largest, 3e-6 of that: what single precision leaves of a sum of large terms. */
static void
read_table(const char *signal)
{
	char path[100], *line = NULL;
	size_t room = 0;
	struct tally tally[20] = {0};
	int n = 0;
	for (int pass = 0; pass < 2; pass++) {
		snprintf(path, sizeof path, "tests/reference/librosa_%s.csv", signal);
		FILE *f = fopen(path, "r");
		if (!f) {
			ok(0, "cannot open %s", path);
			return;
		}
		while (getline(&line, &room, f) > 0) {
			char *s = line, *name = strsep(&s, ",");
			if (*line == '#' || !s)
				continue;
			if (!n || strcmp(tally[n - 1].name, name)) {
				int k = 0;
				while (k < n && strcmp(tally[k].name, name))
					k++;
				if (k == n)
					snprintf(tally[n++].name, sizeof tally->name, "%.31s", name);
			}
			struct tally *t = tally;
			while (strcmp(t->name, name))
				t++;
			const size_t frame = strtoul(strsep(&s, ","), NULL, 10);
			const float *v = ours(name, frame);
			t->rows += (size_t)pass;
			for (char *word; v && (word = strsep(&s, ",")); v++) {
				const double want = strtod(word, NULL), d = fabs(*v - want);
				if (pass == 0) {
					t->most = fmax(t->most, fabs(want));
					continue;
				}
				t->values++;
				const double limit = 1e-4 * fabs(want) + 3e-6 * t->most;
				if (!(d / limit <= t->worst)) {
					t->worst = d / limit;
					t->diff = d / t->most;
				}
			}
		}
		fclose(f);
	}
	free(line);
	for (int i = 0; i < n; i++)
		ok(tally[i].values > 0 && tally[i].worst <= 1, "%s %s: %zu values, worst %.3g of the limit (%.2g of the largest)",
		    signal, tally[i].name, tally[i].values, tally[i].worst, tally[i].diff);
	ok(n >= 10, "%s: %d arrays", signal, n);
}

static void
mel_bank(void)
{
	char *line = NULL;
	size_t room = 0, rows = 0;
	double worst = 0;
	struct err err;
	struct mel *m = mel_new(44100, 2048, 128, 0, 0, MEL_SLANEY, &err);
	FILE *f = fopen("tests/reference/librosa_mel.csv", "r");
	while (f && getline(&line, &room, f) > 0) {
		if (*line == '#')
			continue;
		char *s = line;
		const size_t band = strtoul(strsep(&s, ","), NULL, 10), first = strtoul(strsep(&s, ","), NULL, 10);
		size_t count = 0;
		for (char *word; (word = strsep(&s, ",")); count++) {
			const double want = strtod(word, NULL);
			if (count < m->count[band])
				worst = fmax(worst, fabs(m->weights[m->at[band] + count] / want - 1));
		}
		if (m->first[band] != first || m->count[band] != count) {
			diag("band %zu: bins %zu+%zu, not %zu+%zu", band, m->first[band], m->count[band], first, count);
			worst = INFINITY;
		}
		rows++;
	}
	ok(rows == 16 && worst < 1e-6, "mel bank: %zu bands within %.2g", rows, worst);
	if (f)
		fclose(f);
	free(line);
	mel_free(m);
}

int
main(void)
{
	static const char *const signals[] = {"chirpclick", "tone220", "lcgnoise"};
	mel_bank();
	a = analysis_new();
	for (int i = 0; i < 3; i++) {
		size_t n;
		struct err err;
		float *x = signal_new(signals[i], &n);
		ok(analysis_load(a, x, 1, n, 44100, &err) == 0 && analysis_frames(a) == 1 + n / 512, "%s: %zu frames",
		    signals[i], analysis_frames(a));
		read_table(signals[i]);
		free(x);
	}
	analysis_free(a);
	return done();
}
