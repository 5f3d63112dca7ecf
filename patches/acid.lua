-- SPDX-License-Identifier: GPL-3.0-or-later
-- Acid bass: one wave, saw or square, through a diode ladder that closes after each note. cutoff, resonance,
-- env_mod, decay and accent are the silver box's knobs; drive is what it is pushed with, echo what follows.
local wave = open{0, 1, name = "wave", value = 0.15}
local body = mix{saw{pitch = note.pitch - 24}, square{pitch = note.pitch - 24, width = 0.46} * 0.8, t = wave}
local accent = note.velocity ^ 3 * open{0, 1, name = "accent", value = 0.6}
local sweep = decay{attack = 0.003, decay = open{0.06, 1.2, log = true, name = "decay", value = 0.28}}
local env = adsr{attack = 0.002, decay = 1.5, sustain = 0.3, release = open{0.01, 0.15, log = true, name = "release", value = 0.03}}
local line = diode{body, cutoff = open{90, 1600, log = true, value = 320} * 2 ^ (sweep * (open{0, 4.5, name = "env_mod", value = 2.4} + accent * 1.5)),
	resonance = open{0.2, 0.9, value = 0.72}, drive = open{0, 24, name = "drive", value = 12}}
	* env * (0.55 + 0.45 * accent) >> voices()
return line.left >> delay{sync = "1/8D", feedback = open{0, 0.5, name = "echo_feedback", value = 0.3}, mix = open{0, 0.3, name = "echo", value = 0.1}}
	>> gain{gain = open{-18, 0, name = "level", value = -2}},
	phrase{tempo = 126, beats = 4, tail = 1, notes = {
		{0, 0.2, 57, 1}, {0.25, 0.2, 57, 0.6}, {0.5, 0.2, 69, 0.7}, {1, 0.2, 57, 1}, {1.5, 0.45, 60, 0.6}, {2, 0.2, 57, 0.7},
		{2.25, 0.2, 55, 0.6}, {2.75, 0.2, 69, 1}, {3, 0.2, 57, 0.6}, {3.5, 0.2, 67, 0.9}}}
