/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading sounds at any speed, a speed of its own in each lane: a windowed sinc
 * of 24 taps, a longer one where the speed is over 1 so that nothing folds back
 * (what does lies above 0.4 of the rate), from the octave level where it is under
 * twice as long. At no speed over 1 on whole frames it gives the frames as they are.
 * Taps stand side by side in memory, so each lane is read by itself, four taps at
 * a time at every width: many times faster than to gather. See synth/samples.h.
 */
#ifndef SYNTH_MOD_SAMPLE_H
#define SYNTH_MOD_SAMPLE_H

#include "synth/module.h"
#include "synth/samples.h"

/* A place in a sound: frames and 2^-32 of one. */
struct place {
	vi whole;
	vu part;
};

static inline struct place
place_add(struct place p, struct place d)
{
	const vu part = p.part + d.part;
	return (struct place){p.whole + d.whole - lt_u(part, p.part), part};
}

static inline struct place
place_sub(struct place p, struct place d)
{
	return (struct place){p.whole - d.whole + lt_u(p.part, d.part), p.part - d.part};
}

/* 0 <= x < 2^24 */
static inline struct place
place_of(vf x)
{
	const vi whole = to_int(x);
	const vi half = to_int((x - to_float(whole)) * 0x1p31f);
	return (struct place){whole, as_vu(half) << 1};
}

static inline vf
place_part(struct place p)
{
	return to_float(u_as_vi(p.part >> 8)) * 0x1p-24f;
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

/* How a block is read: in each lane the channels at its level, and the kernel. */
struct reading {
	const float *x[2][LANES];
	const struct kernel *kernel[LANES];
	int32_t level[LANES];
};

/* Speed: frames of the sound a frame. sound: its number, in each lane. */
static inline struct reading
reading_at(const struct samples *s, const struct kernel *kernels, vi sound, vf speed)
{
	struct reading r;
	int32_t number[LANES];
	float fast[LANES];
	memcpy(number, &sound, sizeof number);
	memcpy(fast, &speed, sizeof fast);
	for (int l = 0; l < LANES; l++) {
		int level = 0, k = 0;
		float rest = fast[l];
		for (; level < SAMPLES_LEVELS - 1 && rest >= 2; level++)
			rest *= 0.5f;
		/* 2^(1/4), 2^(1/2), 2^(3/4) */
		k = (rest > 1) + (rest > 1.1892071f) + (rest > 1.4142136f) + (rest > 1.6817928f);
		r.level[l] = level;
		r.kernel[l] = &kernels[k];
		for (int c = 0; c < 2; c++)
			r.x[c][l] = s->x + s->sound[number[l]].at[c][level];
	}
	return r;
}

/* One channel or two under the same taps; y[1] may then be what it was. */
static inline __attribute__((always_inline)) void
read_taps(const float *x0, const float *x1, const float *row, int taps, float part, float y[2])
{
	four s0 = {0}, s1 = {0};
	for (int k = 0; k < taps; k += 4) {
		const four a = *(const four *)(row + k), b = *(const four *)(row + taps + k), w = a + part * (b - a);
		s0 += w * *(const four *)(x0 + k);
		if (x1)
			s1 += w * *(const four *)(x1 + k);
	}
	y[0] = (s0[0] + s0[1]) + (s0[2] + s0[3]);
	if (x1)
		y[1] = (s1[0] + s1[1]) + (s1[2] + s1[3]);
}

/* What stands at p, which lies from -SAMPLES_GUARD/2 to SAMPLES_GUARD/2 past the end; 0 where not on. */
static inline void
sample_read(const struct reading *r, vi on, struct place p, int channels, vf y[2])
{
	int32_t whole[LANES], reads[LANES];
	float part[LANES], out[2][LANES];
	const vf f = place_part(p);
	memcpy(whole, &p.whole, sizeof whole);
	memcpy(part, &f, sizeof part);
	memcpy(reads, &on, sizeof reads);
	for (int l = 0; l < LANES; l++) {
		out[0][l] = out[1][l] = 0;
		if (!reads[l])
			continue;
		const struct kernel *k = r->kernel[l];
		const int level = r->level[l], frame = (whole[l] >> level) - k->taps / 2 + 1;
		const float at = ((float)(whole[l] & ((1 << level) - 1)) + part[l]) * (float)KERNEL_STEPS / (float)(1 << level);
		const int step = at < KERNEL_STEPS - 1 ? (int)at : KERNEL_STEPS - 1;
		const float *row = k->rows + step * k->taps;
		const float *x0 = r->x[0][l] + frame, *x1 = r->x[1][l] + frame, after = at - (float)step;
		float z[2] = {0};
		if (channels == 1 && k->taps == KERNEL_TAPS)
			read_taps(x0, NULL, row, KERNEL_TAPS, after, z);
		else if (channels == 1)
			read_taps(x0, NULL, row, k->taps, after, z);
		else if (k->taps == KERNEL_TAPS)
			read_taps(x0, x1, row, KERNEL_TAPS, after, z);
		else
			read_taps(x0, x1, row, k->taps, after, z);
		out[0][l] = z[0];
		out[1][l] = channels == 1 ? z[0] : z[1];
	}
	memcpy(&y[0], out[0], sizeof y[0]);
	memcpy(&y[1], out[1], sizeof y[1]);
}

/* Number of the sound that `which` means: whole numbers, counted round. */
static inline vi
sound_number(const struct samples *s, vf which)
{
	const vf n = (float)s->n + splat(0), w = vfloor(clamp(which, -1e6f, 1e6f));
	return to_int(clamp(w - vfloor(w / n) * n, 0.0f, (float)(s->n - 1)));
}

/* A sound's rate over that of the render, and its frames. */
static inline vf
sound_speed(const struct samples *s, vi sound, float rate)
{
	float x[LANES];
	int32_t n[LANES];
	memcpy(n, &sound, sizeof n);
	for (int l = 0; l < LANES; l++)
		x[l] = s->sound[n[l]].rate / rate;
	vf v;
	memcpy(&v, x, sizeof v);
	return v;
}

static inline vi
sound_frames(const struct samples *s, vi sound)
{
	int32_t n[LANES], x[LANES];
	memcpy(n, &sound, sizeof n);
	for (int l = 0; l < LANES; l++)
		x[l] = s->sound[n[l]].frames;
	vi v;
	memcpy(&v, x, sizeof v);
	return v;
}

static inline vi min_i(vi a, vi b) { return sel_i(lt_i(a, b), a, b); }
static inline vi max_i(vi a, vi b) { return sel_i(lt_i(a, b), b, a); }

#endif
