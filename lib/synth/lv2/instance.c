/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One plug-in at work: made, tied to its ports, told of its note, run block by block. */
#include <dlfcn.h>
#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/midi/midi.h>
#include <lv2/time/time.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/guard.h"
#include "synth/lv2/lv2.h"

/* A plug-in's library stays once it was needed: some leave threads behind, all cost time to load. Locked. */
static void
keep_library(const LilvPlugin *p)
{
	char *path = lilv_node_get_path(lilv_plugin_get_library_uri(p), NULL);
	if (path) {
		void *library = dlopen(path, RTLD_NOW | RTLD_NODELETE);
		if (library)
			dlclose(library);
	}
	lilv_free(path);
}

/* The state that the plug-in's files describe. Numbers of ports are the patch's. Locked. */
static void
restore(struct lv2_instance *i)
{
	LilvState *state = lilv_state_new_from_world(lv2_world(), lv2_map(), lilv_plugin_get_uri(i->plugin->lilv));
	if (state)
		lilv_state_restore(state, i->lilv, NULL, NULL, 0, lv2_features_list(i->features));
	lilv_state_free(state);
}

static void
connect(struct lv2_instance *i)
{
	const struct lv2_plugin *p = i->plugin;
	float *sound = i->sound;
	for (uint32_t k = 0; k < p->n_ports; k++) {
		const struct lv2_port *q = &p->ports[k];
		void *to = NULL;
		switch (q->kind) {
		case LV2_SOUND:
		case LV2_HEARD:
			to = sound;
			if (q->at >= 0)
				*(q->kind == LV2_SOUND ? &i->in[q->at] : &i->out[q->at]) = sound;
			sound += LV2_BLOCK;
			break;
		case LV2_VALUE:
			i->value[k] = q->def;
			if (q->at >= 0)
				i->in[q->at] = &i->value[k];
			to = &i->value[k];
			break;
		case LV2_TEMPO:
			i->value[k] = 120;
			to = &i->value[k];
			break;
		case LV2_LATENCY:
		case LV2_SHOWN:
			to = &i->value[k];
			break;
		case LV2_EVENTS:
		case LV2_TOLD:
			to = i->events[k];
			break;
		case LV2_UNTIED:
			break;
		}
		lilv_instance_connect_port(i->lilv, k, to);
	}
}

/* Memory for all ports. -1: there is none. */
static int
get_memory(struct lv2_instance *i)
{
	const struct lv2_plugin *p = i->plugin;
	const size_t n = p->n_ports;
	i->sound = aligned_alloc(64, (n + 1) * LV2_BLOCK * sizeof(float));
	i->value = calloc(n + 1, sizeof *i->value);
	i->events = calloc(n + 1, sizeof *i->events);
	i->in = calloc(n + 3, sizeof *i->in);
	i->out = calloc(n + 1, sizeof *i->out);
	if (!i->sound || !i->value || !i->events || !i->in || !i->out || !(i->features = lv2_features_new(i->rate)))
		return -1;
	memset(i->sound, 0, (n + 1) * LV2_BLOCK * sizeof(float));
	for (size_t k = 0; k < n; k++)
		if (p->ports[k].room && !(i->events[k] = calloc(1, p->ports[k].room)))
			return -1;
	return 0;
}

struct lv2_instance *
lv2_instance_new(struct lv2_plugin *p, float rate, struct err *err)
{
	struct lv2_instance *i = calloc(1, sizeof *i);
	if (!i)
		return err_set(err, "out of memory"), NULL;
	i->plugin = p;
	i->rate = rate;
	i->tempo = 120;
	i->midi = lv2_urid(LV2_MIDI__MidiEvent);
	lv2_atom_forge_init(&i->forge, lv2_map());
	if (get_memory(i) < 0)
		return err_set(err, "out of memory"), lv2_instance_free(i), NULL;
	lv2_lock();
	if ((i->lilv = lilv_plugin_instantiate(p->lilv, (double)rate, lv2_features_list(i->features)))) {
		keep_library(p->lilv);
		lv2_features_tie(i->features, i->lilv);
		connect(i);
		if (p->default_state)
			restore(i);
		lilv_instance_activate(i->lilv);
		lv2_features_work(i->features);
	}
	lv2_unlock();
	if (!i->lilv)
		return err_set(err, "module %s: the plug-in does not start at %.0f Hz", p->name, (double)rate),
		       lv2_instance_free(i), NULL;
	return i;
}

static void
destroy(struct lv2_instance *i)
{
	if (i->lilv)
		lilv_instance_free(i->lilv);
	for (size_t k = 0; i->events && k < i->plugin->n_ports; k++)
		free(i->events[k]);
	lv2_features_free(i->features);
	free(i->events);
	free(i->sound);
	free(i->value);
	free(i->in);
	free(i->out);
	free(i);
}

/* Some plug-ins have threads that go on writing into an instance that was ended (padthv1 makes its tables
   so). So an instance rests first, until as many others have come to rest. */
enum { RESTING = 32 };
static struct lv2_instance *resting[RESTING]; /* locked */
static size_t n_rested;

void
lv2_instance_free(struct lv2_instance *i)
{
	if (!i)
		return;
	if (!i->lilv) {
		destroy(i);
		return;
	}
	lv2_lock();
	lilv_instance_deactivate(i->lilv);
	struct lv2_instance **place = &resting[n_rested++ % RESTING];
	if (*place)
		destroy(*place);
	*place = i;
	lv2_unlock();
}

uint32_t
lv2_instance_latency(const struct lv2_instance *i)
{
	for (uint32_t k = 0; k < i->plugin->n_ports; k++)
		if (i->plugin->ports[k].kind == LV2_LATENCY) {
			const float x = i->value[k];
			return x >= 1 && x <= i->rate * 10 ? (uint32_t)(x + 0.5f) : 0; /* more than ten seconds is a mistake */
		}
	return 0;
}

uint32_t
lv2_latency(struct lv2_plugin *p, float rate)
{
	lv2_lock();
	for (int k = 0; k < p->n_latency; k++)
		if (p->latency[k].rate == rate) {
			const uint32_t frames = p->latency[k].frames;
			return lv2_unlock(), frames;
		}
	lv2_unlock();
	guard_enter(p->name);
	struct lv2_instance *i = lv2_instance_new(p, rate, NULL);
	if (i)
		lv2_instance_run(i, 69);
	const uint32_t frames = i ? lv2_instance_latency(i) : 0;
	lv2_instance_free(i);
	guard_leave();
	lv2_lock();
	if (p->n_latency < (int)(sizeof p->latency / sizeof *p->latency)) {
		p->latency[p->n_latency].rate = rate;
		p->latency[p->n_latency++].frames = frames;
	}
	lv2_unlock();
	return frames;
}

uint32_t
lv2_instance_lead(struct lv2_instance *i)
{
	const uint32_t late = lv2_latency((struct lv2_plugin *)i->plugin, i->rate), rest = late % LV2_BLOCK;
	const uint32_t wait = rest ? LV2_BLOCK - rest : 0;
	i->note.on += wait;
	i->note.off += wait;
	return (late + wait) / LV2_BLOCK;
}

/* --- a block ---------------------------------------------------------------------------------- */

static void
send(struct lv2_instance *i, int64_t frame, uint8_t a, int b, int c)
{
	LV2_Atom_Forge *f = &i->forge;
	const uint8_t message[] = {a, (uint8_t)(b & 127), (uint8_t)(c & 127)};
	lv2_atom_forge_frame_time(f, frame);
	lv2_atom_forge_atom(f, sizeof message, i->midi);
	lv2_atom_forge_write(f, message, sizeof message);
}

/* Four quarters to a bar, from the first frame on. */
static void
send_place(struct lv2_instance *i)
{
	LV2_Atom_Forge *f = &i->forge;
	LV2_Atom_Forge_Frame object;
	lv2_atom_forge_frame_time(f, 0);
	lv2_atom_forge_object(f, &object, 0, lv2_urid(LV2_TIME__Position));
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__frame));
	lv2_atom_forge_long(f, i->frame);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__speed));
	lv2_atom_forge_float(f, 1);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__bar));
	lv2_atom_forge_long(f, 0);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__barBeat));
	lv2_atom_forge_float(f, 0);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__beatUnit));
	lv2_atom_forge_int(f, 4);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__beatsPerBar));
	lv2_atom_forge_float(f, 4);
	lv2_atom_forge_key(f, lv2_urid(LV2_TIME__beatsPerMinute));
	lv2_atom_forge_float(f, i->tempo);
	lv2_atom_forge_pop(f, &object);
}

/* What happens within this block, to a port that takes MIDI. */
static void
send_note(struct lv2_instance *i, float pitch)
{
	const bool begins = i->note.on >= i->frame && i->note.on < i->frame + LV2_BLOCK;
	if (begins)
		i->key = pitch >= 0 && pitch <= 127 ? (int)(pitch + 0.5f) : pitch > 0 ? 127 : 0;
	/* two semitones either way: what MIDI devices take for granted */
	const float away = fminf(fmaxf(pitch - (float)i->key, -2), 2) * 4096;
	const int bend = (int)fminf(floorf(away + 0.5f), 8191);
	if (bend != i->bend) { /* before the note of this block */
		send(i, 0, LV2_MIDI_MSG_BENDER, (bend + 8192) & 127, (bend + 8192) >> 7);
		i->bend = bend;
	}
	if (begins) {
		const int velocity = (int)(i->note.velocity * 127 + 0.5f);
		send(i, i->note.on - i->frame, LV2_MIDI_MSG_NOTE_ON, i->key, velocity < 1 ? 1 : velocity > 127 ? 127 : velocity);
	}
	if (i->note.off >= i->frame && i->note.off < i->frame + LV2_BLOCK)
		send(i, i->note.off - i->frame, LV2_MIDI_MSG_NOTE_OFF, i->key, 0);
}

static void
write_events(struct lv2_instance *i, float pitch)
{
	const struct lv2_plugin *p = i->plugin;
	LV2_Atom_Forge *f = &i->forge;
	bool told = false;
	for (uint32_t k = 0; k < p->n_ports; k++) {
		const struct lv2_port *q = &p->ports[k];
		if (q->kind == LV2_TOLD) { /* how much room there is */
			const LV2_Atom room = {q->room - (uint32_t)sizeof room, i->forge.Chunk};
			memcpy(i->events[k], &room, sizeof room);
		}
		if (q->kind != LV2_EVENTS)
			continue;
		LV2_Atom_Forge_Frame all;
		lv2_atom_forge_set_buffer(f, i->events[k], q->room);
		lv2_atom_forge_sequence_head(f, &all, 0);
		if (q->place && i->frame == 0)
			send_place(i);
		if (q->notes && i->note.is && !told)
			send_note(i, pitch);
		told |= q->notes; /* of several ports the first */
		lv2_atom_forge_pop(f, &all);
	}
}

void
lv2_instance_run(struct lv2_instance *i, float pitch)
{
	const struct lv2_plugin *p = i->plugin;
	for (uint32_t k = 0; k < p->n_ports; k++)
		if (p->ports[k].kind == LV2_TEMPO)
			i->value[k] = i->tempo;
	write_events(i, pitch);
	lilv_instance_run(i->lilv, LV2_BLOCK);
	lv2_features_work(i->features);
	i->frame += LV2_BLOCK;
}
