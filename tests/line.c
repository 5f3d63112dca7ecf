/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line to a queue: connections made, lost, hung up; letters that are none; one side that does not listen. */
#include "queue/line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

enum { SECOND = 1000000 };

static char address[128];

static struct post *
listen_there(void)
{
	struct err err = {""};
	struct post *p = post_bind(address, &(struct post_settings){0}, &err);
	if (!p)
		diag("%s", err.text);
	return p;
}

/* Waits until the line has a connection. */
static bool
connects(struct line *l)
{
	for (const int64_t end = line_clock() + 10 * SECOND; line_clock() < end;) {
		if (line_connected(l))
			return true;
		line_wait(l, NULL, 0, 100);
	}
	return false;
}

static bool
sends(struct line *l, const struct letter *letter)
{
	struct outbox o;
	outbox_init(&o);
	outbox_put(&o, letter);
	const bool left = line_send(l, o.first);
	outbox_release(&o);
	return left;
}

/* The next letter that arrives at the other side; from whom. */
static bool
arrives(struct post *p, struct letter *letter, struct letter_desk *desk, uint64_t *peer)
{
	struct parcel *body;
	const uint8_t *head;
	size_t n;
	struct err err;
	for (const int64_t end = line_clock() + 10 * SECOND; line_clock() < end; post_wait(p, NULL, 0, 100)) {
		uint32_t from;
		if (post_receive(p, &from, &head, &n, &body) <= 0)
			continue;
		*peer = from;
		const bool good = letter_unpack(head, n, body, letter, desk, &err) == 0;
		parcel_unref(body);
		return good;
	}
	return false;
}

static bool
reply(struct post *p, uint64_t peer, const struct letter *letter, const char *garbage)
{
	struct outbox o;
	outbox_init(&o);
	outbox_put(&o, letter);
	const bool sent = garbage ? post_send(p, (uint32_t)peer, (const uint8_t *)garbage, strlen(garbage), NULL) > 0
	                          : post_send(p, (uint32_t)peer, o.first->head, o.first->n, o.first->body) > 0;
	outbox_release(&o);
	return sent;
}

static bool
hears(struct line *l, struct letter *letter)
{
	for (const int64_t end = line_clock() + 10 * SECOND; line_clock() < end; line_wait(l, NULL, 0, 100))
		if (line_receive(l, letter))
			return true;
	return false;
}

int
main(void)
{
	struct err err;
	struct letter letter;
	struct letter_desk *desk = letter_desk_new();
	char folder[] = "/tmp/assay-line-XXXXXX";
	uint64_t peer;
	if (!mkdtemp(folder))
		return 1;
	snprintf(address, sizeof address, "ipc://%s/queue", folder);

	ok(!line_new("nonsense", &(struct post_settings){0}, 1, &err), "no address: %s", err.text);
	line_free(NULL, 0);
	struct line *l = line_new(address, &(struct post_settings){0}, 1, &err);
	ok(l && !line_connected(l) && !line_receive(l, &letter) && !sends(l, &(struct letter){.kind = LETTER_HELLO}),
	    "where nobody listens nothing is connected, and nothing leaves");
	struct post *p = listen_there();
	ok(connects(l) && !line_connected(l) && line_up(l), "somebody does: it is told once");
	ok(sends(l, &(struct letter){.kind = LETTER_HELLO, .role = LETTER_SENDER, .name = "me"})
	    && arrives(p, &letter, desk, &peer) && letter.kind == LETTER_HELLO && !strcmp(letter.name, "me"), "a letter there");
	struct parcel *body = parcel_new("body", 4);
	reply(p, peer, &letter, "this is no letter");
	reply(p, peer, &(struct letter){.kind = LETTER_RESULT, .number = 3, .body = body}, NULL);
	ok(hears(l, &letter) && letter.kind == LETTER_RESULT && letter.number == 3 && letter.body && letter.body->n == 4
	    && !memcmp(letter.body->bytes, "body", 4) && letter_body_good(&letter), "and one back, with a body");
	ok(line_garbled(l) == 1, "what was no letter is counted");
	parcel_unref(letter.body);
	parcel_unref(body);

	/* The other side does not read: letters are held back; it reads: the wait ends. */
	uint8_t *bulk = calloc(1, 1 << 20);
	body = parcel_new(bulk, 1 << 20);
	int n = 0;
	const struct letter take = {.kind = LETTER_TAKE, .number = 1, .sum = 1, .body = body};
	for (bool full = false; n < 2000 && !full;) {
		if (sends(l, &take)) {
			n++;
			continue;
		}
		const int64_t now = line_clock();
		line_wait(l, NULL, 0, 100);
		full = line_clock() - now > SECOND / 12 && !sends(l, &take);
	}
	ok(n > 0 && n < 2000, "to one that does not read %d MiB leave, no more", n);
	int got = 0;
	while (got < n && arrives(p, &letter, desk, &peer))
		got++;
	usleep(20000);
	const int64_t began = line_clock();
	line_wait(l, NULL, 0, 8000);
	ok(got == n && line_clock() - began < 4 * SECOND && sends(l, &(struct letter){.kind = LETTER_BYE}),
	    "it reads them: the wait ends at once (%d ms)", (int)((line_clock() - began) / 1000));
	parcel_unref(body);
	free(bulk);

	/* Silent: hung up, and made anew after a pause. */
	line_again(l, line_clock());
	line_again(l, line_clock());
	ok(!sends(l, &(struct letter){.kind = LETTER_BYE}) && !line_receive(l, &letter), "hung up: nothing leaves");
	ok(connects(l) && sends(l, &(struct letter){.kind = LETTER_HELLO, .role = LETTER_SENDER, .name = "again"}),
	    "and is connected again");
	while (arrives(p, &letter, desk, &peer) && letter.kind != LETTER_HELLO)
		;
	ok(letter.kind == LETTER_HELLO && !strcmp(letter.name, "again"), "to the same");

	/* The other side is started anew. */
	post_free(p, 0);
	for (const int64_t end = line_clock() + 10 * SECOND; line_up(l) && line_clock() < end;)
		line_wait(l, NULL, 0, 100);
	ok(!line_up(l), "one that ends is noticed");
	p = listen_there();
	ok(connects(l), "one that ended is found again");
	ok(sends(l, &(struct letter){.kind = LETTER_HELLO, .role = LETTER_SENDER, .name = "third"})
	    && arrives(p, &letter, desk, &peer) && !strcmp(letter.name, "third"), "and hears");
	post_free(p, 0);
	line_free(l, 100);
	letter_desk_free(desk);
	char path[160];
	snprintf(path, sizeof path, "rm -rf %s", folder);
	return system(path) != 0 || done();
}
