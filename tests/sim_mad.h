/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody mad, whom the queue lets in: comes and goes as a sender, worker or watcher, says again
 * what others have said, and says what makes no sense: answers to leases that he never
 * had, beats of what nobody sent. He takes no leases, forges no results and steals no
 * sessions: a worker can do that to those he works for, and nobody can be kept from it.
 */
#ifndef TESTS_SIM_MAD_H
#define TESTS_SIM_MAD_H

#include "sim.h"

static inline void
mad_send(struct sim *s, const struct letter *l)
{
	struct mail *m = malloc(sizeof *m + LETTER_HEAD);
	m->n = letter_pack(l, m->head);
	m->body = l->body;
	way_put(s, s->mad, &s->mad->up, m);
	free(m);
}

static inline void
mad_hello(struct sim *s)
{
	struct letter l = {.kind = LETTER_HELLO, .version = chance(s, 0.95) ? LETTER_VERSION : 7, .name = "mad",
	    .role = (enum letter_role)between(s, LETTER_SENDER, LETTER_WATCHER), .has_session = true,
	    .service = chance(s, 0.7) ? "main" : "other", .priority = (uint32_t)between(s, 0, 9), .room = 1 << 20};
	memset(l.session, (int)between(s, 250, 255), sizeof l.session);
	mad_send(s, &l);
}

/* What somebody else has said, as if it were his own. */
static inline void
mad_repeat(struct sim *s)
{
	const struct packet *p = s->heard[rng_below(&s->rng, HEARD)];
	struct letter l;
	if (!p || letter_unpack(p->head, p->n, p->body, &l, s->desk, NULL) < 0 || l.kind == LETTER_HELLO)
		return;
	l.credits = 0;
	mad_send(s, &l);
}

static inline void
mad_nonsense(struct sim *s)
{
	const struct packet *p = s->heard[rng_below(&s->rng, HEARD)];
	const struct range ranges[] = {{(uint64_t)between(s, 1, 10), 3}, {(uint64_t)between(s, 20, 40), 1000000}};
	struct letter l = {0}, known;
	if (p && letter_unpack(p->head, p->n, p->body, &known, s->desk, NULL) == 0 && known.has_session)
		l = (struct letter){.number = known.number};
	if (l.number)
		memcpy(l.session, known.session, sizeof l.session);
	l.has_session = true;
	l.kind = (enum letter_kind)between(s, LETTER_WELCOME, LETTER_ALARM);
	if (l.kind == LETTER_RESULT)
		l.kind = LETTER_FAILED;
	if (!l.number || chance(s, 0.3))
		l.number = (uint64_t)between(s, 0, 20);
	l.serial = (uint64_t)between(s, 0, 20);
	l.ranges = ranges;
	l.n_ranges = (size_t)between(s, 0, 2);
	l.text = "mad";
	mad_send(s, &l);
}

static inline void
mad_acts(struct sim *s)
{
	s->mad_at = s->now < s->calm ? s->now + between(s, MS, s->mad_pause) : never;
	if (s->mad && (s->mad_at == never || chance(s, 0.05))) {
		s->mad->open = false;
		s->mad->gone_at = s->now + (chance(s, 0.5) || s->mad_at == never ? 0 : between(s, 0, 10 * SECOND));
		s->mad = NULL;
	}
	if (!s->broker || s->mad_at == never)
		return;
	if (!s->mad && !(s->mad = conn_new(s, -1)))
		return;
	if (chance(s, 0.3)) /* else he does not listen */
		way_clear(&s->mad->down);
	if (s->mad->up.n > 20)
		return;
	const double p = rng_uniform(&s->rng);
	if (p < 0.2)
		mad_hello(s);
	else if (p < 0.6)
		mad_repeat(s);
	else
		mad_nonsense(s);
}

#endif
