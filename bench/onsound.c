/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which algorithm finds a sound: `onsound [--json] [BUDGET[xSEEDS]...]`, 500x1 if none is given. Targets are
 * hidden takes of the patch itself, where 0 can be reached, takes of another patch, and recordings (of sonic-pi,
 * left out where they are not installed), where it cannot. Two halves: `chosen` is what the rules of lib/opt/algo/auto.c were
 * chosen on, `kept` was kept for this. A target's own seed is the search's, too, plus a multiple of 1000 for each
 * seed more.
 *
 * Said of each algorithm: median and quartiles of MSS, the mean fitness, and how much that is more
 * than auto's on the same pairs of target and seed, with its standard error: less than two of those is no difference. One note of
 * 0.4 s in this process, without the pipe and the level of pipelines/compare, so figures are comparable among each other only.
 */
#include <unistd.h>

#include "bench.h"
#include "onsound_rig.h"

static const char *const algorithms[] = {"auto", "cmaes", "de", "ga", "anneal", "turbo", NULL};

enum { SLOW = 500 /* most takes of turbo: it spends 5 ms on each itself */, PAIRS = 512 };

static const struct target {
	const char *patch, *of; /* searched with; that the target is of, a patch or a recording */
	uint64_t seed;
} chosen[] = {{"kick", "kick", 701}, {"pluck", "pluck", 702}, {"snare", "snare", 703}, {"bass", "bass", 704}, {"tom", "tom", 705},
    {"hat", "hat", 706}, {"fmbass", "fmbass", 707}, {"string", "string", 708}, {"hit", "hit", 709}, {"rim", "rim", 710},
    {"kick", "tom", 711}, {"snare", "clap", 712}, {"pluck", "tines", 713}, {"perc", "conga", 714}, {"kick", "bd_boom.flac", 715},
    {"snare", "sn_dub.flac", 716}, {"tom", "drum_tom_mid_soft.flac", 717}, {"pluck", "elec_ping.flac", 718}, {NULL, NULL, 0}},
  kept[] = {{"lead", "lead", 901}, {"bell", "bell", 902}, {"organ", "organ", 903}, {"woodblock", "woodblock", 904},
    {"kick808", "kick808", 905}, {"cowbell", "cowbell", 906}, {"sub", "sub", 907}, {"clap", "clap", 908}, {"perc", "perc", 909},
    {"zap", "zap", 910}, {"tines", "tines", 911}, {"kick909", "kick909", 912}, {"bass", "acid", 921}, {"lead", "brass", 922},
    {"bell", "glass", 923}, {"hat", "ride", 924}, {"kick", "bd_haus.flac", 925}, {"snare", "sn_dolf.flac", 926},
    {"tom", "drum_tom_hi_hard.flac", 927}, {"hit", "elec_blip.flac", 928}, {NULL, NULL, 0}};

struct found {
	double fitness[PAIRS], mss[PAIRS], own;
};

static bool
open_target(struct onsound *s, const struct target *t)
{
	char path[256];
	const bool real = strchr(t->of, '.');
	snprintf(path, sizeof path, "/usr/share/sonic-pi/samples/%s", t->of);
	if (real && access(path, R_OK) < 0) {
		fprintf(stderr, "left out, as it is not there: %s\n", path);
		return false;
	}
	onsound_open(s, t->patch, real ? t->patch : t->of, t->seed);
	if (real)
		onsound_real(s, path);
	return true;
}

static int
ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
mean(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum / (double)n;
}

static void
say(const char *where, size_t a, uint64_t budget, size_t n, struct found *f, const struct found *first)
{
	char what[128], name[192];
	double more[PAIRS], spread = 0;
	snprintf(what, sizeof what, "%s/%s/%llu", algorithms[a], where, (unsigned long long)budget);
	snprintf(name, sizeof name, "%s, fitness", what);
	bench_say(name, mean(f->fitness, n), "mean", NULL, 0);
	if (a) {
		for (size_t i = 0; i < n; i++)
			more[i] = f->fitness[i] - first->fitness[i];
		const double m = mean(more, n);
		for (size_t i = 0; i < n; i++)
			spread += (more[i] - m) * (more[i] - m);
		snprintf(name, sizeof name, "%s, fitness more than auto's", what);
		bench_say(name, m, "mean", NULL, 0);
		snprintf(name, sizeof name, "%s, its standard error", what);
		bench_say(name, n > 1 ? sqrt(spread / (double)(n - 1) / (double)n) : NAN, "", NULL, 0);
	}
	qsort(f->mss, n, sizeof *f->mss, ascending);
	for (int q = 1; q <= 3; q++) {
		snprintf(name, sizeof name, "%s, MSS, quartile %d", what, q);
		bench_say(name, f->mss[(size_t)((double)q / 4 * (double)(n - 1) + 0.5)], "dB", NULL, 0);
	}
	snprintf(name, sizeof name, "%s, its own time", what);
	bench_say(name, 1e3 * f->own / (double)n / (double)budget, "ms/take", NULL, 0);
}

static void
compare(const char *where, const struct target *t, uint64_t budget, uint64_t seeds)
{
	static struct onsound s;
	static struct found found[sizeof algorithms / sizeof *algorithms];
	size_t n = 0;
	memset(found, 0, sizeof found);
	for (; t->patch; t++) {
		if (!open_target(&s, t))
			continue;
		for (uint64_t seed = 0; seed < seeds && n < PAIRS; seed++, n++)
			for (size_t a = 0; algorithms[a]; a++)
				if (budget <= SLOW || strcmp(algorithms[a], "turbo"))
					found[a].fitness[n] = onsound_search(&s, algorithms[a], "", budget, t->seed + 1000 * seed, &found[a].mss[n],
					    &found[a].own);
		onsound_close(&s);
	}
	for (size_t a = 0; algorithms[a] && n; a++)
		if (found[a].own > 0)
			say(where, a, budget, n, &found[a], found);
}

int
main(int argc, char **argv)
{
	const int first = argc > 1 && !strcmp(argv[1], "--json") ? 2 : 1;
	bench_begin(argc, argv, "onsound: searches on sound, what is found");
	for (int i = first; i < argc || i == first; i++) {
		char *end = NULL;
		const uint64_t budget = i < argc ? strtoull(argv[i], &end, 10) : 500;
		const uint64_t seeds = end && *end == 'x' ? strtoull(end + 1, NULL, 10) : 1;
		if (!budget || !seeds) {
			fprintf(stderr, "onsound [--json] [BUDGET[xSEEDS]...]\n");
			return 2;
		}
		compare("chosen", chosen, budget, seeds);
		compare("kept", kept, budget, seeds);
	}
	return 0;
}
