/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scala tunings: what is read, what is refused and where, and whether it is in tune when it sounds. */
#include <math.h>

#include "base/rng.h"
#include "base/share.h"
#include "lua_rig.h"
#include "synth/tuning.h"
#include "tap.h"

static struct tuning t;

static int
parse(const char *scl, const char *kbm, struct err *err)
{
	err->text[0] = 0;
	return tuning_parse(&t, scl, strlen(scl), "x.scl", kbm, kbm ? strlen(kbm) : 0, "x.kbm", err);
}

static double
cents_at(double key)
{
	double at;
	return tuning_pitch(&t, key, &at) < 0 ? NAN : 100 * (at - 69);
}

/* --- what is read ------------------------------------------------------------------------ */

#define FIFTHS "! comment\nfifths and octaves\n 2 a remark\n!\n 3/2 just\n2\n"

static const struct {
	const char *what, *scl, *kbm;
	double key, cents; /* above A 440 */
} good[] = {
    {"without a map 60 is middle C", FIFTHS, NULL, 60, -900},
    {"the next key is the next note", FIFTHS, NULL, 61, -900 + 701.9550008653874},
    {"and then the octave", FIFTHS, NULL, 62, 300},
    {"downwards too", FIFTHS, NULL, 59, -900 - 498.0449991346126},
    {"cents have a point", "x\n2\n 701.955\n 1200.0 cents\n", NULL, 61, -900 + 701.955},
    {"they may begin or end with it", "x\n2\n .5\n1200.\n", NULL, 61, -899.5},
    {"they may be below 0", "x\n2\n-5.0\n1200.0\n", NULL, 61, -905},
    {"no octave is needed", "x\n1\n3/1\n", NULL, 62, -900 + 2 * 1901.9550008653874},
    {"lines end as they do elsewhere", "x\r\n2\r\n3/2\r\n2/1", NULL, 62, 300},
    {"the description may be empty", "\n1\n2/1\n", NULL, 61, 300},
    {"what follows the notes does not count", "x\n1\n2/1\nmore\n\n", NULL, 61, 300},
    {"a frequency for a key", FIFTHS, "0\n0\n127\n60\n69\n432.0\n0\n", 69, -31.766653633429414},
    {"a map with keys left out", "x\n7\n9/8\n5/4\n4/3\n3/2\n5/3\n15/8\n2\n", "! map\n12\n0\n127\n60\n69\n440.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nX\n6\n", 64,
        -1200 * 0.415037499278844},
    {"in every octave", "x\n7\n9/8\n5/4\n4/3\n3/2\n5/3\n15/8\n2\n", "12\n0\n127\n60\n69\n440\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n", 21, -4800},
    {"not a key that is left out", "x\n1\n2\n", "2\n0\n127\n60\n60\n440\n1\n0\nx\n", 61, NAN},
    {"nor one at the end of the map", "x\n1\n2\n", "3\n0\n127\n60\n60\n440\n1\n0\n", 62, NAN},
    {"keys outside the range keep their pitch", FIFTHS, "0\n60\n72\n60\n60\n300.0\n0\n", 73, 400},
    {"a degree beyond the scale is octaves up", FIFTHS, "2\n0\n127\n60\n60\n440\n2\n0\n5\n", 61, 2400 + 701.9550008653874},
    {"a fraction of a key is that of a semitone", FIFTHS, NULL, 62.25, 325},
};

static const struct {
	const char *scl, *kbm, *says;
} bad[] = {
    {"", NULL, "x.scl: an empty file"},
    {"! only\n! comments\n", NULL, "x.scl: an empty file"},
    {"x\n", NULL, "x.scl:1: the file ends before the number of notes"},
    {"x\nmany\n", NULL, "x.scl:2: the number of notes is a whole number from 1 to 4096"},
    {"x\n0\n", NULL, "x.scl:2: the number of notes is a whole number from 1 to 4096"},
    {"x\n99999999999999999999\n", NULL, "x.scl:2: the number of notes is a whole number from 1 to 4096"},
    {"x\n2\n3/2\n", NULL, "x.scl:3: the file ends after 1 of 2 notes"},
    {"x\n1\nfifth\n", NULL, "x.scl:3: neither a ratio (3/2) nor cents (701.955)"},
    {"x\n1\n\n", NULL, "x.scl:3: neither a ratio (3/2) nor cents (701.955)"},
    {"x\n1\n3/\n", NULL, "x.scl:3: not a ratio of whole numbers"},
    {"x\n1\n3/x\n", NULL, "x.scl:3: not a ratio of whole numbers"},
    {"x\n1\n-3/2\n", NULL, "x.scl:3: a ratio is above 0"},
    {"x\n1\n3/0\n", NULL, "x.scl:3: a ratio is above 0"},
    {"x\n1\n70l.0\n", NULL, "x.scl:3: neither a ratio (3/2) nor cents (701.955)"},
    {"x\n1\n701.9e3\n", NULL, "x.scl:3: not a number of cents"},
    {"x\n1\n1000001.0\n", NULL, "x.scl:3: more than 1000000 cents"},
    {"x\n1\n99999999999999999999/7\n", NULL, "x.scl:3: a ratio of numbers beyond 2^63"},
    {"x\n1\n2\n", "", "x.kbm:0: the file ends before the size of the map"},
    {"x\n1\n2\n", "!\n5000\n", "x.kbm:2: the size of the map is a whole number from 0 to 4096"},
    {"x\n1\n2\n", "0\n0\n128\n", "x.kbm:3: the last key is a whole number from 0 to 127"},
    {"x\n1\n2\n", "0\n0\n127\n60\n60\nloud\n", "x.kbm:6: the reference frequency is a number from 0.001 to 1000000 Hz"},
    {"x\n1\n2\n", "0\n0\n127\n60\n60\nnan\n", "x.kbm:6: the reference frequency is a number from 0.001 to 1000000 Hz"},
    {"x\n1\n2\n", "0\n9\n3\n60\n60\n440\n0\n", "x.kbm:7: the last key lies before the first"},
    {"x\n1\n2\n", "1\n0\n127\n60\n60\n440\n0\n0\n", "x.kbm:7: the degree of the octave is 0: the map cannot begin again"},
    {"x\n1\n2\n", "1\n0\n127\n60\n60\n440\n1\ny\n", "x.kbm:8: neither the number of a degree nor 'x'"},
    {"x\n1\n2\n", "2\n0\n127\n60\n61\n440\n1\n0\nx\n", "x.kbm: the reference key 61 is not mapped"},
};

static void
test_reading(void)
{
	struct err err;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const int status = parse(good[i].scl, good[i].kbm, &err);
		const double cents = status < 0 ? -1 : cents_at(good[i].key), off = fabs(cents - good[i].cents);
		if (!ok(isnan(good[i].cents) ? isnan(cents) : off < 1e-4, "%s", good[i].what))
			diag("%s: %.9g cents, not %.9g", err.text, cents, good[i].cents);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!ok(parse(bad[i].scl, bad[i].kbm, &err) < 0 && !strcmp(err.text, bad[i].says), "refused: %s", bad[i].says))
			diag("%s", err.text);
	ok(tuning_parse(&t, "x\0\n1\n2\n", 7, "x.scl", NULL, 0, NULL, &err) < 0 && strstr(err.text, "x.scl:1: a zero byte"), "and zero bytes");
	ok(tuning_read(&t, "/nowhere.scl", NULL, &err) < 0 && strstr(err.text, "/nowhere.scl"), "and files that are not there");
	ok(tuning_read(&t, "/", NULL, &err) < 0, "and folders: %s", err.text);
}

/* Bytes of a good file changed at random: an error or a tuning, nothing else. */
static void
test_noise(void)
{
	static const char scl[] = FIFTHS, kbm[] = "2\n0\n127\n60\n60\n440\n2\n0\n5\n";
	struct rng g = {.seed = 1};
	struct err err;
	int read = 0, wild = 0;
	for (int i = 0; i < 20000; i++) {
		char a[sizeof scl], b[sizeof kbm];
		memcpy(a, scl, sizeof scl);
		memcpy(b, kbm, sizeof kbm);
		for (int k = 0; k < 3; k++) {
			a[rng_below(&g, sizeof scl)] = "0123456789./-x!\n "[rng_below(&g, 17)];
			b[rng_below(&g, sizeof kbm)] = "0123456789./-x!\n "[rng_below(&g, 17)];
		}
		if (tuning_parse(&t, a, sizeof scl - 1, "x.scl", b, sizeof kbm - 1, "x.kbm", &err) < 0)
			continue;
		read++;
		for (int key = -200; key < 400; key += 7) {
			const double cents = cents_at(key);
			wild += !isnan(cents) && !(cents >= 100.0 * (-128 - 69) && cents <= 100.0 * (256 - 69));
		}
	}
	ok(!wild, "no pitch is one that a note cannot have");
	ok(read > 100 && read < 19900, "20000 spoilt files: %d are tunings all the same", read);
}

/* --- what sounds ------------------------------------------------------------------------- */

/* Frequency of a sine, by how far its phase gets from one window to another; close is right within a turn. */
static double
frequency(const float *x, size_t frames, double rate, double close)
{
	const size_t n = frames / 4;
	double phase[2], step = 6.283185307179586 * close / rate;
	for (int k = 0; k < 2; k++) {
		double re = 0, im = 0;
		const float *from = x + (size_t)k * (frames - n);
		for (size_t i = 0; i < n; i++) {
			const double u = 6.283185307179586 * ((double)i + 0.5) / (double)n;
			const double w = 0.35875 - 0.48829 * cos(u) + 0.14128 * cos(2 * u) - 0.01168 * cos(3 * u);
			re += w * x[from - x + (ptrdiff_t)i] * cos(step * (double)i);
			im -= w * x[from - x + (ptrdiff_t)i] * sin(step * (double)i);
		}
		phase[k] = atan2(im, re);
	}
	const double apart = (double)(frames - n), more = remainder(phase[1] - phase[0] - step * apart, 6.283185307179586);
	return close + more / apart / 6.283185307179586 * rate;
}

static void
test_sound(const char *file, const double *ratios, int n, double period, int reference, double hz)
{
	static const int keys[] = {0, 12, 33, 48, 60, 61, 67, 69, 81, 96, 108, 120, 127};
	struct err err;
	struct engine *e = engine_new(ISA_AUTO, 1, &err);
	char scl[4096], path[300];
	double worst = 0;
	int heard = 0;
	snprintf(path, sizeof path, "patches/tunings/%s.scl", file);
	if (!share_find(path, scl, sizeof scl))
		snprintf(scl, sizeof scl, "%s", path);
	for (size_t i = 0; e && i < sizeof keys / sizeof *keys; i++) {
		static char text[10000];
		/* the frequency that the key should have, from the ratios as they are printed in books */
		const int degree = keys[i] - 60, round = (int)floor((double)degree / n), at = degree - round * n;
		const int from = reference - 60, from_round = (int)floor((double)from / n);
		const double want = hz * ratios[at] * pow(period, round) / (ratios[from - from_round * n] * pow(period, from_round));
		if (!(want > 4 && want < 20000))
			continue;
		snprintf(text, sizeof text, "return sine{}, phrase{tempo = 60, beats = %d, tail = 0, tuning = tuning{scl = '%s'}, notes = {{0, 99, %d}}}",
		    want < 100 ? 12 : 4, scl, keys[i]);
		struct job j = lua_sound(e, 48000, text);
		const double got = frequency(j.samples, j.frames, 48000, want);
		worst = fmax(worst, fabs(1200 * log2(got / want)));
		heard++;
		free(j.samples);
	}
	ok(heard > 3 && worst < 0.01, "%s: %d keys sound within %.5f cents", file, heard, worst);
	engine_free(e);
}

int
main(void)
{
	double equal[12], nineteen[19];
	static const double pythagorean[] = {1, 2187. / 2048, 9. / 8, 32. / 27, 81. / 64, 4. / 3, 729. / 512, 3. / 2, 6561. / 4096, 27. / 16,
	    16. / 9, 243. / 128};
	static const double just[] = {1, 16. / 15, 9. / 8, 6. / 5, 5. / 4, 4. / 3, 45. / 32, 3. / 2, 8. / 5, 5. / 3, 9. / 5, 15. / 8};
	static const double pierce[] = {1, 27. / 25, 25. / 21, 9. / 7, 7. / 5, 75. / 49, 5. / 3, 9. / 5, 49. / 25, 15. / 7, 7. / 3, 63. / 25, 25. / 9};
	const double c = 440 * pow(2, -0.75);
	for (int i = 0; i < 12; i++)
		equal[i] = pow(2, i / 12.);
	for (int i = 0; i < 19; i++)
		nineteen[i] = pow(2, i / 19.);
	test_reading();
	test_noise();
	test_sound("equal", equal, 12, 2, 60, c);
	test_sound("pythagorean", pythagorean, 12, 2, 60, c);
	test_sound("just", just, 12, 2, 60, c);
	test_sound("equal-19", nineteen, 19, 2, 60, c);
	test_sound("bohlen-pierce", pierce, 13, 3, 60, c);
	return done();
}
