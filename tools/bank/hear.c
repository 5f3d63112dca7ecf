/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank export, verify: the sound of takes, made again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "audio/sound.h"
#include "synth/lua/patch_text.h"
#include "verbs.h"
#include "version.h"

int
render_takes(struct renderer *r, struct take **t, size_t n, struct err *err)
{
	renderer_clear(r);
	for (size_t i = 0; i < n; i++)
		renderer_add(r, t[i]);
	const int status = renderer_run(r, err);
	for (size_t i = 0; i < n && status == 0; i++) {
		struct err why;
		if (renderer_keep(r, i, &why) < 0)
			take_fail(t[i], "%s", why.text);
	}
	renderer_clear(r);
	return status;
}

struct renderer *
open_renderer(int threads)
{
	struct err err;
	struct renderer *r = renderer_new(&(struct renderer_settings){.isa = ISA_AUTO, .threads = threads,
	    .guests_talk = talk_level > 1}, &err);
	if (!r)
		talk_error("%s", err.text);
	return r;
}

/* --- export ---------------------------------------------------------------------------- */

/* What a file says of where it is from. */
static void
provenance(const struct take *t, char *text, size_t size)
{
	const Take *m = t->m;
	char hex[HASH_HEX], fitness[48] = "";
	if (m->n_scores)
		snprintf(fitness, sizeof fitness, " fitness=%.9g", m->fitness);
	snprintf(text, size, "assay id=%s engine=%u rate=%u seed=%llu%s%s%s", hash_hex(m->id.data, m->id.len, hex), m->engine,
	    m->n_parts ? m->rate : m->audio ? m->audio->rate : 0, (unsigned long long)m->seed,
	    m->origin && *m->origin->run ? " run=" : "", m->origin ? m->origin->run : "", fitness);
}

static int
export_sound(struct take *t, const char *path, struct err *err)
{
	char comment[512], label[HASH_HEX];
	if (*t->m->error && !take_has_audio(t))
		return err_set(err, "%s", t->m->error);
	if (!take_has_audio(t))
		return err_set(err, "the bank has neither its recipe nor its samples");
	provenance(t, comment, sizeof comment);
	const struct sound s = {t->m->audio->samples, t->m->audio->rate, t->m->audio->channels, t->m->audio->frames};
	const struct sound_tags tags = {
	    .title = take_label(t, label), .software = "assay " ASSAY_VERSION, .comment = comment};
	return sound_write(path, &s, 0, &tags, err);
}

static int
export_takes(struct take *t, const char *path, struct err *err)
{
	struct writer *w = writer_open(path, err);
	if (!w)
		return -1;
	const int status = take_write(w, t, err);
	return writer_close(w, status < 0 ? NULL : err) < 0 ? -1 : status;
}

static int
export_lua(struct take *t, const char *path, struct err *err)
{
	struct recipe r;
	if (take_recipe(t, &r, err) < 0)
		return -1;
	FILE *f = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!f)
		return err_errno(err, "cannot create '%s'", path);
	int status = patch_text(f, &r, err);
	if ((f == stdout ? fflush(f) : fclose(f)) != 0 && status == 0)
		status = err_errno(err, "cannot write '%s'", path);
	return status;
}

static const struct format {
	const bool *wanted;
	const char *ending;
	int (*write)(struct take *t, const char *path, struct err *err);
} formats[] = {
    {&set.wav, ".wav", export_sound},
    {&set.flac, ".flac", export_sound},
    {&set.lua, ".lua", export_lua},
    {&set.takes, ".takes", export_takes},
};

static bool
ends_in(const char *s, const char *ending)
{
	const size_t n = strlen(s), k = strlen(ending);
	return n > k && !strcasecmp(s + n - k, ending);
}

/* -o names a folder, the file itself where its name ends so, or standard output. */
static int
export_one(struct take *t, const struct format *f, const char *where, struct err *err)
{
	char path[4096], hex[HASH_HEX];
	if (!strcmp(where, "-") || ends_in(where, f->ending))
		return f->write(t, where, err);
	if (mkdir(where, 0777) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make the folder '%s'", where);
	const int n = snprintf(path, sizeof path, "%s/%.*s%s", where, BANK_DIGITS, hash_hex(t->m->id.data, t->m->id.len, hex),
	    f->ending);
	if (n >= (int)sizeof path)
		return err_set(err, "a path that is too long");
	if (f->write(t, path, err) < 0)
		return -1;
	talk_info("%s", path);
	return 0;
}

int
verb_export(int n, char **arg)
{
	struct err err;
	struct bank_ids ids;
	size_t failed = 0;
	int wanted = 0;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		wanted += *formats[i].wanted;
	if (!n || !wanted)
		return cli_usage(&bank_cli, n ? "export needs --wav, --flac, --lua or --takes" : "export needs the id of a take");
	const char *where = set.where.out ? set.where.out : ".";
	bool file = !strcmp(where, "-");
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		file |= *formats[i].wanted && ends_in(where, formats[i].ending);
	if (file && (n > 1 || wanted > 1))
		return cli_usage(&bank_cli, "'%s' holds one take in one format: name a folder", where);
	struct bank *b = open_bank(DB_READ);
	if (!b || resolve_all(b, n, arg, &ids) < 0)
		return bank_close(b), EXIT_FAILED;
	struct renderer *r = set.wav || set.flac ? open_renderer(0) : NULL;
	if ((set.wav || set.flac) && !r)
		return bank_close(b), free(ids.id), EXIT_FAILED;
	for (size_t i = 0; i < ids.n && !interrupted(); i++) {
		struct take *t = NULL;
		char label[HASH_HEX];
		int status = bank_recall(b, ids.id[i], &t, &err) > 0 ? 0 : -1;
		/* what is kept is the sound as it was heard */
		if (status == 0 && r && !take_has_audio(t))
			status = render_takes(r, &t, 1, &err);
		for (size_t k = 0; k < sizeof formats / sizeof *formats && status == 0; k++)
			if (*formats[k].wanted)
				status = export_one(t, &formats[k], where, &err);
		if (status < 0) {
			failed++;
			talk_error("%s: %s", t ? take_label(t, label) : arg[i], err.text);
		}
		take_free(t);
	}
	renderer_free(r);
	free(ids.id);
	bank_close(b);
	return interrupted() ? EXIT_INTERRUPTED : failed ? EXIT_FAILED : EXIT_DONE;
}

/* --- verify ---------------------------------------------------------------------------- */

enum { HASHES = 8 };

struct verdict {
	uint8_t stored[HASHES][HASH_SIZE];
	int n_stored;
	const char *text; /* what came of it */
	bool kept;        /* guests play in it: its samples are what it sounds like */
	bool bad;
};

/* The take as the bank has it must sound as it was said to. */
static void
judge(const struct take *t, struct verdict *v)
{
	v->bad = true;
	if (*t->m->error)
		v->text = t->m->error;
	else if (!take_has_audio(t))
		v->text = "neither recipe nor samples";
	else if (t->m->audio->inexact) {
		v->bad = false;
		v->text = v->kept ? "kept, not made again: guests play in it" : "not kept, and need not be the same: guests play in it";
	} else if (v->n_stored > 1)
		v->text = "several sounds were reported";
	else if (v->n_stored && memcmp(v->stored[0], t->m->audio->hash.data, HASH_SIZE))
		v->text = "differs";
	else {
		v->bad = false;
		v->text = v->n_stored ? "same" : "never heard before";
	}
}

static void
print_verdict(struct table *table, const struct take *t, const struct verdict *v)
{
	const struct db_value none = {.type = DB_NULL};
	table_cell(table, db_blob(t->m->id.data, t->m->id.len));
	table_cell(table, db_text(t->m->key));
	table_cell(table, v->n_stored ? db_blob(v->stored[0], HASH_SIZE) : none);
	table_cell(table, take_has_audio(t) && !*t->m->error ? db_blob(t->m->audio->hash.data, HASH_SIZE) : none);
	table_cell(table, db_text(v->text));
}

/* Checks a group of takes. Returns how many are bad, or -1. */
static int
verify_group(struct bank *b, struct renderer *r, const struct bank_ids *ids, size_t from, size_t n, struct table *table,
    struct err *err)
{
	struct take **t = calloc(n, sizeof *t), **again = calloc(n, sizeof *again);
	struct verdict *v = calloc(n, sizeof *v);
	size_t k = 0;
	int bad = 0, status = t && v && again ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && status == 0; i++) {
		if (bank_recall(b, ids->id[from + i], &t[i], err) <= 0
		    || (v[i].n_stored = bank_sounds(b, ids->id[from + i], v[i].stored, HASHES, err)) < 0)
			status = -1;
		else
			t[i]->m->error = (char *)protobuf_c_empty_string; /* why it failed then does not count now */
		if (status != 0 || !t[i]->m->n_parts)
			continue;
		v[i].kept = take_has_audio(t[i]) && t[i]->m->audio->inexact;
		if (!v[i].kept) {
			t[i]->m->audio = NULL; /* the recipe is what is tried, not the kept samples */
			again[k++] = t[i];
		}
	}
	if (status == 0)
		status = render_takes(r, again, k, err);
	for (size_t i = 0; i < n && status == 0; i++) {
		judge(t[i], &v[i]);
		bad += v[i].bad;
		if (v[i].bad || !set.all || set.json)
			print_verdict(table, t[i], &v[i]);
	}
	for (size_t i = 0; t && i < n; i++)
		take_free(t[i]);
	free(t);
	free(again);
	free(v);
	return status < 0 ? -1 : bad;
}

int
verb_verify(int n, char **arg)
{
	struct err err;
	struct bank_ids ids;
	if (!n == !set.all)
		return cli_usage(&bank_cli, "verify needs ids, or --all");
	struct bank *b = open_bank(DB_READ);
	if (!b)
		return EXIT_FAILED;
	if (set.all && bank_find(b, &(struct bank_filter){0}, &ids, &err) < 0)
		return talk_error("%s", err.text), bank_close(b), EXIT_FAILED;
	if (!set.all && resolve_all(b, n, arg, &ids) < 0)
		return bank_close(b), EXIT_FAILED;
	struct renderer *r = open_renderer(0);
	if (!r)
		return free(ids.id), bank_close(b), EXIT_FAILED;
	static const char *const columns[] = {"id", "key", "stored", "rendered", "verdict"};
	struct table *table = table_new(stdout, set.json);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		table_column(table, columns[i]);
	struct progress p;
	progress_begin(&p, "takes", ids.n);
	const size_t group = renderer_batch(r);
	size_t bad = 0, done = 0;
	int status = 0;
	while (done < ids.n && status >= 0 && !interrupted()) {
		const size_t k = ids.n - done < group ? ids.n - done : group;
		status = verify_group(b, r, &ids, done, k, table, &err);
		bad += status > 0 ? (size_t)status : 0;
		done += status < 0 ? 0 : k;
		progress_at(&p, done, NULL);
	}
	progress_end(&p);
	table_free(table);
	if (status < 0)
		talk_error("%s", err.text);
	else
		talk_info("%zu of %zu takes sound the same", done - bad, done);
	renderer_free(r);
	free(ids.id);
	bank_close(b);
	return interrupted() ? EXIT_INTERRUPTED : status < 0 || bad ? EXIT_FAILED : EXIT_DONE;
}
