/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/port.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct port *
port_find(const struct module *m, enum port_dir dir, const char *name, size_t *index)
{
	size_t n = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != dir)
			continue;
		if (!strcmp(p->name, name)) {
			if (index)
				*index = n;
			return p;
		}
		n++;
	}
	return NULL;
}

size_t
port_count(const struct module *m, enum port_dir dir)
{
	size_t n = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++)
		n += p->dir == dir;
	return n;
}

/* A word of `when` at s: up to a space or to what ends a clause. */
static size_t
word_at(const char *s, const char *ends)
{
	size_t n = strcspn(s, ends);
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

static bool
is_text(const char *name, const char *s, size_t n)
{
	return strlen(name) == n && !memcmp(name, s, n);
}

static int
read_clause(const struct module *m, const struct port *p, const char **at, struct port_clause *c, struct err *err)
{
	static const char *const compares[] = {"=", ">=", "<="};
	const char *s = *at + strspn(*at, " ");
	size_t n = word_at(s, " =<>|&");
	*c = (struct port_clause){0};
	for (const struct port *q = m->ports; q->dir != PORT_END; q++)
		if (q->dir == PORT_IN && is_text(q->name, s, n))
			c->port = q;
	if (!c->port || c->port == p || c->port->when)
		return err_set(err, "'%.*s' is no other input that is always heard", (int)n, s);
	s += n;
	s += strspn(s, " ");
	n = strspn(s, "=<>");
	int compare = 0;
	while (compare < 3 && !is_text(compares[compare], s, n))
		compare++;
	if (compare == 3 || (c->port->scale == SCALE_CHOICE && compare))
		return err_set(err, "'%.*s' is not how '%s' is compared", (int)n, s, c->port->name);
	c->compare = compare;
	s += n;
	s += strspn(s, " ");
	n = word_at(s, "|&");
	if (c->port->scale == SCALE_CHOICE) {
		while (c->port->choices[c->value] && !is_text(c->port->choices[c->value], s, n))
			c->value++;
		if (!c->port->choices[c->value])
			return err_set(err, "'%.*s' is no choice of '%s'", (int)n, s, c->port->name);
	} else {
		char *end;
		const double x = strtod(s, &end);
		if (!n || end != s + n || !(x >= (double)c->port->min && x <= (double)c->port->max) || x != floor(x) || fabs(x) > 1e6)
			return err_set(err, "'%.*s' is no whole number within the range of '%s'", (int)n, s, c->port->name);
		c->value = (int)x;
	}
	s += strcspn(s, "|&");
	c->ends = *s != '&';
	*at = *s ? s + 1 : NULL;
	return 0;
}

int
port_when(const struct module *m, const struct port *p, struct port_clause *out, struct err *err)
{
	int n = 0;
	for (const char *at = p->when; at; n++) {
		if (n == PORT_CLAUSES)
			return err_set(err, "port '%s': when '%.80s': more than %d clauses", p->name, p->when, PORT_CLAUSES);
		if (read_clause(m, p, &at, &out[n], err) < 0)
			return err_prefix(err, "port '%s': when '%.80s'", p->name, p->when);
	}
	return n;
}

bool
port_clause_holds(const struct port_clause *c, float value)
{
	const double x = floor((double)value + 0.5);
	return c->compare == PORT_IS ? x == c->value : c->compare == PORT_LEAST ? x >= c->value : x <= c->value;
}
