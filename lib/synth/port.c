/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/port.h"

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
