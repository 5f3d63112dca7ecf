/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading sounds at any speed, a speed of its own in each lane: a windowed sinc
 * of 24 taps, stretched where the speed is over 1 so that nothing folds back
 * (what does lies above 0.4 of the rate), from the octave level that keeps
 * it shorter than twice that. At speed 1 on whole frames it gives the frames as they
 * are. See synth/samples.h.
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

/* How a block is read: per lane the level and how much longer its kernel is. */
struct reading {
	vi level, base[2];  /* base: of the level in x */
	vf shrink;          /* 2^-level */
	vf narrow;          /* of the kernel: 1 / (speed at that level), at most 1 */
	int taps;           /* to each side, of the lane that needs most */
};

/* Speed: frames of the sound a frame. sound: its number, in each lane. */
static inline struct reading
reading_at(const struct samples *s, vi sound, vf speed)
{
	struct reading r;
	const vf octave = clamp(vfloor(lm_log2(vmax(speed, splat(1.0f)))), 0.0f, SAMPLES_LEVELS - 1);
	r.level = to_int(octave);
	r.shrink = as_vf((127 - r.level) << 23);
	const vf wide = clamp(speed * r.shrink, 1.0f, 2.0f);
	r.narrow = 1.0f / wide;
	float width[LANES];
	memcpy(width, &wide, sizeof width);
	int32_t lv[LANES], so[LANES], at0[LANES], at1[LANES];
	memcpy(lv, &r.level, sizeof lv);
	memcpy(so, &sound, sizeof so);
	float most = 1;
	for (int l = 0; l < LANES; l++) {
		at0[l] = s->sound[so[l]].at[0][lv[l]];
		at1[l] = s->sound[so[l]].at[1][lv[l]];
		most = width[l] > most ? width[l] : most;
	}
	memcpy(&r.base[0], at0, sizeof at0);
	memcpy(&r.base[1], at1, sizeof at1);
	r.taps = (int)(most * KERNEL_ZEROS + 0.999f);
	return r;
}

/* What stands at p, which lies from -SAMPLES_GUARD/2 to SAMPLES_GUARD/2 past the end. Taps beyond a lane's
   own kernel weigh 0 and add nothing, not even a sign. */
static inline void
sample_read(const struct samples *s, const float *kernel, const struct reading *r, struct place p, int channels, vf y[2])
{
	const vi mask = (splat_i(1) << r->level) - 1;
	const vi frame = p.whole >> r->level;
	const vf f = (to_float(p.whole & mask) + place_part(p)) * r->shrink;
	vf a = splat(0), b = splat(0);
	for (int k = 1 - r->taps; k <= r->taps; k++) {
		const vf t = vmin(vabs((float)k - f) * r->narrow * (float)KERNEL_STEPS, splat((float)(KERNEL_ZEROS * KERNEL_STEPS)));
		const vi i = to_int(t);
		const vf w0 = gather(kernel, i), w = w0 + (t - to_float(i)) * (gather(kernel + 1, i) - w0);
		a += w * gather(s->x, r->base[0] + frame + k);
		if (channels == 2)
			b += w * gather(s->x, r->base[1] + frame + k);
	}
	y[0] = a * r->narrow;
	y[1] = y[0];
	if (channels == 2)
		y[1] = b * r->narrow;
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
