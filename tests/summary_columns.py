#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the summary's columns, from the sounds that it was made of:
the 165 of Debian's sonic-pi-samples. `assay` is the one in PATH.

usage: summary_columns.py table > lib/feature/summary_columns.c
       summary_columns.py check      fails if the table is not what it prints
       summary_columns.py judge      how well the nearest sound is of the same kind
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

SAMPLES = "/usr/share/sonic-pi/samples/*.flac"
# What all columns together weigh in a squared distance: any two sounds are then 5.3 apart
# on average, as they were in version 1.
ALL = 14.2
# Pattern of the label, and what the columns that match weigh together, before that.
WEIGHTS = [
    (r"duration|loudness|crest|attack|temporal_centroid|sustain|width|level_std|onset_.*", 4.0),
    (r"(centroid|bandwidth|rolloff|flatness|zcr|flux)_mean", 3.0),
    (r"(centroid|bandwidth|rolloff|flatness|zcr|flux)_std", 1.2),
    (r"mfcc.*_mean", 3.0),
    (r"mfcc.*_std", 1.0),
    (r"decay|effective", 0.8),
    (r"centroid_drift", 0.4),
    (r"sub|low|presence|air", 0.8),
    (r"roughness_mean", 0.4),
    (r"roughness_std", 0.2),
    (r"valleys.*", 0.6),
    (r"tonal", 0.3),
    (r"chroma_.*", 0.4),
]


def columns():
    """[(label, mid, unit)] as the program has them."""
    out = subprocess.run(["assay", "features", "--summary", "--list"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t")[2:] for line in out.split("\nsummary")[-1].splitlines()[1:]]
    return [(label, float(mid), float(unit)) for label, mid, unit in rows]


def measure():
    """The names of the sounds, and their columns: as they are measured, and in units."""
    files = sorted(glob.glob(SAMPLES))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "v.npy")
        subprocess.run(["assay", "features", "-q", "--summary", "--npy", path, "-o", "/dev/null"] + files, check=True)
        v = np.load(path).reshape(len(files), -1).astype(float)
    mid, unit = np.array([c[1:] for c in columns()]).T
    return [os.path.basename(f).split(".")[0] for f in files], v * unit + mid, v


def table():
    labels = [c[0] for c in columns()]
    group = [next(i for i, (p, _) in enumerate(WEIGHTS) if re.fullmatch(p, label)) for label in labels]
    weight = np.array([WEIGHTS[g][1] / group.count(g) for g in group])
    weight *= ALL / weight.sum()
    _, raw, _ = measure()
    mid, spread = np.median(raw, 0), raw.std(0)
    classes = [i for i, label in enumerate(labels) if label.startswith("chroma_")]
    mid[classes], spread[classes] = 1 / 12, raw[:, classes].std()  # no key is nearer than another
    unit = spread / np.sqrt(weight)
    return [(label, float("%.3g" % m), float("%.3g" % u)) for label, m, u in zip(labels, mid, unit)]


def c_float(x):
    text = "%.3g" % x
    return (text if re.search(r"[.e]", text) else text + ".0") + "f"


def judge():
    names, _, v = measure()
    group = np.array([n.split("_")[0] for n in names])
    d = np.sqrt(((v[:, None] - v[None]) ** 2).sum(-1))
    pairs = d[np.triu_indices(len(v), 1)]
    np.fill_diagonal(d, np.inf)
    near = np.argsort(d, 1)[:, :5]
    print("nearest of the same group: %.3f; of the nearest five: %.3f; %d sounds, %d groups"
          % (np.mean(group[near[:, 0]] == group), np.mean(group[near] == group[:, None]), len(v), len(set(group))))
    print("the nearest: least %.2f, of 80 %% %.2f to %.2f; any two, 80 %%: %.2f to %.2f"
          % (d.min(), *np.percentile(d.min(1), [10, 90]), *np.percentile(pairs, [10, 90])))


HEAD = """/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The columns of the summary, version 2, as `tests/summary_columns.py table` prints them:
 * mid is the median and unit the standard deviation of the column over the 165
 * sounds of Debian's sonic-pi-samples, the unit divided by the square root of the column's
 * weight in a squared distance, which stands there.
 */
#include "feature/summary.h"

const struct summary_column summary_columns[SUMMARY_COLUMNS] = {"""

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("table", "check", "judge"):
        sys.exit(__doc__)
    if sys.argv[1] == "judge":
        judge()
    elif sys.argv[1] == "table":
        print(HEAD)
        for label, m, u in table():
            print('    {"%s", %s, %s},' % (label, c_float(m), c_float(u)))
        print("};")
    else:
        off = [(a, b) for a, b in zip(columns(), table()) if not np.allclose(a[1:], b[1:], rtol=0.02, atol=1e-3 * b[2])]
        for a, b in off:
            print("%s: mid %g, unit %g; measured %g, %g" % (*a, *b[1:]))
        sys.exit(1 if off else 0)
