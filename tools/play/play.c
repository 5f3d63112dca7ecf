/* SPDX-License-Identifier: GPL-3.0-or-later */
/* play: takes and sound files to the loudspeakers, or to a file. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "out.h"
#include "wire/renderer.h"
#include "wire/stage.h"

static struct stage_where where = {.in = "-"};
static const char *path, *device;
static double gap = 0.25;
static uint64_t loop = 1;
static int rate;

static const struct cli_option options[] = {
	{'i', "in", CLI_STRING, &where.in, "WHERE", .help = "read takes from a file, - or an endpoint"},
	{'o', "out", CLI_STRING, &path, "FILE", .help = "write a sound file (.wav .flac .aiff .ogg, - for WAV on stdout)"},
	{'D', "device", CLI_STRING, &device, "NAME", .help = "play to this ALSA device, and to nothing else"},
	{'l', "loop", CLI_U64, &loop, "N", .help = "play each sound N times without a gap, 0 until interrupted"},
	{'g', "gap", CLI_DOUBLE, &gap, "SECONDS", 0, 60, .help = "silence between sounds"},
	{'r', "rate", CLI_INT, &rate, "HZ", 8000, 192000, .help = "sample rate to play at, that of the first sound if not given"},
	{0, "strict", CLI_FLAG, &where.strict, .help = "stop at the first take that fails"},
	{0},
};

static const struct cli cli = {
	.tool = "play",
	.summary = "play takes and sound files",
	.usage = "[options] [SOUND | TAKES ...]",
	.example = "assay patch pluck.lua | assay play\nassay bank find --limit 5 | assay play --gap 1\n",
	.options = options,
};

/* What plays, and what renders takes that have a recipe and no sound; made when first wanted. */
static struct out *out;
static struct renderer *renderer;

static int
render(struct take *t, struct sound *s, struct err *err)
{
	const struct renderer_settings how = {.isa = ISA_AUTO, .guests_talk = talk_level > 1};
	if (!renderer && !(renderer = renderer_new(&how, err)))
		return -1;
	renderer_clear(renderer);
	renderer_add(renderer, t);
	if (renderer_run(renderer, err) < 0)
		return -1;
	const struct rendition *x = renderer_sound(renderer, 0);
	if (!x)
		return err_set(err, "%s", t->m->error);
	*s = (struct sound){.rate = x->rate, .channels = x->channels, .frames = x->frames};
	s->x = renderer_give(renderer, 0);
	return 0;
}

/* The take's sound, the caller's to free and to change. */
static int
sound_of(struct take *t, struct sound *s, struct err *err)
{
	*s = (struct sound){0};
	if (!take_has_audio(t))
		return t->m->n_parts ? render(t, s, err) : err_set(err, "has neither sound nor a recipe");
	const Assay__Audio *a = t->m->audio;
	if (!a->frames || !a->rate)
		return err_set(err, "has no frames of sound");
	s->x = malloc(a->n_samples * sizeof *s->x);
	if (!s->x)
		return err_set(err, "out of memory");
	memcpy(s->x, a->samples, a->n_samples * sizeof *s->x);
	s->rate = a->rate;
	s->channels = a->channels;
	s->frames = a->frames;
	return 0;
}

static int
play(struct sound *s, const char *name, struct err *err)
{
	talk_info("%s: %.2f s", name, (double)s->frames / s->rate);
	return out_play(out, s, name, loop, err);
}

static int
play_takes(const char *from)
{
	struct stage stage;
	struct take *t;
	struct err err;
	char label[HASH_HEX];
	const struct stage_where w = {.in = from, .strict = where.strict};
	if (stage_open(&stage, &w, "played") < 0)
		return EXIT_FAILED;
	while ((t = stage_next(&stage))) {
		struct sound s;
		if (stage_skip(&stage, t))
			continue;
		if (sound_of(t, &s, &err) < 0) {
			take_fail(t, "%s", err.text);
		} else {
			if (play(&s, take_label(t, label), &err) < 0) /* what cannot play one cannot play the next */
				die(EXIT_FAILED, "%s", err.text);
			sound_free(&s);
		}
		stage_emit(&stage, t);
	}
	return stage_close(&stage);
}

static int
play_file(const char *name)
{
	struct sound s;
	struct err err;
	if (sound_read(name, &s, &err) < 0) {
		talk_error("%s", err.text);
		return EXIT_FAILED;
	}
	const char *slash = strrchr(name, '/');
	if (play(&s, slash ? slash + 1 : name, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	sound_free(&s);
	return EXIT_DONE;
}

static bool
is_sound(const char *name)
{
	static const char *const known[] = {".wav", ".wave", ".flac", ".aiff", ".aif", ".ogg", ".mp3", ".au", ".caf"};
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(dot, known[i]))
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	int status;
	struct err err;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (!n && !strcmp(where.in, "-") && isatty(STDIN_FILENO))
		return cli_usage(&cli, "nothing to play: no takes come in, and no file is named");
	if (!(out = out_new(path, device, gap, (uint32_t)rate, &err)))
		die(EXIT_FAILED, "%s", err.text);
	interrupt_catch();
	if (!n)
		status = play_takes(where.in);
	for (int i = 1; i <= n && !interrupted(); i++) {
		const int got = is_sound(argv[i]) ? play_file(argv[i]) : play_takes(argv[i]);
		status = got ? got : status;
	}
	if (out_close(out, &err) < 0) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	renderer_free(renderer);
	return interrupted() ? EXIT_INTERRUPTED : status;
}
