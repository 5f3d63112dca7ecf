/* SPDX-License-Identifier: GPL-3.0-or-later */
/* complement, by bass lines that our engine plays to its own loops: what goes together ranks above what does not. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "hearings.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "tap.h"

enum { RATE = 22050, MAX_NOTES = 128, MOST = 8 * RATE };

static struct engine *engine;
static struct err err;
static char why[512];

/* Parts: 1 chords and 2 drums are the loop, 3 the bass that it lacks. */
static const char kit[] =
    "return kit{part{saw{} >> svf{cutoff = 2500} * adsr{attack = 0.005, decay = 0.3, sustain = 0.3, release = 0.1} >> voices(),"
    " name = 'chords', gain = 0.4},"
    " part{noise{} * decay{decay = 0.06} >> voices(), name = 'drums', gain = 0.4},"
    " part{saw{} >> svf{cutoff = 300} * adsr{attack = 0.003, decay = 0.2, sustain = 0.4, release = 0.05} >> voices(), name = 'bass'}}";

struct score_sheet {
	double tempo;
	int tonic;
	bool minor;
};

enum { LOOP, BASS };
struct line {
	int what;
	int up;       /* semitones from the key */
	double late;  /* beats */
	bool loose;   /* each note somewhere else */
};

static void
add(struct phrase *p, double start, double length, double pitch, double velocity, uint32_t part)
{
	p->notes[p->n_notes++] = (struct note){fmax(start, 0), length, (float)pitch, (float)velocity, part};
}

/* Two bars: i VI iv V of a minor key, I vi IV V of a major one; the bass plays roots and fifths. */
static void
compose(struct phrase *p, const struct score_sheet *s, const struct line *l)
{
	static const int roots[2][4] = {{0, 9, 5, 7}, {0, 8, 5, 7}}, thirds[2][4] = {{4, 3, 4, 4}, {3, 4, 3, 4}};
	static const double pattern[] = {0, 0.75, 1.5};
	struct rng rng = {.seed = 21};
	for (int bar = 0; bar < 4; bar++) {
		const int root = s->tonic + roots[s->minor][bar] + l->up, tones[] = {0, thirds[s->minor][bar], 7};
		for (int i = 0; i < 3; i++)
			if (l->what == LOOP)
				add(p, 2 * bar, 1.8, 60 + (root + tones[i]) % 12, 0.6, 0);
			else
				add(p, 2 * bar + pattern[i] + l->late + (l->loose ? rng_uniform(&rng) * 0.5 : 0), 0.4,
				    36 + (root + (i == 2 ? 7 : 0)) % 12, 0.8, 2);
		for (int i = 0; i < 4 && l->what == LOOP; i++)
			add(p, 2 * bar + 0.5 * i, 0.2, 60, i & 1 ? 0.4 : 0.8, 1);
	}
}

/* As long as the loop, so that they go round together. */
static size_t
play(const struct score_sheet *s, const struct line *l, float *x)
{
	static struct note notes[MAX_NOTES];
	const struct lua_settings settings = {.rate = RATE};
	struct recipe r = {0};
	struct arena a;
	arena_init(&a, (size_t)64 << 20);
	if (patch_lua_text(kit, strlen(kit), "kit", &settings, &r, &a, &err) < 0) {
		diag("%s", err.text);
		exit(1);
	}
	r.phrase = (struct phrase){.tempo = (float)s->tempo, .beats = 8, .notes = notes};
	compose(&r.phrase, s, l);
	struct job job = {.recipe = &r};
	if (engine_render(engine, &job, 1, &err) < 0 || job.failed) {
		diag("%s", job.failed ? job.err.text : err.text);
		exit(1);
	}
	for (uint64_t i = 0; i < job.frames && i < MOST; i++)
		x[i] = job.samples[i * job.channels];
	const size_t n = job.frames < MOST ? job.frames : MOST;
	free(job.samples);
	arena_release(&a);
	return n;
}

static double
worth(void *self, const float *x, size_t n, const char *name)
{
	struct heard h = {.samples = x, .rate = RATE, .channels = 1, .frames = n, .name = name};
	double value = NAN;
	hear_it(&h);
	if (term_find("complement")->score(self, &h, &value, why, sizeof why, &err) < 0)
		diag("%s", err.text);
	diag("%-22s %.3f %s", name, value, why);
	return value;
}

static void
ranking(const struct score_sheet *s)
{
	static float loop[MOST], x[MOST];
	const struct term *complement = term_find("complement");
	const size_t n = play(s, &(struct line){.what = LOOP}, loop);
	const struct heard golden = {.samples = loop, .rate = RATE, .channels = 1, .frames = n, .name = "loop",
	    .hearing = hearing_kept()};
	void *self = complement->create(&golden, 1, &err);
	play(s, &(struct line){.what = BASS}, x);
	const double good = worth(self, x, n, "bass");
	ok(good > 0.6, "a bass line in key and in time goes with a loop at %.0f BPM", s->tempo);
	static const struct {
		const char *name;
		struct line line;
		double least; /* how far below */
	} worse[] = {
	    {"a fifth up", {BASS, 7, 0, false}, 1}, {"a semitone up", {BASS, 1, 0, false}, 0.65},
	    {"a tritone up", {BASS, 6, 0, false}, 0.65}, {"a third of a beat late", {BASS, 0, 1.0 / 3, false}, 0.7},
	    {"out of time", {BASS, 0, 0, true}, 0.7},
	};
	double of[8];
	for (size_t i = 0; i < sizeof worse / sizeof *worse; i++) {
		play(s, &worse[i].line, x);
		of[i] = worth(self, x, n, worse[i].name);
		ok(of[i] < worse[i].least * good, "%s: less", worse[i].name);
	}
	ok(of[1] < of[0] && of[2] < of[0], "a neighbouring key is nearer than the semitone and the tritone");
	play(s, &(struct line){BASS, 6, 0, true}, x);
	ok(worth(self, x, n, "out of key and time") < fmin(of[2], of[4]), "out of both: less than out of one");

	ok(worth(self, loop, n, "the loop itself") < 0.75 * good, "the loop itself fills no gap");
	struct rng rng = {.seed = 4};
	for (size_t i = 0; i < n; i++)
		x[i] = loop[(i + n - (size_t)(60 / s->tempo * RATE)) % n];
	ok(worth(self, x, n, "the loop, a beat late") < 0.75 * good, "nor does a late one much");
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(0.3 * (2 * rng_uniform(&rng) - 1));
	ok(worth(self, x, n, "noise") < 0.1 * good, "noise agrees with nothing");
	memset(x, 0, n * sizeof *x);
	ok(worth(self, x, n, "silence") == 0, "silence is worth nothing");
	complement->free(self);
}

int
main(void)
{
	static const struct score_sheet sheets[] = {{120, 2, true}, {96, 7, false}, {140, 9, true}};
	engine = engine_new(ISA_AUTO, 1, &err);
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++)
		ranking(&sheets[i]);
	engine_free(engine);
	hearings_end();
	return done();
}
