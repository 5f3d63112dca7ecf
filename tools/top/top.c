/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top: how a queue does, again and again. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"
#include "queue/line.h"
#include "screen.h"
#include "table.h"

enum { PATIENCE = 5 }; /* seconds until a queue that says nothing is none */

static bool json, once;
static double every = 1;
static struct post_settings keys;

static const struct cli_option options[] = {
    {'e', "every", CLI_DOUBLE, &every, "S", 0.05, 86400, .help = "seconds between two looks"},
    {0, "once", CLI_FLAG, &once, .help = "look once and end"},
    {0, "json", CLI_FLAG, &json, .help = "print an object a line"},
    POST_OPTIONS(&keys),
    {0},
};

static const struct cli cli = {
    .tool = "top",
    .summary = "show how a queue, its workers and senders do",
    .usage = "[options] ENDPOINT",
    .example = "assay top tcp://head:5555\n"
               "assay top --json --once tcp://head:5555 | jq '.services[] | {name, waiting, rate}'\n",
    .options = options,
};

static const char *where;
static struct outbox outbox;
static struct status *status;  /* the last one */
static char note[LETTER_TEXT]; /* what a person should know, or "" */
static bool live;              /* the screen is drawn over */

/* The screen is given back before the reason is printed on it. */
#define DIE(...) (screen_close(), die(EXIT_FAILED, __VA_ARGS__))

static void
write_letter(enum letter_kind kind)
{
	static char name[LETTER_NAME];
	if (!*name) {
		char host[64] = "?";
		gethostname(host, sizeof host - 1);
		snprintf(name, sizeof name, "%s/%d", host, (int)getpid());
	}
	const struct letter l = {.kind = kind, .role = LETTER_WATCHER, .version = LETTER_VERSION, .name = name};
	if (outbox_put(&outbox, &l) < 0)
		DIE("out of memory");
}

/* True: a status has come, and stands in `status`. */
static bool
read_letter(const struct letter *l)
{
	struct err err;
	if (l->kind == LETTER_REFUSED)
		DIE("the queue at '%s' says: %s", where, l->text);
	if (l->kind == LETTER_WHO) {
		write_letter(LETTER_HELLO);
		write_letter(LETTER_STATUS);
	}
	if (l->kind != LETTER_STATUS || !l->body || !letter_body_good(l))
		return false;
	struct status *s = status_unpack(l->body->bytes, l->body->n, &err);
	if (!s) {
		snprintf(note, sizeof note, "%s", err.text);
		return false;
	}
	status_free(status);
	status = s;
	*note = 0;
	return true;
}

/* --- showing ----------------------------------------------------------------------------- */

static void
draw(void)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		DIE("out of memory");
	struct table t = {.where = where, .note = *note ? note : NULL, .paint = !getenv("NO_COLOR"), .end = SCREEN_LINE};
	screen_size(&t.width, &t.height);
	t.width -= t.width > 1; /* erasing the rest of a full line would take its last letter */
	table_print(f, &t, status);
	fclose(f);
	screen_draw(text, n);
	free(text);
}

static void
show(void)
{
	static int shown;
	if (live) {
		draw();
	} else if (json) {
		status_json(stdout, status);
	} else {
		if (shown++)
			putchar('\n');
		table_print(stdout, &(struct table){.where = where, .end = "\n"}, status);
	}
	if (!live && (fflush(stdout) || ferror(stdout)))
		exit(cli_finish());
}

/* --- the loop ------------------------------------------------------------------------------ */

static void
take_note(const char *text)
{
	snprintf(note, sizeof note, "%s", text);
	if (live)
		draw();
	else
		talk_warning("%s", text);
}

/* Asks every so often and shows what comes, until the person has seen enough. */
static void
watch(struct line *line)
{
	const int64_t period = (int64_t)(1e6 * every), patience = PATIENCE * INT64_C(1000000);
	int64_t now = line_clock(), ask = INT64_MAX, heard = now, again = now + patience;
	for (bool there = false, done = false; !done && !interrupted();) {
		now = line_clock();
		if (line_connected(line)) {
			outbox_release(&outbox);
			outbox_init(&outbox);
			write_letter(LETTER_HELLO);
			ask = now;
		}
		if (now >= ask) {
			write_letter(LETTER_STATUS);
			ask = now + period;
		}
		while (outbox.first && line_send(line, outbox.first))
			outbox_drop(&outbox);
		struct letter l;
		while (line_receive(line, &l)) {
			if (read_letter(&l)) {
				show();
				there = true;
				heard = now;
				again = now + period + patience;
				done = once;
			}
			parcel_unref(l.body);
		}
		for (const char *news; (news = line_news(line));) {
			if (once)
				DIE("%s", news);
			take_note(news);
		}
		if (now >= again) {
			char text[256];
			snprintf(text, sizeof text, "no queue answers at '%s'", where);
			if (!there && (once || !live))
				DIE("%s%s%s", text, *note ? ": " : "", note);
			snprintf(text, sizeof text, "no answer for %d s", (int)((now - heard) / 1000000));
			take_note(text);
			outbox_release(&outbox);
			outbox_init(&outbox);
			line_again(line, now);
			ask = INT64_MAX;
			again = now + patience;
		}
		struct pollfd fds[SCREEN_FDS];
		const size_t n = live ? screen_fds(fds) : 0;
		const int64_t due = ask < again ? ask : again;
		if (!done)
			line_wait(line, fds, n, due > now ? (int)((due - now + 999) / 1000) : 0);
		bool touched = false;
		for (size_t i = 0; i < n; i++)
			touched |= fds[i].revents != 0;
		if (touched) {
			done |= screen_keys();
			draw();
		}
	}
}

int
main(int argc, char **argv)
{
	int code;
	const int n = cli_parse(&cli, argc, argv, &code);
	if (n < 0)
		return code;
	if (n != 1)
		return cli_usage(&cli, n ? "one queue at a time, not %d" : "which queue? give its endpoint", n);
	where = argv[1];
	live = !json && !once && !talk_plain && screen_is_there();
	setlocale(LC_CTYPE, "C.UTF-8"); /* names are UTF-8, whatever the user's locale is */
	interrupt_catch();

	struct err err;
	uint64_t seed = 0;
	if (getrandom(&seed, sizeof seed, 0) < 0)
		seed = (uint64_t)getpid();
	if (live)
		screen_open(); /* before there are threads: its signals are for this one */
	outbox_init(&outbox);
	struct line *line = line_new(where, &keys, seed, &err);
	if (!line)
		DIE("%s", err.text);
	if (live)
		draw();

	watch(line);

	if (live)
		screen_close();
	outbox_release(&outbox);
	line_free(line, 0);
	status_free(status);
	return interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}
