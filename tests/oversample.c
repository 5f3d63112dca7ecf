/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of a patch at 2, 4 and 8 times the rate: what folds, what passes, and that
 * all of it comes in time; and that what is late is made up for.
 */
#include "lua_rig.h"
#include "tap.h"

enum { RATE = 44100 };

static struct engine *e;

static double
db(double x)
{
	return 20 * log10(x + 1e-30);
}

/* `%d` in the text becomes the factor. */
static struct job
sound(const char *text, int factor)
{
	char patch[2000];
	snprintf(patch, sizeof patch, text, factor);
	return lua_sound(e, RATE, patch);
}

static bool
equal(const struct job *a, const struct job *b)
{
	return a->frames == b->frames && a->channels == b->channels
	    && !memcmp(a->samples, b->samples, a->frames * a->channels * sizeof *a->samples);
}

#define LONG "phrase{tempo = 60, beats = 1, tail = 0, notes = {{0, 2, %g, 1}}}"

static double
pitch_of(double hz)
{
	return 69 + 12 * log2(hz / 440);
}

/* --- what folds ----------------------------------------------------------------------- */

/* A sine of 5 kHz against hard walls: partials at odd multiples. The seventh, 35 kHz, folds to
   9.1 kHz; at twice the rate the 15th and 19th are the first that fold into what can be heard. */
static void
test_aliases(void)
{
	const double hz = 5000;
	double folded[4][2];
	for (int k = 0; k < 4; k++) {
		char text[1000], phrase[200];
		snprintf(phrase, sizeof phrase, LONG, pitch_of(hz));
		snprintf(text, sizeof text,
		    k ? "local f = oversample(%d, function(x) return clip{x * 10, min = -1, max = 1} end) return sine{} >> f, %s"
		      : "local f, none = function(x) return clip{x * 10, min = -1, max = 1} end, %d return sine{} >> f, %s",
		    1 << k, phrase);
		struct job j = lua_sound(e, RATE, text);
		folded[k][0] = db(partial(j.samples + 8192, 32768, RATE - 7 * hz, RATE));
		folded[k][1] = db(partial(j.samples + 8192, 32768, 2 * RATE - 15 * hz, RATE));
		free(j.samples);
	}
	diag("partial 7, folded to 9.1 kHz:   %7.1f dB plain, %7.1f at 2, %7.1f at 4, %7.1f at 8 times", folded[0][0], folded[1][0],
	    folded[2][0], folded[3][0]);
	diag("partial 15, folded to 13.2 kHz: %7.1f dB plain, %7.1f at 2, %7.1f at 4, %7.1f at 8 times", folded[0][1], folded[1][1],
	    folded[2][1], folded[3][1]);
	ok(folded[0][0] > -30, "a clipped sine folds at the plain rate");
	ok(folded[1][0] < -95 && folded[2][0] < -95 && folded[3][0] < -95, "not its seventh partial at 2 times and more");
	ok(folded[1][1] > -40, "what folds at twice the rate is still there");
	ok(folded[2][1] < -90 && folded[3][1] < -90, "and not at 4 and 8");
}

/* --- what passes ------------------------------------------------------------------------ */

static void
test_passes(void)
{
	static const double hz[] = {30, 1000, 8000, 15000, 17000, 18000};
	for (int k = 2; k <= 8; k *= 2) {
		double worst = 0, null = -999;
		for (size_t i = 0; i < sizeof hz / sizeof *hz; i++) {
			char text[1000], plain[1000], phrase[200];
			snprintf(phrase, sizeof phrase, LONG, pitch_of(hz[i]));
			snprintf(text, sizeof text, "return sine{} >> oversample(%d, function(x) return x * 1 end) >> voices(), %s", k, phrase);
			snprintf(plain, sizeof plain, "return sine{}, %s", phrase);
			struct job a = lua_sound(e, RATE, text), b = lua_sound(e, RATE, plain);
			worst = fmax(worst, fabs(db(partial(a.samples + 8192, 32768, hz[i], RATE) / partial(b.samples + 8192, 32768, hz[i], RATE))));
			null = fmax(null, null_db(a.samples, b.samples, 256, 40000));
			free(a.samples);
			free(b.samples);
		}
		ok(worst < 0.001, "%d times and back: within %.5f dB from 30 Hz to 18 kHz", k, worst);
		ok(null < -85, "%d times and back: in phase, what differs is %.1f dB down", k, null);
	}
}

/* --- when -------------------------------------------------------------------------------- */

struct pair {
	const char *what, *a, *b; /* the same sound */
	double null;              /* dB; 0: to the byte */
};

#define NOTES "phrase{tempo = 60, beats = 1, tail = 0, notes = {{0.0101, 0.3, 60, 1}, {0.4003, 0.0004, 67, 0.7}, {0.7, 0.2, 64, 1}}}"
#define BASS "sine{pitch = note.pitch - 24} * 0.3"
#define QUIET "local x = " BASS " * adsr{attack = 0.02, release = 0.03} "
#define LIMIT ">> limiter{ceiling = 0} "
#define SLOW "local slow = lfo{rate = 0.3} "
#define LEVEL(f) "local c = -12 + 9 * slow return sine{} * adsr{attack = 0.01} >> " f ", " NOTES
#define WOBBLE "local slow = lfo{rate = 3.3} "

static const struct pair pairs[] = {
    {"a control signal goes in and out again, read once a block",
        WOBBLE "return saw{} >> svf{cutoff = 1000 + 500 * oversample(%d, function() return slow + 0 end)}, " NOTES,
        WOBBLE "return saw{} >> svf{cutoff = 1000 + 500 * (slow + 0)}, " NOTES, 0},
    {"and read frame by frame", WOBBLE "return saw{} * oversample(%d, function() return slow + 0 end), " NOTES,
        WOBBLE "return saw{} * (slow + 0), " NOTES, 0},
    {"constants go anywhere", "return saw{pitch = oversample(%d, function() return note.pitch + 7 end)}, " NOTES,
        "return saw{pitch = note.pitch + 7}, " NOTES, 0},
    {"a level inside is moved from outside", SLOW LEVEL("oversample(%d, function(x) return x >> gain{gain = c} end)"),
        SLOW LEVEL("gain{gain = c}"), -55},
    {"an envelope inside opens and closes when one outside does",
        "return " BASS " * oversample(%d, function() return adsr{attack = 0.01, release = 0.05} end), " NOTES,
        "return " BASS " * adsr{attack = 0.01, release = 0.05}, " NOTES, -60},
    {"an oscillator inside begins with its note", "return oversample(%d, function() return " BASS " * adsr{attack = 0.01} end), " NOTES,
        "return " BASS " * adsr{attack = 0.01}, " NOTES, -60},
    {"after voices()", QUIET "return x >> voices() >> oversample(%d, function(y) return y * 1 end), " NOTES, QUIET "return x, " NOTES, -85},
    {"before and after", QUIET "local f = oversample(%d, function(y) return y * 1 end) return x >> f >> voices() >> f, " NOTES,
        QUIET "return x, " NOTES, -80},
    {"beside what is not", QUIET "return x - 0.5 * oversample(%d, function() return x * 1 end), " NOTES, QUIET "return 0.5 * x, " NOTES, -75},
    {"from factor to factor", QUIET "return x >> oversample(%d, function(y) return y * 1 end) >> oversample(4, function(y) return y * 1 end), " NOTES,
        QUIET "return x, " NOTES, -80},
    {"a late module inside is made up for in its own frames",
        QUIET "return x >> oversample(%d, function(y) return stereo{y, y} " LIMIT " end) >> voices(), " NOTES, QUIET "return stereo{x, x}, " NOTES, -80},
    {"a curve inside is read at the rate there",
        "return " BASS " * oversample(%d, function() return 0 + open{0, 1, name = 'a', value = 0} end), phrase{tempo = 60, beats = 1, tail = 0,"
        " notes = {{0, 1, 60, 1}}, arcs = {a = {{0, 0}, {0.5, 1}, {1, 0}}}}",
        "return " BASS " * (0 + open{0, 1, name = 'a', value = 0}), phrase{tempo = 60, beats = 1, tail = 0,"
        " notes = {{0, 1, 60, 1}}, arcs = {a = {{0, 0}, {0.5, 1}, {1, 0}}}}", -60},
};

/* What is late, with nothing oversampled. */
static const struct pair late[] = {
    {"gates through a limiter before voices(): to the frame, to the byte", "local g = note.gate * 0.4 return stereo{g, g} " LIMIT ">> gain{gain = -1} >> voices(), " NOTES,
        "local g = note.gate * 0.4 return stereo{g, g} >> gain{gain = -1} >> voices(), " NOTES, 0},
    {"after voices()", "return note.gate * 0.4 >> voices() " LIMIT ", " NOTES, "local g = note.gate * 0.4 return stereo{g, g} >> voices(), " NOTES, 0},
    {"before and after, one after another", "return note.gate * 0.4 " LIMIT LIMIT ">> voices() " LIMIT LIMIT ", " NOTES,
        "local g = note.gate * 0.4 return stereo{g, g} >> voices(), " NOTES, 0},
    {"dry and wet through a limiter are in phase", QUIET "return x + (x " LIMIT ").left, " NOTES, QUIET "return x + x, " NOTES, 0},
    {"so they are after voices()", QUIET "local v = x >> voices() return v - 0.5 * (v " LIMIT ").left, " NOTES, QUIET "return 0.5 * x, " NOTES, -100},
    {"an envelope on what is late closes when it should",
        "return (" BASS LIMIT ").left * adsr{attack = 0.001, release = 0.01}, " NOTES, "return " BASS " * adsr{attack = 0.001, release = 0.01}, " NOTES, 0},
    {"a curve on what is late is on its beats", "return (note.gate * 0.5 " LIMIT ").left * (0 + open{0, 1, name = 'a', value = 0}), phrase{tempo = 60, beats = 1, tail = 0,"
        " notes = {{0, 1, 60, 1}}, arcs = {a = {{0, 0}, {0.5, 1}, {1, 0}}}}",
        "return (note.gate * 0.5) * (0 + open{0, 1, name = 'a', value = 0}), phrase{tempo = 60, beats = 1, tail = 0,"
        " notes = {{0, 1, 60, 1}}, arcs = {a = {{0, 0}, {0.5, 1}, {1, 0}}}}", -100},
};

static void
compare(const struct pair *p, int factor)
{
	struct job a = sound(p->a, factor), b = sound(p->b, factor);
	const size_t n = a.frames * a.channels < b.frames * b.channels ? a.frames * a.channels : b.frames * b.channels;
	const double null = null_db(a.samples, b.samples, 0, n);
	if (p->null == 0)
		ok(equal(&a, &b), factor ? "%s: %d times" : "%s", p->what, factor);
	else
		ok(a.channels == b.channels && null < p->null, "%s (%d): what differs is %.1f dB down", p->what, factor, null);
	free(a.samples);
	free(b.samples);
}

int
main(void)
{
	struct err err;
	if (!(e = engine_new(ISA_AUTO, 1, &err)))
		return 1;
	test_aliases();
	test_passes();
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		for (int k = 2; k <= 8; k *= 2)
			compare(&pairs[i], k);
	for (size_t i = 0; i < sizeof late / sizeof *late; i++)
		compare(&late[i], 0);
	engine_free(e);
	return done();
}
