/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/arc.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "synth/open.h"

const char *const arc_shapes[] = {"line", "hold", "smooth", "curve", "geometric", NULL};

/* --- a value --------------------------------------------------------------------------- */

/* Where a frame falls: before point `next` of one round of the curve. */
struct spot {
	double round; /* how often it has been through */
	size_t next;  /* 0: before the first point; n: after the last */
};

static enum arc_shape
shape_of(const struct arc *a, size_t i)
{
	return a->shapes ? (enum arc_shape)a->shapes[i] : ARC_LINE;
}

/* Half a frame on, a point lies behind exactly if its frame, rounded, is not after this one. */
static struct spot
find(const struct arc *a, double beats, double frame)
{
	double look = (frame + 0.5) * beats;
	struct spot s = {0, 0};
	if (a->every > 0) {
		s.round = fmax(ceil(look / a->every) - 1, 0);
		look -= s.round * a->every;
	}
	size_t hi = a->n; /* points before next are behind, points from hi on are not */
	while (s.next < hi) {
		const size_t mid = s.next + (hi - s.next) / 2;
		if (a->beats[mid] < look)
			s.next = mid + 1;
		else
			hi = mid;
	}
	return s;
}

/* A segment from y0 to y1, 0 <= x <= 1. */
static double
along(enum arc_shape shape, double bend, double y0, double y1, double x)
{
	switch (shape) {
	case ARC_HOLD: return y0;
	case ARC_SMOOTH: x = 0.5 - 0.5 * fm_cos(3.14159265358979323846 * x); break;
	case ARC_CURVE: x = fabs(bend) < 1e-4 ? x : (fm_exp(bend * x) - 1) / (fm_exp(bend) - 1); break;
	case ARC_GEOMETRIC: return y0 * fm_exp2(x * fm_log2(y1 / y0));
	case ARC_LINE: break;
	}
	return y0 + x * (y1 - y0);
}

static double
value(const struct arc *a, struct spot s, double beats, double frame)
{
	if (s.next == 0 || s.next == a->n)
		return (double)a->values[s.next ? s.next - 1 : 0];
	const size_t i = s.next - 1;
	const double x = (frame * beats - s.round * a->every - a->beats[i]) / (a->beats[i + 1] - a->beats[i]);
	return along(shape_of(a, i), a->bends ? (double)a->bends[i] : 0, (double)a->values[i], (double)a->values[i + 1],
	    x > 0 ? x < 1 ? x : 1 : 0);
}

double
arc_at(const struct arc *a, double tempo, double rate, double frame)
{
	const double beats = tempo / (60 * rate);
	return value(a, find(a, beats, frame), beats, frame);
}

/* n values from `frame` on, all in one segment: a straight line between the first and the last. */
static void
line(const struct arc *a, struct spot s, double beats, double frame, double by, int n, float *out)
{
	const double first = value(a, s, beats, frame), last = value(a, s, beats, frame + by * (n - 1));
	for (int i = 0; i < n; i++)
		out[i] = (float)(first + (last - first) * i / (n - 1));
}

/* Whether chords of eight frames are near enough to a segment: within 1e-6 of its height, as the square
   of a chord's share of it times how much it bends. */
static bool
slow(const struct arc *a, struct spot s, double beats, double by)
{
	if (s.next == 0 || s.next == a->n)
		return true;
	const size_t i = s.next - 1;
	const enum arc_shape shape = shape_of(a, i);
	const double bends = shape == ARC_SMOOTH ? 3
	    : shape == ARC_CURVE ? fabs(a->bends ? (double)a->bends[i] : 0)
	    : shape == ARC_GEOMETRIC ? 0.7 * fabs(fm_log2((double)a->values[i + 1] / (double)a->values[i])) : 0;
	return (a->beats[i + 1] - a->beats[i]) / (beats * by) > 3000 * bends;
}

void
arc_block(const struct arc *a, double tempo, double rate, double frame, double by, float *out)
{
	enum { PART = 8 };
	const double beats = tempo / (60 * rate);
	for (int i = 0, n = ARC_FRAMES; i < ARC_FRAMES; i += n, n = PART) {
		const struct spot first = find(a, beats, frame + by * i), last = find(a, beats, frame + by * (i + n - 1));
		const bool one = first.next == last.next && first.round == last.round;
		const enum arc_shape shape = first.next ? shape_of(a, first.next - 1) : ARC_HOLD;
		if (one && ((n == PART && slow(a, first, beats, by)) || shape == ARC_LINE || shape == ARC_HOLD || first.next == a->n)) {
			line(a, first, beats, frame + by * i, by, n, out + i);
		} else if (n == ARC_FRAMES) {
			n = 0; /* once more, in parts */
		} else {
			for (int k = i; k < i + n; k++)
				out[k] = (float)value(a, find(a, beats, frame + by * k), beats, frame + by * k);
		}
	}
}

bool
arc_jumps(const struct arc *a)
{
	for (size_t i = 0; i + 1 < a->n; i++)
		if (a->values[i] != a->values[i + 1] && (shape_of(a, i) == ARC_HOLD || a->beats[i] == a->beats[i + 1]))
			return true;
	return a->every > 0 && a->values[0] != a->values[a->n - 1];
}

/* --- by chance ---------------------------------------------------------------------------- */

void
arc_draw(struct recipe *r, uint64_t seed)
{
	for (size_t k = 0; k < r->phrase.n_arcs; k++) {
		struct arc *a = &r->phrase.arcs[k];
		if (!a->drawn)
			continue;
		struct param range = r->parts[a->part].patch.params[a->param];
		struct rng g = {.seed = a->has_seed ? rng_mix(a->seed) : rng_at(seed ^ 0x617263, k)};
		range.min = a->low;
		range.max = a->high;
		for (size_t i = 0; i < a->n; i++)
			a->drawn[i] = open_value(&range, rng_uniform(&g));
		if (a->every > 0 && a->n > 1 && a->beats[a->n - 1] == a->every)
			a->drawn[a->n - 1] = a->drawn[0]; /* round and round without a jump */
		a->values = a->drawn;
	}
}

/* --- checks ----------------------------------------------------------------------------- */

int
arc_check(const struct arc *a, const struct param *q, struct err *err)
{
	if (!a->n)
		return err_set(err, "no points");
	if (a->every != 0 && !(a->every >= 1.0 / 64 && a->every <= 1e6))
		return err_set(err, "repeated every %g beats, not within 1/64 to 1e6", a->every);
	for (size_t k = 0; k < a->n; k++) {
		if (!isfinite(a->beats[k]) || !isfinite(a->values[k]) || (k && a->beats[k] < a->beats[k - 1])
		    || a->values[k] < q->min || a->values[k] > q->max)
			return err_set(err, "point %zu is out of order or not within %.9g to %.9g", k + 1, (double)q->min,
			    (double)q->max);
		if (a->every > 0 && !(a->beats[k] >= 0 && a->beats[k] <= a->every))
			return err_set(err, "point %zu is at beat %g of a curve that is repeated every %g", k + 1, a->beats[k], a->every);
		const enum arc_shape shape = shape_of(a, k);
		if (shape > ARC_GEOMETRIC)
			return err_set(err, "point %zu has a shape that is not known", k + 1);
		if (a->bends && !(fabsf(a->bends[k]) <= 50))
			return err_set(err, "point %zu: the bend %g is not within -50 to 50", k + 1, (double)a->bends[k]);
		if (shape == ARC_GEOMETRIC && k + 1 < a->n && !(a->values[k] > 0 && a->values[k + 1] > 0))
			return err_set(err, "point %zu: a geometric line is between values above 0", k + 1);
	}
	return 0;
}

bool
arc_leaves_open(const struct recipe *r, uint32_t part, uint32_t param)
{
	size_t k = 0;
	while (k < r->phrase.n_arcs && (r->phrase.arcs[k].part != part || r->phrase.arcs[k].param != param))
		k++;
	if (k == r->phrase.n_arcs)
		return true;
	/* A fixed input takes the value itself. */
	const struct patch *p = &r->parts[part].patch;
	for (size_t i = 0; i < p->n_nodes; i++)
		for (size_t j = 0; j < p->nodes[i].n_inputs; j++) {
			const struct input *in = &p->nodes[i].inputs[j];
			if (in->from != FROM_PARAM || in->param != param)
				continue;
			const struct module *m = module_find(p->nodes[i].module);
			const struct port *port = m ? port_find(m, PORT_IN, in->port, NULL) : NULL;
			if (port && port->rate == RATE_FIXED)
				return true;
		}
	return false;
}
