/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay json: takes as JSON Lines, and back with -d. */
#include "json.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"
#include "wire/take.h"

static struct settings {
	const char *in, *out;
	bool decode, data;
} set = {.in = "-", .out = "-"};

static const struct cli_option options[] = {
    {'d', "decode", CLI_FLAG, &set.decode, .help = "read JSON and write takes"},
    {0, "data", CLI_FLAG, &set.data, .help = "show samples and features in full, not by their hash"},
    {'i', "in", CLI_STRING, &set.in, "WHERE", .help = "read from a file, - or (takes) an endpoint"},
    {'o', "out", CLI_STRING, &set.out, "WHERE", .help = "write to a file, - or (takes) an endpoint"},
    {0},
};

static const struct cli cli = {
    .tool = "json",
    .summary = "show takes as JSON Lines, and read them back",
    .usage = "[options] [FILE]",
    .example = "assay patch patches/pluck.lua | assay json | jq .parts[0].patch.params\n"
               "assay json best.takes | jq -c '.phrase.tempo = 174' | assay json -d | assay render --wav fast.wav\n",
    .options = options,
};

/* --- takes to JSON ------------------------------------------------------------------ */

static int
encode(void)
{
	struct err err;
	struct take *t;
	int got = 0;
	size_t bad = 0;
	FILE *f = strcmp(set.out, "-") ? fopen(set.out, "we") : stdout;
	if (!f)
		return err_errno(&err, "cannot create '%s'", set.out), talk_error("%s", err.text), EXIT_FAILED;
	struct reader *r = reader_open(set.in, &err);
	if (!r)
		return talk_error("%s", err.text), EXIT_FAILED;
	bool written = true;
	while (written && !interrupted() && (got = take_read(r, &t, &err)) > 0) {
		bad += json_print(f, &t->m->base, set.data);
		putc('\n', f);
		take_free(t);
		if (ferror(f) || (!reader_ready(r) && fflush(f)))
			written = false;
	}
	const bool unread = written && !interrupted() && got < 0;
	if (unread)
		talk_error("%s", err.text);
	if (bad)
		talk_warning("%zu bytes of text were not UTF-8 and stand as U+FFFD", bad);
	if (!written || fclose(f)) {
		err_errno(&err, "cannot write '%s'", strcmp(set.out, "-") ? set.out : "standard output");
		talk_error("%s", err.text);
		written = false;
	}
	reader_free(r);
	return unread || !written ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* --- JSON to takes ------------------------------------------------------------------ */

/* Tensors that were shown by their hash alone have no numbers left. */
static size_t
drop_empty_tensors(Take *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_features; i++) {
		const Assay__Tensor *t = m->features[i];
		if (t->n_data == (size_t)t->channels * t->frames * t->columns)
			m->features[n++] = m->features[i];
	}
	const size_t dropped = m->n_features - n;
	m->n_features = n;
	return dropped;
}

/* The id is the hash of the recipe, whatever the text says. What came of
   another recipe than this one is left out: it would be a lie. */
static bool
identify(struct take *t)
{
	Take *m = t->m;
	struct err err;
	const ProtobufCBinaryData old = m->id;
	if (*m->error || (!m->n_parts && (old.len || !take_has_audio(t))))
		return false;
	if (take_identify(t, &err) < 0) {
		take_fail(t, "%s", err.text);
		return false;
	}
	if (!old.len || (old.len == m->id.len && !memcmp(old.data, m->id.data, old.len)))
		return false;
	m->audio = NULL;
	m->n_features = m->n_scores = 0;
	m->fitness = 0;
	return true;
}

struct output {
	struct writer *w;
	int status;
	struct err err; /* where status is -1 */
};

/* Before more text is waited for. */
static void
flush(void *user)
{
	struct output *o = user;
	if (o->status == 0)
		o->status = writer_flush(o->w, &o->err);
}

static int
decode(void)
{
	static struct json_in in;
	struct json_out text = {0};
	struct output out = {0};
	struct err err;
	size_t dropped = 0, changed = 0, n = 0;
	int got = 0;
	const bool file = strcmp(set.in, "-") != 0;
	const int fd = file ? open(set.in, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0)
		return err_errno(&err, "cannot open '%s'", set.in), talk_error("%s", err.text), EXIT_FAILED;
	if (!(out.w = writer_open(set.out, &err)))
		return talk_error("%s", err.text), EXIT_FAILED;
	json_in_init(&in, fd, file ? set.in : "standard input");
	in.idle = flush;
	in.user = &out;
	while (!interrupted() && (got = json_parse(&in, &assay__take__descriptor, &text, &err)) > 0 && out.status == 0) {
		struct take *t = take_unpack(text.data, text.n, &err);
		if (!t) {
			got = err_prefix(&err, "%s: the take that ends at line %llu", in.name, (unsigned long long)in.line);
			break;
		}
		dropped += drop_empty_tensors(t->m);
		changed += identify(t);
		n++;
		if (*t->m->error)
			talk_warning("take %zu: %s", n, t->m->error);
		out.status = take_write(out.w, t, &out.err);
		take_free(t);
	}
	if (got < 0 && !interrupted())
		talk_error("%s", err.text);
	if (writer_close(out.w, &err) < 0 && out.status == 0)
		out = (struct output){.status = -1, .err = err};
	if (out.status < 0)
		talk_error("%s", out.err.text);
	if (dropped)
		talk_info("%zu features had no data and were left out (json --data keeps it)", dropped);
	if (changed)
		talk_info("%zu recipes were changed: new ids, without the sound and scores of the old", changed);
	free(text.data);
	if (file)
		close(fd);
	return interrupted() ? EXIT_INTERRUPTED : got < 0 || out.status < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 1)
		return cli_usage(&cli, "one file at a time, not %d", n);
	if (n == 1)
		set.in = argv[1];
	interrupt_catch();
	struct err err;
	if (stream_clash(set.in, set.out, &err) < 0)
		return talk_error("%s", err.text), EXIT_FAILED;
	return set.decode ? decode() : encode();
}
