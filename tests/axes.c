/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Axes that are learned: where they point, how far they reach when they are learned from few, the same each time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "feature/summary.h"
#include "tap.h"
#include "wire/axes.h"
#include "wire/take.h"

enum { LONG = 7, SHORT = 20 }; /* the columns that differ, by 3 and by 1 */

static void
summary_by_chance(struct rng *r, float *s)
{
	for (size_t k = 0; k < SUMMARY_COLUMNS; k++)
		s[k] = (float)(0.01 * rng_normal(r));
	s[LONG] += (float)(5 + 3 * rng_normal(r));
	s[SHORT] += (float)rng_normal(r);
}

static struct axes *
learn(const char *path, int n, uint64_t seed)
{
	struct err err = {""};
	struct rng r = {.seed = seed};
	struct writer *w = writer_open(path, &err);
	for (int i = 0; w && i < n; i++) {
		struct take *t = take_new();
		Assay__Tensor *tensor = take_add_tensor(t, SUMMARY_NAME, 1, 1, SUMMARY_COLUMNS, &err);
		summary_by_chance(&r, tensor->data);
		take_write(w, t, &err);
		take_free(t);
	}
	struct axes *a = w && writer_close(w, &err) == 0 ? axes_learn(path, &err) : NULL;
	if (!a)
		diag("%s", err.text);
	return a;
}

/* The part of new ones of the same kind that lies within the range of an axis. */
static double
within(const struct axes *a, size_t axis)
{
	enum { NEW = 2000 };
	struct rng r = {.seed = 99};
	double min, max;
	int in = 0;
	axes_range(a, axis, &min, &max);
	for (int i = 0; i < NEW; i++) {
		float s[SUMMARY_COLUMNS];
		summary_by_chance(&r, s);
		const double at = axes_at(a, axis, s);
		in += at >= min && at <= max;
	}
	return (double)in / NEW;
}

int
main(void)
{
	char path[] = "/tmp/axes-XXXXXX";
	const int fd = mkstemp(path);
	ok(fd >= 0, "a file");
	close(fd);
	struct axes *many = learn(path, 1000, 1), *again = learn(path, 1000, 1);
	uint8_t one[HASH_SIZE], two[HASH_SIZE];
	if (!many || !again)
		return ok(false, "axes of a thousand"), done();
	axes_id(many, one);
	axes_id(again, two);
	ok(!memcmp(one, two, HASH_SIZE), "the same takes, the same axes to the bit");
	float s[SUMMARY_COLUMNS] = {0};
	const double origin = axes_at(many, 0, s);
	s[LONG] = 1;
	ok(fabs(axes_at(many, 0, s) - origin - 1) < 0.01, "the first points along what differs most, upwards");
	ok(fabs(axes_share(many, 0) - 0.9) < 0.02, "and has nine tenths of the variance: %.3f", axes_share(many, 0));
	double min, max;
	axes_range(many, 0, &min, &max);
	ok(fabs(min / 3 + 2.33) < 0.4 && fabs(max / 3 - 2.33) < 0.4, "it reaches to its outermost hundredths: %.2f to %.2f", min, max);
	axes_free(many);
	axes_free(again);
	double sum = 0, least = 1;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct axes *few = learn(path, 12, seed);
		const double part = few ? within(few, 0) : 0;
		sum += part / 20;
		least = fmin(least, part);
		axes_free(few);
	}
	ok(sum > 0.92 && least > 0.75, "learned from twelve, it holds %.3f of new ones, %.3f at least", sum, least);
	unlink(path);
	return done();
}
