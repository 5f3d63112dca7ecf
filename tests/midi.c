/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIDI files, good and bad. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "synth/midi.h"
#include "tap.h"

/* Bytes of a string literal without its terminator. */
#define B(s) (const uint8_t *)(s), sizeof(s) - 1
#define HEAD(format, tracks, division) "MThd\0\0\0\6\0" format "\0" tracks division
#define TRACK(n, events) "MTrk\0\0\0" n events
#define END "\0\xff\x2f\0"

static struct arena a;
static struct err err;
static struct phrase p;

static int
parse(const uint8_t *file, size_t n, size_t parts)
{
	p = (struct phrase){0};
	err.text[0] = 0;
	return midi_parse(file, n, parts, &p, &a, &err);
}

static bool
note_is(size_t i, double start, double length, float pitch, float velocity, uint32_t part)
{
	const struct note *n = &p.notes[i];
	const bool same = i < p.n_notes && fabs(n->start - start) < 1e-9 && fabs(n->length - length) < 1e-9
	    && n->pitch == pitch && fabsf(n->velocity - velocity) < 1e-6f && n->part == part;
	if (!same && i < p.n_notes)
		diag("%g for %g: %g, %g, part %u", n->start, n->length, (double)n->pitch, (double)n->velocity, n->part);
	return same;
}

static void
test_good(void)
{
	/* 96 ticks a beat; running status; note on with velocity 0 is off. */
	ok(parse(B(HEAD("\0", "\1", "\0\x60") TRACK("\x11", "\0\x90\x3c\x7f" "\x30\x40\x64" "\x30\x3c\0" "\0\x40\0" END)), 1) == 0
	    && p.n_notes == 2 && p.tempo == 120 && p.beats == 1, "format 0, running status: %s", err.text);
	ok(note_is(0, 0, 1, 60, 1, 0) && note_is(1, 0.5, 0.5, 64, 100.0f / 127, 0), "starts, lengths, pitches, velocities");

	/* Tempo 100 on a track of its own; notes of channels 1, 2 and 10. */
	static const char format1[] = HEAD("\1", "\2", "\0\x60") TRACK("\x0b", "\0\xff\x51\3\x09\x27\xc0" END)
	    TRACK("\x1f", "\0\x90\x30\x40" "\0\x91\x31\x40" "\0\x99\x24\x40" "\x60\x80\x30\0" "\0\x81\x31\0" "\0\x89\x24\0" "\0\xc0\5"
	        "\x60\xff\x2f\0");
	ok(parse(B(format1), 2) == 0 && p.tempo == 100 && p.beats == 2 && p.n_notes == 3, "format 1, tempo map, length by the end of the track: %s", err.text);
	ok(p.notes[0].part == 0 && p.notes[1].part == 1 && p.notes[2].part == 0, "a channel plays the part of its number, if there is one");
	ok(parse(B(format1), 1) == 0 && p.notes[1].part == 0, "without a kit all play the one part");

	/* 120, then 60 from beat 1: the second note starts a second later than it would. */
	ok(parse(B(HEAD("\0", "\1", "\0\x60") TRACK("\x1a", "\0\xff\x51\3\x07\xa1\x20" "\x60\xff\x51\3\x0f\x42\x40" "\x60\x90\x3c\x40" "\x60\x80\x3c\0" END)), 1) == 0
	    && p.tempo == 120 && note_is(0, 3, 2, 60, 64.0f / 127, 0) && p.beats == 5, "a change of tempo keeps the time: %s", err.text);

	/* One key twice at once: first on, first off. One never released ends with its track. */
	ok(parse(B(HEAD("\0", "\1", "\0\x60") TRACK("\x11", "\0\x90\x3c\x40" "\x30\x3c\x20" "\x30\x3c\0" "\0\x3d\x40" "\x60\xff\x2f\0")), 1) == 0
	    && p.n_notes == 3 && note_is(0, 0, 1, 60, 64.0f / 127, 0) && note_is(1, 0.5, 1.5, 60, 32.0f / 127, 0)
	    && note_is(2, 1, 1, 61, 64.0f / 127, 0), "overlaps and notes left on: %s", err.text);

	/* 25 frames of 40 ticks: a second is 1000 ticks. Sysex and alien chunks are stepped over. */
	ok(parse(B(HEAD("\0", "\1", "\xe7\x28") "XFIH\0\0\0\2ab" TRACK("\x12", "\0\xf0\2\x41\xf7" "\0\x90\x3c\x40" "\x87\x68\x80\x3c\0" "\0\xff\x2f\0")), 1) == 0
	    && note_is(0, 0, 2, 60, 64.0f / 127, 0), "seconds for a clock: %s", err.text);
}

static const struct {
	const char *what;
	const uint8_t *file;
	size_t n;
	const char *says;
} bad[] = {
	{"nothing", B(""), "at byte 0"},
	{"text", B("this is not a MIDI file at all"), "at byte 0"},
	{"half a head", B("MThd\0\0\0\6\0\0"), "at byte 0"},
	{"format 2", B(HEAD("\2", "\1", "\0\x60")), "at byte 8"},
	{"no ticks", B(HEAD("\0", "\1", "\0\0")), "at byte 12"},
	{"a chunk beyond the file", B(HEAD("\0", "\1", "\0\x60") "MTrk\xff\xff\xff\xff"), "at byte 14"},
	{"half a chunk head", B(HEAD("\0", "\1", "\0\x60") "MTr"), "at byte 14"},
	{"a head beyond the file", B("MThd\xff\xff\xff\xf0\0\0\0\1\0\x60"), "at byte 4"},
	{"a track cut off", B(HEAD("\0", "\1", "\0\x60") TRACK("\2", "\0\x90")), "at byte 24"},
	{"no status", B(HEAD("\0", "\1", "\0\x60") TRACK("\3", "\0\x3c\x40")), "at byte 23"},
	{"data over 127", B(HEAD("\0", "\1", "\0\x60") TRACK("\4", "\0\x90\x3c\x90")), "at byte 23"},
	{"a varint of five bytes", B(HEAD("\0", "\1", "\0\x60") TRACK("\6", "\xff\xff\xff\xff\xff\0")), "at byte 22"},
	{"a meta event beyond its track", B(HEAD("\0", "\1", "\0\x60") TRACK("\4", "\0\xff\1\x7f")), "at byte 23"},
	{"a sysex beyond its track", B(HEAD("\0", "\1", "\0\x60") TRACK("\3", "\0\xf0\x7f")), "at byte 23"},
	{"a tempo of nothing", B(HEAD("\0", "\1", "\0\x60") TRACK("\7", "\0\xff\x51\3\0\0\0")), "at byte 23"},
	{"a realtime message", B(HEAD("\0", "\1", "\0\x60") TRACK("\2", "\0\xf8")), "at byte 23"},
};

/* Any bytes: an answer, in bounds (under sanitizers), soon. */
static void
test_garbage(void)
{
	static const char good[] = HEAD("\0", "\1", "\0\x60") TRACK("\x11", "\0\x90\x3c\x7f" "\x30\x40\x64" "\x30\x3c\0" "\0\x40\0" END);
	enum { N = sizeof good - 1 };
	struct rng g = {1, 0};
	int wrong = 0;
	for (int round = 0; round < 5000; round++) {
		uint8_t *file = malloc(N);
		memcpy(file, good, N);
		for (uint64_t k = 1 + rng_below(&g, 4); k; k--)
			file[rng_below(&g, N)] = (uint8_t)rng_next(&g);
		const size_t n = rng_below(&g, 4) ? N : rng_below(&g, N);
		uint8_t *cut = malloc(n ? n : 1);
		memcpy(cut, file, n);
		const int status = parse(cut, n, 3);
		wrong += status == 0 ? !(p.tempo > 0 && p.beats >= 0) : !err.text[0];
		for (size_t i = 0; status == 0 && i < p.n_notes; i++)
			wrong += !(p.notes[i].start >= 0 && p.notes[i].length >= 0 && p.notes[i].part < 3 && p.notes[i].velocity <= 1);
		free(cut);
		free(file);
	}
	ok(!wrong, "5000 damaged files are read or refused");

	/* The most notes there may be, all on one key, then one more; and many tempos. */
	enum { NOTES = PHRASE_MAX_NOTES + 1, SIZE = 22 + 3 * NOTES + 5 };
	uint8_t *file = calloc(1, SIZE);
	memcpy(file, HEAD("\0", "\1", "\0\x60") "MTrk", 18);
	size_t at = 22;
	file[at++] = 0;
	file[at++] = 0x90;
	for (int i = 0; i < NOTES; i++, at += 3)
		memcpy(file + at, (uint8_t[]){60, 64, 1}, 3);
	for (int over = 1; over >= 0; over--) {
		const size_t n = at - 1 - 3 * (size_t)!over - 22;
		file[18] = (uint8_t)(n >> 24), file[19] = (uint8_t)(n >> 16), file[20] = (uint8_t)(n >> 8), file[21] = (uint8_t)n;
		const int status = parse(file, n + 22, 1);
		if (over)
			ok(status < 0 && strstr(err.text, "65536 notes"), "one note too many: %s", err.text);
		else
			ok(status == 0 && p.n_notes == PHRASE_MAX_NOTES, "as many as there may be: %s", err.text);
	}
	free(file);
}

int
main(void)
{
	arena_init(&a, (size_t)1 << 30);
	test_good();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(parse(bad[i].file, bad[i].n, 1) < 0 && strstr(err.text, bad[i].says), "%s: %s", bad[i].what, err.text);
	test_garbage();
	ok(midi_read("/nonexistent.mid", 1, &p, &a, &err) < 0 && strstr(err.text, "/nonexistent.mid"), "%s", err.text);
	arena_release(&a);
	return done();
}
