#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# play: to a file, to standard output, to ALSA (whose file plug-in stands in for a
# card), and on a machine without one.

. "$(dirname "$0")/tap.sh"
t() { # name: of the command before
	is $? "$1"
}
pop=/usr/share/sonic-pi/samples/elec_pop.flac tick=/usr/share/sonic-pi/samples/elec_tick.flac
[ -e $pop ] || { echo '1..0 # SKIP sonic-pi-samples is not installed'; exit 0; }

# what a sound file holds: FRAMES CHANNELS RATE, and a number that changes with any sample
holds() {
	/usr/bin/python3 - "$1" <<'PY'
import sys, struct, zlib
b = open(sys.argv[1], 'rb').read()
assert b[:4] == b'RIFF' and b[8:12] == b'WAVE'
at, fmt, data = 12, None, None
while at + 8 <= len(b):
    name, size = b[at:at+4], struct.unpack('<I', b[at+4:at+8])[0]
    if name == b'fmt ': fmt = struct.unpack('<HHIIHH', b[at+8:at+24])
    if name == b'data': data = b[at+8:at+8+size]
    at += 8 + size + size % 2
print(len(data) // fmt[4], fmt[1], fmt[2], zlib.crc32(data))
PY
}
# one take of audio: two channels, 1000 frames of 8000 Hz, and one with a recipe alone
takes() {
	/usr/bin/python3 - "$1" <<'PY'
import sys, struct
def varint(n):
    out = b''
    while n > 127: out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])
def field(n, b): return varint(n << 3 | 2) + varint(len(b)) + b
def number(n, v): return varint(n << 3) + varint(v)
def real(n, v): return varint(n << 3 | 1) + struct.pack('<d', v)
def single(n, v): return varint(n << 3 | 5) + struct.pack('<f', v)
def wire(node, port): return number(1, node) + field(2, port)
audio = number(1, 8000) + number(2, 2) + number(3, 1000) + field(4, struct.pack('<2000f', *([0.5, -0.25] * 1000)))
heard = field(2, b'heard') + field(8, audio)
saw = field(1, b'saw')
voices = field(1, b'voices') + field(2, field(1, b'left') + field(4, wire(0, b'out')))
patch = field(1, b'p') + field(2, saw) + field(2, voices) + field(4, wire(1, b'left'))
note = real(1, 0) + real(2, 0.5) + single(3, 60) + single(4, 1)
phrase = real(1, 120) + real(2, 1) + real(3, 0) + field(4, note)
recipe = field(2, b'recipe') + number(3, 2) + number(4, 8000) + field(6, field(1, b'a') + field(2, patch) + single(3, 1)) + field(7, phrase)
broken = field(2, b'nothing')
with open(sys.argv[1], 'wb') as f:
    for m in {'heard': [heard], 'recipe': [recipe], 'mixed': [heard, broken]}[sys.argv[1].split('/')[-1].split('.')[0]]:
        f.write(varint(len(m)) + m)
PY
}
# FRAMES of a sound file named on the command line
frames() {
	assay-play -q -o - "$1" >"$tmp/f.wav" && holds "$tmp/f.wav" | cut -d' ' -f1
}

# --- files -------------------------------------------------------------------------
pops=$(frames $pop) ticks=$(frames $tick)
[ "$pops" -gt 1000 ] && [ "$ticks" -gt 500 ]
t "elec_pop has $pops frames, elec_tick $ticks"
assay-play -q --gap 0.5 -o "$tmp/both.wav" $pop $tick && [ "$(holds "$tmp/both.wav" | cut -d' ' -f1-3)" = "$((pops + ticks + 22050)) 2 44100" ]
t 'two sounds with half a second between, stereo, at the rate of the first'
assay-play -q --loop 3 -o "$tmp/loop.wav" $pop && [ "$(holds "$tmp/loop.wav" | cut -d' ' -f1)" = $((pops * 3)) ]
t '--loop 3 is three times, without a gap'
assay-play -q --rate 22050 -o "$tmp/slow.wav" $pop && [ "$(holds "$tmp/slow.wav" | cut -d' ' -f1,3)" = "$(((pops + 1) / 2)) 22050" ]
t '--rate converts'
assay-play --rate 8000 --loop 100000 -o "$tmp/long.wav" $pop $tick 2>"$tmp/said"
[ $? = 0 ] && [ "$(holds "$tmp/long.wav" | cut -d' ' -f1)" = 9600000 ] && [ "$(grep -c 'no more than 20 minutes' "$tmp/said")" = 1 ]
t 'a file ends after twenty minutes, and a warning says so'
rm -f "$tmp/long.wav"
takes "$tmp/heard.takes"
assay-play -q -o - <"$tmp/heard.takes" >"$tmp/heard.wav" && [ "$(holds "$tmp/heard.wav" | cut -d' ' -f1-3)" = '1000 2 8000' ]
t 'a take from standard input'
assay-play -q -o "$tmp/again.wav" "$tmp/heard.takes" && cmp -s "$tmp/heard.wav" "$tmp/again.wav"
t 'a stream of takes as an operand is the same'
takes "$tmp/recipe.takes"
assay-play -q -o "$tmp/recipe.wav" "$tmp/recipe.takes" && [ "$(holds "$tmp/recipe.wav" | cut -d' ' -f1-3)" = '4000 2 8000' ]
t 'a take with a recipe and no sound is rendered'
takes "$tmp/mixed.takes"
assay-play -o "$tmp/mixed.wav" "$tmp/mixed.takes" 2>"$tmp/said"
[ $? = 0 ] && grep -q 'nothing: has neither sound nor a recipe' "$tmp/said" && grep -q '1 of 2 takes, 1 failed' "$tmp/said"
t 'a take without sound is named, the rest is played'
assay-play --strict -o "$tmp/mixed.wav" "$tmp/mixed.takes" 2>"$tmp/said"
[ $? = 1 ]
t '--strict fails at it'

# --- no sound card -------------------------------------------------------------------
echo '' >"$tmp/none.conf"
ALSA_CONFIG_PATH="$tmp/none.conf" assay-play $pop $tick >"$tmp/stdout" 2>"$tmp/said"
[ $? = 0 ] && [ ! -s "$tmp/stdout" ]
t 'no card: no error'
[ "$(grep -c . "$tmp/said")" = 3 ] && grep -q "the sound, .* s, is in '$tmp/cache/assay/elec_pop.wav'" "$tmp/said"
t 'no card: one sentence names the file, and ALSA says nothing'
[ "$(holds "$tmp/cache/assay/elec_pop.wav" | cut -d' ' -f1)" = $((pops + ticks + 11025)) ]
t 'no card: the file holds all that would be heard'
ALSA_CONFIG_PATH="$tmp/none.conf" timeout 20 assay-play -q --loop 0 $pop && [ "$(holds "$tmp/cache/assay/elec_pop.wav" | cut -d' ' -f1)" = "$pops" ]
t 'no card: a loop without end is written once'
ALSA_CONFIG_PATH="$tmp/none.conf" assay-play -D hw:7 $pop 2>"$tmp/said"
[ $? = 1 ] && grep -q "cannot open device 'hw:7'" "$tmp/said"
t 'a device that was asked for by name and is not there is an error'

# --- ALSA ------------------------------------------------------------------------------
cat >"$tmp/asound.conf" <<EOT
pcm.hole { type null }
pcm.!default { type file slave.pcm hole file "$tmp/float.raw" format raw }
pcm.file16 { type file slave.pcm hole file "$tmp/words.raw" format raw }
pcm.words { type linear slave { pcm file16 format S16_LE } }
pcm.at48 { type file slave.pcm hole file "$tmp/at48.raw" format raw }
pcm.fixed { type plug slave { pcm at48 rate 48000 format S16_LE channels 2 } }
EOT
export ALSA_CONFIG_PATH="$tmp/asound.conf"
size() { wc -c <"$1" | tr -d ' '; }
assay-play $pop 2>"$tmp/said"
[ $? = 0 ] && ! grep -q 'no sound card' "$tmp/said"
t 'ALSA: plays to the default device'
assay-play -q -o "$tmp/want.wav" $pop && tail -c $((pops * 8)) "$tmp/want.wav" | cmp -s -n $((pops * 8)) - "$tmp/float.raw"
t 'ALSA: gets the very samples'
assay-play -q -D words $pop && [ "$(head -c $((pops * 4)) "$tmp/words.raw" | size /dev/stdin)" = $((pops * 4)) ] &&
	/usr/bin/python3 - "$tmp" "$pops" <<'PY'
import sys, struct
tmp, n = sys.argv[1], int(sys.argv[2]) * 2
f = struct.unpack('<%df' % n, open(tmp + '/float.raw', 'rb').read()[:4 * n])
w = struct.unpack('<%dh' % n, open(tmp + '/words.raw', 'rb').read()[:2 * n])
sys.exit(max(abs(a * 32767 - b) for a, b in zip(f, w)) > 0.51)
PY
t 'ALSA: a device of 16-bit words gets the same to half a step'
assay-play -q -D fixed $pop && [ "$(size "$tmp/at48.raw")" -ge $((pops * 48000 / 44100 * 4)) ] && [ "$(size "$tmp/at48.raw")" -lt $((pops * 48000 / 44100 * 4 + 4096)) ]
t 'ALSA: a device that insists on 48 kHz gets converted sound'
timeout --preserve-status -s INT 0.3 assay-play -q --loop 0 $pop
[ $? = 130 ]
t 'an endless loop stops on an interrupt, with 130'

# --- usage --------------------------------------------------------------------------------
assay-play nowhere.wav 2>"$tmp/said"
[ $? = 1 ] && grep -q "cannot open 'nowhere.wav'" "$tmp/said"
t 'a file that is not there'
printf 'this is no stream of takes' | assay-play -o "$tmp/x.wav" 2>"$tmp/said"
[ $? = 1 ] && [ ! -e "$tmp/x.wav" ]
t 'garbage is an error, and leaves no file'
assay-play -o "$tmp/x.xyz" $pop 2>"$tmp/said"
[ $? = 1 ] && grep -q 'must end in .wav' "$tmp/said"
t 'a name without a known suffix'
assay-play -o - $pop >/dev/full 2>"$tmp/said"
[ $? = 1 ] && grep -q 'No space left' "$tmp/said"
t 'a full disk'
assay-play --gap 99 $pop 2>/dev/null
[ $? = 2 ]
t 'a gap out of range is wrong usage'
finish
