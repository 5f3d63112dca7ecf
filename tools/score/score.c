/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: say what takes are worth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feature/summary.h"
#include "score/hearing.h"
#include "score/kernels.h"
#include "score/words.h"
#include "synth/engine/pool.h"
#include "wire/sounds.h"
#include "wire/stage.h"

enum {
	MAX_TERMS = 16,
	HEARD_A_THREAD = 1,          /* of two the portraits no longer fit the cache: 5 % more processor time */
	MAX_SAMPLES_HEARD = 4 << 20, /* in all of them; more only where a single take has more */
};

static struct stage_where where = {.in = "-", .out = "-"};
static struct cli_list likes, heards;
static const char *weigh;
static bool explain, drop_audio, list;
static int threads = 1;

static const struct cli_option options[] = {
    STAGE_OPTIONS(&where),
    {'l', "like", CLI_LIST, &likes, "FILE|DIR|TAKES", .help = "golden sounds: audio, a folder of it, or takes"},
    {'w', "weigh", CLI_STRING, &weigh, "TERM=W,...",
        .help = "terms and their weights; like=1,valid=0.2 with --like, else novel=1,valid=0.2"},
    {'e', "explain", CLI_FLAG, &explain, .help = "say of every take why, on stderr and in its scores"},
    {0, "heard", CLI_LIST, &heards, "TAKES", .help = "takes with summaries that count as heard already"},
    {'j', "threads", CLI_INT, &threads, "N", 0, 256, .help = "hear takes side by side in threads; 0 is $ASSAY_THREADS or one a core"},
    {0, "drop-audio", CLI_FLAG, &drop_audio, .help = "pass takes on without their samples"},
    {0, "list", CLI_FLAG, &list, .help = "list the terms"},
    {0},
};

static const struct cli cli = {
    .tool = "score",
    .summary = "say what takes are worth",
    .usage = "[options]",
    .example = "assay patch bass.lua --random 100 | assay render | assay score --like loop.wav | assay json\n"
               "assay features | assay score --like golden.takes --weigh like=1,novel=0.3,valid=0.2 --explain\n",
    .options = options,
};

/* A term at work. */
struct weighed {
	const struct term *term;
	double weight;
	void *self;
};

/* A take that is heard beside others. */
struct seat {
	struct take *take;
	struct hearing *hearing; /* by the listener of its thread */
	bool good;
	struct err err;
	char label[HASH_HEX];
	struct heard heard;
};

/* What one thread hears with. */
struct ear {
	struct listener *listener;
	struct analysis *analysis; /* made when a summary is missing */
};

struct scorer {
	struct weighed item[MAX_TERMS];
	size_t n;
	bool begun;
	struct sounds golden; /* the terms look at them to the end */
	struct heard *golden_heard;
	struct pool *pool;
	struct ear ear[POOL_MAX];
	struct seat *seat;
	size_t n_seats, taken; /* all, and those with a take */
};

static void
print_terms(void)
{
	for (const struct term *const *t = terms; *t; t++)
		printf("%-10s %s\n", (*t)->name, (*t)->help);
}

static int
parse_weights(struct scorer *s, const char *text, struct err *err)
{
	char copy[1024], *rest = copy, *word;
	if (strlen(text) >= sizeof copy)
		return err_set(err, "'%.32s...' is too long for weights", text);
	strcpy(copy, text);
	while ((word = strsep(&rest, ","))) {
		char *equals = strchr(word, '='), *end = "";
		double weight = 1;
		if (equals) {
			*equals = 0;
			weight = strtod(equals + 1, &end);
		}
		const struct term *term = term_find(word);
		if (!term)
			return err_set(err, "there is no term '%s'; assay score --list shows them", word);
		if ((equals && end == equals + 1) || *end || !isfinite(weight))
			return err_set(err, "the weight of '%s' is '%s', not a number", word, equals + 1);
		for (size_t i = 0; i < s->n; i++)
			if (s->item[i].term == term)
				return err_set(err, "the term '%s' is weighed twice", word);
		if (s->n == MAX_TERMS)
			return err_set(err, "more than %d terms", MAX_TERMS);
		s->item[s->n++] = (struct weighed){.term = term, .weight = weight};
	}
	return 0;
}

static bool
wants_summary(const struct scorer *s)
{
	if (explain)
		return true; /* for the aspects */
	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].term->summary)
			return true;
	return false;
}

static int
summarise(struct ear *e, const float *x, uint32_t rate, uint32_t channels, uint64_t frames,
    float out[SUMMARY_COLUMNS], struct err *err)
{
	if (!e->analysis && !(e->analysis = analysis_new()))
		return err_set(err, "out of memory");
	return summary_of(e->analysis, x, rate, channels, frames, out, err);
}

/* Golden audio files come without summaries. */
static int
summarise_golden(struct scorer *s, struct named_sound *g, struct err *err)
{
	if (g->summary || !wants_summary(s))
		return 0;
	if (!(g->summary = malloc(SUMMARY_COLUMNS * sizeof *g->summary)))
		return err_set(err, "out of memory");
	g->n_summary = SUMMARY_COLUMNS;
	return summarise(&s->ear[0], g->sound.x, g->sound.rate, g->sound.channels, g->sound.frames, g->summary, err);
}

static int
summarise_take(const struct scorer *s, struct ear *e, struct take *t, struct err *err)
{
	float v[SUMMARY_COLUMNS];
	const Assay__Audio *a = t->m->audio;
	if (!wants_summary(s) || take_tensor(t, SUMMARY_NAME))
		return 0;
	if (summarise(e, a->samples, a->rate, a->channels, a->frames, v, err) < 0)
		return -1;
	Assay__Tensor *tensor = take_add_tensor(t, SUMMARY_NAME, 1, 1, SUMMARY_COLUMNS, err);
	if (!tensor)
		return -1;
	memcpy(tensor->data, v, sizeof v);
	return 0;
}

/* What terms hear of a take; samples may be missing. */
static struct heard
heard_of(const struct take *t, char label[HASH_HEX])
{
	const Assay__Audio *a = t->m->audio;
	const Assay__Tensor *summary = take_tensor(t, SUMMARY_NAME);
	struct heard h = {.name = take_label(t, label)};
	if (t->m->id.len == HASH_SIZE)
		h.id = t->m->id.data;
	if (t->m->origin)
		h.generation = t->m->origin->generation;
	if (take_has_audio(t)) {
		h.samples = a->samples;
		h.rate = a->rate;
		h.channels = a->channels;
		h.frames = a->frames;
	}
	if (summary) {
		h.summary = summary->data;
		h.n_summary = summary->n_data;
	}
	return h;
}

static const char *
run_of(const struct take *t)
{
	return t->m->origin ? t->m->origin->run : "";
}

/* Lets the terms with a memory take note of takes that were heard earlier. Generations are
   those of the run that is to be scored: takes of other runs came before all of it. */
static int
remember(struct scorer *s, const char *from, const char *run, struct err *err)
{
	struct reader *r = reader_open(from, err);
	if (!r)
		return -1;
	struct take *t;
	int got, bad = 0;
	uint64_t lacking = 0;
	while (!bad && (got = take_read(r, &t, err)) > 0) {
		char label[HASH_HEX];
		struct heard h = heard_of(t, label);
		if (strcmp(run, run_of(t)))
			h.generation = 0;
		lacking += !h.summary && !*t->m->error;
		for (size_t i = 0; i < s->n && h.summary && !*t->m->error && !bad; i++)
			if (s->item[i].term->remember)
				bad = s->item[i].term->remember(s->item[i].self, &h, err);
		take_free(t);
	}
	reader_free(r);
	if (lacking)
		talk_warning("%s: %llu takes have no summary, and do not count as heard; pipe them through `assay features`",
		    from, (unsigned long long)lacking);
	return bad || got < 0 ? err_prefix(err, "%s", from) : 0;
}

/* Finite, and no larger than what can be squared and summed. */
static int
check_samples(const struct heard *h, struct err *err)
{
	const float most = 1e10f;
	float peak = 0;
	size_t beyond = 0;
	kernels_best()->peaks(h->samples, h->frames * h->channels, most, &peak, &beyond);
	for (uint64_t i = 0; beyond && i < h->frames * h->channels; i++)
		if (!(fabsf(h->samples[i]) < most))
			return err_set(err, "frame %llu of the sound is %g", (unsigned long long)(i / h->channels), h->samples[i]);
	return 0;
}

/* Makes the terms, when the first take has said at which rate sounds come. */
static int
begin(struct scorer *s, uint32_t rate, const char *run, struct err *err)
{
	struct heard *golden = s->golden_heard = calloc(s->golden.n + 1, sizeof *golden);
	s->begun = true;
	if (!golden)
		return err_set(err, "out of memory");
	int got = 0;
	for (size_t i = 0; i < s->golden.n && !got; i++) {
		struct named_sound *g = &s->golden.item[i];
		got = g->sound.rate == rate ? 0 : sound_resample(&g->sound, rate, err);
		got = got ? got : summarise_golden(s, g, err);
		golden[i] = (struct heard){g->sound.x, rate, g->sound.channels, g->sound.frames, g->summary, g->n_summary, 0,
		    g->id, g->name, hearing_new(s->ear[0].listener)};
		if (!golden[i].hearing && !got)
			got = err_set(err, "out of memory");
		if (!got && check_samples(&golden[i], err) < 0)
			got = err_prefix(err, "%s", g->name);
	}
	for (size_t i = 0; i < s->n && !got; i++) {
		struct weighed *w = &s->item[i];
		if (!(w->self = w->term->create(golden, s->golden.n, err)))
			got = -1;
	}
	for (size_t i = 0; i < heards.n && !got; i++)
		got = remember(s, heards.item[i], run, err);
	return got;
}

/* How it sounds, in people's words. */
static void
describe(const struct heard *h)
{
	double aspect[ASPECTS];
	char text[256] = "";
	aspects_of(h->summary, aspect);
	for (size_t i = 0, at = 0; i < ASPECTS; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %.2f", i ? ", " : "", aspect_names[i], aspect[i]);
	talk_info("%s: %s", h->name, text);
}

static int
score(struct scorer *s, const struct seat *seat, struct err *err)
{
	char why[512];
	struct take *t = seat->take;
	const struct heard h = seat->heard;
	double fitness = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct weighed *w = &s->item[i];
		double value;
		*why = 0;
		if (w->term->score(w->self, &h, &value, explain ? why : NULL, sizeof why, err) < 0
		    || take_set_score(t, w->term->name, value, w->weight, explain ? why : NULL, err) < 0)
			return -1;
		if (!isfinite(value))
			return err_set(err, "the term '%s' gave a score that is not finite", w->term->name);
		fitness += w->weight * value;
		if (explain)
			talk_info("%s: %s %.4f: %s", h.name, w->term->name, value, why);
	}
	t->m->fitness = fitness;
	if (explain && h.summary && h.n_summary == SUMMARY_COLUMNS)
		describe(&h);
	return 0;
}

/* Leaves of the sound what says which sound it was. */
static int
drop(struct take *t, struct err *err)
{
	Assay__Audio *a = t->m->audio;
	if (!a->hash.len) {
		if (!(a->hash.data = arena_alloc(&t->arena, HASH_SIZE)))
			return err_set(err, "out of memory");
		hash_samples(a->samples, a->n_samples, a->hash.data);
		a->hash.len = HASH_SIZE;
	}
	a->samples = NULL;
	a->n_samples = 0;
	return 0;
}

/* --- takes side by side ------------------------------------------------------------------- */

static int
scorer_init(struct scorer *s, struct err *err)
{
	if (!(s->pool = pool_new(threads, err)))
		return -1;
	const int n = pool_threads(s->pool);
	s->n_seats = where.strict || n == 1 ? 1 : (size_t)n * HEARD_A_THREAD;
	if (!(s->seat = calloc(s->n_seats, sizeof *s->seat)))
		return err_set(err, "out of memory");
	for (int i = 0; i < n; i++)
		if (!(s->ear[i].listener = listener_new()))
			return err_set(err, "out of memory");
	for (size_t i = 0; i < s->n_seats; i++)
		if (!(s->seat[i].hearing = hearing_new(s->ear[i % (size_t)n].listener)))
			return err_set(err, "out of memory");
	return 0;
}

/* Takes in what is there, and waits only for the first. */
static bool
fill(struct scorer *s, struct stage *stage)
{
	struct take *t;
	uint64_t samples = 0;
	s->taken = 0;
	while ((t = stage_next(stage))) {
		struct seat *seat = &s->seat[s->taken++];
		*seat = (struct seat){.take = t, .hearing = seat->hearing};
		samples += take_has_audio(t) ? t->m->audio->n_samples : 0;
		if (s->taken == s->n_seats || samples > MAX_SAMPLES_HEARD || !stage_ready(stage))
			break;
	}
	return s->taken > 0;
}

/* All that a take is scored by and that depends on nothing else. */
static int
hear(struct scorer *s, struct seat *seat, struct ear *ear, struct err *err)
{
	struct heard *h = &seat->heard;
	if (summarise_take(s, ear, seat->take, err) < 0)
		return -1;
	*h = heard_of(seat->take, seat->label);
	hearing_begin(seat->hearing, h);
	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].term->prepare && s->item[i].term->prepare(s->item[i].self, h, err) < 0)
			return -1;
	return 0;
}

/* On one thread: every so-manieth seat, since its hearing belongs to the thread's ear. */
static void
hear_some(void *scorer, size_t which, int thread)
{
	struct scorer *s = scorer;
	(void)thread;
	for (size_t i = which; i < s->taken; i += (size_t)pool_threads(s->pool)) {
		struct seat *seat = &s->seat[i];
		if (seat->good && hear(s, seat, &s->ear[which], &seat->err) < 0)
			seat->good = false;
	}
}

static int
admit(struct scorer *s, struct seat *seat, struct err *err)
{
	const struct heard h = heard_of(seat->take, seat->label);
	if (!h.samples)
		return err_set(err, "the take carries no sound to score; render it first");
	if (check_samples(&h, err) < 0)
		return -1;
	if (!s->begun && begin(s, h.rate, run_of(seat->take), err) < 0)
		die(EXIT_FAILED, "%s", err->text);
	return 0;
}

/* A hearing keeps its memory for the next sound: after a long one, in every seat, that would be too much. */
static void
shrink(struct scorer *s, size_t i)
{
	const struct heard *h = &s->seat[i].heard;
	if (i && h->samples && h->frames * h->channels > MAX_SAMPLES_HEARD / s->n_seats) {
		hearing_free(s->seat[i].hearing);
		if (!(s->seat[i].hearing = hearing_new(s->ear[i % (size_t)pool_threads(s->pool)].listener)))
			die(EXIT_FAILED, "out of memory");
	}
}

static void
work(struct scorer *s, struct stage *stage)
{
	for (size_t i = 0; i < s->taken; i++)
		s->seat[i].good = !*s->seat[i].take->m->error && admit(s, &s->seat[i], &s->seat[i].err) == 0;
	pool_run(s->pool, s->taken < (size_t)pool_threads(s->pool) ? s->taken : (size_t)pool_threads(s->pool), hear_some, s);
	for (size_t i = 0; i < s->taken; i++) {
		struct seat *seat = &s->seat[i];
		struct take *t = seat->take;
		if (stage_skip(stage, t))
			continue;
		if (!seat->good || score(s, seat, &seat->err) < 0 || (drop_audio && drop(t, &seat->err) < 0))
			take_fail(t, "%s", seat->err.text);
		shrink(s, i);
		stage_emit(stage, t);
	}
}

static void
scorer_release(struct scorer *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->item[i].self)
			s->item[i].term->free(s->item[i].self);
	for (size_t i = 0; s->golden_heard && i < s->golden.n; i++)
		hearing_free(s->golden_heard[i].hearing);
	free(s->golden_heard);
	for (size_t i = 0; i < s->n_seats; i++)
		hearing_free(s->seat[i].hearing);
	for (int i = 0; i < pool_threads(s->pool); i++) {
		listener_free(s->ear[i].listener);
		analysis_free(s->ear[i].analysis);
	}
	free(s->seat);
	pool_free(s->pool);
	sounds_free(&s->golden);
}

int
main(int argc, char **argv)
{
	int status;
	struct err err;
	struct stage stage;
	static struct scorer s;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (list)
		return print_terms(), fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	if (n)
		return cli_usage(&cli, "takes come in by --in or on standard input, not as '%s'", argv[1]);
	if (parse_weights(&s, weigh ? weigh : likes.n ? "like=1,valid=0.2" : "novel=1,valid=0.2", &err) < 0)
		return cli_usage(&cli, "%s", err.text);
	for (size_t i = 0; i < s.n; i++)
		if (s.item[i].term->golden && !likes.n)
			return cli_usage(&cli, "the term '%s' needs --like", s.item[i].term->name);
	for (size_t i = 0; i < likes.n + heards.n; i++)
		if (!strcmp(i < likes.n ? likes.item[i] : heards.item[i - likes.n], "-") && !strcmp(where.in, "-"))
			return cli_usage(&cli, "takes to score already come in on standard input");
	for (size_t i = 0; i < likes.n; i++)
		if (sounds_add(&s.golden, likes.item[i], &err) < 0)
			die(EXIT_FAILED, "%s", err.text);

	if (stage_open(&stage, &where, "scored") < 0)
		return EXIT_FAILED;
	if (scorer_init(&s, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	while (fill(&s, &stage))
		work(&s, &stage);
	scorer_release(&s);
	return stage_close(&stage);
}
