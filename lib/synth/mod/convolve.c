/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Convolution with what stands in a file: rooms, amplifiers, springs. Partitions of
 * 64, 512 and 4096 frames (synth/impulse.h), each level by overlap-save in blocks of its
 * own: the spectra of the last blocks that came in, times those of the partitions, summed and
 * transformed back. A block of 64 frames is there whole when it is asked for, so the
 * first level answers at once: no latency.
 */
#include "dsp/fft.h"
#include "dsp/fft_vector.h"
#include "synth/impulse.h"
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

_Static_assert((int)IMPULSE_BLOCK == (int)BLOCK, "the first level answers block by block");

enum { LEFT, RIGHT, PREDELAY, MIX, WHICH };
#define LONGEST 0.5f /* seconds of pre-delay */

static const struct port ports[] = {
    PORT_SOUND("left", "left side"), PORT_SOUND("right", "right side"),
    PORT_KNOB("predelay", 0, 0, LONGEST, SCALE_LINEAR, "s", "until the answer begins"),
    PORT_KNOB("mix", 0.3f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the answer"),
    {PORT_IN, "which", RATE_FIXED, 0, 0, 127, SCALE_LINEAR, NULL, NULL, NULL, "of several files, from 0, counted round", .whole = true},
    PORT_RESULT("left", "left side"), PORT_RESULT("right", "right side"),
    {PORT_END},
};

/* One side at one level; offsets into the rows. */
struct line {
	size_t input; /* [2 block]: the block before, and this one as it fills */
	size_t past;  /* [count][2 block + 2]: spectra of the last blocks, a ring */
	size_t answer; /* [block]: what is heard during the next */
};

struct state {
	const struct impulse *impulse;
	const struct fft *fft[IMPULSE_LEVELS];
	struct line line[2][IMPULSE_LEVELS];
	size_t sum, work;                  /* [2 block + 2] each, of the longest */
	size_t before[2];                  /* pre-delay lines */
	int newest[IMPULSE_LEVELS], w, before_rows;
	struct ramp mix, predelay;
};

static const struct asset *
chosen(const struct context *c)
{
	const int n = (int)c->n_sounds, k = (int)fminf(fmaxf(c->fixed[WHICH], 0), 127);
	return n ? c->sounds[k % n] : NULL;
}

/* Places everything; returns how many rows there are. */
static size_t
lay_out(const struct context *c, struct state *s)
{
	struct impulse shape;
	size_t numbers, rows = 0;
	if (!chosen(c))
		return 0;
	impulse_lay_out(chosen(c), (uint32_t)c->rate, &shape, &numbers);
	size_t longest = 0;
	for (int l = 0; l < IMPULSE_LEVELS; l++) {
		const size_t block = (size_t)shape.level[l].block, count = (size_t)shape.level[l].count;
		longest = count ? block : longest;
		for (int side = 0; side < 2; side++) {
			struct line *line = &s->line[side][l];
			line->input = rows;
			line->past = line->input + (count ? 2 * block : 0);
			line->answer = line->past + count * (2 * block + 2);
			rows = line->answer + (count ? block : 0);
		}
	}
	s->sum = rows;
	s->work = s->sum + 2 * longest + 2;
	s->before_rows = line_rows(c, LONGEST);
	s->before[0] = s->work + 2 * longest + 2;
	s->before[1] = s->before[0] + (size_t)s->before_rows;
	return s->before[1] + (size_t)s->before_rows;
}

static size_t
rows(const struct context *c)
{
	struct state s;
	return lay_out(c, &s);
}

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	int whole = 1;
	lay_out(c, s);
	if (!chosen(c))
		return;
	s->impulse = impulse_of(chosen(c), (uint32_t)c->rate);
	for (int l = 0; s->impulse && l < IMPULSE_LEVELS; l++)
		whole &= (s->fft[l] = fft_real((size_t)(2 * s->impulse->level[l].block))) != NULL;
	if (!s->impulse || !whole) {
		s->impulse = NULL;
		if (c->failure)
			err_set(c->failure, "out of memory for an impulse response");
	}
}

/* A block is complete: its spectrum into the ring, and what all of them answer. */
static void
answer(struct state *s, vf *row, int side, int l)
{
	const struct impulse_level *level = &s->impulse->level[l];
	const struct line *line = &s->line[side][l];
	const int block = level->block, count = level->count, wide = 2 * block + 2;
	vf *sum = row + s->sum, *input = row + line->input;
	fft_vector_forward(s->fft[l], input, row + line->past + (size_t)(s->newest[l] * wide), row + s->work);
	memset(sum, 0, (size_t)wide * sizeof *sum);
	const float *h = s->impulse->x + level->at[side];
	for (int k = 0; k < count; k++, h += wide) {
		const vf *x = row + line->past + (size_t)((s->newest[l] - k + (k > s->newest[l] ? count : 0)) * wide);
		for (int i = 0; i < wide; i += 2) {
			sum[i] += x[i] * h[i] - x[i + 1] * h[i + 1];
			sum[i + 1] += x[i] * h[i + 1] + x[i + 1] * h[i];
		}
	}
	fft_vector_backward_end(s->fft[l], sum, row + line->answer, row + s->work);
	memcpy(input, input + block, (size_t)block * sizeof *input);
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vf *row = (vf *)(s + 1), wet[2][BLOCK];
	memset(wet, 0, sizeof wet);
	for (int l = 0; s->impulse && l < IMPULSE_LEVELS; l++) {
		const int block = s->impulse->level[l].block, count = s->impulse->level[l].count, at_ = (int)(b->now % (uint32_t)block);
		if (!count)
			continue;
		for (int side = 0; side < 2; side++) {
			const struct line *line = &s->line[side][l];
			vf *input = row + line->input + block + at_;
			for (int i = 0; i < BLOCK; i++)
				input[i] = at(b->in[side], i);
			if (l > 0) /* before it is written over */
				for (int i = 0; i < BLOCK; i++)
					wet[side][i] += row[line->answer + (size_t)(at_ + i)];
			if (at_ + BLOCK == block)
				answer(s, row, side, l);
			if (l == 0)
				memcpy(wet[side], row + line->answer, sizeof wet[side]);
		}
		if (at_ + BLOCK == block)
			s->newest[l] = s->newest[l] + 1 == count ? 0 : s->newest[l] + 1;
	}
	glide_to(&s->mix, b->in[MIX], b);
	glide_to(&s->predelay, b->in[PREDELAY], b);
	for (int i = 0; i < BLOCK; i++) {
		const vf mix = glide(&s->mix, b->in[MIX], i), delay = glide(&s->predelay, b->in[PREDELAY], i) * b->c->rate;
		for (int side = 0; side < 2; side++) {
			vf y = wet[side][i];
			if (s->impulse) {
				row[s->before[side] + (size_t)s->w] = y;
				y = line_read(row + s->before[side], s->before_rows, s->w, delay);
			}
			const vf x = at(b->in[side], i);
			b->out[side][i] = x + mix * (y - x);
		}
		if (s->impulse)
			s->w = line_step(s->w, s->before_rows);
	}
}

MODULE(convolve) = {
	.name = "convolve", .group = "effect",
	.help = "convolution with a sound file: rooms, amplifiers, springs",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_FILES, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "saw{} * decay{decay = 0.2} >> voices() >> convolve{file = \"made:hall\", mix = 0.4}",
};
