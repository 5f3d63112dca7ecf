/* SPDX-License-Identifier: GPL-3.0-or-later */
/* picture: sounds, runs and finds as PNG. */
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/talk.h"
#include "picture.h"

static struct picture_settings set = {.width = 1600, .height = 900, .out = "picture.png", .measures = "brightness,punch"};
static const char *measures;

static const struct cli_option options[] = {
    {'o', "out", CLI_STRING, &set.out, "FILE", .help = "the PNG file, or -"},
    {'t', "title", CLI_STRING, &set.title, "TEXT", .help = "what stands above it"},
    {0, "width", CLI_INT, &set.width, "N", 400, 8000, .help = "in pixels"},
    {0, "height", CLI_INT, &set.height, "N", 300, 8000, .help = "in pixels"},
    {0, "x", CLI_STRING, &set.x, "NAME", .help = "map: what is drawn across: an aspect, a column of the summary, a term of the score"},
    {0, "y", CLI_STRING, &set.y, "NAME", .help = "map: and upwards"},
    {0, "measures", CLI_STRING, &measures, "NAME[=MIN..MAX][/CELLS],...", .help = "archive: what its cells are; brightness,punch unless told"},
    {0, "as-is", CLI_FLAG, &set.as_is, .help = "archive: takes were heard in the order in which they come, not run by run"},
    {0, "axes", CLI_STRING, &set.axes, "TAKES", .help = "archive: learn the measures pc1 to pc8 from these"},
    {0},
};

static int spectrogram(int, char **), progress(int, char **), map(int, char **), archive(int, char **), golden(int, char **);
static const struct cli_verb verbs[] = {
    {"spectrogram", spectrogram, false}, {"progress", progress, false}, {"map", map, false},
    {"archive", archive, false}, {"set", golden, false}, {0},
};

static const struct cli cli = {
    .tool = "picture",
    .summary = "draw sounds, runs and finds as PNG",
    .usage = "spectrogram A [B] | progress [TAKES ...] | map [TAKES ...] | archive [TAKES ...] | set [TAKES ...] [options]",
    .example = "assay picture spectrogram loop.flac again.wav -o loop.png\n"
               "assay bank find --takes --best 500 | assay picture map -o map.png\n"
               "assay features *.wav | assay picture map --x brightness --y movement\n"
               "assay bank find --takes --limit 0 | assay picture archive --measures brightness,punch -o archive.png\n"
               "assay golden ~/loops | assay picture set -o loops.png\n",
    .options = options,
    .verbs = verbs,
};

struct gathered {
	struct take **takes;
	size_t n, max;
};

/* All takes of a stream. Their sound is not drawn: it is let go of at once. */
static void
gather(struct gathered *g, const char *path)
{
	struct err err;
	struct take *t;
	int got;
	struct reader *r = reader_open(path, &err);
	if (!r)
		die(EXIT_FAILED, "%s", err.text);
	while ((got = take_read(r, &t, &err)) > 0) {
		if (g->n == g->max) {
			g->max = 2 * g->max + 256;
			g->takes = realloc(g->takes, g->max * sizeof *g->takes);
			if (!g->takes)
				die(EXIT_FAILED, "out of memory for %zu takes", g->max);
		}
		if (t->m->audio) {
			struct take *with_sound = t;
			t->m->audio = NULL;
			if (!(t = take_copy(with_sound, &err)))
				die(EXIT_FAILED, "%s", err.text);
			take_free(with_sound);
		}
		g->takes[g->n++] = t;
	}
	if (got < 0)
		die(EXIT_FAILED, "%s", err.text);
	reader_free(r);
}

static int
drawn(int status, struct err *err)
{
	if (status < 0)
		die(EXIT_FAILED, "%s", err->text);
	talk_verbose("wrote '%s'", set.out);
	return interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

static int
spectrogram(int n, char **arg)
{
	struct err err;
	if (n < 1 || n > 2)
		return cli_usage(&cli, "spectrogram: one sound or two");
	return drawn(picture_spectrogram(arg, n, &set, &err), &err);
}

/* A picture of takes: those of the streams that are named, or of stdin. */
static int
of_takes(int (*draw)(struct take **, size_t, const struct picture_settings *, struct err *), int n, char **arg)
{
	struct err err;
	struct gathered g = {0};
	if (!n)
		gather(&g, "-");
	for (int i = 0; i < n; i++)
		gather(&g, arg[i]);
	const int status = draw(g.takes, g.n, &set, &err);
	for (size_t i = 0; i < g.n; i++)
		take_free(g.takes[i]);
	free(g.takes);
	return drawn(status, &err);
}

static int
progress(int n, char **arg)
{
	return of_takes(picture_progress, n, arg);
}

static int
map(int n, char **arg)
{
	return of_takes(picture_map, n, arg);
}

static int
archive(int n, char **arg)
{
	return of_takes(picture_archive, n, arg);
}

static int
golden(int n, char **arg)
{
	return of_takes(picture_set, n, arg);
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0 && (!set.x != !set.y || (set.x && strcmp(argv[1], "map") != 0)))
		return cli_usage(&cli, "--x and --y are the two axes of a map");
	if (n > 0 && (measures || set.axes || set.as_is) && strcmp(argv[1], "archive") != 0)
		return cli_usage(&cli, "--measures, --axes and --as-is are for an archive");
	set.measures = measures ? measures : set.measures;
	return cli_verb(&cli, n, argv);
}
