#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# features: takes in and out, arrays for NumPy, odd sounds.
root=$PWD
. "$(dirname "$0")/tap.sh"
# equal GOT WANT NAME
equal() {
	same "$3" "$1" "$2"
}
py=/usr/bin/python3

# Sounds of every kind: seconds, channels, rate; a tone in 16 bits.
$py - "$tmp" <<'END'
import sys, wave, math, struct
def wav(name, frames, channels, rate, f):
    w = wave.open(sys.argv[1] + '/' + name, 'wb')
    w.setparams((channels, 2, rate, 0, 'NONE', ''))
    w.writeframes(b''.join(struct.pack('<h', int(f(i, c))) for i in range(frames) for c in range(channels)))
tone = lambda i, c: 12000 * math.sin(i * 0.05 * (c + 1))
wav('mono.wav', 22050, 1, 44100, tone)
wav('eight.wav', 5000, 8, 48000, tone)
wav('one.wav', 1, 1, 44100, tone)
wav('silence.wav', 11025, 2, 44100, lambda i, c: 0)
END

cd "$tmp" || exit 1
assay features mono.wav -o m.takes
equal "$(assay json m.takes | jq -c '[.key, (.id | length), .audio.frames, [.features[] | [.name, .channels, .frames, .columns]]]')" \
	'["mono",64,22050,[["summary.2",1,1,85]]]' "a file becomes a take with its summary"
assay features --all mono.wav | assay json >all.json
equal "$(jq -c '[.features[] | select(.name != "summary.2") | .frames] | unique' all.json)" "[1,44]" "1 + floor(22050/512) frames"
equal "$(jq -r '[.features[] | select(.name == "mfcc" or .name == "logmel") | .columns] | @csv' all.json)" "128,20" "logmel and mfcc have their columns"
equal "$(jq -c '.features[] | select(.name == "shape") | .labels' all.json)" '["centroid","bandwidth","rolloff","flatness","zcr","flux"]' "columns have names"
equal "$(assay features --only shape,mfcc mono.wav | assay json | jq -c '[.features[].name]')" '["shape","mfcc"]' "--only gives these and no summary"
equal "$(assay features <m.takes | cksum)" "$(cksum <m.takes)" "hearing twice changes nothing"
equal "$(assay features --only shape eight.wav | assay json | jq -c '.features[0] | [.channels, .frames]')" "[8,10]" "eight channels"
equal "$(assay features one.wav silence.wav | assay json | jq -r .key | tr '\n' ' ')" "one silence " "one sample, and silence"
equal "$(assay features --all one.wav silence.wav | assay json --data | grep -ci 'nan\|infinity')" 0 "have finite features"

assay features --only logmel,shape --npy a.npy mono.wav eight.wav nofile.wav -o /dev/null 2>err
equal $? 0 "an array of what could be read"
grep -q "2 of 3 takes, 1 failed" err
is $? "says what could not"
$py - <<'END'
import numpy as np
a = np.load('a.npy')
print('#', a.shape, a.dtype)
good = a.shape == (3, 8, 44, 134) and a.dtype == np.float32
good &= bool(np.isfinite(a[0, 0]).all() and np.isnan(a[0, 1:]).all())
good &= bool(np.isfinite(a[1, :, :10]).all() and np.isnan(a[1, :, 10:]).all() and np.isnan(a[2]).all())
good &= abs(a[0, 0, 20, 128] - 0.05 / 2 / np.pi * 44100) < 30 # sixteen bits have noise
raise SystemExit(not good)
END
is $? "NumPy reads [take, channel, frame, feature], NaN where a take has nothing"
assay features --summary --npy s.npy mono.wav -o /dev/null && assay features --npy t.npy mono.wav -o /dev/null
equal "$($py -c "import numpy as np; print(np.load('s.npy').shape, np.load('t.npy').shape[:3])")" "(1, 1, 1, 85) (1, 1, 44)" "summary alone, or everything"
rows=$(assay features --list | grep -c '^	')
cols=$($py -c "import numpy as np; print(np.load('t.npy').shape[3] + 85)")
equal "$rows" "$cols" "--list names every column"

assay patch "$root/patches/pluck.lua" >recipe.takes
assay features <recipe.takes 2>err | assay json | jq -r .error >why
grep -q "assay render" why
is $? "a take that was not rendered: $(cat why)"
echo '{"key":"k","audio":{"rate":44100,"channels":1,"frames":2,"samples":[0,0.5]}}' | assay json -d |
	assay features | assay json | jq -c '.features[0].columns' >two
equal "$(cat two)" 85 "two samples from a stream"
assay features nofile.wav >/dev/null 2>&1
equal $? 1 "nothing good is a failure"
assay features --only nonsense mono.wav >/dev/null 2>err
equal $? 2 "an unknown feature is a usage error"
head -c 3000 /dev/urandom | assay features >/dev/null 2>&1
equal $? 1 "garbage is refused"
head -c 20000 m.takes | assay features 2>&1 >/dev/null | grep -q "byte 0"
is $? "a truncated take is named by its place"
assay features mono.wav >/dev/full 2>/dev/null
equal $? 1 "a full disk is noticed"
assay features --npy /dev/full mono.wav >/dev/null 2>err
equal $? 1 "also by the array: $(cat err)"
assay features --npy no/such/a.npy mono.wav >/dev/null 2>&1
equal $? 1 "and a folder that is not there"
equal "$(ls ./*.npy.* 2>/dev/null)" "" "no half-written file is left"
# Whitened by a set: its own members have mean 0 and no correlation, and vary by n + d over n at most, d columns.
samples=/usr/share/sonic-pi/samples
if [ -d $samples ]; then
	assay features -q $samples/drum_*.flac $samples/tabla_*.flac -o set.takes
	assay features -q --summary --whiten set.takes --npy w.npy -o w.takes $samples/drum_*.flac $samples/tabla_*.flac
	$py - <<-'END'
		import numpy as np, sys
		w = np.load("w.npy").reshape(-1, 85).astype(float); n, d = w.shape
		c = np.cov(w.T); off = c - np.diag(np.diag(c))
		good = abs(w.mean(0)).max() < 1e-4 and abs(off).max() < 1e-3 and c.diagonal().max() < (n + d) / n and c.diagonal().max() > 1
		sys.exit(not good)
	END
	is $? "a set whitened by itself has no correlations left"
	name=$(assay json w.takes | head -1 | jq -r '.features[1].name')
	case $name in summary.2.white.????????????) true ;; *) false ;; esac
	is $? "its name says by which set"
	equal "$(assay features -q --whiten w.takes mono.wav | assay json | jq -r '.features[1].name')" "$name" "which is the same set again"
	pass "the summary's table is what its script makes of the sounds" $py "$here/tests/summary_columns.py" check
	assay features --whiten mono.wav mono.wav 2>err >out
	equal $? 1 "one sound is no set: $(cat err)"
fi
assay features --only shape --whiten x.takes mono.wav 2>err >out
equal $? 2 "--whiten without a summary is a usage error"
# what was heard, by name: a second of a sine of full scale, mono
cat >sine.lua <<'L'
return sine{pitch = 69}
L
assay patch -q sine.lua | assay render -q | assay features -q --only shape,r128,summary --json >said.json
jq -e -s 'length == 1 and (.[0].features | (.shape.centroid | .min <= .mean and .mean < .max and .max > 430)
	and .r128.sample_peak > -60 and .r128.sample_peak <= .r128.true_peak + 0.01 and (.["summary.2"] | length) == 85 and (.["summary.2"].width | fabs) < 1e-6)' <said.json >/dev/null
is $? "--json says features by name, the summary in its own units"
echo no | assay features -q --json 2>/dev/null >said.json
[ ! -s said.json ]
is $? "of what are no takes it says nothing"
finish
