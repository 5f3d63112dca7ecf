/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files are encoded and (where they are not plain files) decoded in memory, so
 * that there is one place where bytes meet the disk: whole, under a temporary
 * name, and then renamed.
 */
#include "audio/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum {
	MAX_SAMPLES = 1 << 28, /* of all channels: 1 GiB; twenty minutes of 96 kHz stereo */
	MAX_PIPE = 1 << 30,    /* bytes of a file that comes through a pipe */
	MAX_RATE = 768000,
	BLOCK = 4096, /* frames; libsndfile's Vorbis writer wants small pieces */
};
/* Louder than any scale a file is written in (2^31 is the largest in use); the
   square of a spectrum of this still fits a float. */
#define MAX_LEVEL 1e10f

/* --- a file in memory, as libsndfile wants to see it ----------------------------------- */

struct memory {
	uint8_t *p;
	sf_count_t size, room, at, limit;
};

static sf_count_t mem_size(void *u) { return ((struct memory *)u)->size; }
static sf_count_t mem_tell(void *u) { return ((struct memory *)u)->at; }

static sf_count_t
mem_seek(sf_count_t offset, int whence, void *u)
{
	struct memory *m = u;
	const sf_count_t to = offset + (whence == SEEK_CUR ? m->at : whence == SEEK_END ? m->size : 0);
	if (to < 0 || to > m->limit)
		return -1;
	return m->at = to;
}

static sf_count_t
mem_read(void *p, sf_count_t n, void *u)
{
	struct memory *m = u;
	const sf_count_t left = m->size > m->at ? m->size - m->at : 0;
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(p, m->p + m->at, (size_t)n);
	m->at += n;
	return n;
}

static sf_count_t
mem_write(const void *p, sf_count_t n, void *u)
{
	struct memory *m = u;
	const sf_count_t end = m->at + n;
	if (end > m->limit)
		return 0;
	if (end > m->room) {
		sf_count_t room = m->room ? m->room : 65536;
		while (room < end)
			room *= 2;
		uint8_t *q = realloc(m->p, (size_t)room);
		if (!q)
			return 0;
		m->p = q;
		m->room = room;
	}
	if (m->at > m->size)
		memset(m->p + m->size, 0, (size_t)(m->at - m->size));
	memcpy(m->p + m->at, p, (size_t)n);
	m->at = end;
	if (end > m->size)
		m->size = end;
	return n;
}

static SF_VIRTUAL_IO memory_io = {mem_size, mem_seek, mem_read, mem_write, mem_tell};

/* --- reading --------------------------------------------------------------------------- */

static int
slurp(int fd, const char *path, struct memory *m, struct err *err)
{
	uint8_t block[65536];
	*m = (struct memory){.limit = MAX_PIPE};
	for (;;) {
		const ssize_t n = read(fd, block, sizeof block);
		if (n == 0)
			return m->at = 0;
		if (n < 0)
			return err_errno(err, "cannot read '%s'", path);
		if (mem_write(block, n, m) != n)
			return err_set(err, "cannot read '%s': more than %d MiB", path, MAX_PIPE >> 20);
	}
}

/* A header can claim any length: room grows with what is really there. */
static int
read_frames(SNDFILE *f, const SF_INFO *info, struct sound *s, struct err *err)
{
	const size_t channels = (size_t)info->channels, most = MAX_SAMPLES / channels;
	size_t room = 0;
	for (;;) {
		if (s->frames + BLOCK > room) {
			room = room ? 2 * room : info->frames < (1 << 22) ? (size_t)info->frames + 2 * BLOCK : 1 << 22;
			float *x = realloc(s->x, room * channels * sizeof *x);
			if (!x)
				return err_set(err, "out of memory");
			s->x = x;
		}
		const sf_count_t n = sf_readf_float(f, s->x + s->frames * channels, BLOCK);
		if (n <= 0)
			break;
		s->frames += (uint64_t)n;
		if (s->frames > most || (double)s->frames > SOUND_MAX_SECONDS * info->samplerate)
			return err_set(err, "more than %.0f seconds or %d samples of sound", SOUND_MAX_SECONDS, MAX_SAMPLES);
	}
	if (sf_error(f))
		return err_set(err, "breaks off after %llu frames: %s", (unsigned long long)s->frames, sf_strerror(f));
	if (!s->frames)
		return err_set(err, "holds no sound (0 frames)");
	float *x = realloc(s->x, s->frames * channels * sizeof *x);
	if (x)
		s->x = x;
	return 0;
}

static int
check_samples(const struct sound *s, struct err *err)
{
	const size_t n = s->frames * s->channels;
	for (size_t i = 0; i < n; i++)
		if (!(fabsf(s->x[i]) <= MAX_LEVEL))
			return err_set(err, "frame %zu, channel %zu is %g, which is not sound", i / s->channels,
			    i % s->channels, s->x[i]);
	return 0;
}

static int
read_open(SNDFILE *f, const SF_INFO *info, struct sound *s, struct err *err)
{
	if (!f) {
		/* "Error in WAV file. No 'data' chunk marker."; what it calls internal says nothing */
		const char *why = sf_strerror(NULL);
		size_t n = strlen(why);
		while (n && strchr(".\n", why[n - 1]))
			n--;
		if (!n || !strncmp(why, "Internal", 8))
			return err_set(err, "not a sound file that is known here");
		return err_set(err, "not a sound file that is known here (%.*s)", (int)n, why);
	}
	if (info->channels < 1 || info->channels > SOUND_MAX_CHANNELS)
		return err_set(err, "has %d channels, not 1 to %d", info->channels, SOUND_MAX_CHANNELS);
	if (info->samplerate < 1 || info->samplerate > MAX_RATE)
		return err_set(err, "has a sample rate of %d Hz, not 1 to %d", info->samplerate, MAX_RATE);
	s->rate = (uint32_t)info->samplerate;
	s->channels = (uint32_t)info->channels;
	return read_frames(f, info, s, err) < 0 ? -1 : check_samples(s, err);
}

int
sound_read(const char *path, struct sound *s, struct err *err)
{
	*s = (struct sound){0};
	const bool standard = !strcmp(path, "-");
	const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "cannot open '%s'", path);
		if (fd > STDIN_FILENO)
			close(fd);
		return -1;
	}
	struct memory m = {0};
	SNDFILE *f = NULL;
	SF_INFO info = {0};
	int got = -1;
	if (S_ISDIR(st.st_mode)) {
		err_set(err, "cannot read '%s': is a directory", path);
	} else if (S_ISREG(st.st_mode) && !st.st_size) {
		err_set(err, "cannot read '%s': the file is empty", path);
	} else if (S_ISREG(st.st_mode) || slurp(fd, path, &m, err) == 0) {
		/* by descriptor: libsndfile never sees the name, so it cannot believe it */
		f = m.p ? sf_open_virtual(&memory_io, SFM_READ, &info, &m)
		        : sf_open_fd(fd, SFM_READ, &info, SF_FALSE);
		got = read_open(f, &info, s, err);
		if (got < 0)
			err_prefix(err, "cannot read '%s'", path);
		sf_close(f);
	}
	free(m.p);
	if (!standard)
		close(fd);
	if (got < 0)
		sound_free(s);
	return got;
}

/* --- writing --------------------------------------------------------------------------- */

static int
format_of(const char *path, int bits, struct err *err)
{
	static const struct {
		const char *suffix;
		int format, usual;
	} known[] = {
	    {".wav", SF_FORMAT_WAV, 32}, {".wave", SF_FORMAT_WAV, 32}, {".flac", SF_FORMAT_FLAC, 24},
	    {".aiff", SF_FORMAT_AIFF, 24}, {".aif", SF_FORMAT_AIFF, 24}, {".ogg", SF_FORMAT_OGG, 0},
	};
	const char *dot = strrchr(path, '.');
	if (!strcmp(path, "-"))
		dot = ".wav";
	for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++) {
		if (strcasecmp(dot, known[i].suffix))
			continue;
		if (known[i].format == SF_FORMAT_OGG)
			return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
		switch (bits ? bits : known[i].usual) {
		case 16: return known[i].format | SF_FORMAT_PCM_16;
		case 24: return known[i].format | SF_FORMAT_PCM_24;
		case 32:
			if (known[i].format != SF_FORMAT_FLAC)
				return known[i].format | SF_FORMAT_FLOAT;
			return err_set(err, "cannot write '%s': FLAC holds 16 or 24 bits", path);
		default: return err_set(err, "cannot write '%s': %d bits are not 16, 24 or 32", path, bits);
		}
	}
	/* a device or pipe has no suffix to say it */
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return format_of("-", bits, err);
	return err_set(err, "cannot write '%s': the name must end in .wav, .flac, .aiff or .ogg", path);
}

static int
encode(const struct sound *s, int format, const struct sound_tags *tags, struct memory *m, struct err *err)
{
	SF_INFO info = {.samplerate = (int)s->rate, .channels = (int)s->channels, .format = format};
	*m = (struct memory){.limit = INT64_MAX / 2};
	SNDFILE *f = sf_open_virtual(&memory_io, SFM_WRITE, &info, m);
	if (!f)
		return err_set(err, "%s", sf_strerror(NULL));
	sf_command(f, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE); /* it holds the time of day */
	sf_command(f, SFC_SET_CLIPPING, NULL, SF_TRUE);
	if (tags) {
		const struct {
			int key;
			const char *text;
		} all[] = {
		    {SF_STR_TITLE, tags->title}, {SF_STR_ARTIST, tags->artist}, {SF_STR_SOFTWARE, tags->software},
		    {SF_STR_COMMENT, tags->comment}, {SF_STR_DATE, tags->date},
		};
		for (size_t i = 0; i < sizeof all / sizeof *all; i++)
			if (all[i].text)
				sf_set_string(f, all[i].key, all[i].text);
	}
	for (uint64_t at = 0; at < s->frames;) {
		const sf_count_t n = s->frames - at < BLOCK ? (sf_count_t)(s->frames - at) : BLOCK;
		if (sf_writef_float(f, s->x + at * s->channels, n) != n) {
			err_set(err, "%s", sf_error(f) ? sf_strerror(f) : "out of memory");
			sf_close(f);
			return -1;
		}
		at += (uint64_t)n;
	}
	if (sf_close(f))
		return err_set(err, "out of memory");
	return 0;
}

/* What was encoded in memory, to where it belongs. */
static int
deliver(const char *path, const struct memory *m, struct err *err)
{
	struct file f;
	if (file_create(&f, path, err) < 0)
		return -1;
	return file_finish(&f, fwrite(m->p, 1, (size_t)m->size, f.stream) == (size_t)m->size, err);
}

int
sound_write(const char *path, const struct sound *s, int bits, const struct sound_tags *tags, struct err *err)
{
	if (!s->frames || s->channels < 1 || s->channels > SOUND_MAX_CHANNELS || s->rate < 1 || s->rate > MAX_RATE)
		return err_set(err, "cannot write '%s': %llu frames of %u channels at %u Hz are no sound", path,
		    (unsigned long long)s->frames, s->channels, s->rate);
	const int format = format_of(path, bits, err);
	if (format < 0)
		return -1;
	struct memory m = {0};
	int got = check_samples(s, err);
	if (got == 0)
		got = encode(s, format, tags, &m, err);
	if (got < 0)
		err_prefix(err, "cannot write '%s'", path);
	else
		got = deliver(path, &m, err);
	free(m.p);
	return got;
}

/* --- in memory ------------------------------------------------------------------------- */

int
sound_resample(struct sound *s, uint32_t rate, struct err *err)
{
	if (rate == s->rate || !s->frames)
		return 0;
	if (rate < 1 || rate > MAX_RATE)
		return err_set(err, "a sample rate of %u Hz is not 1 to %d", rate, MAX_RATE);
	const double want = floor((double)s->frames * rate / s->rate + 0.5);
	if (want * s->channels > MAX_SAMPLES)
		return err_set(err, "more than %d samples after resampling to %u Hz", MAX_SAMPLES, rate);
	const size_t frames = want < 1 ? 1 : (size_t)want;
	float *y = calloc(frames * s->channels, sizeof *y);
	if (!y)
		return err_set(err, "out of memory");
	const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
	size_t took, gave;
	const char *wrong = soxr_oneshot(s->rate, rate, s->channels, s->x, s->frames, &took, y, frames, &gave, NULL,
	    &quality, NULL);
	if (wrong) {
		free(y);
		return err_set(err, "cannot resample from %u to %u Hz: %s", s->rate, rate, wrong);
	}
	free(s->x);
	s->x = y;
	s->frames = frames;
	s->rate = rate;
	return 0;
}

void
sound_to_mono(struct sound *s)
{
	if (s->channels < 2)
		return;
	for (size_t i = 0; i < s->frames; i++) {
		double sum = 0;
		for (uint32_t c = 0; c < s->channels; c++)
			sum += s->x[i * s->channels + c];
		s->x[i] = (float)(sum / s->channels);
	}
	s->channels = 1;
	float *x = realloc(s->x, s->frames * sizeof *x);
	if (x)
		s->x = x;
}

void
sound_free(struct sound *s)
{
	free(s->x);
	*s = (struct sound){0};
}
