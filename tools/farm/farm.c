/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * assay farm: a stage whose work is done elsewhere. One loop, which never waits for
 * one of its sides (takes in, takes out, the queue) while another could go on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"
#include "helper.h"
#include "queue/line.h"
#include "queue/sender.h"
#include "wire/glance.h"
#include "wire/stage.h"

enum {
	TURN = 256,           /* letters or takes of one kind before the others have their turn */
	TURN_BYTES = 4 << 20,
	UNWRITTEN = 1 << 20,  /* bytes for the next stage, beyond which results wait */
	UNANSWERED = 2000000, /* microseconds before it is said that no queue answers */
	TEND = 200,           /* milliseconds between two looks at the queue that is not there */
	LINGER = 1000,        /* milliseconds for the farewell */
};

static struct settings {
	struct stage_where where;
	const char *service;
	int priority, window;
	bool unordered, no_queue;
	double audit;
	struct post_settings post;
} set = {.where = {.in = "-", .out = "-"}, .service = "main", .priority = 5, .window = 256};

static const struct cli_option options[] = {
    STAGE_OPTIONS(&set.where),
    {'s', "service", CLI_STRING, &set.service, "NAME", .help = "the workers that should do it: those of this service"},
    {'p', "priority", CLI_INT, &set.priority, "N", 0, 9, .help = "9 before all others, 0 after them"},
    {'w', "window", CLI_INT, &set.window, "MIB", 1, 1 << 20, .help = "memory for takes that are under way"},
    {'u', "unordered", CLI_FLAG, &set.unordered, .help = "write takes as they come back, not in the order they came in"},
    {0, "audit", CLI_DOUBLE, &set.audit, "PART", 0, 1, .help = "have this part of the takes done by a second worker, and compare"},
    {0, "no-queue", CLI_FLAG, &set.no_queue, .help = "never start a queue where there is none"},
    POST_OPTIONS(&set.post),
    {0},
};

static const struct cli cli = {
    .tool = "farm",
    .summary = "have takes worked on by workers elsewhere",
    .usage = "[options] ENDPOINT",
    .example = "assay work tcp://head:5555 -- 'render | features'    # on each machine\n"
               "assay evolve --patch pluck <loop | assay farm tcp://head:5555 | assay score --like my.wav >loop\n",
    .options = options,
};

/* A take that came with its error: passed on in its place, after so many others. */
struct pass {
	struct pass *next;
	uint64_t after;
	struct parcel *take;
};

struct farm {
	struct stage stage;
	const char *address;
	struct line *line;
	struct sender *sender;
	struct sender_counts counts;
	struct helper helper;
	struct pass *passes, **last_pass;
	size_t pass_bytes;
	const uint8_t *held; /* a message that waits for room, in the reader */
	size_t n_held;
	bool ended;          /* nothing more comes in */
	uint64_t put, results; /* to the queue, and back */
	uint64_t reached;      /* number of the last result, where they are in order */
	int64_t now, silence; /* since when no queue answers; 0: one does */
	bool missed;          /* and that was said, or why */
};

static void
stop(struct farm *f, const struct err *err)
{
	if (!f->stage.broken)
		talk_error("%s", err->text);
	f->stage.broken = true;
}

static bool
stopped(const struct farm *f)
{
	return f->stage.unwritable || (f->stage.strict && f->stage.failed);
}

/* --- takes out ------------------------------------------------------------------------- */

/* Counts what has been queued for the next stage, or could not be. */
static void
count(struct farm *f, int queued, const char *label, const char *error, const struct err *err)
{
	struct stage *s = &f->stage;
	s->taken++;
	if (*error) {
		s->failed++;
		talk_warning("%s: %s", label, error);
	}
	if (queued < 0 && !s->unwritable) {
		s->unwritable = true;
		stop(f, err);
	}
}

static int
queue_bytes(struct writer *w, const struct parcel *p, struct err *err)
{
	uint8_t *room = writer_reserve(w, p->n, err);
	if (!room)
		return -1;
	memcpy(room, p->bytes, p->n);
	return writer_commit(w, p->n, err);
}

/* The take as it was put, with the reason why there is nothing else. */
static void
emit_failed(struct farm *f, const struct parcel *take, const char *why)
{
	struct err err;
	char label[HASH_HEX];
	struct take *t = take_unpack(take->bytes, take->n, &err);
	if (!t) {
		count(f, -1, "", "", &err);
		return;
	}
	take_fail(t, "%s", why);
	if (assay__take__get_packed_size(t->m) > STREAM_LIMIT && t->m->audio)
		t->m->audio->n_samples = 0; /* the reason needs its place */
	count(f, take_queue(f->stage.out, t, &err), take_label(t, label), t->m->error, &err);
	take_free(t);
}

static void
emit(struct farm *f, const struct sender_result *r)
{
	struct err err;
	struct take_glance g;
	char why[LETTER_TEXT + LETTER_NAME + 64];
	if (!r->result) {
		snprintf(why, sizeof why, "given up after %u attempt%s: %s%s%s%s", r->attempts, r->attempts == 1 ? "" : "s", r->error,
		    *r->worker ? " (worker " : "", r->worker, *r->worker ? ")" : "");
		emit_failed(f, r->take, why);
	} else if (take_glance(r->result->bytes, r->result->n, &g, &err) < 0) {
		snprintf(why, sizeof why, "what came back is no take: %s (worker %s)", err.text, r->worker);
		emit_failed(f, r->take, why);
	} else
		count(f, queue_bytes(f->stage.out, r->result, &err), g.label, g.error, &err);
}

/* Those that stand right after so many. */
static void
emit_passes(struct farm *f, uint64_t reached)
{
	struct err err;
	struct take_glance g;
	for (struct pass *p; (p = f->passes) && p->after <= reached && !stopped(f);) {
		take_glance(p->take->bytes, p->take->n, &g, &err);
		count(f, queue_bytes(f->stage.out, p->take, &err), g.label, g.error, &err);
		if (!(f->passes = p->next))
			f->last_pass = &f->passes;
		f->pass_bytes -= p->take->n;
		parcel_unref(p->take);
		free(p);
	}
}

/* True if more could go out at once. */
static bool
takes_out(struct farm *f)
{
	struct err err;
	struct sender_result r;
	struct writer *w = f->stage.out;
	int n = 0;
	emit_passes(f, f->reached);
	for (; n < TURN && writer_pending(w) < UNWRITTEN && !stopped(f) && sender_result(f->sender, &r); n++) {
		f->results++;
		if (!set.unordered) {
			emit_passes(f, r.number - 1); /* where some before it were abandoned */
			f->reached = r.number;
		}
		if (!stopped(f))
			emit(f, &r);
		parcel_unref(r.take);
		parcel_unref(r.result);
		emit_passes(f, f->reached);
	}
	if (!f->stage.unwritable && writer_push(w, &err) < 0) {
		f->stage.unwritable = true;
		stop(f, &err);
	}
	return n == TURN || (n && writer_pending(w) < UNWRITTEN);
}

/* --- takes in ---------------------------------------------------------------------------- */

static int
pass_by(struct farm *f, struct parcel *take)
{
	struct pass *p = malloc(sizeof *p);
	if (!p)
		return -1;
	*p = (struct pass){.after = set.unordered ? 0 : f->put, .take = take};
	*f->last_pass = p;
	f->last_pass = &p->next;
	f->pass_bytes += take->n;
	return 0;
}

static int
put(struct farm *f, struct err *err)
{
	struct take_glance g;
	const struct reader *in = f->stage.in;
	if (take_glance(f->held, f->n_held, &g, err) < 0)
		return err_prefix(err, "%s: the message at %s %" PRIu64 " is no take", reader_name(in), reader_unit(in),
		    reader_offset(in));
	struct parcel *take = parcel_new(f->held, f->n_held);
	f->held = NULL;
	if (!take || (*g.error ? pass_by(f, take) : sender_put(f->sender, take)) < 0) {
		parcel_unref(take);
		return err_set(err, "out of memory for a take of %zu bytes", f->n_held);
	}
	f->put += !*g.error;
	return 0;
}

static bool
has_room(const struct farm *f, size_t n)
{
	return sender_room(f->sender, f->pass_bytes + n) && (!f->pass_bytes || f->pass_bytes + n <= (size_t)set.window << 20);
}

/* True if more could be taken in at once. */
static bool
takes_in(struct farm *f)
{
	struct err err;
	size_t bytes = 0;
	for (int n = 0; !f->ended; n++) {
		if (f->held && !has_room(f, f->n_held))
			return false;
		if (n == TURN || bytes > TURN_BYTES)
			return true;
		if (!f->held && (!has_room(f, 0) || !reader_ready(f->stage.in)))
			return false;
		const int got = f->held ? 1 : reader_next(f->stage.in, &f->held, &f->n_held, &err);
		f->ended = got <= 0;
		if (got > 0 && !has_room(f, f->n_held))
			return false;
		if (got < 0 || (got > 0 && put(f, &err) < 0)) {
			f->ended = true;
			stop(f, &err);
		}
		bytes += f->n_held;
	}
	return false;
}

/* --- the queue ------------------------------------------------------------------------------ */

static void
step(struct farm *f, enum sender_what what, const struct letter *l)
{
	sender_step(f->sender, &(struct sender_event){what, l}, f->now);
}

static void
news(struct farm *f)
{
	for (const char *text; (text = line_news(f->line)); f->missed = true)
		talk_warning("%s", text);
	for (const char *text; (text = sender_news(f->sender));)
		if (!strncmp(text, "no worker", 9))
			talk_warning("%s; start one with: assay work%s%s %s -- 'render | features'", text,
			    strcmp(set.service, "main") ? " --service " : "", strcmp(set.service, "main") ? set.service : "", f->address);
		else if (sender_refused(f->sender) || strstr(text, " differ (")) /* an alarm, -q or not */
			talk_error("%s", text);
		else
			talk_info("%s", text);
}

/* Says when nobody answers, and when somebody does again. */
static void
look_after(struct farm *f)
{
	sender_counts(f->sender, &f->counts);
	f->counts.connected &= line_up(f->line); /* known before it has been silent for long */
	if (f->put)
		helper_tend(&f->helper, f->counts.connected, f->now);
	if (f->counts.connected || !f->put) {
		if (f->missed)
			talk_info("the queue at %s answers", f->address);
		f->missed = false;
		f->silence = 0;
	} else if (!f->silence)
		f->silence = f->now;
	else if (!f->missed && f->now - f->silence > UNANSWERED) {
		f->missed = true;
		talk_warning("no queue answers at %s; start one with: assay queue %s", f->address, f->address);
	}
}

/* True if there are more letters. */
static bool
talk_to_queue(struct farm *f)
{
	struct letter l;
	int n = 0;
	f->now = line_clock();
	if (line_connected(f->line))
		step(f, SENDER_CONNECTED, NULL);
	for (; n < TURN && line_receive(f->line, &l); n++) {
		step(f, SENDER_LETTER, &l);
		parcel_unref(l.body);
	}
	if (f->now >= sender_due(f->sender)) {
		if (line_stirs(f->line))
			step(f, SENDER_STIRS, NULL);
		step(f, SENDER_TICK, NULL);
	}
	for (const struct mail *m; (m = sender_mail(f->sender)) && line_send(f->line, m);)
		step(f, SENDER_SENT, NULL);
	if (sender_silent(f->sender, f->now))
		line_again(f->line, f->now);
	look_after(f);
	news(f);
	return n == TURN;
}

static void
rest(struct farm *f, bool taking)
{
	struct pollfd fds[2 * STREAM_FDS + 1];
	size_t n = 0;
	if (taking && !f->ended && !f->held && has_room(f, 0))
		n += reader_fds(f->stage.in, fds);
	if (f->stage.out)
		n += writer_fds(f->stage.out, fds + n);
	if (f->helper.pid)
		fds[n++] = (struct pollfd){.fd = f->helper.fd, .events = POLLIN};
	const int64_t due = (sender_due(f->sender) - line_clock()) / 1000 + 1;
	const int most = f->counts.connected ? 60000 : TEND;
	line_wait(f->line, fds, n, due < 0 ? 0 : due < most ? (int)due : most);
}

/* --- the life of a farm -------------------------------------------------------------------- */

static void
begin(struct farm *f, const char *address)
{
	struct err err;
	uint64_t seed;
	char host[64] = "", name[LETTER_NAME];
	struct sender_settings s = {.service = set.service, .name = name, .priority = (uint32_t)set.priority,
	    .window = (uint64_t)set.window << 20, .unordered = set.unordered, .audit = set.audit};
	gethostname(host, sizeof host - 1);
	snprintf(name, sizeof name, "%s/%d", host, (int)getpid());
	if (getrandom(s.session, sizeof s.session, 0) != sizeof s.session)
		die(EXIT_FAILED, "no random numbers to be had");
	memcpy(&seed, s.session, sizeof seed);
	s.seed = seed;
	f->address = address;
	f->last_pass = &f->passes;
	helper_init(&f->helper, address, &set.post, !set.no_queue);
	if (!(f->line = line_new(address, &set.post, seed, &err)))
		die(EXIT_FAILED, "%s", err.text);
	if (!(f->sender = sender_new(&s)))
		die(EXIT_FAILED, "out of memory");
}

static void
loop(struct farm *f)
{
	struct stage *s = &f->stage;
	while (!interrupted() && !stopped(f)) {
		bool more = talk_to_queue(f);
		if (sender_refused(f->sender)) {
			s->broken = true; /* the news were why */
			break;
		}
		more |= takes_out(f);
		more |= takes_in(f);
		for (const struct mail *m; (m = sender_mail(f->sender)) && line_send(f->line, m);)
			step(f, SENDER_SENT, NULL);
		char note[64];
		snprintf(note, sizeof note, "%" PRIu64 " under way, %u worker%s", f->put - f->results,
		    f->counts.workers, f->counts.workers == 1 ? "" : "s");
		progress_at(&s->progress, s->taken, note);
		if (f->ended && !f->passes && f->put == f->results && !writer_pending(s->out))
			break;
		if (!more)
			rest(f, true);
	}
}

/* The takes have gone on; what a second worker has been asked is still to be heard. */
static void
hear_audits(struct farm *f)
{
	struct err err;
	struct writer *out = f->stage.out;
	f->stage.out = NULL;
	if (writer_close(out, &err) < 0)
		stop(f, &err);
	while (f->counts.auditing && f->counts.connected && !interrupted())
		if (!talk_to_queue(f))
			rest(f, false);
}

/* What is done is not lost, though it may have to wait for the next stage. */
static void
pass_on_done(struct farm *f)
{
	struct err err;
	while (!stopped(f) && (takes_out(f) || writer_pending(f->stage.out)))
		if (!f->stage.unwritable && writer_flush(f->stage.out, &err) < 0) {
			f->stage.unwritable = true;
			stop(f, &err);
		}
	emit_passes(f, UINT64_MAX);
}

static void
end(struct farm *f)
{
	const bool early = interrupted() && !stopped(f);
	sender_leave(f->sender);
	for (const struct mail *m; (m = sender_mail(f->sender)) && line_send(f->line, m);)
		step(f, SENDER_SENT, NULL);
	if (early && f->stage.out)
		pass_on_done(f);
	sender_counts(f->sender, &f->counts);
	const struct sender_counts *c = &f->counts;
	const uint64_t out = c->put - c->done - c->failed, garbled = c->garbled + line_garbled(f->line);
	progress_end(&f->stage.progress);
	if (out)
		talk_info("%" PRIu64 " take%s still out", out, out == 1 ? " was" : "s were");
	if (c->differ)
		talk_error("%" PRIu64 " results differ: some worker does not do what the others do", c->differ);
	if (c->resent || c->twice || c->differ || garbled)
		talk_info("%" PRIu64 " takes were sent again, %" PRIu64 " results came twice, %" PRIu64 " differed, %" PRIu64 " letters were garbled",
		    c->resent, c->twice, c->differ, garbled);
	if (c->audited)
		talk_info("%" PRIu64 " results were had a second time", c->audited);
}

int
main(int argc, char **argv)
{
	static struct farm f;
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n != 1)
		return cli_usage(&cli, n ? "one ENDPOINT, please" : "an ENDPOINT says where the queue is");
	if (stage_open(&f.stage, &set.where, "farmed") < 0)
		return EXIT_FAILED;
	begin(&f, argv[1]);
	loop(&f);
	if (f.counts.auditing && !interrupted() && !stopped(&f))
		hear_audits(&f);
	end(&f);
	line_free(f.line, LINGER);
	status = stage_close(&f.stage);
	helper_release(&f.helper);
	sender_free(f.sender);
	return f.stage.strict && f.counts.differ && status == EXIT_DONE ? EXIT_FAILED : status;
}
