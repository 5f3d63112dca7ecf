/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a plug-in's files say of its ports, as a port table. The files are
 * anybody's: numbers may be missing or mad, names may clash.
 */
#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/options/options.h>
#include <lv2/port-groups/port-groups.h>
#include <lv2/port-props/port-props.h>
#include <lv2/resize-port/resize-port.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>
#include <lv2/units/units.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/lv2/lv2.h"

enum { MOST_PORTS = 480, MOST_POINTS = 1024, EVENT_ROOM = 8192, MOST_ROOM = 1 << 24 };

/* Beyond this a limit says nothing to a search. */
#define FAR 1e6f
/* Limits that are parts of the sample rate are shown for this one. */
#define USUAL_RATE 44100

struct reading {
	struct lv2_plugin *p;
	LilvWorld *world;
	struct port *in, *out; /* rows, as they are found */
	int n_in, n_out;
	struct err *err;
};

static bool
is(const struct reading *r, const LilvPort *port, const char *uri)
{
	LilvNode *n = lilv_new_uri(r->world, uri);
	const bool yes = lilv_port_is_a(r->p->lilv, port, n);
	lilv_node_free(n);
	return yes;
}

static bool
has(const struct reading *r, const LilvPort *port, const char *uri)
{
	LilvNode *n = lilv_new_uri(r->world, uri);
	const bool yes = lilv_port_has_property(r->p->lilv, port, n);
	lilv_node_free(n);
	return yes;
}

static LilvNode *
get(const struct reading *r, const LilvPort *port, const char *uri)
{
	LilvNode *n = lilv_new_uri(r->world, uri), *value = lilv_port_get(r->p->lilv, port, n);
	lilv_node_free(n);
	return value;
}

static bool
designated(const struct reading *r, const LilvPort *port, const char *uri)
{
	LilvNode *d = get(r, port, LV2_CORE__designation);
	const bool yes = d && lilv_node_is_uri(d) && !strcmp(lilv_node_as_uri(d), uri);
	lilv_node_free(d);
	return yes;
}

static bool
supports(const struct reading *r, const LilvPort *port, const char *uri)
{
	LilvNode *n = lilv_new_uri(r->world, uri);
	const bool yes = lilv_port_supports_event(r->p->lilv, port, n);
	lilv_node_free(n);
	return yes;
}

/* --- texts ------------------------------------------------------------------------------- */

/* Copied, on one line, cut. */
static char *
line(const char *s, size_t most)
{
	char *copy = strndup(s, most);
	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return copy;
}

static bool
taken(const struct reading *r, bool input, const char *name)
{
	const struct port *rows = input ? r->in : r->out;
	for (int i = 0; i < (input ? r->n_in : r->n_out); i++)
		if (!strcmp(rows[i].name, name))
			return true;
	return false;
}

/* A name as Lua can write it, that no port of the same direction has. Those of sound and note are kept for them. */
static const char *
port_name(const struct reading *r, bool input, const char *symbol)
{
	static const char *const kept[] = {"in", "left", "right", "out", "pitch", "velocity"};
	char name[64];
	size_t n = 0;
	if (*symbol >= '0' && *symbol <= '9')
		name[n++] = '_';
	for (; *symbol && n < 48; symbol++)
		name[n++] = (*symbol >= '0' && *symbol <= '9') || (*symbol >= 'a' && *symbol <= 'z')
		            || (*symbol >= 'A' && *symbol <= 'Z') ? *symbol : '_';
	name[n] = 0;
	if (!n)
		n = strlen(strcpy(name, "port"));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!strcmp(name, kept[i]))
			n = strlen(strcat(name, "_"));
	for (int k = 2; taken(r, input, name); k++)
		snprintf(name + n, sizeof name - n, "_%d", k);
	return strdup(name);
}

static const char *
unit_of(const struct reading *r, const LilvPort *port)
{
	static const struct { const char *uri, *text; } known[] = {
	    {LV2_UNITS__hz, "Hz"}, {LV2_UNITS__khz, "kHz"}, {LV2_UNITS__mhz, "MHz"}, {LV2_UNITS__s, "s"}, {LV2_UNITS__ms, "ms"},
	    {LV2_UNITS__min, "min"}, {LV2_UNITS__db, "dB"}, {LV2_UNITS__pc, "%"}, {LV2_UNITS__semitone12TET, "semitones"},
	    {LV2_UNITS__cent, "cents"}, {LV2_UNITS__oct, "octaves"}, {LV2_UNITS__bpm, "bpm"}, {LV2_UNITS__beat, "beats"},
	    {LV2_UNITS__bar, "bars"}, {LV2_UNITS__degree, "degrees"}, {LV2_UNITS__frame, "frames"}, {LV2_UNITS__m, "m"},
	    {LV2_UNITS__cm, "cm"}, {LV2_UNITS__midiNote, "note"},
	};
	LilvNode *u = get(r, port, LV2_UNITS__unit);
	const char *text = NULL;
	for (size_t i = 0; u && lilv_node_is_uri(u) && i < sizeof known / sizeof *known; i++)
		if (!strcmp(lilv_node_as_uri(u), known[i].uri))
			text = known[i].text;
	lilv_node_free(u);
	return text;
}

/* --- numbers ------------------------------------------------------------------------------- */

static bool
sane(float x)
{
	return isfinite(x) && fabsf(x) <= FAR;
}

/* Range and default of a control, whatever its files say: finite, ordered, default within. */
static void
read_range(const struct reading *r, const LilvPort *port, struct lv2_port *q)
{
	LilvNode *node[3] = {0}; /* def, min, max */
	float x[3];
	lilv_port_get_range(r->p->lilv, port, &node[0], &node[1], &node[2]);
	for (int i = 0; i < 3; i++) {
		x[i] = node[i] && (lilv_node_is_float(node[i]) || lilv_node_is_int(node[i])) ? lilv_node_as_float(node[i])
		     : node[i] && lilv_node_is_bool(node[i]) ? (float)lilv_node_as_bool(node[i]) : NAN;
		lilv_node_free(node[i]);
	}
	const bool toggled = has(r, port, LV2_CORE__toggled);
	q->of_rate = has(r, port, LV2_CORE__sampleRate);
	if (q->of_rate) /* the default is a number of Hz, says the specification; plug-ins differ */
		for (int i = 1; i < 3; i++)
			x[i] *= USUAL_RATE;
	float min = x[1], max = x[2], def = x[0];
	if (!sane(min))
		min = min < 0 ? -FAR : sane(def) && def < 0 ? def : 0;
	if (!sane(max))
		max = max > 0 ? FAR : toggled || !(min >= 1) ? 1 : min;
	if (min > max) {
		const float t = min;
		min = max;
		max = t;
	}
	if (isnan(def))
		def = min;
	q->min = min;
	q->max = max;
	q->def = def < min ? min : def > max ? max : def;
	q->whole = has(r, port, LV2_CORE__integer);
}

struct point {
	float value;
	char *label;
};

static int
by_value(const void *pa, const void *pb)
{
	const struct point *a = pa, *b = pb;
	return (a->value > b->value) - (a->value < b->value);
}

static const char *const off_on[] = {"off", "on", NULL};
static const float zero_one[] = {0, 1};

/* The names of a choice, each once. NULL if it is none. */
static const char *const *
read_points(const struct reading *r, const LilvPort *port, struct lv2_port *q)
{
	if (has(r, port, LV2_CORE__toggled)) {
		q->points = zero_one;
		q->n_points = 2;
		return off_on;
	}
	LilvScalePoints *all = has(r, port, LV2_CORE__enumeration) ? lilv_port_get_scale_points(r->p->lilv, port) : NULL;
	const size_t most = all ? lilv_scale_points_size(all) : 0;
	struct point *point = most && most <= MOST_POINTS ? calloc(most, sizeof *point) : NULL;
	size_t n = 0;
	if (point)
		LILV_FOREACH (scale_points, i, all) {
			const LilvScalePoint *s = lilv_scale_points_get(all, i);
			const LilvNode *value = lilv_scale_point_get_value(s), *label = lilv_scale_point_get_label(s);
			const float x = value && (lilv_node_is_float(value) || lilv_node_is_int(value)) ? lilv_node_as_float(value) : NAN;
			char number[32];
			snprintf(number, sizeof number, "%.9g", (double)x);
			const char *text = label && lilv_node_is_literal(label) ? lilv_node_as_string(label) : number;
			if (isfinite(x))
				point[n++] = (struct point){x, line(*text ? text : number, 60)};
		}
	lilv_scale_points_free(all);
	float *values = calloc(n + 1, sizeof *values);
	const char **names = calloc(n + 1, sizeof *names);
	if (n < 2 || !values || !names) {
		for (size_t i = 0; i < n; i++)
			free(point[i].label);
		return free(point), free(values), free(names), NULL;
	}
	qsort(point, n, sizeof *point, by_value);
	for (size_t i = 0; i < n; i++) {
		bool twice = false;
		for (size_t k = 0; k < n; k++)
			twice |= k != i && point[k].label && point[i].label && !strcmp(point[k].label, point[i].label);
		values[i] = point[i].value;
		char text[96];
		snprintf(text, sizeof text, "%s (%.9g)", point[i].label ? point[i].label : "", (double)point[i].value);
		names[i] = twice || !point[i].label ? strdup(text) : point[i].label;
	}
	for (size_t i = 0; i < n; i++)
		if (names[i] != point[i].label)
			free(point[i].label);
	free(point);
	q->points = values;
	q->n_points = (int)n;
	return names;
}

/* --- rows of the table ------------------------------------------------------------------------- */

static int
add_row(struct reading *r, struct port row)
{
	if (row.dir == PORT_IN) {
		r->in[r->n_in] = row;
		return r->n_in++;
	}
	r->out[r->n_out] = row;
	return r->n_out++;
}

static const char *
help_of(const struct reading *r, const LilvPort *port)
{
	LilvNode *name = lilv_port_get_name(r->p->lilv, port);
	const char *text = line(name && lilv_node_is_string(name) ? lilv_node_as_string(name) : "", 80);
	lilv_node_free(name);
	return text;
}

static void
add_value(struct reading *r, const LilvPort *port, struct lv2_port *q)
{
	const char *symbol = lilv_node_as_string(lilv_port_get_symbol(r->p->lilv, port));
	read_range(r, port, q);
	struct port row = {PORT_IN, port_name(r, true, symbol), RATE_CONTROL, q->def, q->min, q->max, SCALE_LINEAR,
	    NULL, unit_of(r, port), NULL, help_of(r, port)};
	row.choices = read_points(r, port, q);
	if (row.choices) {
		int nearest = 0;
		for (int i = 1; i < q->n_points; i++)
			if (fabsf(q->points[i] - q->def) < fabsf(q->points[nearest] - q->def))
				nearest = i;
		row.scale = SCALE_CHOICE;
		row.rate = RATE_FIXED;
		row.def = (float)nearest;
		row.min = 0;
		row.max = (float)(q->n_points - 1);
		row.unit = NULL;
	} else if (has(r, port, LV2_PORT_PROPS__logarithmic) && q->min > 0)
		row.scale = SCALE_LOG;
	if (!row.unit && q->of_rate)
		row.unit = "Hz";
	q->at = add_row(r, row);
}

/* Sound ports of one direction, those of a side chain last: one is `single`, the first of more are left and right. */
static void
add_sounds(struct reading *r, bool input, const char *single)
{
	const struct lv2_plugin *p = r->p;
	const char *main_kind = input ? LV2_CORE__InputPort : LV2_CORE__OutputPort;
	int n_main = 0, seen = 0;
	for (int pass = 0; pass < 3; pass++) /* count, the main ones, the others */
		for (uint32_t i = 0; i < p->n_ports; i++) {
			struct lv2_port *q = &p->ports[i];
			const LilvPort *port = lilv_plugin_get_port_by_index(p->lilv, i);
			if (q->kind != (input ? LV2_SOUND : LV2_HEARD) || !is(r, port, main_kind))
				continue;
			const bool audio = is(r, port, LV2_CORE__AudioPort);
			const bool aside = !audio || has(r, port, LV2_CORE_PREFIX "isSideChain");
			if (pass == 0) {
				n_main += !aside;
				continue;
			}
			if (aside != (pass == 2))
				continue;
			const char *symbol = lilv_node_as_string(lilv_port_get_symbol(p->lilv, port));
			const bool main = !aside && !(input && p->instrument);
			const char *name = !main ? NULL : n_main == 1 ? single : seen == 0 ? "left" : seen == 1 ? "right" : NULL;
			struct port row = {input ? PORT_IN : PORT_OUT, name ? name : port_name(r, input, symbol), RATE_AUDIO, 0, -1, 1,
			    SCALE_LINEAR, NULL, NULL, NULL, help_of(r, port)};
			if (input && !audio) { /* a voltage has a range, and perhaps rests elsewhere than at 0 */
				read_range(r, port, q);
				row.def = q->def;
				row.min = q->min;
				row.max = q->max;
			}
			seen += !aside;
			q->at = add_row(r, row);
		}
}

/* --- kinds ------------------------------------------------------------------------------------ */

static uint32_t
room_for(const struct reading *r, const LilvPort *port)
{
	LilvNode *n = get(r, port, LV2_RESIZE_PORT__minimumSize);
	const int wanted = n && lilv_node_is_int(n) ? lilv_node_as_int(n) : 0;
	lilv_node_free(n);
	return wanted > MOST_ROOM ? 0 : wanted > EVENT_ROOM ? ((uint32_t)wanted + 7) & ~7u : EVENT_ROOM;
}

/* What a port is, or -1: nothing that we can tie anything to. */
static int
find_kind(const struct reading *r, const LilvPort *port, struct lv2_port *q)
{
	const bool input = is(r, port, LV2_CORE__InputPort), output = is(r, port, LV2_CORE__OutputPort);
	*q = (struct lv2_port){.kind = LV2_UNTIED, .at = LV2_NOWHERE};
	if (input == output)
		return -1;
	if (is(r, port, LV2_CORE__AudioPort) || is(r, port, LV2_CORE__CVPort))
		q->kind = input ? LV2_SOUND : LV2_HEARD;
	else if (is(r, port, LV2_CORE__ControlPort)) {
		q->kind = input ? LV2_VALUE : LV2_SHOWN;
		if (output && (designated(r, port, LV2_CORE__latency) || has(r, port, LV2_CORE__reportsLatency)))
			q->kind = LV2_LATENCY;
		if (input && designated(r, port, LV2_TIME__beatsPerMinute))
			q->kind = LV2_TEMPO;
	} else if (is(r, port, LV2_ATOM__AtomPort)) {
		q->kind = input ? LV2_EVENTS : LV2_TOLD;
		q->notes = input && supports(r, port, LV2_MIDI__MidiEvent);
		q->place = input && supports(r, port, LV2_TIME__Position);
		if (!(q->room = room_for(r, port)))
			return -1;
	} else
		return has(r, port, LV2_CORE__connectionOptional) ? 0 : -1;
	return 0;
}

static int
refuse_features(const struct reading *r)
{
	LilvNodes *all = lilv_plugin_get_required_features(r->p->lilv);
	int status = 0;
	LILV_FOREACH (nodes, i, all) {
		const char *uri = lilv_node_as_string(lilv_nodes_get(all, i));
		if (status == 0 && !lv2_gives(uri))
			status = err_set(r->err, "%s: it requires <%.200s>, which is not given here", r->p->name, uri);
		r->p->default_state |= !strcmp(uri, LV2_STATE__loadDefaultState);
	}
	lilv_nodes_free(all);
	LilvNode *option = lilv_new_uri(r->world, LV2_OPTIONS__requiredOption);
	all = lilv_plugin_get_value(r->p->lilv, option);
	LILV_FOREACH (nodes, i, all) {
		const char *uri = lilv_node_as_string(lilv_nodes_get(all, i));
		if (status == 0 && !lv2_gives_option(uri))
			status = err_set(r->err, "%s: it requires the option <%.200s>, which is not given here", r->p->name, uri);
	}
	lilv_nodes_free(all);
	lilv_node_free(option);
	return status;
}

/* The rows: sound first, so that it may stand without a name; then the note, then the knobs. */
static int
make_table(struct reading *r)
{
	struct lv2_plugin *p = r->p;
	/* an instrument may hear sound too, but does not wait for it */
	const char *class = lilv_node_as_uri(lilv_plugin_class_get_uri(lilv_plugin_get_class(p->lilv)));
	bool hears = false;
	for (uint32_t i = 0; i < p->n_ports; i++)
		hears |= p->ports[i].kind == LV2_SOUND;
	p->instrument = p->notes && (!hears || (class && !strcmp(class, LV2_CORE__InstrumentPlugin)));
	add_sounds(r, true, "in");
	add_sounds(r, false, "out");
	p->pitch = p->velocity = LV2_NOWHERE;
	if (p->instrument) {
		p->pitch = add_row(r, (struct port){PORT_IN, "pitch", RATE_CONTROL, 69, -128, 256, SCALE_LINEAR, NULL, "note",
		                          "note.pitch", "MIDI note number, the nearest is played and bent"});
		p->velocity = add_row(r, (struct port){PORT_IN, "velocity", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, NULL, NULL,
		                             "note.velocity", "of the note, when it begins"});
	}
	for (uint32_t i = 0; i < p->n_ports; i++) {
		const LilvPort *port = lilv_plugin_get_port_by_index(p->lilv, i);
		struct lv2_port *q = &p->ports[i];
		if (q->kind != LV2_VALUE)
			continue;
		if (designated(r, port, LV2_CORE__freeWheeling))
			q->def = q->min = q->max = 1; /* nobody waits for us: take the time it takes */
		else
			add_value(r, port, q);
	}
	memcpy(p->table, r->in, (size_t)r->n_in * sizeof *r->in);
	memcpy(p->table + r->n_in, r->out, (size_t)r->n_out * sizeof *r->out); /* the zeroed row after them is PORT_END */
	return r->n_out ? 0 : err_set(r->err, "%s: it has no sound output", p->name);
}

_Static_assert(PORT_END == 0, "a zeroed row ends a table");

int
lv2_describe(struct lv2_plugin *p, struct err *err)
{
	struct reading r = {.p = p, .world = lv2_world(), .err = err};
	if (refuse_features(&r) < 0)
		return -1;
	p->n_ports = lilv_plugin_get_num_ports(p->lilv);
	if (p->n_ports > MOST_PORTS)
		return err_set(err, "%s: it has %u ports; at most %d are handled", p->name, p->n_ports, MOST_PORTS);
	p->ports = calloc(p->n_ports + 1, sizeof *p->ports);
	r.in = calloc(p->n_ports + 3, sizeof *r.in);
	r.out = calloc(p->n_ports + 1, sizeof *r.out);
	p->table = calloc(p->n_ports + 3, sizeof *p->table);
	int status = p->ports && r.in && r.out && p->table ? 0 : err_set(err, "out of memory");
	for (uint32_t i = 0; i < p->n_ports && status == 0; i++) {
		const LilvPort *port = lilv_plugin_get_port_by_index(p->lilv, i);
		if (find_kind(&r, port, &p->ports[i]) < 0)
			status = err_set(err, "%s: port '%.60s' is of a kind that is not known here", p->name,
			    lilv_node_as_string(lilv_port_get_symbol(p->lilv, port)));
		p->notes |= p->ports[i].notes;
		p->has_latency |= p->ports[i].kind == LV2_LATENCY;
	}
	if (status == 0)
		status = make_table(&r);
	free(r.in);
	free(r.out);
	return status;
}
