-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sync lead: a synced pulse that an LFO and the velocity drag through its harmonics, an octave of it under,
-- and a filter of 12 dB. ratio is where, drag how far, drag_rate how fast.
local vibrato = lfo{rate = 5.6, fade = 0.5} * open{0, 0.4, name = "vibrato", value = 0.1}
local move = lfo{rate = open{0.1, 4, log = true, name = "drag_rate", value = 0.4}, shape = "triangle"} * open{0, 1.2, name = "drag", value = 0.6}
local slave = sync{pitch = note.pitch + vibrato, ratio = 2 ^ (open{0.3, 2.5, name = "ratio", value = 1.3} + move + note.velocity * 0.4), shape = open{"saw", "square", "triangle", name = "wave"}}
local under = square{pitch = note.pitch - 12 + vibrato, width = 0.4} * open{0, 0.5, name = "sub", value = 0.25}
local env = adsr{attack = open{0.002, 0.1, log = true, value = 0.004}, decay = 0.5, sustain = open{0.4, 1, value = 0.8}, release = open{0.05, 0.8, log = true, value = 0.15}}
return multimode{slave * 0.5 + under, cutoff = open{600, 9000, log = true, value = 3000} * 2 ^ (env * open{0, 2, name = "sweep", value = 0.8}), resonance = open{0, 0.5, value = 0.15}, slope = "12", drive = open{0, 18, value = 6}}
	* env * note.velocity * open{0.1, 0.85, log = true, name = "level", value = 0.62}
	>> voices() >> tape{sync = "1/8D", feedback = open{0, 0.6, name = "echo_feedback", value = 0.35}, mix = open{0, 0.35, name = "echo", value = 0.15}},
	phrase{beats = 4, tail = 1, notes = {{0, 0.9, 60, 0.9}, {1, 0.9, 63, 0.7}, {2, 1.8, 67, 1}}}
