/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How well algorithms choose, on functions with known optima, beside what the
 * libraries need; `optimise [--json] [FAMILY...]`, all families if none is named; `optimise portfolio NAME`
 * sets an algorithm beside those of the portfolio. Numbers of evaluations do not depend on the machine.
 * Lower is better but where it is said.
 */
#include "optimise_anneal.h"
#include "optimise_conditional.h"
#include "optimise_continuous.h"
#include "optimise_diversity.h"
#include "optimise_large.h"
#include "optimise_mixed.h"
#include "optimise_multimodal.h"
#include "optimise_objectives.h"
#include "optimise_odd.h"
#include "optimise_overhead.h"
#include "optimise_portfolio.h"
#include "optimise_scale.h"
#include "optimise_short.h"
#include "optimise_small.h"

static const struct {
	const char *name;
	void (*run)(void);
} families[] = {
    {"continuous", bench_continuous},
    {"large", bench_large},
    {"short", bench_short},
    {"multimodal", bench_multimodal},
    {"anneal", bench_anneal},
    {"mixed", bench_mixed},
    {"objectives", bench_objectives},
    {"odd", bench_odd},
    {"conditional", bench_conditional},
    {"overhead", bench_overhead},
    {"diversity", bench_diversity},
    {"small", bench_small},
    {"portfolio", bench_portfolio},
    {"scale", bench_scale},
};

int
main(int argc, char **argv)
{
	const int first = argc > 1 && !strcmp(argv[1], "--json") ? 2 : 1;
	bench_begin(argc, argv, "optimise: functions of known optimum, medians over seeds");
	size_t beside = 0;
	while (portfolio[beside])
		beside++;
	for (int i = first; i < argc && beside < SCORECARD_MAX; i++)
		if (algo_find(argv[i]))
			portfolio[beside++] = argv[i];
	for (size_t k = 0; k < sizeof families / sizeof *families; k++) {
		int wanted = first == argc;
		for (int i = first; i < argc; i++)
			wanted |= !strcmp(argv[i], families[k].name);
		if (wanted)
			families[k].run();
	}
	return 0;
}
