/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LV2 plug-ins as modules, "lv2:URI". Nothing of a plug-in runs before a sound is made. */
#include <lv2/core/lv2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/confine.h"
#include "synth/lv2/lv2.h"
#include "synth/registry.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LilvWorld *world;

void
lv2_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
lv2_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

LilvWorld *
lv2_world(void)
{
	if (world || !(world = lilv_world_new()))
		return world;
	/* descriptions that are code would be run to be read */
	LilvNode *no = lilv_new_bool(world, false);
	lilv_world_set_option(world, LILV_OPTION_DYN_MANIFEST, no);
	lilv_node_free(no);
	lilv_world_load_all(world);
	return world;
}

static const LilvPlugin *
find(const char *uri, struct err *err)
{
	if (!lv2_world())
		return err_set(err, "out of memory"), NULL;
	LilvNode *node = strchr(uri, ':') ? lilv_new_uri(world, uri) : NULL;
	const LilvPlugin *found = node ? lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), node) : NULL;
	lilv_node_free(node);
	if (!found && confine_done())
		err_set(err, "LV2 plug-in '%.300s': this process is confined, and loads none", uri);
	else if (!found)
		err_set(err, "there is no LV2 plug-in '%.300s' on this machine", uri);
	return found;
}

static int
make(struct lv2_plugin *p, struct module_set *made, struct err *err)
{
	static const struct lv2_lanes *const lanes[] = {&lv2_lanes_scalar, &lv2_lanes_sse, &lv2_lanes_avx2, &lv2_lanes_avx512};
	p->lilv = find(p->uri, err);
	if (!p->lilv || lv2_describe(p, err) < 0)
		return -1;
	struct module *m = calloc(REGISTRY_ISAS, sizeof *m);
	if (!m)
		return err_set(err, "out of memory");
	LilvNode *title = lilv_plugin_get_name(p->lilv);
	char *help = strdup(title && lilv_node_is_string(title) ? lilv_node_as_string(title) : p->uri);
	lilv_node_free(title);
	for (int k = 0; k < REGISTRY_ISAS; k++) {
		m[k] = (struct module){
			.name = p->name, .group = "lv2", .help = help ? help : p->uri, .ports = p->table, .guest = p,
			.flags = MODULE_AUDIO | MODULE_GUEST | (p->instrument ? MODULE_VOICE | MODULE_ENVELOPE : 0),
			.state = lanes[k]->state, .init = lanes[k]->init, .run = lanes[k]->run, .release = lanes[k]->release,
			.latency = p->has_latency && !p->instrument ? lanes[k]->latency : NULL,
		};
		made->isa[k] = &m[k];
	}
	return 0;
}

static struct lv2_plugin *asked; /* locked */

static int
load(const char *name, struct module_set *made, struct err *err)
{
	lv2_lock();
	struct lv2_plugin *p = asked;
	while (p && strcmp(p->name, name))
		p = p->next;
	int status = 0;
	if (!p && (!(p = calloc(1, sizeof *p)) || !(p->name = strdup(name)))) {
		free(p);
		status = err_set(err, "out of memory");
	} else if (!p->uri) {
		p->uri = p->name + strlen("lv2:");
		p->next = asked;
		asked = p;
		make(p, made, &p->refused);
	}
	if (p && *p->refused.text)
		status = err_set(err, "%s", p->refused.text);
	lv2_unlock();
	return status;
}

/* Whether it has an output that can be heard: many plug-ins only change MIDI. Locked. */
static bool
sounds(const LilvPlugin *p)
{
	LilvNode *out = lilv_new_uri(world, LV2_CORE__OutputPort), *audio = lilv_new_uri(world, LV2_CORE__AudioPort),
	         *cv = lilv_new_uri(world, LV2_CORE__CVPort);
	const bool yes = lilv_plugin_get_num_ports_of_class(p, out, audio, NULL)
	               || lilv_plugin_get_num_ports_of_class(p, out, cv, NULL);
	lilv_node_free(out);
	lilv_node_free(audio);
	lilv_node_free(cv);
	return yes;
}

static void
list(void (*each)(const char *name, void *user), void *user)
{
	lv2_lock();
	const LilvPlugins *all = lv2_world() ? lilv_world_get_all_plugins(world) : NULL;
	const size_t n = all ? lilv_plugins_size(all) : 0;
	char **names = calloc(n ? n : 1, sizeof *names);
	size_t k = 0;
	LILV_FOREACH (plugins, i, all) {
		const LilvPlugin *p = lilv_plugins_get(all, i);
		const char *uri = lilv_node_as_uri(lilv_plugin_get_uri(p));
		if (names && k < n && sounds(p) && (names[k] = malloc(strlen(uri) + sizeof "lv2:")))
			strcat(strcpy(names[k++], "lv2:"), uri);
	}
	lv2_unlock();
	/* each() may load what it is told of */
	for (size_t i = 0; i < k; i++) {
		each(names[i], user);
		free(names[i]);
	}
	free(names);
}

const struct module_source source_lv2 = {.prefix = "lv2:", .load = load, .list = list};
