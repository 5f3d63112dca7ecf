/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faust's controls as ports. A slider is a knob with its range, unit and scale;
 * a number entry with whole steps counts; a menu, radio or check box is a choice.
 * Where there is a gate, or no input, the program is an instrument: its freq is
 * the port pitch, and pitch, gain and gate follow the note.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/faust/faust.h"

enum { MENU = 64, LABEL = 64, LOWEST_PITCH = 500 }; /* Hz: a freq that ends below is no note's */

/* A control as Faust tells of it. */
struct told {
	char label[LABEL], group[LABEL], unit[16], style[1024], help[160];
	float *zone, init, min, max, step;
	bool log, button, box;
};

struct teller {
	struct told *told;
	size_t n;
	bool many;
	struct told next; /* what declare() has said of the control that comes */
	char group[16][LABEL];
	int depth;
};

/* --- what the program tells ------------------------------------------------------------- */

static void
declare(void *user, float *zone, const char *key, const char *value)
{
	struct teller *t = user;
	struct told *q = &t->next;
	if (!zone)
		return;
	if (!strcmp(key, "unit"))
		snprintf(q->unit, sizeof q->unit, "%.15s", value);
	else if (!strcmp(key, "scale"))
		q->log = !strcmp(value, "log");
	else if (!strcmp(key, "style"))
		snprintf(q->style, sizeof q->style, "%.1000s", value);
	else if (!strcmp(key, "tooltip"))
		snprintf(q->help, sizeof q->help, "%.150s", value);
}

static void
open_box(void *user, const char *label)
{
	struct teller *t = user;
	if (t->depth < 16)
		snprintf(t->group[t->depth], LABEL, "%.60s", t->depth ? label : ""); /* the outermost is the program */
	t->depth++;
}

static void
close_box(void *user)
{
	((struct teller *)user)->depth--;
}

static void
tell(struct teller *t, const char *label, float *zone, float init, float min, float max, float step)
{
	struct told q = t->next;
	t->next = (struct told){.zone = NULL};
	if (t->n == FAUST_CONTROLS) {
		t->many = true;
		return;
	}
	snprintf(q.label, sizeof q.label, "%.60s", label);
	const int group = t->depth < 16 ? t->depth - 1 : 15;
	snprintf(q.group, sizeof q.group, "%.60s", group > 0 ? t->group[group] : "");
	q.zone = zone;
	q.init = init;
	q.min = min;
	q.max = max;
	q.step = step;
	t->told[t->n++] = q;
}

static void
add_button(void *user, const char *label, float *zone)
{
	((struct teller *)user)->next.button = true;
	tell(user, label, zone, 0, 0, 1, 1);
}

static void
add_box(void *user, const char *label, float *zone)
{
	((struct teller *)user)->next.box = true;
	tell(user, label, zone, 0, 0, 1, 1);
}

static void
add_slider(void *user, const char *label, float *zone, float init, float min, float max, float step)
{
	tell(user, label, zone, init, min, max, 0 * step);
}

static void
add_entry(void *user, const char *label, float *zone, float init, float min, float max, float step)
{
	tell(user, label, zone, init, min, max, step);
}

static void
add_bar(void *user, const char *label, float *zone, float min, float max)
{
	(void)label, (void)zone, (void)min, (void)max;
	((struct teller *)user)->next = (struct told){.zone = NULL};
}

/* --- ports ------------------------------------------------------------------------------ */

/* A label as a name: "Cut off (Hz)" is cut_off_hz. */
static void
as_word(const char *label, char word[LABEL])
{
	size_t n = 0;
	for (; *label && n < 30; label++)
		if (isalnum((unsigned char)*label))
			word[n++] = (char)tolower((unsigned char)*label);
		else if (n && word[n - 1] != '_')
			word[n++] = '_';
	while (n && word[n - 1] == '_')
		n--;
	word[n] = 0;
	if (!n || isdigit((unsigned char)*word)) {
		memmove(word + 1, word, n + 1);
		*word = 'p';
	}
}

static bool
has_name(const struct port *ports, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(ports[i].name, name))
			return true;
	return false;
}

/* One that no port before it has; sounds keep theirs. */
static char *
own_name(const struct port *ports, size_t n, const struct told *q)
{
	char word[LABEL], group[LABEL], name[2 * LABEL + 16];
	as_word(q->label, word);
	as_word(q->group, group);
	snprintf(name, sizeof name, "%s", word);
	const bool sound = !strcmp(word, "in") || !strcmp(word, "left") || !strcmp(word, "right");
	if (*q->group && (sound || has_name(ports, n, name)))
		snprintf(name, sizeof name, "%.20s_%.19s", group, word);
	for (int k = 2; k < 1000 && ((sound && !*q->group && k == 2) || has_name(ports, n, name)); k++)
		snprintf(name, sizeof name, "%.36s_%d", word, k);
	return strdup(name);
}

/* "menu{'sine':0;'saw':1}": names and values; 0 if it is no such list, or a value is out of range. */
static size_t
read_menu(const struct told *q, char ***names, float **values)
{
	const char *s = strchr(q->style, '{');
	size_t n = 0;
	if (!s || (strncmp(q->style, "menu", 4) && strncmp(q->style, "radio", 5)))
		return 0;
	*names = calloc(MENU + 1, sizeof **names);
	*values = calloc(MENU, sizeof **values);
	for (s++; *names && *values && n < MENU; n++) {
		s += strspn(s, " ;");
		const char *from = s + 1, *to = *s == '\'' ? strchr(from, '\'') : NULL;
		if (!to || to == from)
			break;
		char *end;
		s = to + 1 + strspn(to + 1, " :");
		const float x = strtof(s, &end);
		if (end == s || !(x >= q->min && x <= q->max) || !((*names)[n] = strndup(from, (size_t)(to - from))))
			return 0;
		(*values)[n] = x;
		s = end;
	}
	return n;
}

static void
set_port(struct port *p, const char *name, const char *from, float def, float min, float max, const char *unit, const char *help)
{
	*p = (struct port){.dir = PORT_IN, .name = name, .rate = RATE_CONTROL, .def = def, .min = min, .max = max,
	    .unit = unit, .from = from, .help = help};
}

static float
clip(float x, float min, float max)
{
	return x > min ? x < max ? x : max : min;
}

static int
add_control(struct port *ports, size_t *n, struct faust_guest *g, const struct told *q, const float *zero, bool note, struct err *err)
{
	static const char *const off_on[] = {"off", "on", NULL};
	struct port *p = &ports[*n];
	struct faust_control *c = &g->controls[g->n_controls];
	char **names = NULL;
	if (!isfinite(q->min) || !isfinite(q->max) || !isfinite(q->init) || q->min > q->max)
		return err_set(err, "control '%s': %g to %g is no range", q->label, (double)q->min, (double)q->max);
	*c = (struct faust_control){.zone = (size_t)(q->zone - zero), .min = q->min, .max = q->max};
	if (q->min == q->max)
		return 0; /* nothing to turn */
	const bool is_gate = note && !strcmp(q->label, "gate"), is_pitch = note && !strcmp(q->label, "freq") && q->max >= LOWEST_PITCH;
	const char *help = is_gate || is_pitch ? NULL : strdup(*q->help ? q->help : *q->group ? q->group : q->label);
	const char *unit = is_gate || is_pitch || !*q->unit ? NULL : strdup(q->unit);
	if (is_pitch) {
		c->kind = CONTROL_PITCH;
		set_port(p, "pitch", "note.pitch", 60, -128, 256, "semitones", "MIDI note number, as freq");
	} else if (note && !strcmp(q->label, "gain"))
		set_port(p, "gain", "note.velocity", clip(q->init, q->min, q->max), q->min, q->max, unit, help);
	else if (is_gate) {
		c->kind = CONTROL_GATE;
		set_port(p, "gate", "note.gate", 0, 0, 1, NULL, "1 while the note is held");
		p->rate = RATE_AUDIO;
		g->gate = g->n_controls;
	} else {
		const char *name = own_name(ports, *n, q);
		if (!name || !help)
			return err_set(err, "out of memory");
		set_port(p, name, NULL, clip(q->init, q->min, q->max), q->min, q->max, unit, help);
		size_t choices = q->box ? 2 : read_menu(q, &names, &c->values);
		if (q->box && (c->values = calloc(2, sizeof *c->values)))
			c->values[1] = 1;
		if (choices && c->values) {
			c->kind = CONTROL_CHOICE;
			c->min = 0;
			c->max = (float)(choices - 1);
			p->rate = RATE_FIXED;
			p->scale = SCALE_CHOICE;
			p->choices = q->box ? off_on : (const char *const *)names;
			p->def = 0;
			for (size_t i = 0; i < choices; i++)
				if (c->values[i] == q->init)
					p->def = (float)i;
			p->min = c->min;
			p->max = c->max;
			p->unit = NULL;
		} else if (q->step >= 1 && q->step == floorf(q->step) && q->min == floorf(q->min))
			c->kind = CONTROL_WHOLE;
		else if (q->log && q->min > 0)
			p->scale = SCALE_LOG;
	}
	if (has_name(ports, *n, p->name))
		return err_set(err, "control '%s' is there twice", q->label);
	++*n;
	g->n_controls++;
	return 0;
}

static void
add_sounds(struct port *ports, size_t *n, enum port_dir dir, int channels)
{
	static const char *const two[] = {"left", "right"};
	for (int i = 0; i < channels; i++) {
		char name[16];
		snprintf(name, sizeof name, "%s%d", dir == PORT_IN ? "in" : "out", i + 1);
		ports[(*n)++] = (struct port){.dir = dir,
		    .name = channels == 1 ? dir == PORT_IN ? "in" : "out" : i < 2 ? two[i] : strdup(name),
		    .rate = RATE_AUDIO, .min = -1, .max = 1, .help = dir == PORT_IN ? "sound" : "what the program makes"};
	}
}

static void
meta(void *user, const char *key, const char *value)
{
	if (!strcmp(key, "description"))
		snprintf(user, 160, "%.150s", value);
}

int
faust_ports(const char *name, const struct faust_program *p, struct module *m, struct err *err)
{
	if (p->inputs < 0 || p->inputs > FAUST_CHANNELS || p->outputs < 1 || p->outputs > FAUST_CHANNELS)
		return err_set(err, "%d sounds in and %d out: not within 0 to %d and 1 to %d", p->inputs, p->outputs, FAUST_CHANNELS,
		    FAUST_CHANNELS);
	const size_t most = FAUST_CONTROLS + 2 * FAUST_CHANNELS + 1;
	struct teller t = {.told = calloc(FAUST_CONTROLS, sizeof *t.told)};
	struct port *ports = calloc(most, sizeof *ports);
	struct faust_guest *g = calloc(1, sizeof *g);
	char help[160] = "";
	void *instance = aligned_alloc(64, p->size);
	struct faust_ui ui = {&t, open_box, open_box, open_box, close_box, add_button, add_box, add_slider, add_slider, add_entry,
	    add_bar, add_bar, declare};
	struct faust_meta of = {help, meta};
	int status = -1;
	if (!t.told || !ports || !g || !instance || !(g->controls = calloc(FAUST_CONTROLS, sizeof *g->controls))) {
		err_set(err, "out of memory");
		goto done;
	}
	g->program = p;
	p->ui(instance, &ui); /* takes addresses in it, no more */
	p->meta(&of);
	if (t.many) {
		err_set(err, "more than %d controls", FAUST_CONTROLS);
		goto done;
	}
	bool gate = false;
	for (size_t i = 0; i < t.n; i++)
		gate = gate || (!strcmp(t.told[i].label, "gate") && t.told[i].min == 0 && t.told[i].max == 1);
	size_t n = 0;
	g->gate = FAUST_CONTROLS;
	add_sounds(ports, &n, PORT_IN, p->inputs);
	for (size_t i = 0; i < t.n; i++)
		if (add_control(ports, &n, g, &t.told[i], p->zones(instance), gate || !p->inputs, err) < 0)
			goto done;
	if (g->gate == FAUST_CONTROLS)
		g->gate = g->n_controls;
	add_sounds(ports, &n, PORT_OUT, p->outputs);
	ports[n].dir = PORT_END;
	if (!*help)
		snprintf(help, sizeof help, "Faust program %.*s", (int)strcspn(name, "@"), name);
	m->group = p->inputs ? "effect" : "oscillator";
	m->help = strdup(help);
	m->ports = ports;
	m->flags = MODULE_AUDIO | MODULE_GUEST | (gate ? MODULE_ENVELOPE : 0);
	m->guest = g;
	status = m->help ? 0 : err_set(err, "out of memory");
done:
	free(t.told);
	free(instance);
	if (status) {
		free(ports);
		if (g)
			free(g->controls);
		free(g);
	}
	return status;
}
