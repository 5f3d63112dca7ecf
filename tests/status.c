/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Status from strangers: unpacked within bounds, clean as JSON and as Prometheus' text. */
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "queue/status.h"
#include "tap.h"

static Assay__ServiceStatus service[2];
static Assay__PeerStatus worker;
static Assay__Status whole;

/* A Status with all that could do harm in it. Returns its packed bytes. */
static size_t
make(uint8_t *p)
{
	static Assay__ServiceStatus *services[] = {&service[0], &service[1]};
	static Assay__PeerStatus *workers[] = {&worker};
	static char *log[] = {"a\nb \033]0;title\007", "\xff\xc0\x80 \xc2\x9b 31m \xed\xa0\x80"};
	assay__service_status__init(&service[0]);
	assay__service_status__init(&service[1]);
	assay__peer_status__init(&worker);
	assay__status__init(&whole);
	service[0].name = "q\"uo\\te";
	service[0].waiting = 7;
	service[0].rate = NAN;
	service[1].name = "tr\xc3\xb6mmeln";
	service[1].done = UINT64_MAX;
	service[1].seconds = 0.25;
	worker.name = "h\xc3\xb6st\033[31m/7";
	worker.silent = INFINITY;
	whole.epoch = UINT64_C(0xfedcba9876543210);
	whole.uptime = 12.5;
	whole.services = services;
	whole.n_services = 2;
	whole.workers = workers;
	whole.n_workers = 1;
	whole.log = log;
	whole.n_log = 2;
	whole.bytes = UINT64_C(1) << 53;
	return assay__status__pack(&whole, p);
}

/* The text of either kind; the caller frees it. */
static char *
text_of(const struct status *s, bool prometheus)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	if (prometheus)
		status_prometheus(f, s);
	else
		status_json(f, s);
	fclose(f);
	return text;
}

static bool
is_json(const struct status *s, json_t **j)
{
	json_error_t e;
	char *text = text_of(s, false);
	const size_t n = strlen(text);
	*j = json_loads(text, JSON_REJECT_DUPLICATES, &e);
	if (!*j)
		diag("%s in %s", e.text, text);
	const bool line = n && text[n - 1] == '\n' && strchr(text, '\n') == text + n - 1;
	free(text);
	return *j && line;
}

static const char *
string_at(json_t *j, const char *list, size_t i, const char *key)
{
	json_t *item = json_array_get(json_object_get(j, list), i);
	const char *s = json_string_value(key ? json_object_get(item, key) : item);
	return s ? s : "";
}

int
main(void)
{
	static uint8_t p[4096], q[4096];
	const size_t n = make(p);
	struct err err;
	json_t *j = NULL;
	struct status *s = status_unpack(p, n, &err);
	ok(s != NULL, "a status is read");
	ok(s && is_json(s, &j), "as JSON it is one line, and JSON");
	ok(!strcmp(string_at(j, "workers", 0, "name"), "h\xc3\xb6st?[31m/7"), "names cannot steer a terminal: '%s'",
	    string_at(j, "workers", 0, "name"));
	ok(!strcmp(string_at(j, "log", 0, NULL), "a?b ?]0;title?"), "nor can the log: '%s'", string_at(j, "log", 0, NULL));
	ok(!strcmp(string_at(j, "log", 1, NULL), "??? ?? 31m ???"), "what is no UTF-8 stands as '?': '%s'",
	    string_at(j, "log", 1, NULL));
	ok(!strcmp(string_at(j, "services", 0, "name"), "q\"uo\\te"), "quotes and backslashes are kept");
	ok(!strcmp(string_at(j, "services", 1, "done"), "18446744073709551615"), "what jq cannot count is a string");
	ok(json_integer_value(json_object_get(j, "bytes")) == INT64_C(1) << 53, "what it can is a number");
	json_t *rate = json_object_get(json_array_get(json_object_get(j, "services"), 0), "rate");
	ok(json_is_number(rate) && json_number_value(rate) == 0, "a rate that is no number is 0");
	ok(json_array_size(json_object_get(j, "senders")) == 0 && json_is_array(json_object_get(j, "senders")),
	    "an empty list is there, and empty");
	size_t fields = 0;
	for (unsigned k = 0; k < assay__status__descriptor.n_fields; k++)
		fields += json_object_get(j, assay__status__descriptor.fields[k].name) != NULL;
	ok(fields == assay__status__descriptor.n_fields, "every field of the schema is there: %zu", fields);
	json_decref(j);

	char *text = text_of(s, true);
	ok(strstr(text, "\nassay_queue_waiting{service=\"q\\\"uo\\\\te\"} 7\n") != NULL, "labels are escaped");
	ok(strstr(text, "\nassay_queue_done_total{service=\"tr\xc3\xb6mmeln\"} 18446744073709551615\n") != NULL, "counters are whole");
	ok(strstr(text, "\n# TYPE assay_queue_done_total counter\nassay_queue_done_total{") != NULL, "a type stands before its samples");
	free(text);
	status_free(s);
	status_free(NULL);

	/* Any byte may be another, and any end be missing. */
	struct rng rng = {.seed = 7};
	int read = 0, bad = 0;
	for (int i = 0; i < 3000; i++) {
		memcpy(q, p, n);
		size_t m = n;
		for (uint64_t k = 1 + rng_below(&rng, 3); k-- > 0;)
			q[rng_below(&rng, n)] = (uint8_t)rng_next(&rng);
		if (rng_below(&rng, 4) == 0)
			m = rng_below(&rng, n);
		if (!(s = status_unpack(q, m, &err)))
			continue;
		read++;
		bad += !is_json(s, &j);
		json_decref(j);
		free(text_of(s, true));
		status_free(s);
	}
	ok(read > 100 && read < 2900 && !bad, "3000 garbled ones: %d are a status all the same, and print as JSON", read);

	/* 2 bytes on the wire for over a hundred here. */
	enum { BOMB = 4 << 20 };
	uint8_t *bomb = malloc(BOMB + 2);
	for (size_t i = 0; i < BOMB + 2; i += 2) {
		bomb[i] = 4 << 3 | 2;
		bomb[i + 1] = 0;
	}
	ok(!status_unpack(bomb, BOMB, &err), "two million empty workers are refused: %s", err.text);
	ok(!status_unpack(bomb, BOMB + 2, &err) && strstr(err.text, "bytes"), "a status that is too long: %s", err.text);
	s = status_unpack(bomb, 200000, &err);
	ok(s && s->m->n_workers == 100000, "a hundred thousand are read");
	status_free(s);
	free(bomb);
	s = status_unpack(NULL, 0, &err);
	ok(s && s->m->n_services == 0 && is_json(s, &j), "an empty one is a queue with nothing in it");
	json_decref(j);
	status_free(s);
	return done();
}
