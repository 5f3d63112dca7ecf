/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker, one thing at a time. tests/broker_limits.c has its limits, tests/queue_sim.c the bad days. */
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
	for (int i = 0; i < 12; i++) {
		later(&r, SECOND);
		step(&r, BROKER_STIRS, 1);
	}
	worker(&r, 4, "w/3", 9);
	ok(hears(&r, 4, LETTER_WELCOME) && hears(&r, 4, LETTER_WORK), "who is silent for too long is gone, too");
	ok(mentioned(&r, "worker 'w/2' is gone: 5 leases go back"), "which the log says");
	ok(!mentioned(&r, "sender 'a' is gone"), "but not who is in the middle of a long letter");
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
known_worker(struct rig *r, uint64_t peer, uint8_t self, uint32_t credits)
{
	SAY(r, peer, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WORKER, .name = "w", .credits = credits,
	    .room = 1 << 20, .has_session = true, .session = {self});
	hears(r, peer, LETTER_WELCOME);
}

static void
test_doubt(void)
{
	struct rig r;
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	known_worker(&r, 2, 100, 1);
	take(&r, 1, 1, "x");
	for (int i = 0; i < 30; i++) {
		hears(&r, 2, LETTER_WORK);
		step(&r, BROKER_GONE, 2);
		known_worker(&r, 2, 100, 1);
	}
	ok(hears(&r, 2, LETTER_WORK) && !r.said.alone, "a worker that loses its connection over and over, and lives, is no strike");
	int n = 0;
	for (; broker_depth(r.b) && n < 30; n++) {
		step(&r, BROKER_GONE, 2);
		known_worker(&r, 2, (uint8_t)n, 1);
		drain_peer(&r, 2);
	}
	ok(n == STRIKES + 1, "but one that does not come back is: %d", n);
	rig_release(&r);

	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	for (uint64_t i = 1; i <= 9; i++)
		take(&r, 1, i, "x");
	for (uint8_t i = 0; i < STRIKES / 2 + 1; i++) {
		known_worker(&r, 2, i, 1);
		hears(&r, 2, LETTER_WORK);
		step(&r, BROKER_GONE, 2);
	}
	known_worker(&r, 3, 50, 3);
	ok(hears(&r, 3, LETTER_WORK) && r.said.number == 1 && r.said.alone && !hears(&r, 3, 0),
	    "what has brought down half of them has a worker for itself");
	result(&r, 3, 1, 1, 1, "X");
	ok(hears(&r, 3, LETTER_WORK) && hears(&r, 3, LETTER_WORK) && hears(&r, 3, LETTER_WORK), "and the others have it after that");
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

	/* A worker knows what stands in WORK: with that it comes as somebody else. */
	struct letter thief = {.kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_SENDER, .has_session = true};
	rig_init(&r, NULL);
	sender(&r, 1, "a", 5);
	worker(&r, 2, "w", 1);
	take(&r, 1, 1, "x");
	drain(&r);
	letter_alias((uint8_t[LETTER_SESSION]){1}, thief.session);
	say(&r, 3, &thief);
	result(&r, 2, 1, 1, 1, "X");
	ok(hears(&r, 1, LETTER_RESULT) && hears(&r, 3, LETTER_WELCOME) && !hears(&r, 3, 0), "a worker that comes as the sender of its take is another sender");
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
	test_doubt();
	test_avoid();
	test_hedge();
	test_session();
	test_garbled();
	broker_free(NULL);
	return done();
}
