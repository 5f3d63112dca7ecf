-- SPDX-License-Identifier: GPL-3.0-or-later
-- Downlifter: what comes after the drop: a burst that a curve over two bars closes and lets sink. The knob fall is that
-- curve, 0 to 1. dive is how far the tone sinks, flange the jet in it, crash the burst at the start.
local strike = use "techniques.strike"
local fall = open{0, 1, name = "fall"}
local knob = macro{fall, a_from = 10000, a_to = 150, a_law = "exponential", b_from = 0.8, b_to = 0.08}
local dive = open{12, 48, name = "dive", value = 30}
local tone = unison{pitch = note.pitch + 12 - fall
	* dive, wave = "square", count = 4, spread = open{8, 50, name = "detune", value = 20}}
	* open{0, 0.4, name = "tone", value = 0.18}
local hiss = stereo{noise{}, noise{}} * open{0.4, 1.5, name = "noise", value = 0.9}
local crash = stereo{noise{}, noise{}} * (decay{attack = 0,
	decay = open{0.2, 1.5, log = true, name = "crash_decay", value = 0.6}} * open{0, 0.8, name = "crash", value = 0.4})
local swept = svf{hiss + tone, cutoff = knob.a, resonance = open{0, 0.5, name = "focus", value = 0.2}}.low * knob.b
	* 1.5 + crash
local env = adsr{attack = 0.001, decay = 0.1, sustain = 1, release = open{0.05, 0.8, log = true, value = 0.3}}
local jet = flanger{swept * (env * note.velocity) >> voices(),
	rate = open{0.05, 0.6, log = true, name = "flange_rate", value = 0.15}, feedback = 0.5,
	mix = open{0, 0.6, name = "flange", value = 0.35}}
return strike.bus(jet >> hall{decay = open{1, 6, log = true, name = "room_decay", value = 3},
	mix = open{0, 0.45, name = "room", value = 0.25}}),
	phrase{tempo = 128, beats = 8, tail = 1.5, notes = {{0, 8, 60, 1}}, arcs = {fall = {{0, 0, "curve", -2}, {8, 1}}}}
