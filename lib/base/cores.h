/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of the machine is ours. */
#ifndef BASE_CORES_H
#define BASE_CORES_H

/* Cores that this process may run on (taskset, Slurm and containers give it fewer than there are). */
int cores_allowed(void);

/* Threads for a tool that was not told how many: $ASSAY_THREADS, which `assay work` sets where several
   pipelines share the cores; else one a core. */
int cores_threads(void);

#endif
