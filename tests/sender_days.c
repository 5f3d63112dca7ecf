/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sending side on bad days, each from a seed, and on a long one. */
#include "base/rng.h"
#include "sender_rig.h"

/* A queue with a worker in it that loses letters, garbles results, forgets all and restarts: every
   take comes out once, in order. */
static bool
bad_day(uint64_t seed)
{
	enum { TAKES = 60 };
	struct rig r;
	struct rng dice = {.seed = seed};
	uint64_t have[4 * TAKES], epoch = 1, heard = 0;
	size_t n_have = 0;
	bool known = false, good = true;
	int put_so_far = 0;
	rig_init(&r, &(struct sender_settings){.seed = seed});
	step(&r, SENDER_CONNECTED);
	for (int turn = 0; turn < 4000 && heard < TAKES; turn++) {
		for (; put_so_far < TAKES && sender_room(r.s, 8); put_so_far++)
			put(&r, "take");
		const bool calm = turn > 1500;
		const struct letter *l = next(&r);
		const uint64_t roll = rng_below(&dice, 1000);
		if (l && (calm || roll > 50)) { /* else it is lost */
			if (l->kind == LETTER_HELLO) {
				known = true;
				HEAR(&r, .kind = LETTER_WELCOME, .epoch = epoch, .beat = 100, .room = 100);
			} else if (!known)
				HEAR(&r, .kind = LETTER_WHO);
			else if (l->kind == LETTER_TAKE && n_have < sizeof have / sizeof *have)
				have[n_have++] = l->number;
			else if (l->kind == LETTER_BEAT) {
				struct range lack[LETTER_RANGES];
				size_t n = 0;
				for (size_t i = 0; i < l->n_ranges; i++)
					for (uint64_t k = 0; k < l->ranges[i].n; k++) {
						bool there = false;
						for (size_t j = 0; j < n_have; j++)
							there |= have[j] == l->ranges[i].first + k;
						if (!there)
							ranges_add(lack, &n, LETTER_RANGES, l->ranges[i].first + k);
					}
				HEAR(&r, .kind = LETTER_BEAT, .number = l->number, .epoch = epoch, .room = 100, .workers = 1, .ranges = lack,
				    .n_ranges = n);
			}
		}
		if (n_have && rng_below(&dice, 3) == 0) {
			const size_t i = rng_below(&dice, n_have);
			char text[32];
			snprintf(text, sizeof text, "result %llu", (unsigned long long)have[i]);
			if (calm || roll % 10)
				hear_body(&r, (struct letter){.kind = LETTER_RESULT, .number = have[i], .name = "w/1",
				    .sum = !calm && roll % 10 == 1 ? 99 : 0}, text);
			if (calm || roll % 7)
				have[i] = have[--n_have];
		}
		if (!calm && roll < 10 && seed % 2) {
			epoch++;
			n_have = 0;
			known = false;
		} else if (!calm && roll < 20)
			step(&r, SENDER_CONNECTED);
		char want[32];
		snprintf(want, sizeof want, "result %llu", (unsigned long long)heard + 1);
		struct sender_result res;
		while (sender_result(r.s, &res)) {
			heard++;
			snprintf(want, sizeof want, "result %llu", (unsigned long long)heard);
			good &= res.number == heard && res.result && res.result->n == strlen(want)
			    && !memcmp(res.result->bytes, want, strlen(want));
			parcel_unref(res.take);
			parcel_unref(res.result);
		}
		later(&r, 5 * MS + (int64_t)rng_below(&dice, 20 * MS));
		good &= sender_due(r.s) > r.now;
	}
	good &= heard == TAKES && counts(&r).bytes == 0 && counts(&r).differ == 0 && counts(&r).done == TAKES;
	if (!good)
		diag("seed %llu: %llu of %d came", (unsigned long long)seed, (unsigned long long)heard, TAKES);
	rig_release(&r);
	return good;
}

int
main(void)
{
	int bad = 0;
	for (uint64_t seed = 1; seed <= 300; seed++)
		bad += !bad_day(seed);
	ok(!bad, "300 bad days: every take comes out once and in order (%d do not)", bad);

	/* many: each step costs the same */
	struct rig r;
	enum { MANY = 65536 };
	rig_init(&r, &(struct sender_settings){.window = (uint64_t)1 << 40});
	for (int i = 0; i < MANY && sender_room(r.s, 4); i++)
		put(&r, "take");
	greet(&r, 1 << 30);
	while (next(&r))
		;
	for (uint64_t i = MANY; i > 0; i--)
		RESULT(&r, i, "w/1", "x");
	int n = 0;
	while (comes(&r, (uint64_t)n + 1, "x"))
		n++;
	ok(n == MANY, "%d takes that come back last first", n);
	rig_release(&r);
	return done();
}
