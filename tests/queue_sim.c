/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker, senders and workers on thousands of bad days, each from a seed.
 *
 *   queue_sim              some of them, as a test
 *   queue_sim SEED         one of them, with all that happens
 *   queue_sim FROM COUNT   many; the seeds of those that fail are printed
 *
 * Of every day: each take comes out once, in order and with the right bytes, or with
 * an error if it is one that nobody can do; all is over soon after the last fault;
 * nobody keeps more bytes than he may; nothing is left behind.
 */
#include <malloc.h>

#include "sim_mad.h"
#include "tap.h"

/* --- a day -------------------------------------------------------------------------------- */

enum fault {
	RESET, HALF_OPEN, CUT, KILL, LEAVE, RESTART, HANG, SLOW, STOP, FREEZE, CREDITS, DESERT, FAULTS
};

struct day {
	struct sim sim;
	double weight[FAULTS];
	int64_t every; /* microseconds between faults, in the mean; never: none */
	int64_t next;
};

struct totals {
	uint64_t letters, events, resent, twice, audited, differ, vanished, failed, hedged, poisoned, dropped, garbled, wrong,
	    wrong_found, wrong_days;
	double worst; /* seconds to the end after the last fault */
	uint64_t worst_seed;
};

static struct client *
add_client(struct sim *s, bool is_worker, int service)
{
	struct client *k = &s->clients[s->n_clients++];
	*k = (struct client){.is_worker = is_worker, .connect_at = never, .patience = never};
	snprintf(k->service, sizeof k->service, "%s", service ? "other" : "main");
	k->start_at = between(s, 0, 3) ? 0 : between(s, 0, s->calm);
	return k;
}

static void
add_sender(struct sim *s, int service, double poison, double killer)
{
	struct client *k = add_client(s, false, service);
	k->n_takes = (int)between(s, 1, between(s, 0, 2) ? 24 : TAKES);
	for (int i = 0; i < k->n_takes; i++)
		k->takes[i].kind = chance(s, poison) ? POISON : chance(s, killer) ? KILLER : GOOD;
	k->sender_set = (struct sender_settings){
	    .priority = (uint32_t)between(s, 0, 9),
	    .window = (uint64_t)1 << between(s, 9, 24),
	    .takes = between(s, 0, 1) ? 0 : (uint32_t)between(s, 1, 20),
	    .unordered = chance(s, 0.3),
	    .audit = chance(s, 0.2) ? rng_uniform(&s->rng) * 1.2 : 0,
	    .seed = rng_next(&s->rng),
	};
	k->sacrificed = s->n_clients > 1 && chance(s, 0.1);
}

static struct client *
add_worker(struct sim *s, int service)
{
	struct client *k = add_client(s, true, service);
	k->n_jobs = (int)between(s, 1, JOBS);
	k->worker_set = (struct worker_settings){
	    .credits = (uint32_t)between(s, 1, 3 * k->n_jobs),
	    .room = chance(s, 0.3) ? (uint64_t)1 << between(s, 9, 14) : 0,
	};
	k->slow = chance(s, 0.05);
	return k;
}

static void
plan(struct day *d, uint64_t seed, struct letter_desk *desk, bool tracing)
{
	struct sim *s = &d->sim;
	*d = (struct day){0};
	*s = (struct sim){.seed = seed, .rng = {.seed = seed}, .trace = tracing, .next_id = 1, .desk = desk};
	s->calm = between(s, SECOND, between(s, 0, 3) ? 8 * SECOND : 30 * SECOND);
	s->work = between(s, MS, between(s, 0, 2) ? 40 * MS : 400 * MS);
	s->longest[0] = (size_t)1 << between(s, 6, 12);
	s->longest[1] = (size_t)1 << between(s, 6, 13);
	const int64_t beat = between(s, 2, 10) * 100 * MS;
	s->set = (struct broker_settings){.beat = beat, .hedge = between(s, 50, 1000) * MS, .limit = (uint64_t)1 << between(s, 11, 20)};
	s->garble = chance(s, 0.3) ? rng_uniform(&s->rng) * 0.05 : 0;
	if (chance(s, 0.1))
		s->set.limit = (uint64_t)1 << 30;
	s->broker_at = chance(s, 0.8) ? 0 : between(s, 0, 2 * SECOND);

	const double poison = chance(s, 0.1) ? 0.15 : 0, killer = chance(s, 0.03) ? 0.05 : 0;
	const int services = (int)between(s, 1, 2), n_senders = (int)between(s, services, 4), n_workers = (int)between(s, 1, 4);
	for (int i = 0; i < n_senders; i++)
		add_sender(s, i % services, poison, killer);
	for (int v = 0; v < services; v++)
		for (int i = 0; i < n_workers; i++)
			add_worker(s, v)->hung_for_good = i && i == n_workers - 1 && chance(s, 0.1);
	struct client *last = &s->clients[s->n_clients - 1];
	last->liar = n_workers > 1 && chance(s, 0.05);
	for (int i = 0; last->liar && i < n_senders; i++)
		s->clients[i].sender_set.audit = 2; /* everything */
	if (chance(s, 0.1)) /* what hangs is failed by its worker */
		for (int i = n_senders; i < s->n_clients; i++)
			s->clients[i].patience = between(s, 1, 10) * SECOND;

	s->mad_pause = !last->liar && chance(s, 0.2) ? between(s, 2, 300) * MS : 0;
	s->mad_at = s->mad_pause ? 0 : never;
	d->every = chance(s, 0.15) ? never : between(s, 100 * MS, 3 * SECOND);
	for (int i = 0; i < FAULTS; i++)
		d->weight[i] = chance(s, 0.5) ? rng_uniform(&s->rng) : 0;
	d->next = d->every == never ? never : between(s, 0, d->every);
}

/* --- faults --------------------------------------------------------------------------------- */

static struct client *
somebody(struct sim *s, bool workers_only)
{
	for (int tries = 0; tries < 20; tries++) {
		struct client *k = &s->clients[rng_below(&s->rng, (uint64_t)s->n_clients)];
		if (k->alive && (k->is_worker || !workers_only))
			return k;
	}
	return NULL;
}

static void
end_connection(struct sim *s, struct client *k, enum fault f)
{
	if (!k->conn)
		return;
	const bool known = f == RESET;
	conn_end(s, k, chance(s, 0.5), s->now + (known ? 0 : between(s, 0, 15 * SECOND)));
	connect_later(s, k);
	if (known && s->broker && chance(s, 0.5))
		broker_step(s->broker, &(struct broker_event){.what = BROKER_PROBE}, s->now);
}

static void
strike(struct day *d, enum fault f)
{
	struct sim *s = &d->sim;
	struct client *k = somebody(s, f == KILL || f == LEAVE || f == HANG || f == SLOW || f == CREDITS);
	if (!k)
		return;
	s->disrupted++;
	switch (f) {
	case RESET:
	case HALF_OPEN:
		end_connection(s, k, f);
		break;
	case CUT: /* nobody is told */
		trace(s, "%s is cut off", k->name);
		if (k->conn)
			k->conn->cut = true;
		break;
	case KILL:
		client_kill(s, k, between(s, 0, 3 * SECOND));
		break;
	case LEAVE:
		trace(s, "%s leaves", k->name);
		k->leaving = true;
		worker_leave(k->worker, chance(s, 0.3));
		client_after(s, k);
		break;
	case RESTART:
		broker_kill(s, between(s, 0, 3 * SECOND));
		break;
	case HANG:
		trace(s, "%s hangs", k->name);
		k->hung = true;
		for (int i = 0; i < k->n_jobs; i++)
			if (k->jobs[i].busy)
				k->jobs[i].end = never;
		break;
	case SLOW:
		trace(s, "%s is slow", k->name);
		k->slow = true;
		break;
	case STOP:
		k->stopped = s->now + between(s, 100 * MS, 15 * SECOND);
		trace(s, "%s is stopped for %.1f s", k->name, (double)(k->stopped - s->now) * 1e-6);
		break;
	case FREEZE:
		trace(s, "the way from or to %s is frozen", k->name);
		if (k->conn)
			(chance(s, 0.5) ? &k->conn->up : &k->conn->down)->frozen = s->now + between(s, 100 * MS, 15 * SECOND);
		break;
	case CREDITS:
		worker_credits(k->worker, (uint32_t)between(s, 0, 10));
		client_after(s, k);
		break;
	case DESERT:
		for (int i = 0; i < s->n_clients; i++)
			if (s->clients[i].sacrificed && s->clients[i].alive) {
				client_kill(s, &s->clients[i], never);
				break;
			}
		break;
	default:
		break;
	}
}

static void
make_fault(struct day *d)
{
	struct sim *s = &d->sim;
	double sum = 0;
	for (int i = 0; i < FAULTS; i++)
		sum += d->weight[i];
	double at = rng_uniform(&s->rng) * sum;
	int f = 0;
	while (f < FAULTS - 1 && (at -= d->weight[f]) >= 0)
		f++;
	if (sum > 0)
		strike(d, f);
	d->next = s->now + 1 + (int64_t)(rng_uniform(&s->rng) * 2 * (double)d->every);
}

/* From now on all is well. */
static void
calm_down(struct sim *s)
{
	trace(s, "all is well from now on");
	for (int i = 0; i < s->n_clients; i++) {
		struct client *k = &s->clients[i];
		k->stopped = 0;
		k->slow = false;
		if (k->conn)
			k->conn->up.frozen = k->conn->down.frozen = 0;
		if (k->conn && k->conn->cut) {
			conn_end(s, k, false, s->now);
			connect_later(s, k);
		}
		if (k->is_worker && k->alive && k->hung && !k->hung_for_good && k->patience == never)
			client_kill(s, k, 0);
		if (k->is_worker)
			k->hung = k->hung_for_good;
		if (k->is_worker && k->alive)
			worker_credits(k->worker, k->worker_set.credits);
		if (k->sacrificed && k->alive)
			client_kill(s, k, never);
		if (k->alive)
			client_after(s, k);
	}
	for (int i = 0; i < s->n_conns; i++)
		if (s->conns[i].id && !s->conns[i].open)
			s->conns[i].gone_at = least(s->conns[i].gone_at, s->now);
}

/* --- what has to hold ------------------------------------------------------------------------ */

static Assay__Status *
status_of(const struct sim *s)
{
	struct parcel *p = broker_status(s->broker, s->now);
	Assay__Status *m = assay__status__unpack(NULL, p->n, p->bytes);
	parcel_unref(p);
	return m;
}

static void
check_limits(struct sim *s)
{
	if (!s->broker)
		return;
	Assay__Status *m = status_of(s);
	const uint64_t slack = m->n_senders * (s->longest[0] + s->longest[1] + 2 * (HEADER + 512));
	if (m->bytes > m->room + slack + 4 * (s->longest[0] + s->longest[1] + 1100))
		fail(s, "the queue keeps %llu bytes of %llu", (unsigned long long)m->bytes, (unsigned long long)m->room);
	assay__status__free_unpacked(m, NULL);
}

static bool
all_out(const struct sim *s)
{
	for (int i = 0; i < s->n_clients; i++) {
		const struct client *k = &s->clients[i];
		if (!k->is_worker && !k->sacrificed && k->n_out < k->n_takes)
			return false;
	}
	return true;
}

static void
check_end(struct sim *s)
{
	Assay__Status *m = status_of(s);
	if (broker_depth(s->broker))
		fail(s, "%llu takes are left with the queue", (unsigned long long)broker_depth(s->broker));
	else if (m->bytes)
		fail(s, "%llu bytes are left with the queue", (unsigned long long)m->bytes);
	for (size_t i = 0; i < m->n_workers; i++) {
		int w = 0;
		if (sscanf(m->workers[i]->name, "w%d/", &w) == 1 && !s->clients[w].hung_for_good && m->workers[i]->held)
			fail(s, "worker '%s' has %llu leases left, as the queue sees it", m->workers[i]->name,
			    (unsigned long long)m->workers[i]->held);
	}
	for (int i = 0; i < s->n_clients; i++) {
		const struct client *k = &s->clients[i];
		if (k->is_worker && k->alive && !k->hung_for_good && worker_held(k->worker))
			fail(s, "worker '%s' holds %zu leases in the end", k->name, worker_held(k->worker));
	}
	assay__status__free_unpacked(m, NULL);
}

/* Where nothing went wrong, and all had room, nothing was done for nothing. */
static void
check_quiet(struct sim *s)
{
	Assay__Status *m = status_of(s);
	for (int i = 0; i < s->n_clients; i++) {
		struct sender_counts c;
		if (!s->clients[i].sender)
			continue;
		sender_counts(s->clients[i].sender, &c);
		if (c.resent || c.garbled)
			fail(s, "%s sent %llu takes again, though nothing was wrong", s->clients[i].name, (unsigned long long)c.resent);
	}
	for (size_t i = 0; i < m->n_services; i++)
		if (m->services[i]->vanished || m->dropped)
			fail(s, "leases vanished, though nothing was wrong");
	assay__status__free_unpacked(m, NULL);
}

static void
add_up(const struct sim *s, struct totals *t)
{
	Assay__Status *m = status_of(s);
	for (size_t i = 0; i < m->n_services; i++) {
		t->vanished += m->services[i]->vanished;
		t->failed += m->services[i]->failed;
		t->hedged += m->services[i]->hedged;
		t->poisoned += m->services[i]->poisoned;
	}
	t->dropped += m->dropped;
	t->garbled += m->bad_letters;
	assay__status__free_unpacked(m, NULL);
	uint64_t differ = 0;
	for (int i = 0; i < s->n_clients; i++) {
		struct sender_counts c;
		if (!s->clients[i].sender)
			continue;
		sender_counts(s->clients[i].sender, &c);
		t->resent += c.resent;
		t->twice += c.twice;
		t->audited += c.audited;
		differ += c.differ;
	}
	t->differ += differ;
	t->wrong += s->wrong;
	t->wrong_days += s->wrong > 0;
	t->wrong_found += s->wrong && differ;
	t->letters += s->letters;
	t->events += s->events;
}

/* Whether it went well; the reason is printed, if not. */
static bool
run_day(uint64_t seed, struct letter_desk *desk, bool tracing, struct totals *totals)
{
	static struct day d;
	struct sim *s = &d.sim;
	plan(&d, seed, desk, tracing);
	uint64_t n_takes = 0, n_killers = 0, checks = 0;
	for (int i = 0; i < s->n_clients; i++) {
		n_takes += (uint64_t)s->clients[i].n_takes;
		for (int j = 0; j < s->clients[i].n_takes; j++)
			n_killers += s->clients[i].takes[j].kind == KILLER;
	}
	const bool quiet = d.every == never && s->garble <= 0 && !s->mad_pause && !n_killers
	    && s->set.limit / (uint64_t)s->n_clients > n_takes * (s->longest[0] + s->longest[1] + 2048);
	while (s->now < s->calm && !*s->failure) {
		sim_run(s, least(s->calm, least(d.next, s->mad_at)));
		if (s->now >= s->mad_at)
			mad_acts(s);
		if (s->now >= d.next)
			make_fault(&d);
		if (++checks % 64 == 0)
			check_limits(s);
	}
	if (s->mad_pause)
		mad_acts(s); /* for the last time */
	calm_down(s);
	/* what is slow still makes means that are long */
	const int64_t end = s->now + 90 * SECOND + 200 * s->work + (int64_t)n_takes * s->work * 40 + (int64_t)n_killers * 150 * SECOND;
	while (s->now < end && !*s->failure && !(s->broker && all_out(s) && !broker_depth(s->broker))) {
		sim_run(s, end);
		if (++checks % 64 == 0)
			check_limits(s);
	}
	if (!*s->failure && !all_out(s))
		fail(s, "not all is out after %.0f s", (double)(end - s->calm) * 1e-6);
	if (!*s->failure) {
		const double took = (double)(s->now - s->calm) * 1e-6;
		if (took > totals->worst && !n_killers) {
			totals->worst = took;
			totals->worst_seed = seed;
		}
		add_up(s, totals);
		if (quiet)
			check_quiet(s);
		for (int i = 0; i < s->n_clients; i++)
			if (s->clients[i].sender && chance(s, 0.5)) {
				sender_leave(s->clients[i].sender);
				client_after(s, &s->clients[i]);
			}
		const int64_t rest = s->now + 12 * s->set.beat + 100 * 2 * s->work + 11 * SECOND;
		while (s->now < rest && !*s->failure)
			sim_run(s, rest);
		if (!*s->failure)
			check_end(s);
	}
	if (*s->failure)
		printf("# seed %llu: %s\n", (unsigned long long)seed, s->failure);
	const bool good = !*s->failure;
	sim_release(s);
	return good;
}

/* --- no faults: who is served -------------------------------------------------------------------- */

/* Three senders with as much to do: what each has got when the first is done. */
static void
test_fair(struct letter_desk *desk)
{
	static struct day d;
	struct sim *s = &d.sim;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		*s = (struct sim){.seed = seed, .rng = {.seed = seed}, .next_id = 1, .desk = desk, .work = 20 * MS, .calm = 0,
		    .longest = {64, 64}};
		for (int i = 0; i < 3; i++) {
			add_sender(s, 0, 0, 0);
			struct client *k = &s->clients[i];
			k->n_takes = TAKES;
			memset(k->takes, 0, sizeof k->takes);
			k->sender_set = (struct sender_settings){.priority = i == 2 ? 7 : 5};
			k->start_at = 0;
			k->sacrificed = false;
		}
		for (int i = 0; i < 2; i++) {
			struct client *k = add_worker(s, 0);
			k->worker_set = (struct worker_settings){.credits = 2};
			k->n_jobs = 1;
			k->slow = false;
			k->start_at = SECOND;
		}
		while (s->clients[2].n_out < TAKES && s->now < 60 * SECOND)
			sim_run(s, 60 * SECOND);
		const int a = s->clients[0].n_out, b = s->clients[1].n_out;
		ok(!*s->failure && a + b <= 8, "when the sender of higher priority has all %d, the others have %d and %d", TAKES, a, b);
		while (s->clients[0].n_out < TAKES / 2 && s->now < 60 * SECOND)
			sim_run(s, 60 * SECOND);
		ok(abs(s->clients[1].n_out - TAKES / 2) <= 6, "then these two are served in turn: %d and %d", s->clients[0].n_out,
		    s->clients[1].n_out);
		sim_release(s);
	}
}

static int
many(uint64_t from, uint64_t count, struct letter_desk *desk, struct totals *t)
{
	int failed = 0;
	for (uint64_t seed = from; seed < from + count; seed++)
		failed += !run_day(seed, desk, false, t);
	return failed;
}

static void
tell(const struct totals *t)
{
	diag("%.1f million letters; %llu takes sent again, %llu results that came twice, %llu dropped, %llu garbled letters",
	    (double)t->letters * 1e-6, (unsigned long long)t->resent, (unsigned long long)t->twice, (unsigned long long)t->dropped,
	    (unsigned long long)t->garbled);
	diag("leases: %llu vanished, %llu failed, %llu hedged; %llu takes given up; %llu audited; wrong bytes on %llu days, found on "
	     "%llu",
	    (unsigned long long)t->vanished, (unsigned long long)t->failed, (unsigned long long)t->hedged,
	    (unsigned long long)t->poisoned, (unsigned long long)t->audited, (unsigned long long)t->wrong_days,
	    (unsigned long long)t->wrong_found);
	diag("all was out %.1f s after the last fault, at worst (%llu)", t->worst, (unsigned long long)t->worst_seed);
}

int
main(int argc, char **argv)
{
	/* what a day needs is kept for the next; what it hardly touches is the kernel's */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	struct letter_desk *desk = letter_desk_new();
	struct totals t = {0};
	int failed = 0;
	if (argc == 2) {
		failed = !run_day(strtoull(argv[1], NULL, 0), desk, true, &t);
	} else if (argc == 3) {
		failed = many(strtoull(argv[1], NULL, 0), strtoull(argv[2], NULL, 0), desk, &t);
		tell(&t);
	} else {
#ifdef __SANITIZE_ADDRESS__
		enum { DAYS = 500 };
#else
		enum { DAYS = 2000 };
#endif
		test_fair(desk);
		ok(!many(1, DAYS, desk, &t), "%d bad days: nothing lost, nothing twice, in order, to the end", DAYS);
		tell(&t);
		ok(t.resent && t.twice && t.vanished && t.failed && t.hedged && t.poisoned && t.dropped && t.garbled && t.audited,
		    "they were bad in every way");
		failed = done();
	}
	letter_desk_free(desk);
	return failed != 0;
}
