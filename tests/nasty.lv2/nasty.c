/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LV2 plug-ins for tests/lv2.t, which builds them: one that does what no plug-in should
 * (deed), instruments that show what they were told (gate), one that is late.
 */
#include <lv2/atom/atom.h>
#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LATE = 100 };

struct plugin {
	float *port[16];
	LV2_URID_Map *map;
	int held, bend, key;
	float velocity, tempo;
	float line[LATE];
	int at;
	uint64_t blocks;
};

static LV2_Handle
instantiate(const LV2_Descriptor *d, double rate, const char *path, const LV2_Feature *const *f)
{
	(void)rate, (void)path;
	if (strstr(d->URI, "#stillborn"))
		return NULL;
	if (strstr(d->URI, "#miscarried"))
		abort();
	struct plugin *p = calloc(1, sizeof *p);
	for (; *f; f++)
		if (!strcmp((*f)->URI, LV2_URID__map))
			p->map = (*f)->data;
	return p;
}

static void
connect_port(LV2_Handle h, uint32_t port, void *data)
{
	struct plugin *p = h;
	if (port < 16)
		p->port[port] = data;
}

/* Ports: 0 in, 1 out, 2 deed, 3 how likely it is that it is done. */
static void
run_deed(LV2_Handle h, uint32_t n)
{
	struct plugin *p = h;
	volatile int *nowhere = NULL;
	memcpy(p->port[1], p->port[0], n * sizeof(float));
	if (p->blocks++ != 2)
		return;
	switch ((int)*p->port[2]) {
	case 1:
		*nowhere = 1;
		break;
	case 2:
		for (;;)
			usleep(1000);
	case 3:
		for (size_t i = 0;; i++)
			memset(malloc(1 << 20), 1, 1 << 20);
	case 4:
		p->port[1][5] = NAN;
		break;
	case 5:
		printf("a plug-in speaks\n");
		fflush(stdout);
		break;
	case 6:
		exit(3);
	case 7:
		abort();
	case 8: /* not a number, the first time only */
		if (access("/dev/null", F_OK) == 0 && !getenv("NASTY_ONCE")) {
			setenv("NASTY_ONCE", "1", 1);
			p->port[1][5] = NAN;
		}
		break;
	case 9: /* rounds and counts otherwise from here on */
		__builtin_ia32_ldmxcsr(0x7f80);
		break;
	}
}

/* Ports: 0 atoms in, 1 velocity while a note is held, 2 key and bend in semitones, 3 tempo, 4 latency. */
static void
run_gate(LV2_Handle h, uint32_t n)
{
	struct plugin *p = h;
	const LV2_Atom_Sequence *all = (const void *)p->port[0];
	const LV2_URID midi = p->map->map(p->map->handle, LV2_MIDI__MidiEvent);
	const LV2_URID bpm = p->map->map(p->map->handle, LV2_TIME__beatsPerMinute);
	uint32_t at = 0;
	LV2_ATOM_SEQUENCE_FOREACH (all, e) {
		for (; at < n && at < e->time.frames; at++) {
			p->port[1][at] = p->held ? p->velocity : 0;
			p->port[2][at] = (float)p->key + (float)p->bend / 4096;
			p->port[3][at] = p->tempo;
		}
		const uint8_t *m = (const uint8_t *)(e + 1);
		if (e->body.type == midi && lv2_midi_message_type(m) == LV2_MIDI_MSG_NOTE_ON) {
			p->held = 1;
			p->key = m[1];
			p->velocity = (float)m[2] / 127;
		} else if (e->body.type == midi && lv2_midi_message_type(m) == LV2_MIDI_MSG_NOTE_OFF)
			p->held = 0;
		else if (e->body.type == midi && lv2_midi_message_type(m) == LV2_MIDI_MSG_BENDER)
			p->bend = (m[1] | m[2] << 7) - 8192;
		else if (e->body.type != midi) {
			const LV2_Atom *tempo = NULL;
			lv2_atom_object_get((const LV2_Atom_Object *)&e->body, bpm, &tempo, 0);
			p->tempo = tempo ? ((const LV2_Atom_Float *)tempo)->body : 0;
		}
	}
	for (; at < n; at++) {
		p->port[1][at] = p->held ? p->velocity : 0;
		p->port[2][at] = (float)p->key + (float)p->bend / 4096;
		p->port[3][at] = p->tempo;
	}
	if (!p->port[4])
		return;
	*p->port[4] = LATE;
	for (uint32_t i = 0; i < n; i++) {
		const float x = p->line[p->at];
		p->line[p->at] = p->port[1][i];
		p->port[1][i] = x;
		p->at = (p->at + 1) % LATE;
	}
}

/* Ports: 0 in, 1 out, 2 latency. */
static void
run_late(LV2_Handle h, uint32_t n)
{
	struct plugin *p = h;
	*p->port[2] = LATE;
	for (uint32_t i = 0; i < n; i++) {
		p->port[1][i] = p->line[p->at];
		p->line[p->at] = p->port[0][i];
		p->at = (p->at + 1) % LATE;
	}
}

/* Ports: 0 in, 1 out, from 2 on numbers: their sum is heard. */
static void
run_odd(LV2_Handle h, uint32_t n)
{
	struct plugin *p = h;
	float sum = 0;
	for (int i = 2; i < 12; i++)
		sum += *p->port[i];
	for (uint32_t i = 0; i < n; i++)
		p->port[1][i] = sum;
}

static void
cleanup(LV2_Handle h)
{
	free(h);
}

#define PLUGIN(name, run) {"urn:assay:nasty#" name, instantiate, connect_port, NULL, run, NULL, cleanup, NULL}
static const LV2_Descriptor all[] = {
    PLUGIN("deed", run_deed), PLUGIN("stillborn", run_deed), PLUGIN("miscarried", run_deed), PLUGIN("gate", run_gate),
    PLUGIN("lategate", run_gate), PLUGIN("late", run_late), PLUGIN("odd", run_odd), PLUGIN("demanding", run_deed),
};

LV2_SYMBOL_EXPORT const LV2_Descriptor *
lv2_descriptor(uint32_t i)
{
	return i < sizeof all / sizeof *all ? &all[i] : NULL;
}
