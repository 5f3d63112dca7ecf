/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plug-in may ask of its host: numbers for URIs, options, work beside its blocks, a place for its words. */
#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>
#include <lv2/worker/worker.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "synth/lv2/lv2.h"

/* --- numbers for URIs: one table for the process ------------------------------------------ */

enum { MOST_URIS = 1 << 16, LONGEST_URI = 4096 };

static struct {
	pthread_mutex_t lock;
	char **uri; /* number n stands at n - 1 */
	uint32_t n;
} urids = {.lock = PTHREAD_MUTEX_INITIALIZER};

static LV2_URID
map(LV2_URID_Map_Handle handle, const char *uri)
{
	(void)handle;
	LV2_URID found = 0;
	pthread_mutex_lock(&urids.lock);
	for (uint32_t i = 0; i < urids.n && !found; i++)
		if (!strcmp(urids.uri[i], uri))
			found = i + 1;
	char *copy = found || urids.n == MOST_URIS || strnlen(uri, LONGEST_URI) == LONGEST_URI ? NULL : strdup(uri);
	char **more = copy ? realloc(urids.uri, (urids.n + 1) * sizeof *more) : NULL;
	if (more) {
		urids.uri = more;
		more[urids.n] = copy;
		found = ++urids.n;
	} else
		free(copy);
	pthread_mutex_unlock(&urids.lock);
	return found;
}

static const char *
unmap(LV2_URID_Unmap_Handle handle, LV2_URID n)
{
	(void)handle;
	pthread_mutex_lock(&urids.lock);
	const char *uri = n && n <= urids.n ? urids.uri[n - 1] : NULL;
	pthread_mutex_unlock(&urids.lock);
	return uri;
}

static LV2_URID_Map the_map = {NULL, map};
static LV2_URID_Unmap the_unmap = {NULL, unmap};

LV2_URID
lv2_urid(const char *uri)
{
	return map(NULL, uri);
}

LV2_URID_Map *
lv2_map(void)
{
	return &the_map;
}

/* --- words: nobody reads them ----------------------------------------------------------------- */

static int
log_vprintf(LV2_Log_Handle handle, LV2_URID type, const char *fmt, va_list ap)
{
	(void)handle, (void)type, (void)fmt, (void)ap;
	return 0;
}

static int
log_printf(LV2_Log_Handle handle, LV2_URID type, const char *fmt, ...)
{
	(void)handle, (void)type, (void)fmt;
	return 0;
}

static LV2_Log_Log the_log = {NULL, log_printf, log_vprintf};

/* --- work ------------------------------------------------------------------------------------------ */

/* Messages one after another: their size, then their bytes, padded. */
struct queue {
	uint8_t *bytes;
	size_t n, room;
};
enum { MOST_WORK = 1 << 24 };

static LV2_Worker_Status
push(struct queue *q, uint32_t size, const void *data)
{
	const size_t whole = sizeof(uint64_t) + (((size_t)size + 7) & ~(size_t)7);
	if (size > MOST_WORK || q->n + whole > MOST_WORK)
		return LV2_WORKER_ERR_NO_SPACE;
	if (q->n + whole > q->room) {
		uint8_t *more = realloc(q->bytes, 2 * (q->n + whole));
		if (!more)
			return LV2_WORKER_ERR_NO_SPACE;
		q->bytes = more;
		q->room = 2 * (q->n + whole);
	}
	const uint64_t n = size;
	memcpy(q->bytes + q->n, &n, sizeof n);
	if (size)
		memcpy(q->bytes + q->n + sizeof n, data, size);
	q->n += whole;
	return LV2_WORKER_SUCCESS;
}

struct lv2_features {
	struct queue asked, answered;
	pthread_mutex_t lock; /* a plug-in may have threads of its own that ask */
	const LV2_Worker_Interface *worker;
	LV2_Handle handle;
	LV2_Worker_Schedule schedule;
	int32_t block, sequence;
	float rate;
	LV2_Options_Option options[8];
	LV2_Feature feature[16];
	const LV2_Feature *list[17];
};

static LV2_Worker_Status
schedule(LV2_Worker_Schedule_Handle handle, uint32_t size, const void *data)
{
	struct lv2_features *f = handle;
	pthread_mutex_lock(&f->lock);
	const LV2_Worker_Status status = push(&f->asked, size, data);
	pthread_mutex_unlock(&f->lock);
	return status;
}

static LV2_Worker_Status
respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void *data)
{
	struct lv2_features *f = handle;
	pthread_mutex_lock(&f->lock);
	const LV2_Worker_Status status = push(&f->answered, size, data);
	pthread_mutex_unlock(&f->lock);
	return status;
}

/* All that stands in q, emptied before it is handed out. */
static struct queue
drain(struct lv2_features *f, struct queue *q)
{
	pthread_mutex_lock(&f->lock);
	const struct queue all = *q;
	*q = (struct queue){0};
	pthread_mutex_unlock(&f->lock);
	return all;
}

static const void *
next(const struct queue *q, size_t *at, uint32_t *size)
{
	if (*at >= q->n)
		return NULL;
	uint64_t n;
	memcpy(&n, q->bytes + *at, sizeof n);
	const void *data = q->bytes + *at + sizeof n;
	*at += sizeof n + (((size_t)n + 7) & ~(size_t)7);
	*size = (uint32_t)n;
	return data;
}

void
lv2_features_work(struct lv2_features *f)
{
	enum { ROUNDS = 64 }; /* work may ask for more work */
	if (!f->worker)
		return;
	for (int round = 0; f->asked.n && round < ROUNDS; round++) {
		struct queue all = drain(f, &f->asked);
		uint32_t size;
		const void *data;
		for (size_t at = 0; (data = next(&all, &at, &size));)
			f->worker->work(f->handle, respond, f, size, data);
		free(all.bytes);
		all = drain(f, &f->answered);
		for (size_t at = 0; (data = next(&all, &at, &size));)
			if (f->worker->work_response)
				f->worker->work_response(f->handle, size, data);
		free(all.bytes);
	}
	if (f->worker->end_run)
		f->worker->end_run(f->handle);
}

/* --- the list ----------------------------------------------------------------------------------------- */

bool
lv2_gives(const char *feature)
{
	static const char *const given[] = {
	    LV2_URID__map, LV2_URID__unmap, LV2_OPTIONS__options, LV2_WORKER__schedule, LV2_LOG__log,
	    LV2_BUF_SIZE__boundedBlockLength, LV2_BUF_SIZE__fixedBlockLength, LV2_BUF_SIZE__powerOf2BlockLength,
	    LV2_BUF_SIZE_PREFIX "coarseBlockLength", LV2_STATE__loadDefaultState, LV2_STATE__threadSafeRestore,
	    LV2_CORE__isLive, LV2_CORE__inPlaceBroken, LV2_CORE__hardRTCapable,
	};
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (!strcmp(feature, given[i]))
			return true;
	return false;
}

bool
lv2_gives_option(const char *option)
{
	static const char *const given[] = {
	    LV2_BUF_SIZE__minBlockLength, LV2_BUF_SIZE__maxBlockLength, LV2_BUF_SIZE_PREFIX "nominalBlockLength",
	    LV2_BUF_SIZE__sequenceSize, LV2_PARAMETERS__sampleRate,
	};
	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (!strcmp(option, given[i]))
			return true;
	return false;
}

static void
set_options(struct lv2_features *f)
{
	const LV2_URID whole = lv2_urid(LV2_ATOM__Int), real = lv2_urid(LV2_ATOM__Float);
	static const char *const lengths[] = {LV2_BUF_SIZE__minBlockLength, LV2_BUF_SIZE__maxBlockLength,
	    LV2_BUF_SIZE_PREFIX "nominalBlockLength", LV2_BUF_SIZE__sequenceSize};
	for (int i = 0; i < 4; i++)
		f->options[i] = (LV2_Options_Option){LV2_OPTIONS_INSTANCE, 0, lv2_urid(lengths[i]), sizeof(int32_t), whole,
		    i < 3 ? &f->block : &f->sequence};
	f->options[4] = (LV2_Options_Option){LV2_OPTIONS_INSTANCE, 0, lv2_urid(LV2_PARAMETERS__sampleRate), sizeof(float), real,
	    &f->rate};
}

struct lv2_features *
lv2_features_new(float rate)
{
	struct lv2_features *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	f->schedule = (LV2_Worker_Schedule){f, schedule};
	f->block = LV2_BLOCK;
	f->sequence = 8192;
	f->rate = rate;
	set_options(f);
	const LV2_Feature all[] = {
	    {LV2_URID__map, &the_map}, {LV2_URID__unmap, &the_unmap}, {LV2_OPTIONS__options, f->options},
	    {LV2_WORKER__schedule, &f->schedule}, {LV2_LOG__log, &the_log}, {LV2_BUF_SIZE__boundedBlockLength, NULL},
	    {LV2_BUF_SIZE__fixedBlockLength, NULL}, {LV2_BUF_SIZE__powerOf2BlockLength, NULL},
	    {LV2_BUF_SIZE_PREFIX "coarseBlockLength", NULL}, {LV2_STATE__loadDefaultState, NULL},
	    {LV2_STATE__threadSafeRestore, NULL},
	};
	const size_t n = sizeof all / sizeof *all;
	_Static_assert(sizeof all / sizeof *all < sizeof f->list / sizeof *f->list, "room for all, and an end");
	memcpy(f->feature, all, sizeof all);
	for (size_t i = 0; i < n; i++)
		f->list[i] = &f->feature[i];
	return f;
}

void
lv2_features_free(struct lv2_features *f)
{
	if (!f)
		return;
	free(f->asked.bytes);
	free(f->answered.bytes);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

const LV2_Feature *const *
lv2_features_list(const struct lv2_features *f)
{
	return f->list;
}

void
lv2_features_tie(struct lv2_features *f, LilvInstance *i)
{
	f->handle = lilv_instance_get_handle(i);
	f->worker = lilv_instance_get_extension_data(i, LV2_WORKER__interface);
	if (f->worker && !f->worker->work)
		f->worker = NULL;
}
