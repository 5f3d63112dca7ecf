/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the broker keeps at most, whoever comes and whatever he does; what it says of itself. */
#include "broker_rig.h"

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

	rig_init(&r, &(struct broker_settings){.limit = 40000});
	sender(&r, 1, "a", 5);
	hears(&r, 1, LETTER_WELCOME);
	r.deaf[1] = true;
	worker(&r, 2, "w", 64);
	for (uint64_t i = 1; i <= 50; i++)
		take(&r, 1, i, "x");
	answer_all(&r, 2, text);
	const uint64_t left = broker_depth(r.b);
	ok(left == 24, "of 50 results at once it keeps %d, the takes of the others wait again", (int)(50 - left));
	r.deaf[1] = false;
	later(&r, MS);
	for (int i = 0; i < 100; i++) {
		drain_peer(&r, 1);
		answer_all(&r, 2, text);
	}
	ok(broker_depth(r.b) == 0, "and are worked on when there is room");
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
	test_limit();
	test_flood();
	test_stalled();
	test_status();
	return done();
}
