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
    .verbs = "spectrogram progress map archive set",
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

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n < 1)
		return cli_usage(&cli, "say what to draw: spectrogram, progress, map, archive or set");
	const char *verb = argv[1];
	struct err err;
	if (!set.x != !set.y || (set.x && strcmp(verb, "map") != 0))
		return cli_usage(&cli, "--x and --y are the two axes of a map");
	if ((measures || set.axes || set.as_is) && strcmp(verb, "archive") != 0)
		return cli_usage(&cli, "--measures, --axes and --as-is are for an archive");
	set.measures = measures ? measures : set.measures;
	interrupt_catch();
	if (!strcmp(verb, "spectrogram")) {
		if (n < 2 || n > 3)
			return cli_usage(&cli, "spectrogram: one sound or two");
		status = picture_spectrogram(argv + 2, n - 1, &set, &err);
	} else if (!strcmp(verb, "progress") || !strcmp(verb, "map") || !strcmp(verb, "set")
	           || !strcmp(verb, "archive")) {
		struct gathered g = {0};
		if (n == 1)
			gather(&g, "-");
		for (int i = 2; i <= n; i++)
			gather(&g, argv[i]);
		status = (*verb == 'm' ? picture_map : *verb == 'a' ? picture_archive : *verb == 's' ? picture_set : picture_progress)(g.takes, g.n, &set, &err);
		for (size_t i = 0; i < g.n; i++)
			take_free(g.takes[i]);
		free(g.takes);
	} else
		return cli_usage(&cli, "unknown picture '%s'", verb);
	if (status < 0)
		die(EXIT_FAILED, "%s", err.text);
	talk_verbose("wrote '%s'", set.out);
	return interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}
