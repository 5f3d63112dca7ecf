#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Faust programs as modules: what their controls become, that they sound as Faust means
# them, that a recipe outlives its file, and what is refused.
. "$(dirname "$0")/tap.sh"
cd "$tmp" || exit 1
if ! command -v faust >/dev/null; then
	skip "Faust programs" "no Faust compiler: apt-get install faust"
	finish
fi
unset CC
S=$tmp/data/assay/faust
refused() { # NAME WORDS: of the patch in p.lua
	assay patch p.lua >out 2>err
	[ $? -eq 1 ] && grep -qF -- "$2" err
	is $? "$1"
}
# audio PATCH: [rate, channels, samples...] as Python reads it
audio() {
	assay patch "$@" | assay render 2>err | assay json --data | jq -c '.audio'
}

# --- an oscillator ---------------------------------------------------------------------------
cat >tone.dsp <<'D'
import("stdfaust.lib");
declare description "a tone with a shape";
shape = nentry("shape[style:menu{'sine':0;'saw':1;'square':2}]", 0, 0, 2, 1);
process = os.osc(freq), os.sawtooth(freq), os.square(freq) : ba.selectn(3, shape) : *(gain * env)
with {
	freq = hslider("freq[unit:Hz]", 440, 20, 20000, 0.1);
	gain = hslider("gain", 0.5, 0, 1, 0.01);
	env = en.adsr(0.001, 0.1, 1, hslider("release[unit:s][scale:log]", 0.05, 0.01, 1, 0.001), button("gate"));
};
D
same "its controls are ports" "$(assay patch --list faust:tone.dsp --json | jq -c '[.name[0:11], .group, .help, ([.inputs[] | [.name, .scale, .rate, (.default * 100 + 0.5 | floor), (.min * 100 + 0.5 | floor), .max, .unit, .from]] | sort)]')" \
	'["faust:tone@","oscillator","a tone with a shape",[["gain","linear","control",50,0,1,null,"note.velocity"],["gate","linear","audio",0,0,1,null,"note.gate"],["pitch","linear","control",6000,-12800,256,"semitones","note.pitch"],["release","log","control",5,1,1,"s",null],["shape","choice","fixed",0,0,2,null,null]]]'
same "a menu is a choice" "$(assay patch --list faust:tone.dsp --json | jq -c '.inputs[] | select(.name == "shape").choices')" '["sine","saw","square"]'
cat >tone.lua <<'L'
return faust{"tone.dsp", shape = "sine"} >> voices(), phrase{tempo = 60, beats = 1, tail = 0.2, notes = {{0, 1, 69, 0.5}}}
L
audio tone.lua >tone.json
/usr/bin/python3 - >out 2>>err <<'P'
import json, numpy as np
a = json.load(open("tone.json"))
x = np.array(a["samples"]).reshape(-1, a["channels"])[:, 0]
# tuning: the phase of the second half second against that of the first
n, rate = 16384, a["rate"]
t = np.arange(n) / rate
w = np.hanning(n)
def phase(at):
    return np.angle(np.sum(x[at:at + n] * w * np.exp(-2j * np.pi * 440 * (at / rate + t))))
d = (phase(26000) - phase(6000) + np.pi) % (2 * np.pi) - np.pi
f = 440 + d / (2 * np.pi) / (20000 / rate)
print("cents", abs(1200 * np.log2(f / 440)) < 0.01)
print("level", abs(np.abs(x[6000:40000]).max() - 0.5) < 1e-3)
# released at frame 48000 exactly, and gone 50 ms (and voices' 100 ms) later
print("release", np.abs(x[47500:48000]).max() > 0.499, np.abs(x[48000 + 2500:]).max() < 1e-3)
P
same "in tune within 0.01 cent, as loud as the note, released in time" "$(tr '\n' ' ' <out)" "cents True level True release True True "
same "the same bytes at every width" "$(for i in scalar sse avx2 avx512; do assay patch tone.lua | assay render --isa $i 2>/dev/null | assay json | jq -r '.audio.hash // empty'; done | sort -u | wc -l)" 1
for s in saw square; do
	sed "s/sine/$s/" tone.lua >$s.lua
done
same "three shapes, three sounds" "$(for s in tone saw square; do assay patch $s.lua | assay render 2>/dev/null | assay json | jq -r .audio.hash; done | sort -u | wc -l)" 3
# a chord with notes that begin and end within blocks, against each alone
cat >chord.lua <<'L'
return faust{"tone.dsp"} >> voices(), phrase{tempo = 60, beats = 1, tail = 0.2, notes = {{0.1234, 0.3, 60, 0.5}, {0.2, 0.5, 64, 0.4}, {0.2001, 0.41, 67, 0.3}}}
L
same "notes begin at their frame" "$(audio chord.lua | jq -c '[.samples | to_entries[] | select(.value != 0)][0].key / .channels | . >= 0.1234 * 48000 - 1 and . <= 0.1234 * 48000 + 2' 2>>err)" true

# --- against Faust's own C with libm ------------------------------------------------------------
cat >fx.dsp <<'D'
import("stdfaust.lib");
process = _ <: (fi.lowpass(3, hslider("cutoff[unit:Hz][scale:log]", 800, 20, 20000, 1)) : ma.tanh),
	(re.mono_freeverb(0.8, 0.5, 0.3, 0) : *(hslider("wet", 0.5, 0, 1, 0.01))) :> _ <: _ + os.osc(3.3) * 0.1, *(2)
	: ef.cubicnl(0.4, 0.1), (abs : +(1) : pow(_, 0.37) : log : ma.sinh : atan2(_, 0.3));
D
pass "Faust takes it" faust -lang c fx.dsp -o fx.c
cat >reference.c <<'C'
#include <math.h>
#include <stdio.h>
#include "faust/gui/CInterface.h"
static int max(int a, int b) { return a > b ? a : b; }
static int min(int a, int b) { return a < b ? a : b; }
#include "fx.c"
int
main(void)
{
	float x[64], y[2][64], *in[] = {x}, *out[] = {y[0], y[1]};
	mydsp *d = newmydsp();
	initmydsp(d, 48000);
	for (int b = 0; b < 375; b++) {
		if (fread(x, 4, 64, stdin) != 64)
			return 1;
		computemydsp(d, 64, in, out);
		for (int i = 0; i < 64; i++)
			printf("%.9g %.9g\n", (double)y[0][i], (double)y[1][i]);
	}
}
C
if [ -r /usr/include/faust/gui/CInterface.h ] && cc -O2 -o reference reference.c -lm 2>err; then
	src='saw{} >> voices()'
	play='phrase{tempo = 60, beats = 0.5, tail = 0, notes = {{0, 0.5, 60, 1}}}'
	echo "return $src, $play" >dry.lua
	echo "return $src >> faust{'fx.dsp'}, $play" >wet.lua
	audio dry.lua >dry.json
	audio wet.lua >wet.json
	/usr/bin/python3 - >out 2>>err <<'P'
import json, subprocess, numpy as np
def read(f):
    a = json.load(open(f))
    return np.array(a["samples"], np.float32).reshape(-1, a["channels"])
dry, wet = read("dry.json")[:24000, 0], read("wet.json")[:24000]
ref = np.array(subprocess.run(["./reference"], input=dry.tobytes(), stdout=subprocess.PIPE).stdout.split(), float).reshape(-1, 2)
snr = [10 * np.log10(np.sum(ref[:, k] ** 2) / np.sum((ref[:, k] - wet[:, k]) ** 2)) for k in (0, 1)]
print(min(snr) > 90)
print(snr)
P
	same "a program of many parts is what Faust's C with libm is, to 90 dB: $(sed -n 2p out)" "$(sed -n 1p out)" True
else
	skip "against Faust's own C" "no headers of Faust's, or: $(grep -m 1 error err)"
fi

# --- a filter, by its response -------------------------------------------------------------------
cat >lp.dsp <<'D'
import("stdfaust.lib");
process = fi.lowpass(2, hslider("cutoff[unit:Hz][scale:log]", 800, 20, 20000, 1));
D
for p in 60 72 84 96 108; do
	echo "return sine{} >> faust{'lp.dsp', cutoff = 1000} >> voices(), phrase{tempo = 60, beats = 1, tail = 0, notes = {{0, 1, $p, 1}}}" >"lp$p.lua"
	sed "s/>> faust{[^}]*}//" "lp$p.lua" >"dry$p.lua"
	audio "lp$p.lua" >"lp$p.json"
	audio "dry$p.lua" >"dry$p.json"
done
/usr/bin/python3 - >out 2>>err <<'P'
import json, numpy as np
worst = 0
for p in 60, 72, 84, 96, 108:
    f = 440 * 2 ** ((p - 69) / 12)
    def level(name):
        a = json.load(open(name))
        x = np.array(a["samples"]).reshape(-1, a["channels"])[12000:44768, 0]
        return abs(np.sum(x * np.hanning(len(x)) * np.exp(-2j * np.pi * f * np.arange(len(x)) / a["rate"])))
    got = 20 * np.log10(level(f"lp{p}.json") / level(f"dry{p}.json"))
    r = np.tan(np.pi * f / 48000) / np.tan(np.pi * 1000 / 48000) # bilinear Butterworth
    worst = max(worst, abs(got + 10 * np.log10(1 + r ** 4)))
print(worst < 0.05, worst)
P
same "a Butterworth filter over five octaves, off by $(cut -d' ' -f2 out) dB at most" "$(cut -d' ' -f1 out)" True

# --- a search ----------------------------------------------------------------------------------
echo 'return faust{"tone.dsp", shape = open{}, release = open{}} >> voices() >> faust{"lp.dsp", cutoff = open{200, 8000}}' >search.lua
mkfifo loop
assay evolve -q --patch search.lua --algo cmaes --budget 24 --seed 5 --best best.takes <loop | assay render -q | assay features |
	assay score --weigh valid=1 2>err >loop
same "evolve turns its knobs" "$(assay json <best.takes | jq -c '[.parts[0].patch.params[].name] | sort' | sort -u)" '["cutoff","release","shape"]'
same "and all of it renders" "$(assay json <best.takes | jq -c 'select(.error or (.fitness | not))' | wc -l)" 0

# --- recipes outlive files ---------------------------------------------------------------------
mkdir lib
echo 'gain = 0.25;' >lib/mine.lib
echo 'import("mine.lib"); process = *(gain);' >lib/local.dsp
echo 'return saw{} >> voices() >> faust{"lib/local.dsp"}' >local.lua
assay patch local.lua >local.takes 2>err
one=$(assay json <local.takes | jq -r '.parts[0].patch.nodes[-1].module')
sound=$(assay render <local.takes 2>err | assay json | jq -r '.audio.hash // .error')
echo 'gain = 0.5;' >lib/mine.lib
two=$(assay patch local.lua | assay json | jq -r '.parts[0].patch.nodes[-1].module')
[ "${one%@*}" = faust:local ] && [ "${two%@*}" = faust:local ] && [ "$one" != "$two" ]
is $? "a file that it imports is part of the hash"
assay patch --lua <local.takes >again.lua 2>err && grep -qF "guest(\"$one\"){" again.lua
is $? "written back it is guest(\"faust:NAME@HASH\")"
rm -r lib "$tmp/cache/assay/faust"
same "without its files and its cache a take sounds as it did" "$(assay render <local.takes 2>err | assay json | jq -r '.audio.hash // .error')" "$sound"
same "and so does what was written back" "$(assay patch again.lua | assay render 2>err | assay json | jq -r '.audio.hash // .error')" "$sound"
assay patch --list >out && grep -qF "  $one " out
is $? "--list shows what is in the store"
rm -r "$tmp/cache/assay/faust"
echo '// changed' >>"$S/${one#faust:}.dsp"
assay render <local.takes 2>err | assay json | jq -r .error >out
grep -q "has been changed: its hash is" out
is $? "a program that was changed in the store is refused"
rm "$S/${one#faust:}.dsp"
assay render <local.takes 2>err | assay json | jq -r .error >out
grep -qF "module '$one': this program is not in '$S'" out
is $? "one that is gone is named"

# --- what is refused ----------------------------------------------------------------------------
f() { # TEXT: bad.dsp, and a patch that plays it
	printf '%s\n' "$1" >bad.dsp
	echo 'return faust{"bad.dsp"}' >p.lua
}
f 'process = nothing;'
refused "Faust's words" "p.lua:1: faust: ./bad.dsp : 1 : ERROR : undefined symbol : nothing"
f 'process = _,_ : _;'
refused "all of them" "has 2 outputs  while B = _; has 1 input"
f 'process = ffunction(int isatty(int), <unistd.h>, "");'
refused "foreign code" "it takes functions from <unistd.h>: foreign code is not for patches"
f 'process = ffunction(int sleep(int), <stdlib.h>, "");'
refused "a function of the C library" "undefined reference to \`sleep'"
f 'process = soundfile("x[url:{'"'a.wav'"'}]", 1);'
sed -i 's/process = .*/process = 0, 0 : soundfile("x[url:{'"'a.wav'"'}]", 1);/' bad.dsp
refused "a soundfile" "it plays a soundfile, which assay does not give to Faust"
f 'process = !;'
refused "no output" "the Faust program has no output signal"
f 'process = par(i, 40, _);'
refused "forty channels" "40 sounds in and 40 out: not within 0 to 16 and 1 to 16"
f 'process = par(i, 1000, hslider("k%i", 0, 0, 1, 0.1)) :> _;'
refused "a thousand controls" "more than 400 controls"
same "nothing of it is kept" "$(ls "$S" | grep -c "^bad")" 0
for name in /etc/x.dsp ../x.dsp a/../../x.dsp .dsp tone 'a b.dsp'; do
	echo "return faust{'$name'}" >p.lua
	refused "the name '$name'" "faust: '$name' is not a file like 'tone.dsp'"
done
echo 'return faust{"none.dsp"}' >p.lua
refused "no such file" "faust: no file 'none.dsp' beside the patch or in the library"
echo 'return faust{"tone.dsp", shape = "round"}' >p.lua
refused "no such choice" "port 'shape' is one of: sine saw square; not 'round'"
echo 'return faust{"tone.dsp", pich = 3}' >p.lua
refused "no such port" "no port 'pich' (did you mean 'pitch'?)"
mkdir bin
for t in cc ld as gcc sh; do ln -s "$(command -v $t)" bin/ 2>/dev/null; done
echo 'return faust{"tone.dsp"}' >p.lua
PATH="$tmp/bin" "$build/bin/assay-patch" p.lua >out 2>err
[ $? -eq 1 ] && grep -qF "there is no Faust compiler here: apt-get install faust" err
is $? "no Faust"
finish
