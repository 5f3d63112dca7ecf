/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reader of standard MIDI files ("Standard MIDI Files 1.0", MIDI Manufacturers
 * Association): MThd, then MTrk chunks of events, each a varint of ticks and a
 * message; a status byte may be left out where it is that of the last message.
 * Heard are note on, note off and tempo; all else is stepped over.
 */
#include "synth/midi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEMPOS = 65536, CHANNELS = 16, KEYS = 128 };
#define NONE UINT32_MAX

struct event {
	uint64_t on, off; /* ticks */
	uint8_t channel, key, velocity;
	uint32_t next;    /* in the queue of its key */
	uint32_t index;
};

/* The notes that sound on one key, first to begin first. */
struct queue {
	uint32_t first, last;
};

struct tempo {
	uint64_t tick;
	double beat; /* of the first tempo, at that tick */
	uint32_t us; /* microseconds a beat */
	uint32_t index;
};

struct parser {
	const uint8_t *file;
	size_t at, end; /* end: of the chunk at hand */
	struct event *events;
	size_t n_events, room_events;
	struct tempo *tempos;
	size_t n_tempos, room_tempos;
	uint64_t last;  /* tick at which the longest track ends */
	struct err *err;
};

static int
wrong(struct parser *p, size_t at, const char *what)
{
	return err_set(p->err, "at byte %zu: %s", at, what);
}

/* The next byte, or -1 at the end of the chunk. */
static int
byte(struct parser *p)
{
	if (p->at >= p->end)
		return wrong(p, p->at, "the track is cut off");
	return p->file[p->at++];
}

static int
varint(struct parser *p, uint32_t *x)
{
	const size_t start = p->at;
	*x = 0;
	for (int i = 0; i < 4; i++) {
		const int b = byte(p);
		if (b < 0)
			return -1;
		*x = *x << 7 | (b & 0x7f);
		if (b < 0x80)
			return 0;
	}
	return wrong(p, start, "a number of more than four bytes");
}

static uint32_t
big_endian(const uint8_t *b, int n)
{
	uint32_t x = 0;
	for (int i = 0; i < n; i++)
		x = x << 8 | b[i];
	return x;
}

/* Room for one more item; NULL when out of memory. */
static void *
grow(struct parser *p, void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	const size_t more = *room ? 2 * *room : 256;
	array = realloc(array, more * size);
	if (array)
		*room = more;
	else
		err_set(p->err, "out of memory");
	return array;
}

static int
note_on(struct parser *p, struct queue sounding[CHANNELS][KEYS], int channel, int key, int velocity, uint64_t tick)
{
	if (p->n_events == PHRASE_MAX_NOTES)
		return err_set(p->err, "more than %d notes", PHRASE_MAX_NOTES);
	struct event *events = grow(p, p->events, p->n_events, &p->room_events, sizeof *events);
	if (!events)
		return -1;
	p->events = events;
	const uint32_t i = (uint32_t)p->n_events++;
	p->events[i] = (struct event){tick, tick, (uint8_t)channel, (uint8_t)key, (uint8_t)velocity, NONE, i};
	struct queue *q = &sounding[channel][key];
	*(q->first == NONE ? &q->first : &p->events[q->last].next) = i;
	q->last = i;
	return 0;
}

/* Of several notes on one key the first to begin is the first to end. */
static void
note_off(struct parser *p, struct queue sounding[CHANNELS][KEYS], int channel, int key, uint64_t tick)
{
	const uint32_t i = sounding[channel][key].first;
	if (i == NONE)
		return;
	p->events[i].off = tick;
	sounding[channel][key].first = p->events[i].next;
}

static int
add_tempo(struct parser *p, uint64_t tick, uint32_t us)
{
	struct tempo *tempos = grow(p, p->tempos, p->n_tempos, &p->room_tempos, sizeof *tempos);
	if (!tempos)
		return -1;
	p->tempos = tempos;
	tempos[p->n_tempos] = (struct tempo){tick, 0, us, (uint32_t)p->n_tempos};
	p->n_tempos++;
	return 0;
}

static int
meta(struct parser *p, uint64_t tick, bool *ended)
{
	const size_t start = p->at - 1;
	uint32_t n;
	const int type = byte(p);
	if (type < 0 || varint(p, &n) < 0)
		return -1;
	if (n > p->end - p->at)
		return wrong(p, start, "an event is longer than its track");
	*ended = type == 0x2f;
	if (type == 0x51) {
		if (n != 3 || !big_endian(p->file + p->at, 3))
			return wrong(p, start, "a tempo that is none");
		if (p->n_tempos == MAX_TEMPOS)
			return wrong(p, start, "too many changes of tempo");
		if (add_tempo(p, tick, big_endian(p->file + p->at, 3)) < 0)
			return -1;
	}
	p->at += n;
	return 0;
}

static int
track(struct parser *p)
{
	struct queue sounding[CHANNELS][KEYS];
	memset(sounding, 0xff, sizeof sounding);
	uint64_t tick = 0;
	int status = 0;
	for (bool ended = false; !ended && p->at < p->end;) {
		uint32_t wait, n;
		if (varint(p, &wait) < 0)
			return -1;
		tick += wait;
		const size_t start = p->at;
		int b = byte(p);
		if (b < 0)
			return -1;
		if (b == 0xff) {
			if (meta(p, tick, &ended) < 0)
				return -1;
			continue;
		}
		if (b == 0xf0 || b == 0xf7) {
			if (varint(p, &n) < 0)
				return -1;
			if (n > p->end - p->at)
				return wrong(p, start, "an event is longer than its track");
			p->at += n;
			continue;
		}
		if (b >= 0xf0)
			return wrong(p, start, "a message that has no place in a file");
		if (b >= 0x80) {
			status = b;
			b = byte(p);
		} else if (!status) {
			return wrong(p, start, "data without a status byte");
		}
		const int kind = status & 0xf0, c = kind == 0xc0 || kind == 0xd0 ? 0 : byte(p);
		if (b < 0 || c < 0)
			return -1;
		if (b > 0x7f || c > 0x7f)
			return wrong(p, start, "a data byte over 127");
		if (kind == 0x90 && c) {
			if (note_on(p, sounding, status & 15, b, c, tick) < 0)
				return -1;
		} else if (kind == 0x90 || kind == 0x80) {
			note_off(p, sounding, status & 15, b, tick);
		}
	}
	for (int channel = 0; channel < CHANNELS; channel++)
		for (int key = 0; key < KEYS; key++)
			while (sounding[channel][key].first != NONE)
				note_off(p, sounding, channel, key, tick);
	if (tick > p->last)
		p->last = tick;
	return 0;
}

static int
by_tick(const void *pa, const void *pb)
{
	const struct tempo *a = pa, *b = pb;
	return a->tick != b->tick ? (a->tick > b->tick) - (a->tick < b->tick) : (a->index > b->index) - (a->index < b->index);
}

static int
by_start(const void *pa, const void *pb)
{
	const struct event *a = pa, *b = pb;
	return a->on != b->on ? (a->on > b->on) - (a->on < b->on) : (a->index > b->index) - (a->index < b->index);
}

/* A tick in beats of the first tempo. */
struct clock {
	struct tempo *tempos; /* in order; the first is at tick 0 */
	size_t n;
	double ticks; /* a beat */
};

static double
beat_at(const struct clock *c, uint64_t tick)
{
	size_t lo = 0, hi = c->n; /* the last tempo that begins at or before tick */
	while (hi - lo > 1) {
		const size_t mid = lo + (hi - lo) / 2;
		if (c->tempos[mid].tick <= tick)
			lo = mid;
		else
			hi = mid;
	}
	const struct tempo *t = &c->tempos[lo];
	return t->beat + (double)(tick - t->tick) / c->ticks * t->us / c->tempos[0].us;
}

static int
chunks(struct parser *p, size_t n, uint32_t *division)
{
	if (n < 14 || memcmp(p->file, "MThd", 4) || big_endian(p->file + 4, 4) < 6)
		return wrong(p, 0, "not a MIDI file");
	const uint32_t format = big_endian(p->file + 8, 2), head = big_endian(p->file + 4, 4);
	*division = big_endian(p->file + 12, 2);
	if (format > 1)
		return wrong(p, 8, "a format other than 0 and 1");
	if (!(*division & 0x8000 ? *division & 0xff : *division))
		return wrong(p, 12, "no ticks in a beat");
	if (head > n - 8)
		return wrong(p, 4, "the head is cut off");
	for (size_t at = 8 + (size_t)head; at < n;) {
		if (n - at < 8)
			return wrong(p, at, "a chunk is cut off");
		const uint32_t size = big_endian(p->file + at + 4, 4);
		if (size > n - at - 8)
			return wrong(p, at, "a chunk is cut off");
		p->at = at + 8;
		p->end = at + 8 + size;
		if (!memcmp(p->file + at, "MTrk", 4) && track(p) < 0)
			return -1;
		at += 8 + (size_t)size;
	}
	return 0;
}

static int
to_phrase(struct parser *p, uint32_t division, size_t parts, struct phrase *phrase, struct arena *a)
{
	/* Ticks of a clock (frames a second, ticks a frame) count at 120 beats a minute. */
	const bool smpte = division & 0x8000;
	const double fps = 256.0 - (division >> 8);
	const double ticks = smpte ? (fps == 29 ? 30 / 1.001 : fps) * (division & 0xff) / 2 : division;
	qsort(p->tempos + 1, p->n_tempos - 1, sizeof *p->tempos, by_tick);
	if (p->n_events)
		qsort(p->events, p->n_events, sizeof *p->events, by_start);
	struct clock clock = {p->tempos, smpte ? 1 : p->n_tempos, ticks};
	while (clock.n > 1 && clock.tempos[1].tick == 0) { /* the last one stated at 0 is the first */
		clock.tempos++;
		clock.n--;
	}
	for (size_t i = 1; i < clock.n; i++) {
		const struct tempo *last = &clock.tempos[i - 1];
		clock.tempos[i].beat = last->beat
		    + (double)(clock.tempos[i].tick - last->tick) / ticks * last->us / clock.tempos[0].us;
	}
	phrase->tempo = 60e6 / clock.tempos[0].us;
	phrase->beats = beat_at(&clock, p->last);
	phrase->notes = arena_array(a, p->n_events, sizeof *phrase->notes);
	if (!phrase->notes)
		return err_set(p->err, "out of memory");
	phrase->n_notes = p->n_events;
	for (size_t i = 0; i < p->n_events; i++) {
		const struct event *e = &p->events[i];
		const double start = beat_at(&clock, e->on);
		phrase->notes[i] = (struct note){
			.start = start, .length = beat_at(&clock, e->off) - start, .pitch = e->key,
			.velocity = (float)e->velocity / 127.0f, .part = e->channel < parts ? e->channel : 0,
		};
	}
	return 0;
}

int
midi_parse(const uint8_t *file, size_t n, size_t parts, struct phrase *phrase, struct arena *a, struct err *err)
{
	uint32_t division = 0;
	struct parser p = {.file = file, .err = err};
	int status = add_tempo(&p, 0, 500000); /* where nothing is said: 120 */
	if (!status)
		status = chunks(&p, n, &division);
	if (!status)
		status = to_phrase(&p, division, parts, phrase, a);
	free(p.events);
	free(p.tempos);
	return status;
}

int
midi_read(const char *path, size_t parts, struct phrase *phrase, struct arena *a, struct err *err)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return err_errno(err, "cannot open '%s'", path);
	uint8_t *file = malloc(MIDI_MAX_BYTES + 1);
	const size_t n = file ? fread(file, 1, MIDI_MAX_BYTES + 1, f) : 0;
	int status = -1;
	if (!file)
		err_set(err, "out of memory");
	else if (ferror(f))
		err_errno(err, "cannot read '%s'", path);
	else if (n > MIDI_MAX_BYTES)
		err_set(err, "'%s' is larger than %d MiB", path, MIDI_MAX_BYTES >> 20);
	else if ((status = midi_parse(file, n, parts, phrase, a, err)) < 0)
		err_prefix(err, "%s", path);
	free(file);
	fclose(f);
	return status;
}
