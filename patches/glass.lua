-- SPDX-License-Identifier: GPL-3.0-or-later
-- Wavetable pad: two tables that move through their frames, the second an octave up and the other way.
-- table is the timbre, position and drift where in it, sparkle the upper voice, ensemble the width.
local tables = {"classic", "pulse", "vowel", "organ", "sweep", "glass"}
local which = open{tables[1], tables[2], tables[3], tables[4], tables[5], tables[6], name = "table", value = "glass"}
local drift = walk{rate = open{0.1, 3, log = true, name = "drift_rate", value = 0.6}} * open{0.05, 0.5, name = "drift", value = 0.3}
local place = open{0.1, 0.9, name = "position", value = 0.45}
local body = wavetable{table = which, position = place + drift, random = 1}
local upper = wavetable{pitch = note.pitch + 12, detune = 5, table = "glass", position = place - drift, random = 1} * open{0, 0.4, name = "sparkle", value = 0.2}
local env = adsr{attack = open{0.03, 1.5, log = true, value = 0.25}, decay = 1.2, sustain = 0.75, release = open{0.2, 2.5, log = true, value = 0.8}}
return svf{body * 0.6 + upper, cutoff = open{500, 10000, log = true, value = 3500} * 2 ^ drift, resonance = open{0, 0.5, value = 0.1}}.low
	* env * note.velocity * open{0.15, 0.9, log = true, name = "level", value = 0.75}
	>> voices() >> ensemble{mix = open{0.2, 0.9, name = "ensemble", value = 0.6}} >> delay{sync = "1/4D", feedback = 0.4, mix = open{0, 0.35, name = "echo", value = 0.18}, mode = "ping-pong"},
	phrase{beats = 4, tail = 2, notes = {{0, 3, 48, 0.8}, {0, 3, 58, 0.8}, {0, 3, 63, 0.8}}}
