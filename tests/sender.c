/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sending side before a scripted queue: what it says, when, and what comes out. */
#include "sender_rig.h"

/* --- the conversation ------------------------------------------------------------------ */

static void
test_begin(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){.priority = 7, .service = "drums"});
	put(&r, "one");
	put(&r, "two");
	ok(!next(&r), "nothing is said before there is a connection");
	step(&r, SENDER_CONNECTED);
	const struct letter *l = next(&r);
	ok(l && l->kind == LETTER_HELLO && l->role == LETTER_SENDER && l->version == LETTER_VERSION && l->priority == 7
	    && !strcmp(l->service, "drums") && !strcmp(l->name, "me/1") && l->has_session && l->session[15] == 7,
	    "then hello, and who it is");
	ok(!next(&r) && !counts(&r).connected, "and no take before it is welcome");
	HEAR(&r, .kind = LETTER_WELCOME, .epoch = 1, .beat = 500, .room = 1 << 20);
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 0 && counts(&r).connected, "then a beat, that lists nothing");
	ok(says_take(&r, 1) && r.body->n == 3 && !memcmp(r.body->bytes, "one", 3), "the first take");
	ok(says_take(&r, 2) && !next(&r), "the second, and no more");
	later(&r, 400 * MS);
	ok(!next(&r), "before a beat is over nothing is said");
	later(&r, 100 * MS);
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 1 && r.said.ranges[0].first == 1 && r.said.ranges[0].n == 2,
	    "every beat of the queue's the numbers that are out");
	RESULT(&r, 1, "w/1", "ONE");
	later(&r, 500 * MS);
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 1 && r.said.ranges[0].first == 2 && r.said.ranges[0].n == 1,
	    "and no more those that were answered");
	put(&r, "three");
	ok(says_take(&r, 3), "a third");
	RESULT(&r, 3, "w/1", "THREE");
	ok(comes(&r, 1, "ONE") && no_result(&r), "the first comes out");
	sender_leave(r.s);
	ok(says(&r, LETTER_BYE) && !next(&r), "bye, and nothing after it");
	ok(comes(&r, 3, "THREE") && no_result(&r), "what is done comes out all the same");
	later(&r, 5 * SECOND);
	ok(!next(&r) && sender_due(r.s) > r.now, "not even beats");
	rig_release(&r);
}

static void
test_order(void)
{
	for (int unordered = 0; unordered < 2; unordered++) {
		struct rig r;
		rig_init(&r, &(struct sender_settings){.unordered = unordered});
		for (int i = 0; i < 4; i++)
			put(&r, "take");
		greet(&r, 1 << 20);
		while (next(&r))
			;
		RESULT(&r, 3, "w/1", "c");
		ok(unordered ? comes(&r, 3, "c") : no_result(&r), "%s: the third is there first", unordered ? "unordered" : "ordered");
		RESULT(&r, 1, "w/2", "a");
		HEAR(&r, .kind = LETTER_FAILED, .number = 2, .name = "w/3", .text = "it fell");
		ok(comes(&r, 1, "a") && comes(&r, 2, "!it fell") && (unordered || comes(&r, 3, "c")) && no_result(&r),
		    "first, second%s", unordered ? "" : ", third");
		const struct sender_counts c = counts(&r);
		ok(c.put == 4 && c.done == 2 && c.failed == 1 && c.twice == 0 && c.resent == 0, "and they are counted");
		RESULT(&r, 4, "w/1", "d");
		ok(comes(&r, 4, "d") && counts(&r).bytes == 0, "in the end nothing is kept");
		rig_release(&r);
	}
}

static void
test_room(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){.window = 10 << 20});
	char text[1001] = "";
	memset(text, 'x', 1000);
	for (int i = 0; i < 5; i++)
		put(&r, text);
	greet(&r, 2500);
	ok(says_take(&r, 1) && says_take(&r, 2) && !next(&r), "out go as many bytes as the queue has room for");
	RESULT(&r, 2, "w/1", "b");
	ok(says_take(&r, 3) && !next(&r), "an answer makes room");
	later(&r, SECOND);
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 2, "a beat");
	HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 1, .room = 10, .workers = 1);
	RESULT(&r, 1, "w/1", "a");
	ok(!next(&r), "where the room has shrunk it waits");
	RESULT(&r, 3, "w/1", "c");
	ok(says_take(&r, 4) && !next(&r), "but one take may always be out");
	rig_release(&r);

	rig_init(&r, &(struct sender_settings){.window = 10 << 20});
	int n = 0;
	for (; n < 100 && sender_room(r.s, 1000); n++)
		put(&r, text);
	ok(n == 9, "a window of 10 MiB: %d short takes, each of which may come back with 1 MiB", n);
	greet(&r, 1 << 30);
	while (next(&r))
		;
	RESULT(&r, 1, "w/1", text);
	for (; n < 20000 && sender_room(r.s, 1000); n++)
		put(&r, text);
	ok(n > 4000 && n <= (10 << 20) / 2000, "of %d whose results are known to be short", n);
	ok(!sender_room(r.s, 1000), "and it is full");
	rig_release(&r);

	rig_init(&r, &(struct sender_settings){.window = 100});
	ok(sender_room(r.s, 1 << 20), "a window that is too small for one take takes one");
	put(&r, text);
	ok(!sender_room(r.s, 1), "and no second");
	greet(&r, 1 << 20);
	says_take(&r, 1);
	RESULT(&r, 1, "w/1", text);
	ok(!sender_room(r.s, 1), "nor while the result of the first waits to be fetched");
	struct sender_result res;
	sender_result(r.s, &res);
	parcel_unref(res.take);
	parcel_unref(res.result);
	ok(sender_room(r.s, 1), "but then");
	rig_release(&r);
	rig_init(&r, &(struct sender_settings){.takes = 3});
	for (n = 0; n < 10 && sender_room(r.s, 4); n++)
		put(&r, "take");
	ok(n == 3, "nor are there more takes out than may be");
	rig_release(&r);
}

/* --- what gets lost ------------------------------------------------------------------------ */

static void
test_beats(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){0});
	for (int i = 0; i < 10; i++)
		put(&r, "take");
	greet(&r, 1 << 20);
	while (next(&r))
		;
	later(&r, SECOND);
	says(&r, LETTER_BEAT);
	const uint64_t first = r.said.number;
	const struct range lack[] = {{2, 1}, {5, 3}};
	HEAR(&r, .kind = LETTER_BEAT, .number = first, .epoch = 1, .room = 1 << 20, .workers = 1, .ranges = lack, .n_ranges = 2);
	put(&r, "late");
	ok(says_take(&r, 2) && says_take(&r, 5) && says_take(&r, 6) && says_take(&r, 7) && says_take(&r, 11) && !next(&r),
	    "what the queue lacks is sent again, oldest first, before what is new");
	ok(counts(&r).resent == 4, "and counted");
	HEAR(&r, .kind = LETTER_BEAT, .number = first, .epoch = 1, .room = 1 << 20, .workers = 1, .ranges = lack, .n_ranges = 2);
	ok(!next(&r), "but not for a beat that was made before");
	later(&r, SECOND);
	says(&r, LETTER_BEAT);
	HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 1, .room = 1 << 20, .workers = 1, .ranges = lack,
	    .n_ranges = 1);
	ok(says_take(&r, 2) && !next(&r), "yet for the next one");
	/* answers that take longer than a beat */
	uint64_t beats[3];
	for (int i = 0; i < 3; i++) {
		later(&r, SECOND);
		says(&r, LETTER_BEAT);
		beats[i] = r.said.number;
		if (i)
			HEAR(&r, .kind = LETTER_BEAT, .number = beats[i - 1], .epoch = 1, .room = 1 << 20, .workers = 1,
			    .ranges = lack, .n_ranges = 1);
		if (i == 1)
			ok(says_take(&r, 2) && !next(&r), "an answer that comes late counts");
		else if (i == 2)
			ok(!next(&r), "but the next, of before it was sent again, does not");
	}

	/* fragmented beyond what a letter lists */
	struct rig q;
	rig_init(&q, &(struct sender_settings){0});
	for (int i = 0; i < 3 * LETTER_RANGES; i++)
		put(&q, "take");
	greet(&q, 1 << 30);
	while (next(&q))
		;
	for (uint64_t i = 2; i <= 3 * LETTER_RANGES; i += 2)
		RESULT(&q, i, "w/1", "x");
	later(&q, SECOND);
	ok(says(&q, LETTER_BEAT) && q.said.n_ranges == LETTER_RANGES && q.said.ranges[0].first == 1,
	    "a beat lists what a letter holds, oldest first");
	rig_release(&q);
	rig_release(&r);
}

static void
test_epochs(void)
{
	int64_t pause[2];
	for (uint64_t seed = 0; seed < 2; seed++) {
		struct rig r;
		rig_init(&r, &(struct sender_settings){.seed = seed});
		for (int i = 0; i < 5; i++)
			put(&r, "take");
		greet(&r, 1 << 20);
		while (next(&r))
			;
		RESULT(&r, 2, "w/1", "b");
		/* the same queue by a new connection */
		step(&r, SENDER_CONNECTED);
		says(&r, LETTER_HELLO);
		HEAR(&r, .kind = LETTER_WELCOME, .epoch = 1, .beat = 1000, .room = 1 << 20);
		const bool listed = says(&r, LETTER_BEAT) && r.said.n_ranges == 2 && r.said.ranges[1].first == 3
		    && r.said.ranges[1].n == 3;
		later(&r, 500 * MS);
		if (seed == 0)
			ok(listed && !next(&r), "on a new connection it asks what is missing, and sends nothing that is not");
		/* another queue */
		later(&r, 500 * MS);
		says(&r, LETTER_BEAT);
		HEAR(&r, .kind = LETTER_WHO);
		HEAR(&r, .kind = LETTER_WHO);
		if (seed == 0)
			ok(says(&r, LETTER_HELLO) && !next(&r), "asked twice who it is, it says hello once");
		later(&r, SECOND);
		ok(says(&r, LETTER_HELLO) && !next(&r), "unanswered, once more");
		HEAR(&r, .kind = LETTER_WELCOME, .epoch = 2, .beat = 1000, .room = 1 << 20);
		const bool empty = says(&r, LETTER_BEAT) && r.said.n_ranges == 0 && !next(&r);
		const int64_t began = r.now;
		while (r.now < began + 3 * SECOND && !(sender_mail(r.s) && next(&r)->kind == LETTER_TAKE))
			later(&r, MS);
		pause[seed] = r.now - began;
		ok(empty && pause[seed] > 0 && pause[seed] <= 100 * MS && r.said.number == 1,
		    "a queue that was started anew gets what is not done, after %d ms", (int)(pause[seed] / MS));
		ok(says_take(&r, 3) && says_take(&r, 4) && says_take(&r, 5) && !next(&r) && counts(&r).resent == 4,
		    "in order");
		const char *news = sender_news(r.s);
		ok(news && strstr(news, "anew"), "and it is said: %s", news ? news : "");
		/* one that answers a beat with another epoch */
		later(&r, SECOND);
		says(&r, LETTER_BEAT);
		HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 3, .room = 1 << 20, .workers = 1);
		ok(says(&r, LETTER_HELLO) && !next(&r), "another epoch in the answer to a beat: hello");
		rig_release(&r);
	}
	ok(pause[0] != pause[1], "two senders do not begin at once");

	/* pauses grow while there is nothing but new queues */
	struct rig r;
	rig_init(&r, &(struct sender_settings){0});
	put(&r, "take");
	int64_t longest = 0;
	greet(&r, 1 << 20);
	for (uint64_t epoch = 2; epoch < 40; epoch++) {
		step(&r, SENDER_CONNECTED);
		HEAR(&r, .kind = LETTER_WELCOME, .epoch = epoch, .beat = 1000, .room = 1 << 20);
		const int64_t began = r.now;
		while (r.now < began + 5 * SECOND && !(next(&r) && r.said.kind == LETTER_TAKE))
			later(&r, 10 * MS);
		longest = r.now - began > longest ? r.now - began : longest;
	}
	ok(longest > SECOND && longest <= 2 * SECOND + 20 * MS, "the pause grows up to 2 s: %.2f s", (double)longest / SECOND);
	rig_release(&r);
}

static void
test_silence(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){0});
	put(&r, "take");
	later(&r, 60 * (int64_t)SECOND);
	ok(!sender_silent(r.s, r.now), "without a connection nobody is silent");
	greet(&r, 1 << 20);
	says_take(&r, 1);
	for (int i = 0; i < 10; i++) {
		later(&r, SECOND);
		says(&r, LETTER_BEAT);
		HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 1, .room = 1 << 20, .workers = 1);
	}
	ok(!sender_silent(r.s, r.now) && !sender_news(r.s), "a queue that answers is not silent");
	for (int i = 0; i < 4; i++)
		later(&r, SECOND);
	ok(!sender_silent(r.s, r.now), "nor one that does not for three beats");
	for (int i = 0; i < 9; i++) {
		later(&r, SECOND);
		sender_step(r.s, &(struct sender_event){SENDER_STIRS, NULL}, r.now);
	}
	ok(!sender_silent(r.s, r.now) && !sender_news(r.s), "nor one from which a long letter comes");
	for (int i = 0; i < 7; i++)
		later(&r, SECOND);
	const char *news = sender_news(r.s);
	ok(sender_silent(r.s, r.now) && !counts(&r).connected && news && strstr(news, "silent"), "after five it is: %s",
	    news ? news : "");
	int letters = 0;
	while (next(&r))
		letters++;
	ok(letters == 1, "no more than one question waits to leave");
	step(&r, SENDER_CONNECTED);
	ok(!sender_silent(r.s, r.now), "a new connection has its own time");
	says(&r, LETTER_HELLO);
	HEAR(&r, .kind = LETTER_WELCOME, .epoch = 1, .beat = 1000, .room = 1 << 20);
	news = sender_news(r.s);
	ok(news && strstr(news, "back"), "and it is back");

	HEAR(&r, .kind = LETTER_REFUSED, .text = "version 9 only");
	news = sender_news(r.s);
	ok(sender_refused(r.s) && news && strstr(news, "version 9 only"), "refused is for good");
	while (next(&r))
		;
	later(&r, 5 * SECOND);
	ok(!next(&r) && sender_due(r.s) > r.now, "and the end of the conversation");
	rig_release(&r);

	rig_init(&r, &(struct sender_settings){0});
	put(&r, "take");
	greet(&r, 1 << 20);
	for (unsigned i = 0; i < 9; i++) {
		later(&r, SECOND);
		while (next(&r))
			if (r.said.kind == LETTER_BEAT)
				HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 1, .room = 1 << 20, .workers = i / 6 * 3);
		news = sender_news(r.s);
		if (i == 2)
			ok(news && strstr(news, "no worker serves 'main'"), "that there are no workers is said");
		else if (i == 6)
			ok(news && strstr(news, "3 workers serve"), "and that there are some");
		else if (news)
			ok(0, "no news: %s", news);
	}
	rig_release(&r);
}

/* --- what comes twice, or otherwise ------------------------------------------------------------ */

static void
test_twice(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){0});
	for (int i = 0; i < 3; i++)
		put(&r, "take");
	greet(&r, 1 << 20);
	while (next(&r))
		;
	RESULT(&r, 1, "a/1", "one");
	RESULT(&r, 1, "b/2", "one");
	ok(comes(&r, 1, "one") && no_result(&r), "a result that comes twice goes on once");
	RESULT(&r, 1, "b/2", "one");
	ok(counts(&r).twice == 2 && counts(&r).differ == 0 && !sender_news(r.s) && !next(&r), "the second is the same: counted");
	RESULT(&r, 1, "c/3", "two");
	const char *news = sender_news(r.s);
	ok(counts(&r).differ == 1 && news && strstr(news, "'a/1'") && strstr(news, "'c/3'"), "one that differs: %s", news ? news : "");
	ok(says(&r, LETTER_ALARM) && strstr(r.said.text, "'a/1'") && strstr(r.said.text, "'c/3'"), "and the queue hears of it");
	HEAR(&r, .kind = LETTER_FAILED, .number = 2, .name = "a/1", .text = "no");
	RESULT(&r, 2, "b/1", "late");
	ok(comes(&r, 2, "!no") && counts(&r).differ == 0 + 1, "a result of what was given up is no alarm");
	RESULT(&r, 77, "b/1", "never");
	ok(no_result(&r), "nor is one of a take that never was");

	/* a body that is not what its writer sent */
	hear_body(&r, (struct letter){.kind = LETTER_RESULT, .number = 3, .name = "a/1", .sum = 12345}, "garbage");
	HEAR(&r, .kind = LETTER_RESULT, .number = 3, .name = "a/1");
	ok(no_result(&r) && counts(&r).garbled == 2, "a garbled result, and one without any, count as none");
	later(&r, SECOND);
	const struct range lack = {3, 1};
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 1 && r.said.ranges[0].first == 3, "the beat finds it out");
	HEAR(&r, .kind = LETTER_BEAT, .number = r.said.number, .epoch = 1, .room = 1 << 20, .workers = 1, .ranges = &lack,
	    .n_ranges = 1);
	ok(says_take(&r, 3), "and it is done again");
	RESULT(&r, 3, "a/1", "three");
	ok(comes(&r, 3, "three"), "well");
	rig_release(&r);

	/* a take that was shown, and is answered before it has left */
	rig_init(&r, &(struct sender_settings){0});
	put(&r, "take");
	put(&r, "take");
	greet(&r, 1 << 20);
	ok(sender_mail(r.s) && sender_mail(r.s) == sender_mail(r.s), "mail stays until it is sent");
	RESULT(&r, 1, "a/1", "early");
	ok(says_take(&r, 2) && comes(&r, 1, "early"), "unless it need not be sent any more");
	rig_release(&r);
}

static void
test_audit(void)
{
	struct rig r;
	rig_init(&r, &(struct sender_settings){.audit = 1});
	put(&r, "take");
	put(&r, "other");
	greet(&r, 1 << 20);
	says_take(&r, 1);
	says_take(&r, 2);
	RESULT(&r, 1, "a/1", "one");
	ok(comes(&r, 1, "one"), "an audited take goes on at once");
	const struct letter *l = next(&r);
	ok(l && l->kind == LETTER_TAKE && l->number >> 63 && !strcmp(l->avoid, "a/1") && r.body->n == 4
	    && !memcmp(r.body->bytes, "take", 4), "and is put once more, for another worker");
	const uint64_t audit = l ? l->number : 0;
	later(&r, SECOND);
	ok(says(&r, LETTER_BEAT) && r.said.n_ranges == 2 && r.said.ranges[1].first == audit, "beats list it, too");
	RESULT(&r, audit, "b/2", "one");
	ok(counts(&r).audited == 1 && counts(&r).differ == 0 && counts(&r).auditing == 0 && no_result(&r), "the same came back");
	RESULT(&r, 2, "a/1", "two");
	comes(&r, 2, "two");
	says(&r, LETTER_TAKE);
	RESULT(&r, r.said.number, "b/2", "three");
	const char *news = sender_news(r.s);
	ok(counts(&r).audited == 2 && counts(&r).differ == 1 && news && strstr(news, "'a/1'") && strstr(news, "'b/2'"),
	    "another came back: %s", news ? news : "");
	ok(says(&r, LETTER_ALARM) && counts(&r).bytes == 0 && no_result(&r), "nothing is kept of it");
	rig_release(&r);

	int n = 0;
	rig_init(&r, &(struct sender_settings){.audit = 0.1, .seed = 3});
	for (int i = 0; i < 1000; i++)
		put(&r, "take");
	greet(&r, 1 << 20);
	while (next(&r))
		;
	for (uint64_t i = 1; i <= 1000; i++)
		RESULT(&r, i, "a/1", "x");
	while (next(&r))
		n++;
	ok(n > 70 && n < 130, "a tenth of 1000 takes: %d", n);
	rig_release(&r);
}

int
main(void)
{
	sender_free(NULL);
	test_begin();
	test_order();
	test_room();
	test_beats();
	test_epochs();
	test_silence();
	test_twice();
	test_audit();
	return done();
}
