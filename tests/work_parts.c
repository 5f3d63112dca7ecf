/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of assay work: marks, how many takes a copy gets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/work/mark.c"
#include "../tools/work/pace.c"
#include "tap.h"

/* --- marks ---------------------------------------------------------------------------- */

static void
marks(void)
{
	const uint8_t take[] = {0x12, 1, 'k', 0x28, 7, 0xc1, 0x3e, 9, 8, 7, 6, 5, 4, 3, 2, 0x7d, 1, 2, 3, 4};
	uint8_t marked[sizeof take + MARK_SIZE];
	size_t at;
	uint64_t mark;
	memcpy(marked, take, sizeof take);
	mark_write(0x1122334455667788, marked + sizeof take);
	ok(mark_find(marked, sizeof marked, &at, &mark) == 1 && at == sizeof take && mark == 0x1122334455667788,
	    "a mark is found behind another of its number (a farm within a farm)");
	ok(mark_find(take, sizeof take, &at, &mark) == 1 && at == 5, "which is found without it");
	ok(mark_find(take, 5, &at, &mark) == 0 && mark_find(take, 0, &at, &mark) == 0, "none");
	int good = 0;
	for (size_t n = sizeof take; n < sizeof marked; n++)
		good += mark_find(marked, n, &at, &mark) == (n == sizeof take) - (n != sizeof take);
	ok(good == MARK_SIZE, "cut short anywhere: no message");
	const uint8_t group[] = {0x0b, 0x0c}, zero[] = {0, 0}, large[] = {0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
	ok(mark_find(group, 2, &at, &mark) == -1 && mark_find(zero, 2, &at, &mark) == -1
	    && mark_find(large, sizeof large, &at, &mark) == -1, "groups, number 0 and lengths beyond the end are none");
}

static void
graphs(void)
{
	/* Take.parts { patch { nodes "n1" params "p" } } */
	uint8_t a[] = {0x12, 1, 'a', 0x32, 9, 0x12, 7, 0x12, 2, 'n', '1', 0x1a, 1, 'p'}, b[sizeof a];
	memcpy(b, a, sizeof a);
	b[2] = 'b';
	b[13] = 'q';
	const uint64_t graph = graph_of(a, sizeof a);
	ok(graph && graph == graph_of(b, sizeof b), "another name and other values: the same graph");
	b[10] = '2';
	ok(graph != graph_of(b, sizeof b), "another node: another");
	ok(graph_of(a, 3) == 0, "no patch, no graph");
}

/* --- pace ------------------------------------------------------------------------------- */

/* A copy that is always kept full, and works on up to `lanes` takes at a time in `seconds`: what it settles at. */
static struct pace
settle(struct pace p, double seconds, uint32_t lanes, double until)
{
	for (double t = 0; t < until;) {
		const uint32_t n = p.now < lanes ? p.now : lanes;
		pace_time(&p, seconds, p.now);
		t += seconds;
		for (uint32_t i = 0; i < n; i++)
			pace_done(&p);
	}
	return p;
}

static void
paces(void)
{
	struct pace p;
	pace_init(&p, 2, 64);
	const struct pace slow = settle(p, 1, 1, 300);
	ok(slow.now == 2 || slow.base == 2, "one at a time, a second each: 2 (%u)", slow.now);
	const struct pace quick = settle(p, 0.01, 1, 3);
	ok(quick.now >= 45 && quick.now <= 64, "10 ms each: half a second of them (%u)", quick.now);
	const struct pace quicker = settle(p, 0.001, 1, 2);
	ok(quicker.now == 64, "1 ms each: the most (%u)", quicker.now);
	const struct pace lanes = settle(p, 1, 16, 300);
	ok(lanes.now >= 16, "16 side by side in a second: as many as there are lanes (%u)", lanes.now);
	const struct pace heavier = settle(quick, 1, 1, 300);
	ok(heavier.now <= 4, "takes that become heavy: few again (%u)", heavier.now);
	const struct pace lighter = settle(slow, 0.01, 1, 3);
	ok(lighter.now >= 45, "and the other way (%u)", lighter.now);
	pace_init(&p, 7, 7);
	ok(settle(p, 0.01, 1, 3).now == 7, "a number that was told stays");
	/* hardly ever anything to do: nothing is learnt from that */
	pace_init(&p, 2, 64);
	for (int i = 0; i < 1000; i++) {
		pace_time(&p, 0.01, 1);
		pace_done(&p);
	}
	ok(p.now == 4, "a copy that is not kept full tells nothing (%u)", p.now);
}

int
main(void)
{
	marks();
	graphs();
	paces();
	return done();
}
