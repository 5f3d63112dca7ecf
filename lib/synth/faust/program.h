/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What passes between a compiled Faust program and assay: program_head.inc,
 * the C that Faust made, and program_tail.inc are one file, which exports one
 * struct faust_program. It stands on nothing but libm.
 */
#ifndef SYNTH_FAUST_PROGRAM_H
#define SYNTH_FAUST_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { FAUST_ABI = 1, FAUST_RATES = 4 };

/* What Faust's C calls UIGlue: it tells of its controls, in order. A zone is where a control's value stands. */
struct faust_ui {
	void *uiInterface;
	void (*openTabBox)(void *ui, const char *label);
	void (*openHorizontalBox)(void *ui, const char *label);
	void (*openVerticalBox)(void *ui, const char *label);
	void (*closeBox)(void *ui);
	void (*addButton)(void *ui, const char *label, float *zone);
	void (*addCheckButton)(void *ui, const char *label, float *zone);
	void (*addVerticalSlider)(void *ui, const char *label, float *zone, float init, float min, float max, float step);
	void (*addHorizontalSlider)(void *ui, const char *label, float *zone, float init, float min, float max, float step);
	void (*addNumEntry)(void *ui, const char *label, float *zone, float init, float min, float max, float step);
	void (*addHorizontalBargraph)(void *ui, const char *label, float *zone, float min, float max);
	void (*addVerticalBargraph)(void *ui, const char *label, float *zone, float min, float max);
	void (*declare)(void *ui, float *zone, const char *key, const char *value);
};

/* Likewise MetaGlue. */
struct faust_meta {
	void *metaInterface;
	void (*declare)(void *meta, const char *key, const char *value);
};

struct faust_program {
	uint32_t abi;
	size_t size;         /* of an instance in bytes, a multiple of 64; aligned to 64 */
	int inputs, outputs;
	/* Tables that all instances of a rate share. NULL: there were FAUST_RATES other rates. This and
	   start: one thread at a time. */
	const void *(*tables)(int rate);
	void (*start)(void *instance, int rate, const void *tables); /* zeroed memory */
	float *(*zones)(void *instance); /* what zones are counted from */
	void (*ui)(void *instance, struct faust_ui *ui);
	void (*meta)(struct faust_meta *meta);
	void (*compute)(void *instance, int n, float **in, float **out);
};

#endif
