/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "out.h"

#include <alsa/asoundlib.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sys/stat.h>

#include "base/talk.h"

enum { CHUNK = 512, LATENCY = 150000 /* microseconds */ };

struct out {
	const char *path, *device;
	double gap;
	uint32_t rate, channels; /* of what goes out; 0 until the first sound */
	snd_pcm_t *pcm;          /* NULL: to a file */
	snd_pcm_format_t format;
	struct sound all;        /* gathered for a file */
	uint64_t room;           /* frames that `all` has room for */
	bool full;               /* and no more fits into a file */
	char place[PATH_MAX];    /* of the file that stands in for a device */
	const char *why;         /* it has to */
};

struct out *
out_new(const char *path, const char *device, double gap, uint32_t rate, struct err *err)
{
	struct out *o = calloc(1, sizeof *o);
	if (!o)
		return err_set(err, "out of memory"), NULL;
	o->path = path;
	o->device = device;
	o->gap = gap;
	o->rate = rate;
	return o;
}

bool
out_is_live(const struct out *o)
{
	return o->pcm;
}

/* --- a device ------------------------------------------------------------------------- */

static void
silent(const char *file, int line, const char *function, int err, const char *fmt, ...)
{
	(void)file, (void)line, (void)function, (void)err, (void)fmt;
}

/* Asks for the sound's own rate first, then for those that hardware has. 0 or an ALSA error. */
static int
agree(struct out *o, uint32_t rate)
{
	const uint32_t rates[] = {rate, 48000, 44100, 96000};
	const snd_pcm_format_t formats[] = {SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_S16_LE};
	int got = -EINVAL;
	for (uint32_t channels = 2; channels >= 1; channels--)
		for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
			for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
				got = snd_pcm_set_params(o->pcm, formats[f], SND_PCM_ACCESS_RW_INTERLEAVED, channels, rates[r], 0, LATENCY);
				if (got < 0)
					continue;
				o->format = formats[f];
				o->rate = rates[r];
				o->channels = channels;
				return 0;
			}
	return got;
}

static int
device_open(struct out *o, uint32_t rate)
{
	snd_lib_error_set_handler(silent);
	int got = snd_pcm_open(&o->pcm, o->device ? o->device : "default", SND_PCM_STREAM_PLAYBACK, 0);
	if (got < 0) {
		o->pcm = NULL;
		return got;
	}
	got = agree(o, o->rate ? o->rate : rate);
	if (got < 0) {
		snd_pcm_close(o->pcm);
		o->pcm = NULL;
	}
	return got;
}

/* Hands frames over in small pieces, so that an interrupt is heard at once. */
static int
device_write(struct out *o, const float *x, uint64_t frames, struct err *err)
{
	float clipped[CHUNK * 2];
	int16_t words[CHUNK * 2];
	while (frames && !interrupted()) {
		const size_t n = frames < CHUNK ? (size_t)frames : CHUNK;
		for (size_t i = 0; i < n * o->channels; i++) {
			clipped[i] = x ? fminf(fmaxf(x[i], -1), 1) : 0;
			words[i] = (int16_t)lrintf(clipped[i] * 32767);
		}
		const void *from = o->format == SND_PCM_FORMAT_S16_LE ? (const void *)words : clipped;
		snd_pcm_sframes_t done = snd_pcm_writei(o->pcm, from, n);
		if (done < 0 && (interrupted() || (done = snd_pcm_recover(o->pcm, (int)done, 1)) < 0)) {
			if (interrupted())
				break;
			return err_set(err, "cannot play: %s", snd_strerror((int)done));
		}
		frames -= (uint64_t)done;
		x = x ? x + (size_t)done * o->channels : NULL;
	}
	return 0;
}

static int
device_close(struct out *o)
{
	/* drop forgets what is still in the buffer, drain waits for it */
	if (interrupted())
		snd_pcm_drop(o->pcm);
	else
		snd_pcm_drain(o->pcm);
	return snd_pcm_close(o->pcm);
}

/* --- a file --------------------------------------------------------------------------- */

/* $XDG_CACHE_HOME/assay/NAME.wav, or NAME.wav here where there is no such place. */
static void
stand_in(struct out *o, const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char folder[PATH_MAX / 2] = "", label[128];
	if (cache && *cache == '/')
		snprintf(folder, sizeof folder, "%s", cache);
	else if (home && *home == '/')
		snprintf(folder, sizeof folder, "%s/.cache", home);
	if (*folder) {
		mkdir(folder, 0700);
		strncat(folder, "/assay", sizeof folder - strlen(folder) - 1);
		mkdir(folder, 0777);
	}
	snprintf(label, sizeof label, "%s", *name ? name : "take");
	char *dot = strrchr(label, '.');
	if (dot && dot > label && strlen(dot) <= 5) /* loop.flac: loop.wav */
		*dot = 0;
	for (char *c = label; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *c) || (c == label && *c == '.'))
			*c = '-';
	struct stat st;
	if (*folder && stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && access(folder, W_OK) == 0)
		snprintf(o->place, sizeof o->place, "%s/%s.wav", folder, label);
	else
		snprintf(o->place, sizeof o->place, "%s.wav", label);
}

static int
file_room(struct out *o, uint64_t frames, struct err *err)
{
	const uint64_t want = o->all.frames + frames;
	if (want <= o->room)
		return 0;
	const uint64_t limit = (uint64_t)(SOUND_MAX_SECONDS * o->rate), grown = want + o->room / 2;
	const uint64_t room = grown < limit ? grown : limit;
	float *x = realloc(o->all.x, (size_t)room * o->channels * sizeof *x);
	if (!x)
		return err_set(err, "out of memory for %.0f seconds of sound", (double)want / o->rate);
	o->all.x = x;
	o->room = room;
	return 0;
}

static int
file_write(struct out *o, const float *x, uint64_t frames, struct err *err)
{
	const uint64_t limit = (uint64_t)(SOUND_MAX_SECONDS * o->rate);
	if (frames > limit - o->all.frames) {
		frames = limit - o->all.frames;
		if (!o->full)
			talk_warning("a file holds no more than %g minutes: what comes later is not in it", SOUND_MAX_SECONDS / 60);
		o->full = true;
	}
	if (!frames)
		return 0;
	if (file_room(o, frames, err) < 0)
		return -1;
	float *to = o->all.x + o->all.frames * o->channels;
	if (x)
		memcpy(to, x, (size_t)frames * o->channels * sizeof *x);
	else
		memset(to, 0, (size_t)frames * o->channels * sizeof *to);
	o->all.frames += frames;
	return 0;
}

/* --- either --------------------------------------------------------------------------- */

/* Same rate and channels as what goes out. */
static int
fit(const struct out *o, struct sound *s, struct err *err)
{
	if (s->channels > 2 || (s->channels == 2 && o->channels == 1))
		sound_to_mono(s);
	if (s->rate != o->rate && sound_resample(s, o->rate, err) < 0)
		return -1;
	if (s->channels == o->channels)
		return 0;
	float *x = malloc((size_t)s->frames * 2 * sizeof *x);
	if (!x)
		return err_set(err, "out of memory");
	for (uint64_t i = 0; i < s->frames; i++)
		x[2 * i] = x[2 * i + 1] = s->x[i];
	free(s->x);
	s->x = x;
	s->channels = 2;
	return 0;
}

static int
begin(struct out *o, const struct sound *s, const char *name, struct err *err)
{
	if (!o->path) {
		const int got = device_open(o, s->rate);
		if (got == 0)
			return 0;
		if (o->device)
			return err_set(err, "cannot open device '%s': %s", o->device, snd_strerror(got));
		o->why = snd_strerror(got);
		stand_in(o, name);
	}
	o->rate = o->rate ? o->rate : s->rate;
	o->channels = 2;
	return 0;
}

static int
put(struct out *o, const float *x, uint64_t frames, struct err *err)
{
	return o->pcm ? device_write(o, x, frames, err) : file_write(o, x, frames, err);
}

int
out_play(struct out *o, struct sound *s, const char *name, uint64_t times, struct err *err)
{
	if (!o->channels ? begin(o, s, name, err) < 0 : put(o, NULL, (uint64_t)(o->gap * o->rate), err) < 0)
		return -1;
	if (fit(o, s, err) < 0)
		return -1;
	if (!times && !o->pcm)
		times = 1; /* a file ends */
	for (uint64_t i = 0; (!times || i < times) && !interrupted() && !o->full; i++)
		if (put(o, s->x, s->frames, err) < 0)
			return -1;
	return 0;
}

int
out_close(struct out *o, struct err *err)
{
	int got = 0;
	if (o->pcm) {
		device_close(o);
	} else if (o->all.frames) {
		o->all.rate = o->rate;
		o->all.channels = o->channels;
		const struct sound_tags tags = {.software = "assay"};
		const char *path = o->path ? o->path : o->place;
		got = sound_write(path, &o->all, 0, &tags, err);
		if (got == 0 && !o->path)
			talk_info("no sound card to play to (%s): the sound, %.1f s, is in '%s'", o->why,
			    (double)o->all.frames / o->rate, path);
	}
	snd_config_update_free_global();
	sound_free(&o->all);
	free(o);
	return got;
}
