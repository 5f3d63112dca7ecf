/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is under way, and the best that has come back. */
#include <stdlib.h>
#include <string.h>

#include "evolve.h"

static int
no_memory(struct err *err)
{
	return err_set(err, "out of memory");
}

/* A slot after those that are out. Slots keep their coordinates' memory, so they change places, none is copied over. */
static struct out *
slot(struct flight *f, struct err *err)
{
	const size_t first = f->room ? (size_t)(f->out - f->room) : 0;
	if (first + f->n_out == f->max_out && first > f->n_out) {
		for (size_t i = 0; i < f->n_out; i++) {
			const struct out o = f->room[i];
			f->room[i] = f->out[i];
			f->out[i] = o;
		}
		f->out = f->room;
	} else if (first + f->n_out == f->max_out) {
		const size_t max = 2 * f->max_out + 16;
		struct out *room = realloc(f->room, max * sizeof *room);
		if (!room)
			return no_memory(err), NULL;
		memset(room + f->max_out, 0, (max - f->max_out) * sizeof *room);
		f->room = room;
		f->out = room + first;
		f->max_out = max;
	}
	struct out *o = &f->out[f->n_out];
	if (!o->x && !(o->x = malloc(f->n_x * sizeof *o->x)))
		return no_memory(err), NULL;
	return o;
}

int
flight_out(struct flight *f, uint64_t number, uint64_t generation, const double *x, struct err *err)
{
	if (number <= f->last)
		return err_set(err, "proposal %llu came after %llu", (unsigned long long)number, (unsigned long long)f->last);
	struct out *o = slot(f, err);
	if (!o)
		return -1;
	o->number = f->last = number;
	o->generation = generation;
	memcpy(o->x, x, f->n_x * sizeof *x);
	f->n_out++;
	return 0;
}

/* Where it is among those that are out, or n_out. */
static size_t
find(const struct flight *f, uint64_t number)
{
	size_t i = 0, to = f->n_out;
	while (i < to) {
		const size_t middle = i + (to - i) / 2;
		if (f->out[middle].number < number)
			i = middle + 1;
		else
			to = middle;
	}
	return i < f->n_out && f->out[i].number == number ? i : f->n_out;
}

const double *
flight_at(const struct flight *f, uint64_t number)
{
	const size_t i = find(f, number);
	return i < f->n_out ? f->out[i].x : NULL;
}

void
flight_back(struct flight *f, uint64_t number)
{
	const size_t i = find(f, number);
	if (i == f->n_out)
		return;
	/* the order of the rest stays: it goes out again in the order it was asked; the shorter end moves */
	const struct out o = f->out[i];
	f->n_out--;
	if (i < f->n_out - i) {
		memmove(f->out + 1, f->out, i * sizeof o);
		*f->out++ = o;
	} else {
		memmove(f->out + i, f->out + i + 1, (f->n_out - i) * sizeof o);
		f->out[f->n_out] = o;
	}
}

/* Better first; of equals the earlier. */
static bool
ahead(const struct best *b, double fitness, uint64_t number)
{
	return b->fitness > fitness || (b->fitness == fitness && b->number < number);
}

int
flight_keep_message(struct flight *f, double fitness, uint64_t number, uint8_t *message, size_t n, size_t most, struct err *err)
{
	size_t at = f->n_best;
	while (at > 0 && !ahead(&f->best[at - 1], fitness, number))
		at--;
	if (at >= most) {
		free(message);
		return 0;
	}
	if (f->n_best == f->max_best) {
		const size_t max = 2 * f->max_best + 16;
		struct best *best = realloc(f->best, max * sizeof *best);
		if (!best)
			return free(message), no_memory(err);
		f->best = best;
		f->max_best = max;
	}
	memmove(f->best + at + 1, f->best + at, (f->n_best - at) * sizeof *f->best);
	f->best[at] = (struct best){fitness, number, message, n};
	if (++f->n_best > most)
		free(f->best[--f->n_best].message);
	return 0;
}

int
flight_keep(struct flight *f, const struct take *t, size_t most, struct err *err)
{
	const Take *m = t->m;
	if (f->n_best >= most && ahead(&f->best[most - 1], m->fitness, m->origin->index))
		return 0;
	const size_t n = assay__take__get_packed_size(m);
	uint8_t *message = malloc(n);
	if (!message)
		return no_memory(err);
	assay__take__pack(m, message);
	return flight_keep_message(f, m->fitness, m->origin->index, message, n, most, err);
}

int
flight_write_best(const struct flight *f, const char *path, struct err *err)
{
	struct writer *w = writer_open(path, err);
	if (!w)
		return -1;
	int status = 0;
	for (size_t i = 0; i < f->n_best && status == 0; i++)
		status = writer_put(w, f->best[i].message, f->best[i].n, err);
	if (status < 0)
		return writer_close(w, NULL), -1;
	return writer_close(w, err);
}

void
flight_release(struct flight *f)
{
	for (size_t i = 0; i < f->max_out; i++)
		free(f->room[i].x);
	for (size_t i = 0; i < f->n_best; i++)
		free(f->best[i].message);
	free(f->room);
	free(f->best);
	*f = (struct flight){0};
}
