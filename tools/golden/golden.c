/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golden: loops as a set to learn from. Each sound file becomes a take with its
 * sound, its summary, its tempo, and the pieces it is made of; what is known from
 * another run is not heard again. When all have been heard they are held against
 * one another, and then written.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/talk.h"
#include "cache.h"
#include "feature/analysis.h"
#include "feature/kinds.h"
#include "feature/slices.h"
#include "golden.h"
#include "wire/import.h"
#include "wire/measure.h"

enum { MAX_DEPTH = 32 };

static const char *where_out = "-", *wav_folder, *cut = "onsets";
static int slice_kinds, groups;
static double rate = 44100, gap_ms = 35;
static bool strict, slices, every, reports, json, dedupe, no_cache;

static const struct cli_option options[] = {
    {'o', "out", CLI_STRING, &where_out, "WHERE", .help = "write takes to a file, - or an endpoint"},
    {0, "slices", CLI_FLAG, &slices, .help = "write the slice that stands for each kind as a take, instead of the loop"},
    {0, "all", CLI_FLAG, &every, .help = "with --slices: write all slices"},
    {0, "slice", CLI_CHOICE, &cut, "WHERE", .choices = "onsets beats transients", .help = "where loops are cut"},
    {0, "wav", CLI_STRING, &wav_folder, "DIR", .help = "write what is written as takes as WAV files, too"},
    {0, "kinds", CLI_INT, &slice_kinds, "N", 0, SLICES_MAX_KINDS, .help = "kinds of slices to find; 0: as many as the loop suggests, 8 at most"},
    {0, "groups", CLI_INT, &groups, "N", 0, KINDS_MOST, .help = "kinds of loops to find; 0: as many as the set suggests, 12 at most"},
    {0, "gap", CLI_DOUBLE, &gap_ms, "MS", 10, 1000, .help = "least time between two onsets"},
    {0, "rate", CLI_DOUBLE, &rate, "HZ", 0, 384000, .help = "resample to this rate; 0: leave it"},
    {0, "dedupe", CLI_FLAG, &dedupe, .help = "leave out what is the same recording as one before it"},
    {0, "report", CLI_FLAG, &reports, .help = "print what is in the set, what is there twice and what stands out, instead of takes"},
    {0, "json", CLI_FLAG, &json, .help = "the same as one JSON object"},
    {0, "no-cache", CLI_FLAG, &no_cache, .help = "hear every file again, and keep nothing for the next run"},
    {0, "strict", CLI_FLAG, &strict, .help = "stop at the first file that fails"},
    {0},
};

static const struct cli cli = {
    .tool = "golden",
    .summary = "make a golden set of loops",
    .usage = "[options] DIR|FILE ...",
    .example = "assay golden /usr/share/sonic-pi/samples/loop_amen.flac | assay json | jq '.loop.tempo'\n"
               "assay golden --dedupe ~/loops -o golden.takes\n"
               "assay golden --report ~/loops\n"
               "assay golden --slices break.wav -o kinds.takes\n",
    .options = options,
};

static struct analysis *analysis;
static struct cache *cache;
static struct store *out;
static struct set set;
static struct settings how;
static struct progress progress;
static size_t found, failed;
static bool broken; /* the stream cannot be written: there is no use in going on */

/* --- which files ------------------------------------------------------------------------------ */

struct paths {
	char **path;
	size_t n, room;
} files;

static void
add_path(const char *path)
{
	if (files.n == files.room) {
		files.room = files.room ? 2 * files.room : 256;
		files.path = realloc(files.path, files.room * sizeof *files.path);
	}
	if (!files.path || !(files.path[files.n++] = strdup(path)))
		die(EXIT_FAILED, "out of memory");
}

/* The folders that one is within. */
struct inside {
	const struct inside *outer;
	dev_t dev;
	ino_t ino;
	int depth;
};

static void
walk_folder(const char *path, const struct inside *in)
{
	struct dirent **list;
	const int n = in->depth < MAX_DEPTH ? scandir(path, &list, NULL, alphasort) : (errno = ELOOP, -1);
	if (n < 0) {
		talk_warning("cannot read folder '%s': %s", path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		char *inner = NULL;
		struct stat st;
		if (list[i]->d_name[0] == '.' || interrupted() || asprintf(&inner, "%s/%s", path, list[i]->d_name) < 0) {
			free(list[i]);
			continue;
		}
		const bool there = stat(inner, &st) == 0;
		const struct inside here = {in, st.st_dev, st.st_ino, in->depth + 1};
		const struct inside *outer = in;
		while (there && outer && (outer->dev != st.st_dev || outer->ino != st.st_ino))
			outer = outer->outer;
		if (!there)
			talk_warning("cannot open '%s': %s", inner, strerror(errno));
		else if (S_ISDIR(st.st_mode) && outer)
			talk_warning("'%s' is a folder that it is in: it is passed over", inner);
		else if (S_ISDIR(st.st_mode))
			walk_folder(inner, &here);
		else if (S_ISREG(st.st_mode))
			add_path(inner);
		else
			talk_warning("'%s' is no plain file: it is passed over", inner);
		free(inner);
		free(list[i]);
	}
	free(list);
}

static void
walk(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		add_path(path);
		return;
	}
	char *bare = strdup(path); /* the takes' file names have no double slash */
	for (size_t n = bare ? strlen(bare) : 0; n > 1 && bare[n - 1] == '/'; n--)
		bare[n - 1] = 0;
	if (!bare)
		die(EXIT_FAILED, "out of memory");
	walk_folder(bare, &(struct inside){NULL, st.st_dev, st.st_ino, 0});
	free(bare);
}

/* --- hearing ---------------------------------------------------------------------------------- */

/* Says where what a name states and what is heard part. */
static void
say(const struct member *m)
{
	const Assay__Loop *l = m->t->m->loop;
	const size_t n = strlen(l->stated_key);
	size_t kinds = 0;
	for (size_t i = 0; i < l->n_slices; i++)
		kinds += l->slices[i]->exemplar;
	if (l->stated_tempo > 0 && l->tempo > 0 && fabs(l->tempo / l->stated_tempo - 1) > 0.01)
		talk_warning("'%s': the name says %g BPM, but %.2f is heard", m->path, l->stated_tempo, l->tempo);
	if (n && (strncmp(l->key, l->stated_key, n) || (l->key[n] && l->key[n] != ' ')))
		talk_warning("'%s': the name says %s, but %s is heard", m->path, l->stated_key, l->key);
	if (slices && !l->n_slices)
		talk_warning("%s: silent: there is nothing to slice", m->t->m->key);
	talk_verbose("%s: %.2f BPM (confidence %.2f), %.4g beats, %s (confidence %.2f), loops %.2f, %zu slices of %zu kinds%s",
	    m->t->m->key, l->tempo, l->confidence, l->beats, *l->key ? l->key : "no key", l->key_confidence, l->loopness,
	    l->n_slices, kinds, m->known ? ", known" : "");
}

/* A take of the file with all that is heard in it but its samples, which are in *s. */
static struct take *
hear_file(const char *path, struct sound *s, struct err *err)
{
	struct take *t = NULL;
	if (sound_read(path, s, err) < 0 || (rate > 0 && sound_resample(s, (uint32_t)rate, err) < 0))
		return NULL;
	if (!(t = take_import(s, path)))
		err_set(err, "'%s': out of memory", path);
	else if (*t->m->error)
		err_set(err, "'%s': %s", path, t->m->error);
	else if (hear(analysis, &how, t, err) == 0) {
		t->m->audio->n_samples = 0;
		t->m->audio->samples = NULL;
		return t;
	} else {
		err_prefix(err, "'%s'", path);
	}
	take_free(t);
	return NULL;
}

static void
import(const char *path)
{
	struct sound s = {0};
	struct err err;
	struct stat before, after;
	uint8_t key[HASH_SIZE];
	const bool keyed = cache && stat(path, &before) == 0 && cache_key(cache, path, key) == 0;
	struct take *t = keyed ? cache_get(cache, key) : NULL;
	const bool known = t && t->m->audio && t->m->loop && take_summary(t) && take_name(t, path) == 0;
	if (!known) {
		take_free(t);
		t = hear_file(path, &s, &err);
	}
	struct member *m = t ? set_add(&set, path, t, &s) : NULL;
	if (m) {
		m->known = known;
		/* what was written to while it was read belongs to no hash */
		if (!known && keyed && stat(path, &after) == 0 && after.st_size == before.st_size
		    && after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec)
			cache_put(cache, key, t);
		say(m);
		return;
	}
	if (t)
		err_set(&err, "'%s': out of memory", path);
	failed++;
	(strict ? talk_error : talk_warning)("%s", err.text);
	take_free(t);
	sound_free(&s);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int
put(struct take *t, struct err *err)
{
	if (wav_folder && piece_wav(wav_folder, t, err) < 0)
		return -1;
	broken |= store_put(out, t, err) < 0;
	return broken ? -1 : 0;
}

/* Writes one member; 0, or -1 if it could not be. */
static int
write_member(size_t i, struct err *err)
{
	struct member *m = &set.member[i];
	const struct sound *s = set_sound(&set, i, &how, err);
	if (!s)
		return -1;
	if (slices)
		return pieces_send(analysis, m->t, s, every, put, err);
	Assay__Audio *a = m->t->m->audio;
	a->samples = s->x;
	a->n_samples = s->frames * s->channels;
	const int got = put(m->t, err);
	a->samples = NULL;
	a->n_samples = 0;
	return got;
}

static void
write_all(void)
{
	struct err err;
	for (size_t i = 0; i < set.n && !broken && !interrupted() && !(strict && failed); i++) {
		const struct member *m = &set.member[i];
		const ptrdiff_t of = m->same >= 0 ? m->same : m->copy;
		if (dedupe && of >= 0) {
			talk_info("%s: left out: %s %s", m->t->m->key, m->same >= 0 ? "the same as" : "a copy of", set.member[of].t->m->key);
			continue;
		}
		if (write_member(i, &err) < 0) {
			failed++;
			(strict || broken ? talk_error : talk_warning)("%s", err.text);
		}
	}
}

/* What has become of the set, where it is a file. */
static void
tell(size_t heard)
{
	struct news n;
	if (!strcmp(where_out, "-") || strstr(where_out, "://"))
		return;
	if (store_news(where_out, &set, &n))
		talk_info("%zu loop%s: %zu new, %zu changed, %zu kept, %zu gone; %zu heard, %zu known", set.n, set.n == 1 ? "" : "s", n.fresh, n.changed,
		    n.kept, n.gone, heard, set.n - heard);
	else
		talk_info("%zu loop%s: %zu heard, %zu known", set.n, set.n == 1 ? "" : "s", heard, set.n - heard);
}

static void
hear_all(void)
{
	progress_begin(&progress, "loops", files.n);
	for (size_t i = 0; i < files.n && !interrupted() && !(strict && failed); i++) {
		progress_at(&progress, i, files.path[i]);
		found++;
		import(files.path[i]);
	}
	progress_end(&progress);
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (!n)
		return cli_usage(&cli, "no folder and no file");
	interrupt_catch();
	struct err err;
	how = (struct settings){rate, gap_ms / 1000, slice_kinds, *cut == 'b' ? CUT_BEATS : *cut == 't' ? CUT_TRANSIENTS : CUT_ONSETS};
	reports |= json;
	if (reports && (slices || wav_folder || strcmp(where_out, "-") != 0))
		return cli_usage(&cli, "--report and --json write no takes: leave out --out, --wav and --slices");
	if (wav_folder && folder_make(wav_folder) < 0)
		die(EXIT_FAILED, "cannot make folder '%s': %s", wav_folder, strerror(errno));
	if (!(analysis = analysis_new()))
		die(EXIT_FAILED, "out of memory");
	if (!reports && !(out = store_open(where_out, &err)))
		die(EXIT_FAILED, "%s", err.text);
	cache = no_cache ? NULL : cache_open(&how);
	for (int i = 1; i <= n; i++)
		walk(argv[i]);
	hear_all();
	size_t heard = 0;
	for (size_t i = 0; i < set.n; i++)
		heard += !set.member[i].known;
	bool whole = !interrupted() && !(strict && failed);
	if (whole && judge(&set, &how, groups, &err) < 0) {
		talk_error("%s", err.text);
		whole = false;
		broken = true;
	}
	whole = whole && !interrupted();
	if (whole && set.n && reports) {
		(json ? report_json : report_text)(&set);
		broken |= cli_finish() != EXIT_DONE;
	} else if (whole && set.n) {
		write_all();
		whole = !broken && !interrupted() && !(strict && failed);
		if (whole)
			tell(heard);
	}
	if (out && store_close(out, whole && set.n, &err) < 0 && !broken) {
		talk_error("%s", err.text);
		broken = true;
	}
	cache_close(cache);
	if (!found && !interrupted())
		talk_error("no file was found");
	if (interrupted())
		talk_info("interrupted: %zu of %zu files were heard%s", set.n, files.n, cache ? ", and are known to the next run" : "");
	else if (failed)
		talk_info("imported %zu of %zu files, %zu failed", found - failed, found, failed);
	const bool any = set.n && failed < found;
	set_release(&set);
	analysis_free(analysis);
	for (size_t i = 0; i < files.n; i++)
		free(files.path[i]);
	free(files.path);
	if (interrupted())
		return EXIT_INTERRUPTED;
	return broken || !any || (strict && failed) ? EXIT_FAILED : EXIT_DONE;
}
