-- SPDX-License-Identifier: GPL-3.0-or-later
<<<<<<< HEAD
-- Riser: noise and a saw that climb for four bars, faster and faster, into a hall. The climb is an arc, so it keeps
-- the tempo; reach is how far it opens, height how far the saw climbs, pulse and pulse_rate its trembling.
local climb = pin(0, {0, 1, name = "climb"})
local reach = open{3, 6.5, name = "reach", value = 5}
local cutoff = open{80, 400, log = true, name = "cutoff", value = 180} * 2 ^ (climb * reach)
local saws = saw{pitch = note.pitch - 12 + climb * open{0, 36, name = "height", value = 24}, random = 1} * open{0, 0.35, name = "saw", value = 0.15}
local sound = svf{noise{colour = open{"white", "pink", name = "colour"}} + saws, cutoff = cutoff, resonance = open{0.1, 0.75, value = 0.4}}.band
local pulse = 1 - open{0, 0.8, name = "pulse", value = 0.4} * (0.5 + 0.5 * lfo{rate = open{1, 8, log = true, name = "pulse_rate", value = 4}, per = "beat"})
return sound * pulse * (0.15 + 0.85 * climb) * adsr{attack = 0.05, sustain = 1, release = 0.05} * open{0.1, 0.6, log = true, name = "level", value = 0.45}
	>> voices() >> hall{mix = open{0.05, 0.5, name = "room", value = 0.25}, decay = open{1, 6, log = true, name = "room_decay", value = 2.5}},
	phrase{tempo = 128, beats = 16, tail = 2, notes = {{0, 16, 60, 1}}, arcs = {climb = {{0, 0, "curve", 2}, {16, 1}}}}
=======
-- Riser: noise and detuned saws that a curve over two bars opens, tunes up and makes shake; the last beat is the drop's.
-- The knob rise is that curve, 0 to 1: draw another, or play it by hand. climb is how far the pitch goes, shake the tremolo.
local strike = use "techniques.strike"
local rise = open{0, 1, name = "rise"}
local knob = macro{rise, a_from = 300, a_to = 11000, a_law = "exponential", b_from = 0.12, b_to = 0.75}
local climb = open{7, 36, name = "climb", value = 24}
local saws = supersaw{pitch = note.pitch - 12 + rise * climb, count = 5, spread = open{10, 60, name = "detune", value = 30}} * open{0, 0.5, name = "saws", value = 0.25}
local hiss = svf{stereo{noise{}, noise{}}, cutoff = knob.a, resonance = open{0.1, 0.6, name = "focus", value = 0.35}}.band * open{0.5, 2, name = "noise", value = 1.2}
local shake = 1 - open{0, 0.8, name = "shake", value = 0.4} * rise * lfo{rate = open{2, 8, name = "shake_rate", value = 4}, per = "beat", shape = "triangle", polarity = "unipolar"}
local env = adsr{attack = 0.02, decay = 0.1, sustain = 1, release = open{0.02, 0.4, log = true, value = 0.06}}
local body = svf{saws, cutoff = knob.a, resonance = 0.2}.low + hiss
return strike.bus(body * (shake * env * knob.b * note.velocity * 1.5) >> voices() >> hall{decay = open{1, 6, log = true, name = "room_decay", value = 3}, mix = open{0, 0.45, name = "room", value = 0.2}}, {drive = 3}),
	phrase{tempo = 128, beats = 8, tail = 1.5, notes = {{0, 8, 60, 1}}, arcs = {rise = {{0, 0, "curve", 2}, {8, 1}}}}
>>>>>>> 7a15758 (patches: add drums, percussion, drones and effects)
