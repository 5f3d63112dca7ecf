/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank tag, vote, run: what people and pipelines say. */
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

/* A moment keeps its sound: a later engine may not make the same one. */
static void
keep_sound(struct bank *b, const uint8_t *id)
{
	struct err err;
	struct take *t = NULL;
	char label[HASH_HEX];
	if (bank_recall(b, id, &t, &err) <= 0)
		return;
	struct renderer *r = t->m->n_parts && !take_has_audio(t) ? open_renderer(1) : NULL;
	if (r) {
		if (render_takes(r, &t, 1, &err) < 0 || *t->m->error)
			talk_warning("%s: tagged, but its sound is not kept: %s", take_label(t, label),
			    *t->m->error ? t->m->error : err.text);
		else if (bank_keep_audio(b, id, t->m->audio->samples, t->m->audio->rate, t->m->audio->channels,
		             t->m->audio->frames, &err) < 0)
			talk_warning("%s: tagged, but its sound is not kept: %s", take_label(t, label), err.text);
		renderer_free(r);
	}
	take_free(t);
}

int
verb_tag(int n, char **arg)
{
	struct err err;
	uint8_t id[HASH_SIZE];
	if (n < 2)
		return cli_usage(&bank_cli, "tag needs the id of a take and a tag");
	struct bank *b = open_bank(DB_WRITE);
	if (!b)
		return EXIT_FAILED;
	int status = bank_resolve(b, arg[0], id, &err);
	for (int i = 1; i < n && status == 0; i++)
		status = bank_tag(b, id, arg[i], !set.remove, &err);
	if (status < 0)
		talk_error("%s", err.text);
	else if (!set.remove)
		keep_sound(b, id);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
verb_vote(int n, char **arg)
{
	struct err err;
	uint8_t id[HASH_SIZE];
	if (n != 2 || (strcasecmp(arg[1], "yes") && strcasecmp(arg[1], "no")))
		return cli_usage(&bank_cli, "vote needs the id of a take, and yes or no");
	struct bank *b = open_bank(DB_WRITE);
	if (!b)
		return EXIT_FAILED;
	int status = bank_resolve(b, arg[0], id, &err);
	if (status == 0)
		status = bank_vote(b, id, !strcasecmp(arg[1], "yes"), &err);
	if (status < 0)
		talk_error("%s", err.text);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
verb_run(int n, char **arg)
{
	struct err err;
	uint8_t level[HASH_SIZE];
	const bool begin = n == 1 && !strcmp(arg[0], "begin");
	if (n != 1 || (!begin && strcmp(arg[0], "end")))
		return cli_usage(&bank_cli, "run needs begin or end");
	if (!set.name)
		return cli_usage(&bank_cli, "run needs a --name");
	struct bank *b = open_bank(DB_CREATE);
	if (!b)
		return EXIT_FAILED;
	struct bank_run r = {set.name, set.command, set.settings, set.seed, NULL, set.status};
	int status = set.level ? bank_resolve(b, set.level, level, &err) : 0;
	if (status == 0) {
		r.level = set.level ? level : NULL;
		status = begin ? bank_run_begin(b, &r, &err) : bank_run_end(b, &r, &err);
	}
	if (status < 0)
		talk_error("%s", err.text);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}
