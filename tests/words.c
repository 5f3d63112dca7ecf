/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aspects for people and words: each follows what it is called after, and the words find the samples. */
#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "base/fmath.h"
#include "base/rng.h"
#include "score/vocabulary.h"
#include "score/words.h"
#include "tap.h"

#define SAMPLES "/usr/share/sonic-pi/samples/"
enum { RATE = 44100, N = RATE / 2 };

static struct analysis *a;
static double of[ASPECTS];

static double
aspect(const float *x, uint32_t channels, enum aspect which)
{
	float summary[SUMMARY_COLUMNS];
	struct err err;
	if (summary_of(a, x, RATE, channels, N, summary, &err) < 0)
		diag("%s", err.text);
	aspects_of(summary, of);
	return of[which];
}

/* Knob from 0 to 1: the aspect must rise at every step, by `least` in all. */
static void
follows(enum aspect which, const char *what, void (*make)(float *x, double knob), uint32_t channels, double least)
{
	static float x[2 * N];
	double last = -1, first = 0;
	bool rises = true, inside = true;
	for (int i = 0; i <= 4; i++) {
		make(x, i / 4.0);
		const double v = aspect(x, channels, which);
		rises = rises && v > last;
		inside = inside && v >= 0 && v <= 1;
		first = i ? first : v;
		last = v;
	}
	ok(rises && inside && last - first >= least, "%s rises with %s: %.2f to %.2f", aspect_names[which], what, first, last);
}

static double
saw(int i, double hz)
{
	const double p = hz * i / RATE;
	return 2 * (p - floor(p)) - 1;
}

static void
filtered(float *x, double knob, double hz)
{
	const double w = 6.283185307 * 200 * fm_exp2(6 * knob) / RATE, k = w / (1 + w);
	double y = 0, z = 0;
	for (int i = 0; i < N; i++) {
		y += k * (saw(i, hz) - y);
		z += k * (y - z);
		x[i] = (float)(0.5 * z);
	}
}

static void brighter(float *x, double knob) { filtered(x, knob, 110); }
static void warmer(float *x, double knob) { filtered(x, 1 - knob, 110); }

static void
punchier(float *x, double knob)
{
	for (int i = 0; i < N; i++) {
		const double t = (double)i / RATE, attack = 0.06 * (1 - knob) + 0.001;
		x[i] = (float)(saw(i, 110) * fmin(t / attack, 1) * fm_exp(-t / (0.5 - 0.45 * knob)));
	}
}

static void
noisier(float *x, double knob)
{
	struct rng rng = {.seed = 2};
	for (int i = 0; i < N; i++)
		x[i] = (float)((1 - knob) * 0.5 * fm_sin(6.283185307 * 440 * i / RATE) + 0.5 * fm_exp2(14 * (knob - 1)) *
		    (2 * rng_uniform(&rng) - 1));
}

static void
wider(float *x, double knob)
{
	for (int i = 0; i < N; i++) {
		const double mid = saw(i, 110), side = saw(i, 111.3) * knob;
		x[2 * i] = (float)(0.3 * (mid + side));
		x[2 * i + 1] = (float)(0.3 * (mid - side));
	}
}

static void
livelier(float *x, double knob)
{
	double y = 0, z = 0;
	for (int i = 0; i < N; i++) {
		const double hz = 1000 * fm_exp2(3 * knob * fm_sin(6.283185307 * 4 * i / RATE)), w = 6.283185307 * hz / RATE, k = w / (1 + w);
		y += k * (saw(i, 110) - y);
		z += k * (y - z);
		x[i] = (float)(0.5 * z);
	}
}

static void
rougher(float *x, double knob)
{
	for (int i = 0; i < N; i++) {
		const double t = 6.283185307 * i / RATE;
		x[i] = (float)(0.3 * (1 + knob * fm_cos(70 * t)) * fm_sin(1000 * t));
	}
}

static void
busier(float *x, double knob)
{
	for (int i = 0; i < N; i++)
		x[i] = (float)(saw(i, 110) * (1 - knob * (0.5 + 0.5 * fm_sin(6.283185307 * 8 * i / RATE))));
}

/* An aspect stays where it is while another's knob is turned; and none hears the level. */
static void
keeps(enum aspect which, const char *what, void (*make)(float *x, double knob), uint32_t channels, double most)
{
	static float x[2 * N];
	double low = 1, high = 0;
	for (int i = 0; i <= 4; i++) {
		make(x, i / 4.0);
		const double v = aspect(x, channels, which);
		low = fmin(low, v);
		high = fmax(high, v);
	}
	ok(high - low <= most, "%s does not follow %s: %.2f to %.2f", aspect_names[which], what, low, high);
}

static void
quieter(void)
{
	static float x[N];
	double loud[ASPECTS], most = 0;
	livelier(x, 0.5);
	aspect(x, 1, BRIGHTNESS);
	memcpy(loud, of, sizeof loud);
	for (int i = 0; i < N; i++)
		x[i] *= 0.1f;
	aspect(x, 1, BRIGHTNESS);
	for (int i = 0; i < ASPECTS; i++)
		most = fmax(most, fabs(of[i] - loud[i]));
	ok(most < 0.01, "20 dB lower no aspect is more than %.4f away", most);
}

/* --- words over samples ----------------------------------------------------------------- */

enum { MOST = 200 };
static struct {
	char name[64];
	float summary[SUMMARY_COLUMNS];
} file[MOST];
static size_t files;

static void
load(const char *const *prefix)
{
	struct dirent **list;
	const int n = scandir(SAMPLES, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char path[512];
		struct sound s;
		struct err err;
		bool wanted = false;
		for (size_t k = 0; prefix[k]; k++)
			wanted = wanted || !strncmp(list[i]->d_name, prefix[k], strlen(prefix[k]));
		snprintf(path, sizeof path, SAMPLES "%s", list[i]->d_name);
		if (wanted && files < MOST && sound_read(path, &s, &err) == 0) {
			snprintf(file[files].name, sizeof file->name, "%.63s", list[i]->d_name);
			if (s.frames < 20 * (uint64_t)s.rate && summary_of(a, s.x, s.rate, s.channels, s.frames, file[files].summary, &err) == 0)
				files++;
			sound_free(&s);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* Of the `top` that fit best, without their names, how many have one of these prefixes. */
static size_t
found(const char *text, size_t top, const char *const *prefix)
{
	struct words w;
	struct err err;
	bool taken[MOST] = {false};
	size_t right = 0;
	if (words_parse(&w, text, &err) < 0)
		return diag("%s", err.text), 0;
	for (size_t k = 0; k < top; k++) {
		size_t best = MOST;
		double most = -1;
		for (size_t i = 0; i < files; i++) {
			const double fit = taken[i] ? -1 : words_fit(&w, file[i].summary, NULL);
			if (fit > most) {
				most = fit;
				best = i;
			}
		}
		taken[best] = true;
		bool is = false;
		for (size_t p = 0; prefix[p]; p++)
			is = is || !strncmp(file[best].name, prefix[p], strlen(prefix[p]));
		right += is;
		diag("%s: %.2f %s", text, most, file[best].name);
	}
	return right;
}

static void
samples(void)
{
	static const char *const all[] = {"bd_", "sn_", "drum_", "hat_", "bass_", "ambi_", "loop_mika", "loop_garzul", "vinyl_", "tabla_", NULL};
	static const char *const kick[] = {"bd_", "drum_bass", "drum_heavy", NULL}, *const hat[] = {"hat_", "drum_cymbal", NULL},
	    *const snare[] = {"sn_", "drum_snare", NULL}, *const pad[] = {"ambi_", "bass_drone", "bass_voxy", "bass_woodsy", NULL};
	static const char *const tom[] = {"drum_tom", NULL};
	load(all);
	if (files < 40)
		return skip("words over samples", "Debian's samples are not installed");
	ok(found("kick", 10, kick) >= 8, "kick finds kicks by their sound");
	ok(found("hat", 6, hat) >= 5, "hat finds hats and cymbals");
	ok(found("snare", 5, snare) >= 4, "snare finds snares");
	ok(found("tom", 5, tom) >= 4, "tom finds toms");
	ok(found("pad", 6, pad) >= 4, "pad finds long sounds");
}

int
main(void)
{
	struct words w;
	struct err err;
	a = analysis_new();
	follows(BRIGHTNESS, "the cutoff", brighter, 1, 0.3);
	follows(WARMTH, "a cutoff that falls", warmer, 1, 0.3);
	follows(PUNCH, "a faster attack and decay", punchier, 1, 0.3);
	follows(NOISINESS, "noise", noisier, 1, 0.5);
	follows(WIDENESS, "the side", wider, 2, 0.5);
	follows(MOVEMENT, "a filter that is swept", livelier, 1, 0.3);
	follows(MOVEMENT, "a tremolo that is deeper", busier, 1, 0.2);
	follows(ROUGHNESS, "modulation at 70 Hz", rougher, 1, 0.7);
	keeps(BRIGHTNESS, "the side", wider, 2, 0.05);
	keeps(BRIGHTNESS, "modulation at 70 Hz", rougher, 1, 0.05);
	keeps(NOISINESS, "the cutoff", brighter, 1, 0.2);
	keeps(PUNCH, "modulation at 70 Hz", rougher, 1, 0.2);
	keeps(ROUGHNESS, "the cutoff", brighter, 1, 0.2);
	keeps(WIDENESS, "the cutoff", brighter, 1, 0.001);
	quieter();
	float summary[SUMMARY_COLUMNS] = {0};
	ok(words_parse(&w, "dark kick in F#m, 120 bpm", &err) == 0 && w.n == 2 && w.bpm == 120 && w.tonic == 6 && w.mode == 1,
	    "a key and a tempo");
	words_parse(&w, "in Am", &err);
	ok(words_judge(&w, summary, &(struct said){NULL, 0, 21}, NULL, 0) == 1 && words_judge(&w, summary, &(struct said){NULL, 0, 0}, NULL, 0) == 0.5
	        && words_judge(&w, summary, &(struct said){NULL, 0, 1}, NULL, 0) < 1e-3, "A minor; C major has its notes; C# major has not");
	words_parse(&w, "120 bpm", &err);
	ok(words_judge(&w, summary, &(struct said){NULL, 121, -1}, NULL, 0) > 0.7 && words_judge(&w, summary, &(struct said){NULL, 60, -1}, NULL, 0) == 0.5
	        && words_judge(&w, summary, &(struct said){NULL, 100, -1}, NULL, 0) < 1e-3, "121 BPM is near, 60 half right, 100 wrong");
	bool every = true;
	for (size_t i = 0; i < vocabulary_size; i++)
		every = every && words_parse(&w, vocabulary[i].name, &err) == 0 && w.word[0] == &vocabulary[i] && vocabulary[i].n <= WISHES
		    && vocabulary[i].n > 0 && *vocabulary[i].synonyms == ' ';
	ok(every, "all %zu words are found by their names", vocabulary_size);
	ok(words_parse(&w, "Dull,  snappy bd", &err) == 0 && w.n == 3, "synonyms, any case, commas");
	const double fit = words_fit(&w, summary, NULL);
	ok(words_fit(&w, summary, "808_BD-long.wav") > fit, "a name that has a word counts");
	ok(words_fit(&w, summary, "abducted.wav") == fit, "inside another word it does not");
	ok(words_parse(&w, "dark xyzzy", &err) < 0 && strstr(err.text, "'xyzzy'") && strstr(err.text, "kick"),
	    "an unknown word is an error that lists those there are");
	ok(words_parse(&w, " ,", &err) < 0, "no word is an error: %s", err.text);
	samples();
	analysis_free(a);
	return done();
}
