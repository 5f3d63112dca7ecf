#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many of the sounds that come first for a word are what it says, by their
sound alone: the files are copied under names that say nothing.

usage: words_found.py samples   Debian's sonic-pi-samples, which the words' bounds were read off
       words_found.py patches   each of patches/ as it is rendered, which they were not
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# The word, and which file names are right.
SAMPLES = {
    "kick": r"bd_|.*kick$|drum_bass", "snare": r"sn_|.*snare", "hat": r".*(cymbal|splash)", "cymbal": r".*(cymbal|splash)",
    "tom": r".*_tom", "bass": r"bass_|glitch_bass", "pad": r"ambi_|.*drone", "loop": r"loop_", "vinyl": r"vinyl",
    "guitar": r"guit", "bell": r".*(bell|chime|triangle)", "vocal": r".*(robot|phone|choir|burp)",
    "perc": r"(perc|tabla|drum|elec|bd|sn)_",
}
PATCHES = {
    "kick": "kick kick808 kick909", "snare": "snare springsnare", "clap": "clap gateclap", "hat": "hat openhat",
    "cymbal": "cymbal ride openhat gong", "tom": "tom conga", "rim": "rim woodblock", "cowbell": "cowbell",
    "shaker": "shaker tambourine", "bass": "bass fmbass reese sub acid dub ripper",
    "pad": "pad cloud mist stringmachine drone choir bowdrone surf wind", "bell": "bell glass tines gong", "organ": "organ",
    "string": "string cello stringmachine bowdrone", "brass": "brass anthem",
    "pluck": "pluck clav string suitcase tines keys", "noise": "wind surf vinyl rumble", "riser": "riser uplifter",
    "impact": "impact hit", "vinyl": "vinyl", "vocal": "choir talker shout",
}
NO_SOUND_OF_ITS_OWN = {"riddle", "machine", "tone"}


def found(word, folder):
    out = subprocess.run(["assay", "bank", "find", "--words", word, "--samples", folder, "--json", "-n", "10"],
                         capture_output=True, text=True, check=True).stdout
    return [int(os.path.basename(json.loads(line)["file"]).split(".")[0]) for line in out.splitlines()]


def judge(names, right, folder):
    of, total = {5: [], 10: []}, []
    for word, is_right in right.items():
        there = sum(map(is_right, names))
        first = [names[i] for i in found(word, folder)]
        for n in of:
            of[n].append(sum(map(is_right, first[:n])) / min(n, there))
        total.append(there / len(names))
        print("%-8s %3d there, of five %.2f, of ten %.2f: %s" % (word, there, of[5][-1], of[10][-1], " ".join(first)))
    print("%d sounds, %d words: of five %.2f, of ten %.2f, by chance %.2f"
          % (len(names), len(right), *(sum(x) / len(x) for x in (of[5], of[10], total))))


def main(what):
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder + "/cache"
        names, sounds = [], folder + "/sounds"
        os.mkdir(sounds)
        if what == "samples":
            for i, path in enumerate(sorted(glob.glob("/usr/share/sonic-pi/samples/*.flac"))):
                shutil.copy(path, "%s/%d.flac" % (sounds, i))
                names.append(os.path.basename(path)[:-5])
            right = {w: (lambda p: lambda name: re.match(p, name) is not None)(p) for w, p in SAMPLES.items()}
        else:
            for path in sorted(glob.glob(os.path.dirname(os.path.abspath(__file__)) + "/../patches/*.lua")):
                name, wav = os.path.basename(path)[:-4], "%s/%d.wav" % (sounds, len(names))
                if name not in NO_SOUND_OF_ITS_OWN:
                    take = subprocess.run(["assay", "patch", path], capture_output=True, check=True).stdout
                    subprocess.run(["assay", "render", "-q", "--wav", wav], input=take, check=True)
                    names.append(name)
            right = {w: (lambda p: lambda name: name in p)(p.split()) for w, p in PATCHES.items()}
        judge(names, right, sounds)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("samples", "patches"):
        sys.exit(__doc__)
    main(sys.argv[1])
