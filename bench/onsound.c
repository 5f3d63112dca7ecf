/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which algorithm finds a sound again: hidden takes of the patch itself, where 0 can be reached, and takes
 * of another patch, where it cannot; `onsound [--json] [BUDGET...]`, 500 if none is given. MSS of
 * what is found, one seed each, the geometric mean over targets, and a scorecard. Without the pipe
 * and the level of pipelines/compare, so figures are comparable among each other only.
 */
#include "bench.h"
#include "onsound_rig.h"
#include "scorecard.h"

static const char *const algorithms[] = {"auto", "cmaes", "ga", "de", "anneal", "random", NULL};

static const struct {
	const char *patch, *of; /* searched with; that the target is of */
} inside[] = {{"pluck", "pluck"}, {"bass", "bass"}, {"kick", "kick"}, {"snare", "snare"}, {"lead", "lead"}, {"bell", "bell"},
    {"hat", "hat"}, {"pad", "pad"}, {"fmbass", "fmbass"}, {"tom", "tom"}, {"string", "string"}, {"tines", "tines"},
    {"zap", "zap"}, {"organ", "organ"}, {NULL, NULL}},
  outside[] = {{"pluck", "tines"}, {"bass", "acid"}, {"kick", "tom"}, {"snare", "clap"}, {"lead", "brass"},
    {"bell", "glass"}, {"hat", "ride"}, {"perc", "conga"}, {NULL, NULL}};

static void
compare(const char *where, const __typeof__(*inside) *of, uint64_t first_seed, uint64_t budget)
{
	static struct onsound s;
	struct scorecard card = {.algo = algorithms, .floor = 0.05};
	double logs[SCORECARD_MAX] = {0}, spent[SCORECARD_MAX] = {0};
	char name[160];
	for (size_t t = 0; of[t].patch; t++) {
		double mss[SCORECARD_MAX], own;
		onsound_open(&s, of[t].patch, of[t].of, first_seed + t);
		for (size_t a = 0; algorithms[a]; a++) {
			own = 0;
			onsound_search(&s, algorithms[a], "", budget, 1, &mss[a], &own);
			logs[a] += log10(fmax(mss[a], card.floor));
			spent[a] += own;
		}
		scorecard_add(&card, mss);
		onsound_close(&s);
	}
	for (size_t a = 0; algorithms[a]; a++) {
		snprintf(name, sizeof name, "%s/%s/%llu, MSS", algorithms[a], where, (unsigned long long)budget);
		bench_say(name, pow(10, logs[a] / (double)card.problems), "dB", NULL, 0);
		snprintf(name, sizeof name, "%s/%s/%llu, its own time", algorithms[a], where, (unsigned long long)budget);
		bench_say(name, 1e3 * spent[a] / (double)(card.problems * budget), "ms/take", NULL, 0);
	}
	snprintf(name, sizeof name, "%s/%llu", where, (unsigned long long)budget);
	scorecard_say(&card, name);
}

int
main(int argc, char **argv)
{
	const int first = argc > 1 && !strcmp(argv[1], "--json") ? 2 : 1;
	bench_begin(argc, argv, "onsound: a search on sound, MSS of what is found");
	for (int i = first; i < argc || i == first; i++) {
		const uint64_t budget = i < argc ? strtoull(argv[i], NULL, 10) : 500;
		compare("hidden takes", inside, 5, budget);
		compare("another patch", outside, 21, budget);
	}
	return 0;
}
