/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set at a glance, as text: its loops, kinds, what is there twice or like no other, how it goes and what it covers. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "feature/key.h"
#include "stats.h"

/* A name in `width` columns: an UTF-8 character is one, control characters are ?. */
static void
print_padded(const char *name, int width)
{
	int used = 0;
	for (const char *p = name; *p; p++) {
		putchar(iscntrl((unsigned char)*p) ? '?' : *p);
		used += ((unsigned char)*p & 0xc0) != 0x80;
	}
	for (; used < width; used++)
		putchar(' ');
}

static void
print_remark(const struct set *s, const struct member *m)
{
	const ptrdiff_t of = m->same >= 0 ? m->same : m->copy >= 0 ? m->copy : m->nearest;
	const char *what = m->same >= 0 ? "same as " : m->copy >= 0 ? "copy of " : m->twin ? "nearly " : m->outlier ? "like no other, nearest " : NULL;
	if (what) {
		printf("  %s", what);
		print_padded(s->member[of].t->m->key, 0);
	}
	printf("\n");
}

static void
print_loops(const struct set *s)
{
	int width = 8;
	for (size_t i = 0; i < s->n; i++) {
		const int n = (int)strlen(s->member[i].t->m->key);
		width = n > width ? n < 32 ? n : 32 : width;
	}
	printf("%-*s %7s %5s %7s %5s %6s %6s %-9s %5s %6s %6s %5s  %-16s%s\n", width, "loop", "seconds", "loops", "BPM", "sure",
	    "beats", "first", "key", "sure", "LUFS", "slices", "sorts", "kind", "  remark");
	for (size_t i = 0; i < s->n; i++) {
		const struct member *m = &s->member[i];
		const Assay__Loop *l = m->t->m->loop;
		size_t sorts = 0;
		for (size_t k = 0; k < l->n_slices; k++)
			sorts += l->slices[k]->exemplar;
		print_padded(m->t->m->key, width);
		printf(" %7.3f %5.2f %7.2f %5.2f %6.4g %6.3f %-9s %5.2f %6.1f %6zu %5zu  %-16s",
		    (double)m->t->m->audio->frames / m->t->m->audio->rate, l->loopness, l->tempo, l->confidence, l->beats,
		    l->first_beat, l->key, l->key_confidence, l->loudness, l->n_slices, sorts, l->words);
		print_remark(s, m);
	}
}

static void
print_kinds(const struct set *s)
{
	printf("\nkinds\n");
	for (int k = 0; k < s->kinds; k++) {
		size_t n = 0;
		const struct member *exemplar = NULL;
		for (size_t i = 0; i < s->n; i++) {
			const Assay__Loop *l = s->member[i].t->m->loop;
			n += (int)l->kind == k;
			if ((int)l->kind == k && l->exemplar)
				exemplar = &s->member[i];
		}
		printf("%4zu  %-16s  ", n, s->words[k]);
		print_padded(exemplar ? exemplar->t->m->key : "", 0);
		printf("\n");
	}
}

/* Ten steps of a bar for the largest. */
static void
print_bar(double part, double most)
{
	const int n = most > 0 ? (int)(part / most * 30 + 0.5) : 0;
	for (int i = 0; i < n; i++)
		putchar('#');
	printf("\n");
}

static void
print_rhythm(const struct stats *x)
{
	double most = 0;
	if (!x->rhythms)
		return;
	printf("\nrhythm: where the bar is struck, mean of %zu loops\n", x->rhythms);
	for (int k = 0; k < RHYTHM_STEPS; k++)
		most = x->step[k] > most ? x->step[k] : most;
	for (int k = 0; k < RHYTHM_STEPS; k++) {
		printf("  %d.%d  %4.1f %%  ", k / 4 + 1, k % 4 + 1, 100 * x->step[k]);
		print_bar(x->step[k], most);
	}
	if (x->swing8 > 0)
		printf("  eighths at %.3f of the beat", x->swing8);
	if (x->swing16 > 0)
		printf("%s sixteenths at %.3f of the eighth", x->swing8 > 0 ? "," : " ", x->swing16);
	printf(x->swing8 > 0 || x->swing16 > 0 ? " (0.5: straight, 0.667: triplets)\n" : "");
}

static void
print_octaves(const struct stats *x)
{
	static const char *const word[] = {"free", "", "crowded"};
	double most = 0;
	printf("\noctaves: mean part of the energy\n");
	for (int o = 0; o < OCTAVES; o++)
		most = x->octave[o] > most ? x->octave[o] : most;
	for (int o = 0; o < OCTAVES; o++) {
		printf("%6.0f Hz  %4.1f %%  %-7s  ", octave_centre[o], 100 * x->octave[o], word[octave_is(x->octave[o]) + 1]);
		print_bar(x->octave[o], most);
	}
}

static void
print_cover(const struct stats *x)
{
	printf("\nhow many lie where\n");
	for (size_t a = 0; a < AXES; a++) {
		printf("%-8s", axes[a].name);
		for (int b = 0; b < EDGES; b++)
			printf(" %4zu <%g<", x->cover[a][b], axes[a].edge[b]);
		printf(" %4zu  %s\n", x->cover[a][EDGES], axes[a].unit);
	}
	printf("keys    ");
	for (int k = 0; k < KEYS; k++)
		if (x->key[k])
			printf(" %zu %s,", x->key[k], key_name(k));
	printf(" %zu none\n", x->key[KEYS]);
}

void
report_text(const struct set *s)
{
	struct stats x;
	stats_of(s, &x);
	print_loops(s);
	printf("\n%zu sounds, %zu of them the same as another, %zu copies, %zu with a near twin, %zu like no other; %zu loop\n", s->n,
	    x.same, x.copies, x.twins, x.outliers, x.loops);
	print_kinds(s);
	print_rhythm(&x);
	print_octaves(&x);
	print_cover(&x);
}
