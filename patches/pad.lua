-- SPDX-License-Identifier: GPL-3.0-or-later
-- Pad: saws and a wavetable that drifts, slow edges, chorus and a large room.
local wide = use "techniques.wide"
local drift = lfo{rate = open{0.05, 1, log = true, name = "drift_rate", value = 0.15}} * open{0, 0.5, name = "drift", value = 0.25}
local saws = wide.unison(function(d) return saw{pitch = note.pitch, detune = d, random = 1} end, open{2, 25, name = "detune", value = 8})
local table = wavetable{pitch = note.pitch, table = open{"classic", "pulse", "vowel", "organ", "sweep", "glass", name = "table", value = "vowel"},
	position = 0.5 + drift, random = 1}
local env = adsr{attack = open{0.05, 2, log = true, value = 0.3}, decay = 1, sustain = 0.8, release = open{0.2, 3, log = true, value = 0.8}}
return svf{saws * 0.18 + table * open{0, 0.5, name = "table_level", value = 0.25}, cutoff = open{200, 8000, log = true, value = 1800} * 2 ^ drift, resonance = open{0, 0.4, value = 0.1}}.low
	* env * note.velocity * open{0.1, 1.2, log = true, name = "level", value = 1}
	>> voices() >> chorus{} >> plate{mix = open{0, 0.5, name = "room", value = 0.3}, decay = open{1, 8, name = "room_decay", value = 3}, size = "large"},
	phrase{beats = 4, tail = 2, notes = {{0, 3, 48, 0.8}, {0, 3, 55, 0.8}, {0, 3, 63, 0.8}}}
