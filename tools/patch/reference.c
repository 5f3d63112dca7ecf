/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page assay-modules(7): every module that is built in, from its port table. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "patch.h"
#include "synth/registry.h"

/* Text as roff reads it: no command at the start of a line, backslashes and quotes as they are. */
static void
roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++)
		switch (*s) {
		case '\\': fputs("\\e", stdout); break;
		case '-': fputs("\\-", stdout); break;
		case '"': fputs("\\(dq", stdout); break;
		case '^': fputs("\\(ha", stdout); break;
		case '~': fputs("\\(ti", stdout); break;
		default: putchar(*s);
		}
}

static void
say_range(const struct port *p)
{
	char text[128];
	if (p->scale == SCALE_CHOICE) {
		fputs("one of ", stdout);
		for (const char *const *c = p->choices; *c; c++) {
			fputs(c == p->choices ? "" : ", ", stdout);
			roff(*c);
		}
		if (p->dir == PORT_IN) {
			fputs("; else ", stdout);
			roff(p->choices[(int)p->def]);
		}
		return;
	}
	snprintf(text, sizeof text, "%.6g to %.6g%s%s%s", (double)p->min, (double)p->max, p->unit ? " " : "",
	    p->unit ? p->unit : "", p->scale == SCALE_LOG ? ", logarithmic" : p->whole ? ", whole numbers" : "");
	roff(text);
	if (p->dir == PORT_IN && p->from) {
		fputs("; else ", stdout);
		roff(p->from);
	} else if (p->dir == PORT_IN) {
		snprintf(text, sizeof text, "; else %.6g", (double)p->def);
		roff(text);
	}
}

static void
ports(const struct module *m, enum port_dir dir, const char *title)
{
	if (!port_count(m, dir))
		return;
	printf(".Pp\n%s\n.Bl -tag -width level_sustain -compact\n", title);
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != dir)
			continue;
		fputs(".It Cm ", stdout);
		roff(p->name);
		putchar('\n');
		if (p->help && *p->help) {
			roff(p->help);
			fputs(dir == PORT_IN ? ":\n" : "", stdout);
		}
		if (dir == PORT_IN) {
			say_range(p);
			if (p->rate == RATE_FIXED)
				fputs("; fixed", stdout);
			if (p->when) {
				fputs("; where ", stdout);
				roff(p->when);
			}
		}
		putchar('\n');
	}
	puts(".El");
}

static void
module(const struct module *m)
{
	fputs(".Ss ", stdout);
	roff(m->name);
	putchar('\n');
	putchar(toupper((unsigned char)*m->help));
	roff(m->help + 1);
	puts(".");
	ports(m, PORT_IN, "Inputs:");
	ports(m, PORT_OUT, "Outputs:");
	if (m->example) {
		fputs(".Bd -literal -offset indent\nreturn ", stdout);
		for (const char *line = m->example; *line;) {
			const size_t n = strcspn(line, "\n");
			char text[1024];
			snprintf(text, sizeof text, "%.*s", (int)n, line);
			roff(text);
			putchar('\n');
			line += n + (line[n] == '\n');
		}
		puts(".Ed");
	}
}

void
list_reference(void)
{
	puts(".\\\" made by `assay patch --list --man` from the modules' own tables\n"
	     ".Dd November 21, 2026\n.Dt ASSAY-MODULES 7\n.Os\n.Sh NAME\n.Nm assay-modules\n.Nd what a patch is made of\n"
	     ".Sh DESCRIPTION\n"
	     "A patch calls each module by its name, with its inputs in a table:\n"
	     ".Ql svf{saw{}, cutoff = 800} .\n"
	     "An input takes a number within its range, an\n.Ql open{}\nparameter or another module's output;\n"
	     "where the patch is silent, it takes what stands behind\n.Dq else .\n"
	     "An input that is called fixed takes a number or a parameter, no signal.\n"
	     "One that counts in whole numbers gives a parameter that steps by 1.\n"
	     "What stands behind\n.Dq where\nsays when an input is heard at all:\n"
	     "a search leaves its parameter alone elsewhere.\n"
	     "A module gives its first output;\n.Ql svf{...}.high\nnames another.\n"
	     "An\n.Cm in\ncan be left out, and comes with\n.Ql >> .\n"
	     ".Pp\n"
	     "The last lines of each entry are a patch file that lets the module be heard:\n"
	     ".Dl assay patch example.lua | assay play");
	for (int g = 0; g < LIST_GROUPS; g++) {
		fputs(".Sh ", stdout);
		for (const char *c = list_groups[g]; *c; c++)
			putchar(toupper((unsigned char)*c));
		puts(strcmp(list_groups[g], "maths") ? "S" : "");
		for (size_t i = 0; i < registry_built_in(); i++)
			if (!strcmp(registry_at(ISA_SCALAR, i)->group, list_groups[g]))
				module(registry_at(ISA_SCALAR, i));
	}
	puts(".Sh SEE ALSO\n.Xr assay-patch 1");
}
