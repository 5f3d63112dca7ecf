-- SPDX-License-Identifier: GPL-3.0-or-later
-- Uplifter: noise and detuned saws that a curve over two bars opens, tunes up and makes shake; the last beat is the drop's.
-- The knob rise is that curve, 0 to 1: draw another, or play it by hand. climb is how far the pitch goes, shake the tremolo.
local strike = use "techniques.strike"
local rise = open{0, 1, name = "rise"}
local knob = macro{rise, a_from = 300, a_to = 11000, a_law = "exponential", b_from = 0.12, b_to = 0.75}
local climb = open{7, 36, name = "climb", value = 24}
local saws = supersaw{pitch = note.pitch - 12 + rise
	* climb, count = 5, spread = open{10, 60, name = "detune", value = 30}} * open{0, 0.5, name = "saws", value = 0.25}
local hiss = svf{stereo{noise{}, noise{}}, cutoff = knob.a,
	resonance = open{0.1, 0.6, name = "focus", value = 0.35}}.band * open{0.5, 2, name = "noise", value = 1.2}
local shake = 1 - open{0, 0.8, name = "shake", value = 0.4} * rise
	* lfo{rate = open{2, 8, name = "shake_rate", value = 4}, per = "beat", shape = "triangle", polarity = "unipolar"}
local env = adsr{attack = 0.02, decay = 0.1, sustain = 1, release = open{0.02, 0.4, log = true, value = 0.06}}
local body = svf{saws, cutoff = knob.a, resonance = 0.2}.low + hiss
return strike.bus(body * (shake * env * knob.b * note.velocity * 1.5) >> voices()
	>> hall{decay = open{1, 6, log = true, name = "room_decay", value = 3},
	mix = open{0, 0.45, name = "room", value = 0.2}}, {drive = 3}),
	phrase{tempo = 128, beats = 8, tail = 1.5, notes = {{0, 8, 60, 1}}, arcs = {rise = {{0, 0, "curve", 2}, {8, 1}}}}
