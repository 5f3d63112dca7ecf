/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker, one thing at a time. tests/queue_sim.c has the bad days. */
#include "broker_rig.h"

/* --- the conversation ------------------------------------------------------------------- */

static void
test_way(void)
{
	struct rig r;
	rig_init(&r, &(struct broker_settings){.beat = 500 * MS});
	SAY(&r, 1, .kind = LETTER_TAKE, .number = 1, .body = body("one"));
	ok(hears(&r, 1, LETTER_WHO) && !hears(&r, 1, 0), "who comes without a hello is asked who he is");
	sender(&r, 1, "a/1", 5);
	ok(hears(&r, 1, LETTER_WELCOME) && r.said.epoch == EPOCH && r.said.beat == 500 && r.said.room == (uint64_t)1 << 30,
	    "a sender is welcome, and told epoch, beat and room");
	worker(&r, 2, "w/1", 2);
	ok(hears(&r, 2, LETTER_WELCOME) && r.said.epoch == EPOCH, "a worker is, too");
	take(&r, 1, 7, "seven");
	ok(hears(&r, 2, LETTER_WORK) && r.said.number == 7 && r.said.serial == 1 && r.said.attempt == 1 && !r.said.alone
	    && r.said.has_session && r.said.session[0] == 1 && is_body(&r, "seven"), "a take goes to the worker");
	result(&r, 2, 1, 7, 1, "SEVEN");
	ok(hears(&r, 1, LETTER_RESULT) && r.said.number == 7 && !strcmp(r.said.name, "w/1") && is_body(&r, "SEVEN"),
	    "its result to the sender, with the name of the worker");
	ok(broker_depth(r.b) == 0 && !hears(&r, 1, 0) && !hears(&r, 2, 0), "and that is all");
	for (uint64_t i = 1; i <= 3; i++)
		take(&r, 1, 10 + i, "x");
	ok(hears(&r, 2, LETTER_WORK) && hears(&r, 2, LETTER_WORK) && !hears(&r, 2, 0), "a worker has as many as it has credits");
	result(&r, 2, 1, 11, 2, "X");
	ok(hears(&r, 2, LETTER_WORK) && r.said.number == 13 && r.said.serial == 4, "an answer gives back a credit");
	SAY(&r, 2, .kind = LETTER_BEAT, .serial = 4, .ranges = (struct range[]){{3, 2}}, .n_ranges = 1, .credits = 3);
	ok(hears(&r, 2, LETTER_BEAT) && r.said.serial == 4 && r.said.epoch == EPOCH, "a beat is answered with the last serial");
	drain(&r);
	SAY(&r, 1, .kind = LETTER_BYE);
	ok(broker_depth(r.b) == 0, "what a sender waited for goes with it");
	result(&r, 2, 1, 12, 3, "X");
	ok(!hears(&r, 1, 0), "and nothing is sent to who has left");
	rig_release(&r);
}

static void
test_refused(void)
{
	struct rig r;
	bool came;
	rig_init(&r, &(struct broker_settings){.peers = 2});
	SAY(&r, 1, .kind = LETTER_HELLO, .version = LETTER_VERSION + 1, .role = LETTER_WORKER);
	came = hears(&r, 1, LETTER_REFUSED);
	ok(came && *r.said.text, "another version is refused: %s", r.said.text);
	SAY(&r, 1, .kind = LETTER_HELLO, .version = LETTER_VERSION);
	came = hears(&r, 1, LETTER_REFUSED);
	ok(came && *r.said.text, "so is who has no role: %s", r.said.text);
	SAY(&r, 1, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_SENDER);
	came = hears(&r, 1, LETTER_REFUSED);
	ok(came && *r.said.text, "and a sender without a session: %s", r.said.text);
	worker(&r, 1, "w/1", 1);
	worker(&r, 2, "w/2", 1);
	ok(hears(&r, 1, LETTER_WELCOME) && hears(&r, 2, LETTER_WELCOME), "two are welcome");
	worker(&r, 3, "w/3", 1);
	came = hears(&r, 3, LETTER_REFUSED);
	ok(came && *r.said.text, "a third, where there is room for two, is not: %s", r.said.text);
	SAY(&r, 1, .kind = LETTER_BYE);
	worker(&r, 3, "w/3", 1);
	ok(hears(&r, 3, LETTER_WELCOME), "until one leaves");
	rig_release(&r);
}

static void
test_roles(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a/1", 5);
	sender(&r, 2, "b/1", 5);
	worker(&r, 3, "w/1", 9);
	drain(&r);
	take(&r, 1, 1, "mine");
	hears(&r, 3, LETTER_WORK);
	SAY(&r, 2, .kind = LETTER_RESULT, .number = 1, .serial = 1, .has_session = true, .session = {1}, .body = body("forged"));
	ok(!hears(&r, 1, 0) && broker_depth(r.b) == 1, "a result comes from a worker");
	SAY(&r, 3, .kind = LETTER_TAKE, .number = 1, .body = body("x"));
	ok(broker_depth(r.b) == 1, "a take from a sender");
	SAY(&r, 2, .kind = LETTER_BEAT, .number = 1, .ranges = (struct range[]){{1, 1}}, .n_ranges = 1);
	ok(hears(&r, 2, LETTER_BEAT) && r.said.n_ranges == 1, "a sender knows of its own numbers only");
	SAY(&r, 3, .kind = LETTER_RESULT, .number = 1, .serial = 1, .has_session = true, .session = {9}, .body = body("x"));
	ok(broker_depth(r.b) == 1, "a session that nobody has is nobody's");
	result(&r, 3, 1, 1, 1, "done");
	ok(hears(&r, 1, LETTER_RESULT) && is_body(&r, "done"), "the lease was not harmed by it");
	result(&r, 3, 1, 5, 0, "late");
	ok(hears(&r, 1, LETTER_RESULT) && r.said.number == 5, "a result that nobody waits for goes to its session");
	rig_release(&r);
}

/* --- who gets what ------------------------------------------------------------------------ */

static void
test_priorities(void)
{
	struct rig r;
	char order[16] = "";
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	sender(&r, 2, "b", 5);
	sender(&r, 3, "c", 9);
	for (uint64_t i = 1; i <= 3; i++)
		for (uint32_t p = 1; p <= 3; p++)
			take(&r, p, i, "x");
	worker(&r, 4, "w", 9);
	hears(&r, 4, LETTER_WELCOME);
	for (size_t i = 0; i < 9 && hears(&r, 4, LETTER_WORK); i++)
		order[i] = (char)('`' + r.said.session[0]);
	ok(!strcmp(order, "cccababab"), "the highest priority first, senders of one in turn: %s", order);
	rig_release(&r);
}

static void
test_services(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	SAY(&r, 2, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WORKER, .service = "other", .name = "w",
	    .credits = 4, .room = 1000);
	hears(&r, 2, LETTER_WELCOME);
	take(&r, 1, 1, "x");
	ok(!hears(&r, 2, 0), "a take is for workers of its service");
	worker(&r, 3, "v", 1);
	ok(hears(&r, 3, LETTER_WELCOME) && hears(&r, 3, LETTER_WORK), "to whom it goes");
	rig_release(&r);
}

static void
test_room(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	SAY(&r, 2, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WORKER, .name = "w", .credits = 9, .room = 10);
	hears(&r, 2, LETTER_WELCOME);
	take(&r, 1, 1, "a take that is too long");
	take(&r, 1, 2, "x");
	ok(hears(&r, 2, LETTER_WORK) && !hears(&r, 2, 0), "a worker gets one take, however long, and not more than it has room for");
	result(&r, 2, 1, 1, 1, "X");
	take(&r, 1, 3, "six..");
	take(&r, 1, 4, "six..");
	ok(hears(&r, 2, LETTER_WORK) && hears(&r, 2, LETTER_WORK) && !hears(&r, 2, 0), "then as many as it has room for");
	rig_release(&r);
}

/* --- what goes wrong ----------------------------------------------------------------------- */

static void
test_gone(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w/1", 3);
	hears(&r, 2, LETTER_WELCOME);
	for (uint64_t i = 1; i <= 5; i++)
		take(&r, 1, i, "x");
	drain(&r);
	step(&r, BROKER_GONE, 2);
	worker(&r, 3, "w/2", 9);
	char order[16] = "";
	bool alone[8] = {0};
	hears(&r, 3, LETTER_WELCOME);
	for (size_t i = 0; i < 5 && hears(&r, 3, LETTER_WORK); i++) {
		order[i] = (char)('0' + r.said.number);
		alone[i] = r.said.alone;
	}
	ok(!strcmp(order, "12345") && alone[0] && alone[2] && !alone[3], "leases of who is gone go first, alone: %s", order);
	result(&r, 2, 1, 1, 1, "X");
	ok(hears(&r, 2, LETTER_WHO), "it may come back");
	for (int i = 0; i < 12; i++) {
		later(&r, SECOND);
		SAY(&r, 1, .kind = LETTER_BEAT, .number = 1);
	}
	worker(&r, 4, "w/3", 9);
	ok(hears(&r, 4, LETTER_WELCOME) && hears(&r, 4, LETTER_WORK), "who is silent for too long is gone, too");
	ok(mentioned(&r, "worker 'w/2' is gone: 5 leases go back"), "which the log says");
	rig_release(&r);
}

static void
test_beat(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w/1", 4);
	for (uint64_t i = 1; i <= 4; i++)
		take(&r, 1, i, "x");
	drain(&r);
	SAY(&r, 2, .kind = LETTER_BEAT, .serial = 2, .credits = 4, .ranges = (struct range[]){{2, 1}}, .n_ranges = 1);
	ok(hears(&r, 2, LETTER_BEAT) && hears(&r, 2, LETTER_WORK) && r.said.number == 1 && r.said.serial == 5 && !r.said.alone
	    && !hears(&r, 2, 0), "a lease that was sent and is not held is handed out again, others are not, and that is no strike");
	SAY(&r, 2, .kind = LETTER_FAILED, .number = 1, .serial = 1, .has_session = true, .session = {1}, .text = "old");
	SAY(&r, 2, .kind = LETTER_FAILED, .number = 2, .serial = 3, .has_session = true, .session = {1}, .text = "mixed up");
	ok(!hears(&r, 2, 0), "who fails a lease that it does not have fails nothing");
	SAY(&r, 1, .kind = LETTER_BEAT, .number = 9, .ranges = (struct range[]){{1, 2}, {4, 3}}, .n_ranges = 2);
	ok(hears(&r, 1, LETTER_BEAT) && r.said.number == 9 && r.said.n_ranges == 1 && r.said.ranges[0].first == 5
	    && r.said.ranges[0].n == 2 && r.said.workers == 1, "a sender is asked for what is not here");
	result(&r, 2, 1, 1, 5, "X");
	result(&r, 2, 1, 2, 2, "X");
	later(&r, MS);
	SAY(&r, 2, .kind = LETTER_BEAT, .serial = 5, .credits = 4);
	ok(hears(&r, 2, LETTER_BEAT) && hears(&r, 2, LETTER_WORK) && r.said.number == 3 && hears(&r, 2, LETTER_WORK)
	    && r.said.number == 4, "in their order");
	rig_release(&r);
}

static void
test_poison(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w/1", 1);
	take(&r, 1, 1, "poison");
	drain(&r);
	worker(&r, 3, "w/2", 1);
	hears(&r, 3, LETTER_WELCOME);
	failed(&r, 2, 1, 1, 1, "it fell");
	ok(!hears(&r, 2, 0) && hears(&r, 3, LETTER_WORK) && r.said.alone && r.said.attempt == 2,
	    "after a failure it goes to another worker, alone");
	failed(&r, 3, 1, 1, 1, "it fell again");
	ok(hears(&r, 2, LETTER_WORK) && r.said.attempt == 3, "and back");
	failed(&r, 2, 1, 1, 2, "and again");
	ok(hears(&r, 1, LETTER_FAILED) && r.said.number == 1 && !strcmp(r.said.text, "and again") && !strcmp(r.said.name, "w/1"),
	    "after three failures it is given up");
	ok(broker_depth(r.b) == 0 && mentioned(&r, "given up after 3 attempts"), "and the log says so");

	SAY(&r, 3, .kind = LETTER_BYE);
	take(&r, 1, 2, "x");
	hears(&r, 2, LETTER_WORK);
	failed(&r, 2, 1, 2, 3, "no");
	ok(hears(&r, 2, LETTER_WORK), "where there is no other worker it goes to the same");
	for (int i = 0; i < 7; i++) {
		ok(broker_depth(r.b) == 1, "strike %d", 4 + i);
		step(&r, BROKER_GONE, 2);
		worker(&r, 2, "w/1", 1);
		drain(&r);
	}
	ok(broker_depth(r.b) == 1, "a worker that vanished counts less");
	step(&r, BROKER_GONE, 2);
	ok(broker_depth(r.b) == 0 && hears(&r, 1, LETTER_FAILED), "but counts");
	rig_release(&r);
}

static void
test_avoid(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w/1", 9);
	worker(&r, 3, "w/2", 1);
	drain(&r);
	SAY(&r, 1, .kind = LETTER_TAKE, .number = 1, .avoid = "w/1", .body = body("x"));
	ok(hears(&r, 3, LETTER_WORK) && !hears(&r, 2, 0), "a take goes to who is not to be avoided");
	SAY(&r, 1, .kind = LETTER_TAKE, .number = 2, .avoid = "w/1", .body = body("x"));
	take(&r, 1, 3, "x");
	ok(hears(&r, 2, LETTER_WORK) && r.said.number == 3 && !hears(&r, 2, 0), "waits for him, and others pass by");
	later(&r, 2 * SECOND);
	ok(hears(&r, 2, LETTER_WORK), "but not for ever");
	rig_release(&r);
}

static void
test_hedge(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "slow", 1);
	take(&r, 1, 1, "x");
	drain(&r);
	worker(&r, 3, "fast", 3);
	hears(&r, 3, LETTER_WELCOME);
	later(&r, 900 * MS);
	ok(!hears(&r, 3, 0), "a take is left with its worker for a while");
	later(&r, 200 * MS);
	ok(hears(&r, 3, LETTER_WORK) && r.said.number == 1 && r.said.attempt == 2, "then another one gets a copy");
	failed(&r, 3, 1, 1, 1, "no");
	ok(!hears(&r, 3, 0), "that this fails changes nothing for who still works on it");
	later(&r, 3 * SECOND);
	SAY(&r, 2, .kind = LETTER_BEAT, .serial = 1, .credits = 1, .ranges = (struct range[]){{1, 1}}, .n_ranges = 1);
	drain_peer(&r, 2);
	ok(!hears(&r, 3, LETTER_WORK), "and it is not asked again, while there are others");
	worker(&r, 4, "third", 1);
	ok(hears(&r, 4, LETTER_WELCOME) && hears(&r, 4, LETTER_WORK), "but they are");
	result(&r, 4, 1, 1, 1, "X");
	ok(hears(&r, 1, LETTER_RESULT) && broker_depth(r.b) == 0, "the first result counts");
	take(&r, 1, 2, "x");
	take(&r, 1, 3, "x");
	take(&r, 1, 4, "x");
	take(&r, 1, 5, "x");
	drain_peer(&r, 3);
	drain_peer(&r, 4);
	ok(!hears(&r, 2, 0), "the other copy is its worker's credit still");
	result(&r, 2, 1, 1, 1, "X");
	ok(hears(&r, 1, LETTER_RESULT) && r.said.number == 1, "its result is compared by the sender");
	ok(!hears(&r, 2, 0), "(nothing waits)");
	take(&r, 1, 6, "x");
	ok(hears(&r, 2, LETTER_WORK) && r.said.number == 6, "and frees it");
	rig_release(&r);
}

static void
test_session(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w", 1);
	take(&r, 1, 1, "x");
	take(&r, 1, 2, "x");
	drain(&r);
	step(&r, BROKER_GONE, 1);
	result(&r, 2, 1, 1, 1, "X");
	ok(broker_depth(r.b) == 1 && !hears(&r, 2, 0), "while a sender is gone its takes wait");
	sender_as(&r, 7, 1, "a", 5);
	ok(hears(&r, 7, LETTER_WELCOME) && hears(&r, 7, LETTER_RESULT) && r.said.number == 1 && hears(&r, 2, LETTER_WORK),
	    "when it is back on another connection, it goes on");
	sender_as(&r, 8, 1, "a", 5);
	SAY(&r, 8, .kind = LETTER_BEAT, .number = 1, .ranges = (struct range[]){{1, 2}}, .n_ranges = 1);
	ok(hears(&r, 8, LETTER_WELCOME) && hears(&r, 8, LETTER_BEAT) && r.said.n_ranges == 1 && r.said.ranges[0].first == 1
	    && r.said.ranges[0].n == 1, "even if nobody saw the old one end");
	take(&r, 7, 3, "x");
	ok(hears(&r, 7, LETTER_WHO) && broker_depth(r.b) == 1, "which nobody has any more");
	step(&r, BROKER_GONE, 8);
	for (int i = 0; i < 6; i++) {
		later(&r, SECOND);
		beats(&r, 2, 1);
	}
	ok(broker_depth(r.b) == 0, "a sender that does not come back is forgotten");
	rig_release(&r);
}

static void
test_garbled(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w", 1);
	SAY(&r, 1, .kind = LETTER_TAKE, .number = 1, .sum = 99, .body = body("garbled"));
	for (uint64_t serial = 1; serial <= 2; serial++) {
		drain(&r);
		later(&r, MS);
		beats(&r, 2, serial);
	}
	drain(&r);
	SAY(&r, 1, .kind = LETTER_BEAT, .number = 1, .ranges = (struct range[]){{1, 1}}, .n_ranges = 1);
	ok(hears(&r, 1, LETTER_BEAT) && r.said.n_ranges == 1 && broker_depth(r.b) == 0,
	    "a take that came garbled, and that no worker keeps, is asked for again");
	rig_release(&r);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void
test_limit(void)
{
	struct rig r;
	char text[1001] = "";
	memset(text, 'x', 1000);
	rig_init(&r, &(struct broker_settings){.limit = 20000});
	sender(&r, 1, "a", 5);
	for (uint64_t i = 1; i <= 50; i++)
		take(&r, 1, i, text);
	const uint64_t n = broker_depth(r.b);
	ok(n == 13, "of 50 takes it keeps %d, as many as it has room for", (int)n);
	SAY(&r, 1, .kind = LETTER_BEAT, .number = 1, .ranges = (struct range[]){{1, 50}}, .n_ranges = 1);
	drain_to(&r, 1, LETTER_BEAT);
	ok(r.said.n_ranges == 1 && r.said.ranges[0].first == 14 && r.said.room / 1000 == 13, "and asks for the others: %d, room %d",
	    (int)r.said.ranges[0].n, (int)r.said.room);
	sender(&r, 2, "b", 5);
	for (uint64_t i = 1; i <= 50; i++)
		take(&r, 2, i, text);
	ok(broker_depth(r.b) == n + 1, "where another has it all, one take may be there always");
	worker(&r, 3, "w", 64);
	for (uint64_t i = 1; i <= n + 1; i++)
		answer_all(&r, 3, text);
	for (uint64_t i = 1; i <= 50; i++) {
		take(&r, 1, 100 + i, text);
		take(&r, 2, 100 + i, text);
	}
	ok(broker_depth(r.b) <= 13 && broker_depth(r.b) >= 12, "two share it: %d", (int)broker_depth(r.b));
	rig_release(&r);

	rig_init(&r, &(struct broker_settings){.limit = 20000});
	sender(&r, 1, "a", 5);
	hears(&r, 1, LETTER_WELCOME);
	r.deaf[1] = true;
	worker(&r, 2, "w", 64);
	uint64_t held = 0;
	for (uint64_t i = 1; i <= 50; i++) {
		take(&r, 1, i, "x");
		while (hears(&r, 2, 0))
			if (r.said.kind == LETTER_WORK)
				result(&r, 2, 1, r.said.number, r.said.serial, text);
		held = bytes_held(&r);
		if (held > 20000 + 20000 + 2000)
			break;
	}
	ok(held < 42000, "results that nobody fetches are not kept beyond it: %d", (int)held);
	const uint64_t depth = broker_depth(r.b);
	ok(depth > 20 && !hears(&r, 2, 0), "their takes wait (%d), and nothing of a sender with a backlog is handed out", (int)depth);
	int results = 0;
	r.deaf[1] = false;
	later(&r, MS);
	for (int i = 0; i < 1000 && broker_depth(r.b); i++) {
		while (hears(&r, 1, 0))
			results += r.said.kind == LETTER_RESULT;
		while (hears(&r, 2, 0))
			if (r.said.kind == LETTER_WORK)
				result(&r, 2, 1, r.said.number, r.said.serial, text);
	}
	while (hears(&r, 1, 0))
		results += r.said.kind == LETTER_RESULT;
	ok(broker_depth(r.b) == 0 && results >= 36, "until it fetches them: %d", results);
	rig_release(&r);
}

/* --- strangers ---------------------------------------------------------------------------------- */

static void
test_flood(void)
{
	struct rig r;
	char name[LETTER_NAME];
	rig_init(&r, NULL);
	worker(&r, 1, "w", 1);
	sender(&r, 2, "a", 5);
	drain(&r);
	take(&r, 2, 1, "x");
	drain(&r);
	const size_t before = heap();
	for (uint32_t i = 0; i < 20000; i++) {
		snprintf(name, sizeof name, "service%u", i);
		SAY(&r, 3, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = 1 + i % 3, .has_session = true,
		    .session = {3, (uint8_t)i, (uint8_t)(i >> 8)}, .service = name, .name = name, .credits = UINT32_MAX,
		    .room = UINT64_MAX, .priority = UINT32_MAX);
		SAY(&r, 3, .kind = LETTER_TAKE, .number = i + 1, .body = body("x"));
		SAY(&r, 3, .kind = LETTER_STATUS);
	}
	ok(heap() < before + (256 << 10), "20,000 hellos from one connection cost %d KB", (int)((heap() - before) >> 10));
	int n = 0;
	while (hears(&r, 3, 0))
		n++;
	ok(n <= 4, "and %d answers", n);
	for (uint32_t i = 0; i < 40000; i++)
		SAY(&r, 100 + i, .kind = LETTER_BEAT, .serial = 1);
	ok(heap() < before + (1 << 20), "40,000 strangers cost %d KB", (int)((heap() - before) >> 10));
	for (uint32_t i = 0; i < 40000; i++)
		SAY(&r, 100 + i, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_SENDER, .has_session = true,
		    .session = {4, (uint8_t)i, (uint8_t)(i >> 8)});
	ok(heap() < before + (16384 << 10), "40,000 senders cost %d KB, and not all are let in", (int)((heap() - before) >> 10));
	int welcome = 0;
	const struct mail *m;
	uint64_t p;
	while ((m = broker_mail(r.b, &p))) {
		struct letter l;
		letter_unpack(m->head, m->n, m->body, &l, r.desk, NULL);
		welcome += l.kind == LETTER_WELCOME;
		step(&r, BROKER_SENT, p);
	}
	ok(welcome == 16384 - 3, "%d are welcome", welcome);
	size_t lines = 0;
	for (const char *s; (s = broker_log(r.b)); )
		for (; s && *s; s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL)
			lines++;
	ok(lines > 1 && lines < 100, "the log has %d lines of it", (int)lines);
	for (uint32_t i = 0; i < 40000; i++)
		step(&r, BROKER_GONE, 100 + i);
	ok(heap() < before + (1 << 20), "when they are gone, %d KB are left", (int)((heap() - before) >> 10));
	result(&r, 1, 2, 1, 1, "X");
	bool came = false;
	while ((m = broker_mail(r.b, &p))) {
		struct letter l;
		letter_unpack(m->head, m->n, m->body, &l, r.desk, NULL);
		came |= p == 2 && l.kind == LETTER_RESULT;
		step(&r, BROKER_SENT, p);
	}
	ok(came, "and the others have not noticed");
	rig_release(&r);
}

static void
test_stalled(void)
{
	struct rig r;
	uint64_t p;
	rig_init(&r, NULL);
	worker(&r, 1, "w", 9);
	sender(&r, 2, "a", 5);
	drain(&r);
	take(&r, 2, 1, "x");
	take(&r, 2, 2, "x");
	const struct mail *m = broker_mail(r.b, &p);
	ok(m && p == 1 && broker_mail(r.b, &p) == m, "the same mail until it has left");
	step(&r, BROKER_STALLED, 1);
	ok(!broker_mail(r.b, &p) && broker_due(r.b) == r.now + 1000, "none for who is stalled, for a millisecond");
	SAY(&r, 2, .kind = LETTER_BEAT, .number = 1);
	ok(broker_mail(r.b, &p) && p == 2, "but for others");
	step(&r, BROKER_SENT, 2);
	later(&r, MS);
	ok(hears(&r, 1, LETTER_WORK) && r.said.number == 1 && hears(&r, 1, LETTER_WORK) && r.said.number == 2, "then it goes on");
	take(&r, 2, 3, "x");
	broker_mail(r.b, &p);
	step(&r, BROKER_GONE, 1);
	ok(!broker_mail(r.b, &p), "what was shown for who is gone is not shown any more");
	step(&r, BROKER_SENT, 1);
	worker(&r, 3, "v", 9);
	ok(hears(&r, 3, LETTER_WELCOME) && hears(&r, 3, LETTER_WORK) && hears(&r, 3, LETTER_WORK) && hears(&r, 3, LETTER_WORK)
	    && !hears(&r, 3, 0), "and all of it goes to another");
	step(&r, BROKER_PROBE, 0);
	ok(hears(&r, 3, LETTER_BEAT) && hears(&r, 2, LETTER_BEAT), "a probe is a beat for everybody");
	step(&r, BROKER_PROBE, 0);
	ok(!broker_mail(r.b, &p), "but not again at once");
	later(&r, 50 * MS);
	ok(hears(&r, 3, LETTER_BEAT), "but soon");
	rig_release(&r);
}

static void
test_status(void)
{
	struct rig r;
	rig_init(&r, NULL);
	worker(&r, 1, "w/1", 1);
	sender(&r, 2, "a/1", 6);
	SAY(&r, 3, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WATCHER);
	for (uint64_t i = 1; i <= 3; i++)
		take(&r, 2, i, "12345");
	drain(&r);
	later(&r, 500 * MS);
	SAY(&r, 1, .kind = LETTER_RESULT, .number = 1, .serial = 1, .has_session = true, .session = {2}, .seconds = 1e9, .body = body("X"));
	SAY(&r, 2, .kind = LETTER_ALARM, .text = "they differ");
	SAY(&r, 9, .kind = LETTER_ALARM);
	step(&r, BROKER_BAD, 1);
	r.text = "somebody without a key";
	step(&r, BROKER_REFUSED, 0);
	drain_peer(&r, 1);
	SAY(&r, 3, .kind = LETTER_STATUS);
	ok(hears(&r, 3, LETTER_STATUS) && r.said.body, "who asks how it does is told");
	Assay__Status *m = assay__status__unpack(NULL, r.said.body->n, r.said.body->bytes);
	ok(m && m->n_services == 1 && !strcmp(m->services[0]->name, "main") && m->services[0]->waiting == 1
	    && m->services[0]->leased == 1 && m->services[0]->done == 1 && m->services[0]->workers == 1
	    && m->services[0]->senders == 1, "of the service");
	ok(m->services[0]->rate > 0.09 && m->services[0]->seconds > 0.49 && m->services[0]->seconds < 0.51,
	    "whose worker cannot have worked longer than it had the take: %g s", m->services[0]->seconds);
	ok(m->n_workers == 1 && m->workers[0]->held == 1 && m->workers[0]->credits == 1 && m->workers[0]->done == 1
	    && !strcmp(m->workers[0]->name, "w/1"), "of its workers");
	ok(m->n_senders == 1 && m->senders[0]->held == 2 && m->senders[0]->priority == 6 && m->senders[0]->done == 1
	    && m->bytes >= 10 && m->room == (uint64_t)2 << 30, "of its senders");
	ok(m->alarms == 1 && m->bad_letters == 2 && m->refused_peers == 1 && m->n_log == 3 && strstr(m->log[0], "they differ"),
	    "and of what went wrong: %s", m->n_log ? m->log[0] : "");
	assay__status__free_unpacked(m, NULL);
	rig_release(&r);
}

int
main(void)
{
	test_way();
	test_refused();
	test_roles();
	test_priorities();
	test_services();
	test_room();
	test_gone();
	test_beat();
	test_poison();
	test_avoid();
	test_hedge();
	test_session();
	test_garbled();
	test_limit();
	test_flood();
	test_stalled();
	test_status();
	broker_free(NULL);
	return done();
}
