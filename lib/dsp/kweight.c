/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/kweight.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"
#include "base/isa.h"
#include "dsp/kweight_plan.h"

enum { PIECES = KWEIGHT_PIECES, STATES = KWEIGHT_STATES, ROWS = 128, TURN = 16 };

static const struct kweight_kernel *
kernel(void)
{
	switch (isa_best()) {
	case ISA_AVX512: return &kweight_kernel_avx512;
	case ISA_AVX2: return &kweight_kernel_avx2;
	case ISA_SCALAR: return &kweight_kernel_scalar;
	default: return &kweight_kernel_sse;
	}
}

static struct kweight
design(double rate)
{
	const double pi = 3.14159265358979323846;
	double f = 1681.974450955533, q = 0.7071752369554196;
	const double vh = fm_pow(10, 3.999843853973347 / 20), vb = fm_pow(vh, 0.4996667741545416);
	double k = fm_tan(pi * fmin(f / rate, 0.49)), a0 = 1 + k / q + k * k;
	const double b0 = vh + vb * k / q + k * k, gain = b0 / a0;
	struct kweight w = {2 * (k * k - vh) / b0, (vh - vb * k / q + k * k) / b0, 2 * (k * k - 1) / a0,
	    (1 - k / q + k * k) / a0, 0, 0, gain * gain};
	f = 38.13547087602444;
	q = 0.5003270373238773;
	k = fm_tan(pi * fmin(f / rate, 0.49));
	a0 = 1 + k / q + k * k;
	w.c1 = 2 * (k * k - 1) / a0;
	w.c2 = (1 - k / q + k * k) / a0;
	return w;
}

/* A sound in PIECES of `length` samples, zeros after its end. */
struct pieces {
	const float *x;
	size_t n, length;
};

/* Samples [from, from + count) of all pieces through the filters. */
static void
feed(const struct kweight *w, const struct pieces *s, size_t from, size_t count, kweight_state *state, double *sum)
{
	const struct kweight_kernel *k = kernel();
	kweight_row rows[ROWS];
	float end[PIECES][ROWS];
	for (size_t some; count; count -= some, from += some) {
		some = count < ROWS ? count : ROWS;
		const size_t whole = (some + TURN - 1) / TURN * TURN;
		const float *at[PIECES];
		for (size_t p = 0; p < PIECES; p++) {
			const size_t start = p * s->length + from, left = start < s->n ? s->n - start : 0;
			if (left >= whole) {
				at[p] = s->x + start;
				continue;
			}
			memset(end[p], 0, whole * sizeof *end[p]);
			if (left)
				memcpy(end[p], s->x + start, left * sizeof *end[p]);
			at[p] = end[p];
		}
		k->turn(at, whole, rows);
		if (sum)
			k->run(w, (const kweight_row *)rows, some, state, sum);
		else
			k->warm(w, (const kweight_row *)rows, some, state);
	}
}

/* What the filters' states become in `count` samples of silence: a matrix. */
static void
decay(const struct kweight *w, size_t count, double m[STATES][STATES])
{
	double step[STATES][STATES], t[STATES][STATES];
	for (int c = 0; c < STATES; c++) {
		const double s1 = c == 0, s2 = c == 1, p1 = c == 2, p2 = c == 3, z = s1 + p1;
		step[0][c] = s2 - w->a1 * s1;
		step[1][c] = -w->a2 * s1;
		step[2][c] = p2 - 2 * s1 - w->c1 * z;
		step[3][c] = s1 - w->c2 * z;
	}
	for (int r = 0; r < STATES; r++)
		for (int c = 0; c < STATES; c++)
			m[r][c] = r == c;
	for (; count; count /= 2)
		for (int twice = !(count & 1); twice < 2; twice++) { /* m = m step, if the bit is set; then step = step² */
			for (int r = 0; r < STATES; r++)
				for (int c = 0; c < STATES; c++) {
					t[r][c] = 0;
					for (int i = 0; i < STATES; i++)
						t[r][c] += (twice ? step : m)[r][i] * step[i][c];
				}
			memcpy(twice ? step : m, t, sizeof t);
		}
}

/* The states in which each piece finds the filters: what its predecessor leaves, of which only the last tenth of a second
   counts (after it, states have decayed by 1e-9), and what is left of those before. */
static void
begin(const struct kweight *w, const struct pieces *s, double rate, kweight_state *state)
{
	const size_t memory = (size_t)(rate / 10) + 1, count = s->length < memory ? s->length : memory;
	double m[STATES][STATES], at[STATES] = {0}, next[STATES];
	kweight_state left[STATES] = {{0}};
	feed(w, s, s->length - count, count, left, NULL);
	decay(w, count, m);
	for (int p = 0; p < PIECES; p++) {
		for (int r = 0; r < STATES; r++) {
			state[r][p] = at[r];
			next[r] = left[r][p];
			for (int c = 0; c < STATES; c++)
				next[r] += m[r][c] * at[c];
		}
		memcpy(at, next, sizeof at);
	}
}

/* A tail that only decays would end in denormals. */
static void
settle(kweight_state *state)
{
	for (int p = 0; p < PIECES; p++) {
		double size = 0;
		for (int r = 0; r < STATES; r++)
			size += fabs(state[r][p]);
		for (int r = 0; size < 1e-100 && r < STATES; r++)
			state[r][p] = 0;
	}
}

void
kweight_power(const float *x, size_t n, double rate, size_t hop, double *out)
{
	const struct kweight w = design(rate);
	const size_t hops = (n + hop - 1) / hop, each = (hops + PIECES - 1) / PIECES;
	const struct pieces s = {x, n, each * hop};
	if (!n)
		return;
	kweight_state state[STATES] = {{0}};
	if (n > s.length)
		begin(&w, &s, rate, state);
	const size_t last = n - (hops - 1) * hop; /* samples of the last hop: after them it only rings on */
	for (size_t h = 0; h < each; h++) {
		double sum[PIECES] = {0};
		feed(&w, &s, h * hop, last, state, sum);
		const double ends = sum[(hops - 1) / each];
		feed(&w, &s, h * hop + last, hop - last, state, sum);
		for (size_t p = 0; p * each + h < hops; p++)
			out[p * each + h] = (p * each + h + 1 == hops ? ends : sum[p]) * w.power;
		settle(state);
	}
}

static double
up_to(const double *so, size_t n, size_t hop, double at)
{
	if (at <= 0)
		return 0;
	const size_t hops = (n + hop - 1) / hop, h = at < (double)n ? (size_t)(at / (double)hop) : hops;
	if (h >= hops)
		return so[hops];
	const double width = (double)(h + 1 == hops ? n - h * hop : hop);
	return so[h] + (so[h + 1] - so[h]) * ((at - (double)(h * hop)) / width);
}

double
kweight_within(const double *so, size_t n, size_t hop, double from, double to)
{
	const double power = up_to(so, n, hop, to) - up_to(so, n, hop, from);
	return power > 0 ? power : 0;
}

double
kweight_lufs(double mean_square)
{
	return mean_square > 1e-10 ? -0.691 + 10 * fm_log10(mean_square) : -100;
}

/* A place that only moves on, and the power before it. */
struct place {
	size_t hop;
	double before;
};

static double
move(struct place *p, const double *const *power, size_t channels, size_t n, size_t hop, double to)
{
	for (;; p->hop++) {
		const size_t start = p->hop * hop, width = n - start < hop ? n - start : hop;
		double here = 0;
		if (start >= n)
			return p->before;
		for (size_t c = 0; c < channels; c++)
			here += power[c][p->hop];
		if (to < (double)(start + width))
			return p->before + here * ((to - (double)start) / (double)width);
		p->before += here;
	}
}

double
kweight_integrated(const double *const *power, size_t channels, size_t n, size_t hop, double rate)
{
	const double wide = 0.4 * rate, step = wide / 4;
	struct place all = {0};
	double mean = n ? move(&all, power, channels, n, hop, (double)n) / (double)n : 0;
	double gate = 1.1724653045822964e-7; /* mean square at -70 LUFS */
	for (int pass = 0; pass < 2 && (double)n >= wide; pass++) {
		struct place from = {0}, to = {0};
		double sum = 0, count = 0;
		for (size_t b = 0; (double)b * step + wide <= (double)n + 1e-3; b++) {
			const double at = (double)b * step, before = move(&from, power, channels, n, hop, at);
			const double ms = (move(&to, power, channels, n, hop, at + wide) - before) / wide;
			if (ms > gate) {
				sum += ms;
				count++;
			}
		}
		if (!count)
			break;
		if (pass == 1)
			mean = sum / count;
		gate = fmax(gate, 0.1 * sum / count);
	}
	return kweight_lufs(mean);
}
