/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes on the wire: what is refused and why, what is carried through, what a stage does. */
#include "wire/check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "wire/stage.h"

static char path[64];

/* Writes bytes and reads them as takes; the error, "" if there was none. */
static const char *
reading(const void *bytes, size_t n, int *count)
{
	static struct err err;
	*err.text = 0;
	FILE *f = fopen(path, "w");
	fwrite(bytes, 1, n, f);
	fclose(f);
	struct reader *r = reader_open(path, &err);
	struct take *t;
	int got;
	for (*count = 0; (got = take_read(r, &t, &err)) > 0; ++*count)
		take_free(t);
	reader_free(r);
	return got < 0 ? err.text : "";
}

static void
test_refusals(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		int good;
		const char *want;
	} bad[] = {
	    {"\3\x12\1a\2\x33\x34", 7, 1, "the message at byte 4 is no take: byte 0: no field begins here"},
	    {"\1\0", 2, 0, "byte 0: no field begins here"},
	    {"\1\x80", 2, 0, "byte 0: no field begins here"},
	    {"\2\x12\1", 3, 0, "'key' at byte 0: cut short"},
	    {"\2\x12\x80", 3, 0, "'key' at byte 0: cut short"},
	    {"\3\x12\xff\1", 4, 0, "'key' at byte 0: cut short"},
	    {"\3\x59\1\2", 4, 0, "'fitness' at byte 0: cut short"},
	    {"\3\x18\x80\x80", 4, 0, "'engine' at byte 0: cut short"},
	    {"\6\x12\4a\0bc", 7, 0, "'key' at byte 2: text that holds a NUL"},
	    {"\6\x1a\1x\x1a\1y", 7, 0, "'engine' at byte 2: not of the type that the schema says"},
	    {"\0", 1, 0, "at byte 0 is empty"},
	    {"\3\x12\1\0", 4, 0, "'key' at byte 2: text that holds a NUL"},
	    {"\4\x42\0\x42\0", 5, 0, "'audio' at byte 4: given twice"},
	    {"\5\x42\3\x22\1\0", 6, 0, "'audio.samples' at byte 4: an array that ends within a number"},
	    {"\7\x42\5\x22\xff\xff\xff\x0f", 8, 0, "'audio.samples' at byte 2: cut short"},
	    {"\x8\x32\6\x12\4\x12\2\x0a\5", 9, 0, "'parts.patch.nodes.module' at byte 6: cut short"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int count;
		const char *text = reading(bad[i].bytes, bad[i].n, &count);
		if (!ok(count == bad[i].good && strstr(text, bad[i].want), "after %d: %s", count, text))
			diag("want %s", bad[i].want);
	}
	/* What protobuf allows, and other writers may do. */
	int count;
	ok(!*reading("\6\x12\1a\x12\1b", 7, &count) && count == 1, "a scalar twice: the last counts");
	ok(!*reading("\x0c\x42\x0a\x25\0\0\0\0\x25\0\0\x80\x3f", 13, &count) && count == 1, "an array that is not packed");
}

/* 30 MB of two-byte messages would unpack to some gigabytes. */
static void
test_budget(void)
{
	const size_t n = 30000000;
	uint8_t *msg = malloc(n + 6);
	struct err err = {""};
	size_t head = 0;
	msg[head++] = 13 << 3 | 2;
	for (size_t x = n; x; x >>= 7)
		msg[head++] = (uint8_t)((x & 0x7f) | (x > 0x7f ? 0x80 : 0));
	for (size_t i = 0; i < n; i += 2)
		msg[head + i] = 0x22, msg[head + i + 1] = 0;
	ok(!take_unpack(msg, head + n, &err) && strstr(err.text, "over the budget of"), "a bomb: %s", err.text);
	free(msg);

	/* but the longest phrase is no bomb */
	enum { NOTES = 65536 };
	Assay__Note note = ASSAY__NOTE__INIT, **notes = malloc(NOTES * sizeof *notes);
	note.start = note.length = note.pitch = note.velocity = note.part = 1;
	for (size_t i = 0; i < NOTES; i++)
		notes[i] = &note;
	Assay__Phrase phrase = ASSAY__PHRASE__INIT;
	phrase.n_notes = NOTES;
	phrase.notes = notes;
	Assay__Take long_take = ASSAY__TAKE__INIT;
	long_take.phrase = &phrase;
	msg = malloc(assay__take__get_packed_size(&long_take));
	struct take *t = take_unpack(msg, assay__take__pack(&long_take, msg), &err);
	ok(t && t->m->phrase->n_notes == NOTES, "a phrase of %d notes%s%s", NOTES, t ? "" : ": ", t ? "" : err.text);
	take_free(t);
	free(msg);
	free(notes);
}

static struct take *
sample(void)
{
	struct err err;
	/* fields 9999 at the top and 5000 in origin: no schema of ours knows them */
	static const uint8_t msg[] = {0x12, 1, 'k', 0x62, 7, 0x12, 1, 'r', 0xc0, 0xb8, 2, 5, 0xfa, 0xf0, 4, 3, 'x', 'y', 'z'};
	struct take *t = take_unpack(msg, sizeof msg, &err);
	if (!t)
		diag("%s", err.text);
	return t;
}

static void
test_parts(void)
{
	struct err err;
	struct take *t = sample();
	ok(t && t->m->base.n_unknown_fields == 1 && t->m->origin->base.n_unknown_fields == 1, "unknown fields are kept");
	struct take *copy = take_copy(t, &err);
	take_free(t); /* the copy stands alone */
	ok(copy && copy->m->base.n_unknown_fields == 1 && copy->m->origin->base.n_unknown_fields == 1
	        && !strcmp(copy->m->key, "k") && copy->m->base.unknown_fields[0].len == 4
	        && !memcmp(copy->m->base.unknown_fields[0].data, "\3xyz", 4),
	    "and copied");
	t = copy;

	const float sound[] = {0, 0.5f, -0.5f, 1};
	ok(!take_has_audio(t) && take_identify(t, &err) < 0, "no patch, no sound, no id: %s", err.text);
	ok(take_set_audio(t, sound, 8000, 2, 2, NULL, &err) == 0 && take_has_audio(t) && t->m->audio->hash.len == HASH_SIZE,
	    "sound is set and hashed");
	ok(take_identify(t, &err) == 0 && t->m->id.len == HASH_SIZE, "a sound has an id");
	ok(take_set_audio(t, sound, 8000, 2, UINT64_MAX, NULL, &err) < 0, "too many frames: %s", err.text);
	ok(t->m->audio->frames == 2, "which changes nothing");
	t->m->audio->frames = 3;
	ok(!take_has_audio(t), "sound that is not as long as it says is none");

	Assay__Tensor *a = take_add_tensor(t, "x", 2, 3, 4, &err), *b = take_add_tensor(t, "y", 1, 1, 1, &err);
	ok(a && b && a->n_data == 24 && t->m->n_features == 2 && take_tensor(t, "x") == a, "tensors are added");
	ok(take_add_tensor(t, "x", 1, 1, 2, &err) == a && a->n_data == 2 && t->m->n_features == 2, "and replaced by name");
	ok(!take_add_tensor(t, "z", UINT32_MAX, UINT32_MAX, UINT32_MAX, &err), "an impossible one is refused: %s", err.text);
	a->columns = 9;
	ok(!take_tensor(t, "x") && !take_tensor(t, "none") && take_tensor(t, "y"), "one of a wrong shape is not handed out");

	take_set_score(t, "like", 1, 1, NULL, &err);
	take_set_score(t, "novel", 2, 1, "far", &err);
	take_set_score(t, "like", 3, 2, "near", &err);
	ok(t->m->n_scores == 2 && t->m->scores[0]->value == 3 && !strcmp(t->m->scores[0]->why, "near"), "scores by term");

	char label[HASH_HEX];
	ok(!strcmp(take_label(t, label), "k"), "a take is called by its key");
	t->m->key = (char *)"";
	ok(strlen(take_label(t, label)) == 12, "or by its id: %s", take_label(t, label));
	t->m->id.len = 0;
	ok(!strcmp(take_label(t, label), "(no id)"), "or not at all");
	take_fail(t, "%s %d", "because", 3);
	ok(!strcmp(t->m->error, "because 3"), "and says why it failed");
	take_free(t);
	take_free(NULL);
}

/* Runs a stage from path to out, in silence. */
static int
stage(const char *out, bool strict, bool grow, int *seen)
{
	struct stage s;
	struct take *t;
	struct err err;
	talk_level = 0;
	if (stage_open(&s, &(struct stage_where){.in = path, .out = out, .strict = strict}, "tried") < 0)
		return -1;
	for (*seen = 0; (t = stage_next(&s)); ++*seen) {
		if (!strcmp(t->m->key, "bad"))
			take_fail(t, "it is bad");
		if (grow) {
			float *x = calloc(20 << 20, sizeof *x);
			take_set_audio(t, x, 48000, 1, 20 << 20, NULL, &err);
			free(x);
		}
		stage_emit(&s, t);
	}
	return stage_close(&s);
}

static void
test_stage(void)
{
	char out[80];
	int seen, count;
	static const char good[] = "\3\x12\1a\5\x12\3bad\3\x12\1c";
	snprintf(out, sizeof out, "%s.out", path);
	reading(good, sizeof good - 1, &count);
	ok(count == 3 && stage(out, false, false, &seen) == EXIT_DONE && seen == 3, "one bad take of three: done");
	ok(stage(out, true, false, &seen) == EXIT_FAILED && seen == 2, "with --strict the first ends it");
	reading("\5\x12\3bad", 6, &count);
	ok(stage(out, false, false, &seen) == EXIT_FAILED && seen == 1, "not one good take: failed");
	reading("", 0, &count);
	ok(stage(out, false, false, &seen) == EXIT_DONE && seen == 0, "none at all: done");
	ok(stage(path, false, false, &seen) < 0, "its own input is not overwritten");

	reading("\3\x12\1a", 4, &count);
	ok(stage(out, false, true, &seen) == EXIT_FAILED && seen == 1, "a take that outgrew the stream is not lost");
	struct err err;
	struct reader *r = reader_open(out, &err);
	struct take *t = NULL;
	ok(take_read(r, &t, &err) == 1 && strstr(t->m->error, "over the stream's limit") && t->m->audio->frames == 20 << 20
	        && t->m->audio->n_samples == 0,
	    "it goes on without its sound: %s", t ? t->m->error : err.text);
	take_free(t);
	reader_free(r);

	FILE *f = fopen(path, "w");
	fwrite("\3\x12\1a\2\x33\x34\3\x12\1c", 1, 11, f);
	fclose(f);
	freopen("/dev/null", "w", stderr);
	ok(stage(out, false, false, &seen) == EXIT_FAILED && seen == 1, "nothing is guessed after a message that is no take");
	reading("\3\x12\1a", 4, &count);
	ok(stage("/dev/full", false, false, &seen) == EXIT_FAILED, "a full disk fails a stage");
	unlink(out);
}

int
main(void)
{
	snprintf(path, sizeof path, "/tmp/wire-test-%d", (int)getpid());
	test_refusals();
	test_budget();
	test_parts();
	test_stage();
	unlink(path);
	return done();
}
