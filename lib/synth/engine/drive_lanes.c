/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/engine/drive.h"

#include <stdlib.h>
#include <xmmintrin.h>

#include "synth/module.h"

#define CAT(a, b) a##_##b
#define NAME(a, b) CAT(a, b)

static vf
row_f(const float *x)
{
	vf v;
	memcpy(&v, x, sizeof v);
	return v;
}

static vi
row_i(const void *x)
{
	vi v;
	memcpy(&v, x, sizeof v);
	return v;
}

drive_fn NAME(drive, ISA);

int
NAME(drive, ISA)(const struct drive *d)
{
	const struct module *m = d->alone ? d->alone : NAME(modules, ISA)[d->module];
	const size_t n_in = port_count(m, PORT_IN), n_out = port_count(m, PORT_OUT);
	if (n_in > DRIVE_PORTS || n_out > DRIVE_PORTS)
		return -1;
	float fixed[DRIVE_PORTS] = {0};
	size_t k = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir == PORT_IN && p->rate == RATE_FIXED && d->fixed)
			fixed[k] = d->fixed[k];
		k += p->dir == PORT_IN;
	}
	const struct context c = {.rate = d->rate,
	    .node = d->node,
	    .seed = as_vu(row_i(d->seed)),
	    .tempo = row_f(d->tempo),
	    .pitch = row_f(d->pitch),
	    .velocity = row_f(d->velocity),
	    .random = row_f(d->random),
	    .off = row_i(d->off),
	    .fixed = fixed,
	    .module = m,
	    .sounds = d->sounds,
	    .n_sounds = d->n_sounds};
	/* state, then a block of rows for each input and output */
	const size_t state = (m->state + (m->rows ? m->rows(&c) * sizeof(vf) : 0) + 63) / 64 * 64, rows = sizeof(vf) * BLOCK;
	unsigned char *mem = aligned_alloc(64, (state + rows * (n_in + n_out) + 63) / 64 * 64 + 64);
	if (!mem)
		return -1;
	memset(mem, 0, state + rows * (n_in + n_out));
	vf *const block_in = (vf *)(mem + state), *const block_out = block_in + n_in * BLOCK;
	struct in in[DRIVE_PORTS];
	vf *out[DRIVE_PORTS];
	for (k = 0; k < n_in; k++)
		in[k] = (struct in){block_in + k * BLOCK, d->stride[k]};
	for (k = 0; k < n_out; k++)
		out[k] = block_out + k * BLOCK;

	const unsigned csr = _mm_getcsr();
	_mm_setcsr(csr | 0x8040); /* denormals are zero */
	if (m->init)
		m->init(mem, &c);
	const size_t n = d->once_a_block ? 1 : BLOCK;
	for (size_t t = 0; t < d->blocks; t++) {
		for (k = 0; k < n_in && (t == 0 || !d->hold); k++) {
			const size_t len = d->stride[k] ? n : 1;
			memcpy(block_in + k * BLOCK, d->in[k] + t * len * LANES, len * sizeof(vf));
		}
		const struct block b = {&c, (int)n, d->once_a_block ? BLOCK : 1, (uint32_t)(t * BLOCK), in, out};
		m->run(mem, &b);
		for (k = 0; k < n_out && !d->hold; k++)
			memcpy(d->out[k] + t * n * LANES, out[k], n * sizeof(vf));
	}
	if (m->release)
		m->release(mem, &c);
	_mm_setcsr(csr);
	free(mem);
	return 0;
}
