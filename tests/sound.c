/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound files: what is written is read, what is not sound is refused, nothing half-written is seen. */
#include "audio/sound.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "tap.h"

#define PI 3.14159265358979323846

static char folder[] = "/tmp/assay-sound-XXXXXX", path[300];

static const char *
in(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static struct sound
tone(uint32_t rate, uint32_t channels, uint64_t frames, double hz)
{
	struct sound s = {malloc(frames * channels * sizeof(float)), rate, channels, frames};
	for (uint64_t i = 0; i < frames; i++)
		for (uint32_t c = 0; c < channels; c++)
			s.x[i * channels + c] = (float)(0.5 * fm_sin(2 * PI * hz * (c + 1) * (double)i / rate));
	return s;
}

static double
worst(const struct sound *a, const struct sound *b)
{
	double w = 0;
	if (a->frames != b->frames || a->channels != b->channels || a->rate != b->rate)
		return INFINITY;
	for (size_t i = 0; i < a->frames * a->channels; i++)
		w = fmax(w, fabs((double)a->x[i] - b->x[i]));
	return w;
}

static void
put(const char *name, const void *p, size_t n)
{
	const int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

static int
files(void)
{
	int n = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
round_trip(void)
{
	static const struct {
		const char *name;
		int bits;
		double limit;
	} cases[] = {
	    {"a.wav", 0, 0}, {"b.wav", 16, 3.1e-5}, {"c.wav", 24, 1.2e-7}, {"d.flac", 0, 1.2e-7}, {"e.flac", 16, 1.6e-5},
	    {"f.aiff", 0, 1.2e-7}, {"g.AIF", 32, 0}, {"h.ogg", 0, 0.1},
	};
	struct err err;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sound a = tone(44100, 2, 10000, 441), b;
		const struct sound_tags tags = {.title = "a tone", .comment = "id 123"};
		const int w = sound_write(in(cases[i].name), &a, cases[i].bits, &tags, &err);
		const int r = w == 0 ? sound_read(path, &b, &err) : -1;
		const double d = r == 0 ? worst(&a, &b) : INFINITY;
		ok(d <= cases[i].limit, "%s, %d bits: comes back within %g (%g%s)", cases[i].name, cases[i].bits,
		    cases[i].limit, d, r < 0 ? err.text : "");
		if (r == 0)
			sound_free(&b);
		sound_free(&a);
	}
	SF_INFO info = {0};
	SNDFILE *f = sf_open(in("d.flac"), SFM_READ, &info);
	const char *comment = sf_get_string(f, SF_STR_COMMENT);
	ok(comment && !strcmp(comment, "id 123"), "the comment travels in the file");
	sf_close(f);
	ok(files() == 8, "no temporary file is left (%d files)", files());

	struct sound eight = tone(48000, 8, 480, 100), back;
	ok(sound_write(in("eight.wav"), &eight, 0, NULL, &err) == 0 && sound_read(path, &back, &err) == 0
	        && worst(&eight, &back) == 0, "eight channels");
	sound_free(&back);
	char wav[sizeof path];
	snprintf(wav, sizeof wav, "%s", path);
	ok(rename(wav, in("wrong.ogg")) == 0 && sound_read(path, &back, &err) == 0 && worst(&eight, &back) == 0,
	    "a RIFF file named .ogg is read for what it is");
	sound_free(&back);
	sound_free(&eight);
	eight = tone(8000, 1, 1, 100);
	ok(sound_write(in("one.wav"), &eight, 0, NULL, &err) == 0 && sound_read(path, &back, &err) == 0 && back.frames == 1,
	    "one sample");
	sound_free(&back);
	sound_free(&eight);
}

static void
refused(const char *what, const char *file, const char *word)
{
	struct sound s;
	struct err err = {""};
	const int r = sound_read(file, &s, &err);
	ok(r < 0 && strstr(err.text, word) && !s.x, "%s is refused: %s", what, err.text);
	if (r == 0)
		sound_free(&s);
}

static void
bad_input(void)
{
	struct rng r = {3, 0};
	uint8_t junk[5000];
	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = (uint8_t)rng_next(&r);
	put("junk.vox", junk, sizeof junk);
	refused("noise named .vox (headerless formats go by name)", path, "cannot read");
	put("empty.wav", "", 0);
	refused("an empty file", path, "empty");
	refused("a directory", folder, "directory");
	refused("no file", in("none.wav"), "No such file");
	refused("an empty device", "/dev/null", "cannot read");

	/* float WAV by hand: header fields can be made to lie */
	uint8_t h[] = {'R', 'I', 'F', 'F', 52, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16, 0, 0, 0, 3, 0, 1, 0,
	    0x44, 0xac, 0, 0, 0x10, 0xb1, 2, 0, 4, 0, 32, 0, 'd', 'a', 't', 'a', 16, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0x7f, 0, 0, 0, 0};
	put("nan.wav", h, sizeof h);
	refused("NaN in frame 1", path, "frame 1, channel 0 is nan");
	h[50] = h[51] = 0;
	put("inf.wav", h, sizeof h);
	refused("infinity in frame 2", path, "frame 2, channel 0 is inf");
	h[40] = 0;
	put("zero.wav", h, 44);
	refused("0 frames", path, "0 frames");
	h[22] = 9, h[32] = 36;
	h[40] = 16;
	put("nine.wav", h, sizeof h);
	refused("nine channels", path, "9 channels");

	/* one hour at 1 Hz, 8 bits: too long though it is small */
	struct sound s = {calloc(3600, sizeof(float)), 1, 1, 3600};
	struct err err = {""};
	sound_write(in("long.wav"), &s, 16, NULL, &err);
	refused("an hour", path, "more than 1200 seconds");
	sound_free(&s);

	/* a FLAC that breaks off */
	s = tone(44100, 1, 100000, 441);
	sound_write(in("whole.flac"), &s, 0, NULL, &err);
	struct stat st;
	if (stat(path, &st) < 0 || truncate(path, st.st_size / 2) < 0)
		abort();
	refused("half a FLAC", path, "breaks off");

	const int before = files();
	ok(sound_write("/dev/full", &s, 0, NULL, &err) < 0 && strstr(err.text, "No space left"), "/dev/full: %s", err.text);
	ok(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode), "/dev/full is still a device");
	ok(sound_write(in("a.txt"), &s, 0, NULL, &err) < 0 && strstr(err.text, ".flac"), "unknown suffix: %s", err.text);
	ok(sound_write(in("no/such/a.wav"), &s, 0, NULL, &err) < 0 && strstr(err.text, "No such file"), "no folder: %s",
	    err.text);
	ok(sound_write(in("x.flac"), &s, 32, NULL, &err) < 0 && sound_write(in("x.wav"), &s, 20, NULL, &err) < 0,
	    "bits a format does not have: %s", err.text);
	s.x[7] = NAN;
	ok(sound_write(in("x.wav"), &s, 0, NULL, &err) < 0 && strstr(err.text, "frame 7"), "NaN is not written: %s",
	    err.text);
	s.x[7] = 0;
	s.frames = 0;
	ok(sound_write(in("x.wav"), &s, 0, NULL, &err) < 0, "nor are 0 frames: %s", err.text);
	ok(files() == before, "and none of these left a file");
	s.frames = 100;
	ok(symlink("target.wav", in("link.wav")) == 0 && sound_write(path, &s, 0, NULL, &err) == 0
	        && lstat(in("link.wav"), &st) == 0 && S_ISREG(st.st_mode), "a dangling link is replaced by the file");
	sound_free(&s);
}

/* What is left when the tone at hz is taken out, by projection, in dB of the whole. */
static double
residue_db(const struct sound *s, double hz)
{
	const size_t from = s->rate / 10, to = s->frames - from; /* whole periods */
	double re = 0, im = 0, ss = 0, cc = 0, whole = 0, rest = 0;
	for (size_t i = from; i < to; i++) {
		const double a = 2 * PI * hz * (double)i / s->rate, sn = fm_sin(a), cs = fm_cos(a);
		re += s->x[i] * cs;
		im += s->x[i] * sn;
		ss += sn * sn;
		cc += cs * cs;
	}
	for (size_t i = from; i < to; i++) {
		const double a = 2 * PI * hz * (double)i / s->rate, x = s->x[i];
		const double e = x - re / cc * fm_cos(a) - im / ss * fm_sin(a);
		whole += x * x;
		rest += e * e;
	}
	return 10 * fm_log10(rest / whole);
}

static void
in_memory(void)
{
	struct err err;
	struct sound s = tone(48000, 1, 48000, 1000);
	const int resampled = sound_resample(&s, 44100, &err);
	ok(resampled == 0 && s.frames == 44100 && s.rate == 44100, "48 kHz to 44.1 kHz: %llu frames",
	    (unsigned long long)s.frames);
	const double db = residue_db(&s, 1000);
	ok(db < -120, "a tone stays a tone: the rest is %.1f dB below", db);
	sound_free(&s);
	s = tone(48000, 2, 1, 1000);
	ok(sound_resample(&s, 8000, &err) == 0 && s.frames == 1, "one frame stays at least one");
	ok(sound_resample(&s, 0, &err) < 0, "a rate of 0: %s", err.text);
	sound_free(&s);
	s = (struct sound){malloc(4 * sizeof(float)), 44100, 2, 2};
	memcpy(s.x, (float[]){1, 0, -0.5f, 0.25f}, 4 * sizeof(float));
	sound_to_mono(&s);
	ok(s.channels == 1 && s.x[0] == 0.5f && s.x[1] == -0.125f, "mono is the mean");
	sound_free(&s);
	sound_free(&s);
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	round_trip();
	bad_input();
	in_memory();
	DIR *d = opendir(folder);
	for (struct dirent *e; (e = readdir(d));)
		unlink(in(e->d_name));
	closedir(d);
	rmdir(folder);
	return done();
}
