/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is heard in one loop. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/talk.h"
#include "feature/alike.h"
#include "feature/cutting.h"
#include "feature/key.h"
#include "feature/loopness.h"
#include "feature/occupancy.h"
#include "feature/rhythm.h"
#include "feature/stated.h"
#include "feature/summary.h"
#include "feature/tempo.h"
#include "golden.h"
#include "wire/measure.h"

int
add_summary(struct analysis *a, struct take *t, struct err *err)
{
	const Assay__Audio *m = t->m->audio;
	float v[SUMMARY_COLUMNS];
	if (summary_of(a, m->samples, m->rate, m->channels, m->frames, v, err) < 0)
		return -1;
	Assay__Tensor *tensor = take_add_tensor(t, SUMMARY_NAME, 1, 1, SUMMARY_COLUMNS, err);
	if (!tensor || !(tensor->axis = arena_strdup(&t->arena, "statistic")))
		return err_set(err, "out of memory");
	memcpy(tensor->data, v, sizeof v);
	return 0;
}

double
summary_value(const struct take *t, const char *label)
{
	const float *v = take_summary(t);
	for (size_t i = 0; v && i < SUMMARY_COLUMNS; i++)
		if (!strcmp(summary_columns[i].label, label))
			return (double)v[i] * summary_columns[i].unit + summary_columns[i].mid;
	return NAN;
}

Assay__Loop *
loop_new(struct take *t, size_t n)
{
	struct arena *a = &t->arena;
	Assay__Loop *m = arena_alloc(a, sizeof *m);
	Assay__Slice *each = arena_array(a, n, sizeof *each);
	if (!m || !each)
		return NULL;
	assay__loop__init(m);
	m->steps = arena_array(a, RHYTHM_STEPS, sizeof *m->steps);
	m->octaves = arena_array(a, OCTAVES, sizeof *m->octaves);
	if (!(m->slices = arena_array(a, n, sizeof *m->slices)) || !m->steps || !m->octaves)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		assay__slice__init(&each[i]);
		m->slices[i] = &each[i];
	}
	m->n_slices = n;
	return t->m->loop = m;
}

/* The summary's is the mean of the channels: R 128 adds them up. */
static double
loudness_of(const struct take *t)
{
	const double mean = summary_value(t, "loudness");
	return mean <= -69.99 ? -70 : mean + 10 * fm_log10(t->m->audio->channels);
}

static int
cut(const struct settings *s, const float *mono, size_t frames, const struct envelope *e, const struct tempo *tempo,
    double first, struct slice **list, size_t *n, struct err *err)
{
	if (s->cut == CUT_BEATS)
		return cut_at_beats(mono, frames, e->rate, tempo->bpm, first, list, n, err);
	if (slices_cut(mono, frames, e, s->gap, list, n, err) < 0)
		return -1;
	if (s->cut == CUT_TRANSIENTS)
		*n = keep_transients(mono, frames, e->rate, *list, *n);
	return 0;
}

/* What was found, and what the name states. */
static void
set_loop(Assay__Loop *m, const struct tempo *tempo, double first, const struct key *key, const struct stated *said,
    const struct loopness *loops, const struct rhythm *r)
{
	m->tempo = tempo->bpm;
	m->confidence = tempo->confidence;
	m->beats = tempo->beats;
	m->first_beat = first;
	m->key = (char *)key_name(key->key);
	m->key_confidence = key->confidence;
	m->tuning = key->tuning;
	m->stated_tempo = said->bpm;
	m->stated_key = (char *)stated_key(said);
	m->loopness = loops->loopness;
	m->through = loops->through;
	m->returns = loops->returns;
	m->join = loops->join;
	m->n_steps = tempo->bpm > 0 ? RHYTHM_STEPS : 0;
	memcpy(m->steps, r->step, sizeof r->step);
	m->swing8 = r->swing8;
	m->swing16 = r->swing16;
}

int
hear(struct analysis *a, const struct settings *s, struct take *t, struct err *err)
{
	const Assay__Audio *m = t->m->audio;
	float *mono = onsets_mono(m->samples, m->channels, m->frames);
	struct envelope e = {0};
	const struct stated said = stated_in(t->m->origin->file);
	struct tempo tempo;
	struct key key;
	struct loopness loops;
	struct rhythm pattern;
	struct slice *list = NULL;
	struct onset *onset = NULL;
	double first = 0;
	size_t n = 0, onsets = 0;
	int got = mono ? 0 : err_set(err, "out of memory");
	if (got == 0)
		got = envelope_init(&e, mono, m->frames, m->rate, err);
	if (got == 0)
		got = tempo_find(&e, m->frames, said.bpm, &tempo, err);
	if (got == 0) {
		first = tempo_phase(&e, &tempo);
		got = key_find(mono, m->frames, m->rate, &key, err);
	}
	if (got == 0)
		got = loopness_find(mono, m->frames, &e, &loops, err);
	if (got == 0)
		got = onsets_find(mono, m->frames, &e, s->gap, &onset, &onsets, err);
	if (got == 0) {
		rhythm_find(onset, onsets, e.rate, tempo.bpm, first, &pattern);
		got = cut(s, mono, m->frames, &e, &tempo, first, &list, &n, err);
	}
	if (got == 0)
		got = slices_sort(a, mono, m->rate, list, n, s->kinds, err);
	if (got >= 0)
		got = add_summary(a, t, err);
	Assay__Loop *loop = got == 0 ? loop_new(t, n) : NULL;
	if (loop) {
		key_believe(&key, said.tonic, said.mode);
		set_loop(loop, &tempo, first, &key, &said, &loops, &pattern);
		loop->loudness = loudness_of(t);
		loop->spread = energy_spread(mono, m->frames, m->rate);
		loop->n_octaves = OCTAVES;
		got = occupancy_of(a, m->samples, m->rate, m->channels, m->frames, loop->octaves, err);
		for (size_t i = 0; i < n; i++) {
			Assay__Slice *to = loop->slices[i];
			to->start = list[i].start;
			to->length = list[i].length;
			to->kind = list[i].kind;
			to->exemplar = list[i].exemplar;
			to->peak = list[i].peak;
		}
	} else if (got == 0) {
		got = err_set(err, "out of memory");
	}
	envelope_release(&e);
	free(onset);
	free(list);
	free(mono);
	return got;
}
