/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace.h"

#include <math.h>

#define AHEAD 0.5     /* seconds of work that a copy should have */
#define GAIN 1.2      /* twice as many takes at a time pay if so much more comes out */
#define FULL 0.6      /* of what it may have, or nothing can be said */
#define WAIT_FIRST 10.0
#define WAIT_MOST 300.0
enum { START = 4, ROUNDS = 4 };

static uint32_t
clamp(double x, double least, double most)
{
	return (uint32_t)fmin(fmax(x, least), most);
}

void
pace_init(struct pace *p, uint32_t least, uint32_t most)
{
	*p = (struct pace){.least = least, .most = most, .floor = least, .wait = 0};
	p->now = clamp(START, least, most);
}

void
pace_time(struct pace *p, double seconds, uint32_t in_hand)
{
	if (!in_hand)
		return;
	p->busy += seconds;
	p->load += seconds * in_hand;
}

static void
decide(struct pace *p, double rate, bool full)
{
	const uint32_t want = clamp(ceil(rate * AHEAD), p->least, p->most);
	if (p->rate > 0 && rate < p->rate / 2) {
		/* takes have become heavier: what paid before says nothing */
		p->floor = p->least;
		p->base = 0;
		p->wait = p->clock = 0;
		p->rate = rate;
		p->now = want < p->now ? want : p->now;
		return;
	}
	if (!full)
		return;
	if (p->base) {
		if (rate >= GAIN * p->rate) {
			p->floor = p->now;
			p->rate = rate;
			p->wait = 0;
		} else {
			p->now = clamp(want, p->floor, p->most);
			p->wait = fmin(p->wait > 0 ? 2 * p->wait : WAIT_FIRST, WAIT_MOST);
		}
		p->base = 0;
		p->clock = 0;
		return;
	}
	p->rate = rate;
	if (want > p->now) {
		p->now = want;
	} else if (p->now < p->most && p->clock >= p->wait) {
		p->base = p->now;
		p->now = clamp(2.0 * p->now, p->least, p->most);
	}
}

bool
pace_done(struct pace *p)
{
	const uint32_t before = p->now;
	/* lanes give their takes all at once: several rounds of them make a rate */
	const double want = (double)ROUNDS * p->now;
	const bool late = p->rate > 0 && p->busy > 2 * want / p->rate;
	if ((double)++p->done < want && !late)
		return false;
	if (p->busy < 0.1)
		return false;
	p->clock += p->busy;
	if (p->least < p->most)
		decide(p, (double)p->done / p->busy, p->load >= FULL * p->now * p->busy);
	p->busy = p->load = 0;
	p->done = 0;
	return p->now != before;
}
