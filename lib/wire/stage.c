/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/stage.h"

#include <inttypes.h>
#include <malloc.h>

int
stage_open(struct stage *s, const struct stage_where *w, const char *verb)
{
	struct err err;
	*s = (struct stage){.verb = verb, .strict = w->strict};
	/* Sounds come and go: to get their pages from the kernel each time costs half as much as rendering them. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	if ((w->out && stream_clash(w->in, w->out, &err) < 0) || !(s->in = reader_open(w->in, &err))
	    || (w->out && !(s->out = writer_open(w->out, &err)))) {
		talk_error("%s", err.text);
		reader_free(s->in);
		return -1;
	}
	/* only now: while a FIFO waits for its other end there is nothing to finish */
	interrupt_catch();
	progress_begin(&s->progress, "takes", 0);
	return 0;
}

static void
stop(struct stage *s, const struct err *err)
{
	if (!s->broken)
		talk_error("%s", err->text);
	s->broken = true;
}

struct take *
stage_next(struct stage *s)
{
	struct err err;
	struct take *t = NULL;
	if (s->broken || interrupted() || (s->strict && s->failed))
		return NULL;
	if (s->out && writer_pending(s->out) && !reader_ready(s->in) && writer_flush(s->out, &err) < 0) {
		s->unwritable = true;
		return stop(s, &err), NULL;
	}
	if (take_read(s->in, &t, &err) < 0)
		stop(s, &err);
	return t;
}

bool
stage_ready(struct stage *s)
{
	return !s->broken && reader_ready(s->in);
}

bool
stage_skip(struct stage *s, struct take *t)
{
	if (!*t->m->error)
		return false;
	stage_emit(s, t);
	return true;
}

/* A take too big for the stream goes on without its bulk: the description of the
   sound, and the reason. */
static void
fit(struct take *t)
{
	const size_t n = assay__take__get_packed_size(t->m);
	if (n <= STREAM_LIMIT)
		return;
	if (t->m->audio)
		t->m->audio->n_samples = 0;
	if (assay__take__get_packed_size(t->m) > STREAM_LIMIT)
		t->m->n_features = 0;
	take_fail(t, "a take of %zu bytes with its sound is over the stream's limit of %d", n, STREAM_LIMIT);
}

void
stage_emit(struct stage *s, struct take *t)
{
	struct err err;
	char label[HASH_HEX];
	s->taken++;
	if (s->out)
		fit(t);
	if (*t->m->error) {
		s->failed++;
		talk_warning("%s: %s", take_label(t, label), t->m->error);
	}
	if (s->out && !s->unwritable && take_write(s->out, t, &err) < 0) {
		s->unwritable = true;
		stop(s, &err);
	}
	take_free(t);
	progress_at(&s->progress, s->taken, NULL);
}

int
stage_close(struct stage *s)
{
	struct err err;
	progress_end(&s->progress);
	if (s->out && writer_close(s->out, &err) < 0)
		stop(s, &err);
	reader_free(s->in);
	const uint64_t good = s->taken - s->failed;
	if (s->failed)
		talk_info("%s %" PRIu64 " of %" PRIu64 " takes, %" PRIu64 " failed", s->verb, good, s->taken, s->failed);
	else
		talk_verbose("%s %" PRIu64 " of %" PRIu64 " takes", s->verb, good, s->taken);
	if (interrupted())
		return EXIT_INTERRUPTED;
	return s->broken || (s->failed && (s->strict || !good)) ? EXIT_FAILED : EXIT_DONE;
}
