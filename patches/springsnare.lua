-- SPDX-License-Identifier: GPL-3.0-or-later
-- Dub snare into a spring tank: a tight skin, wires, and springs that twang after it. spring is how much of them, twang
-- and time how they sound, snap the attack.
local strike = use "techniques.strike"
local skin = strike.skin{name = "skin", tune = {-10, 2, -5}, drop = {2, 18, 7}, decay = {0.05, 0.25, 0.11}}
local wires = strike.band{name = "wires", cutoff = {1500, 8000, 3500}, decay = {0.06, 0.35, 0.16}}
local snap = noise{} * decay{attack = 0, decay = 0.012} * open{0, 0.6, name = "snap", value = 0.25}
local dry = (skin * open{0.2, 0.8, name = "skin_level", value = 0.5} + wires
	* open{0.3, 1.2, name = "wires_level", value = 0.7} + snap) * note.velocity >> voices()
local tank = spring{svf{dry, cutoff = 250}.high, decay = open{0.7, 4, log = true, name = "spring_decay", value = 1.6},
	time = open{0.035, 0.09, log = true, name = "spring_time", value = 0.05},
	twang = open{0.3, 0.75, name = "twang", value = 0.6}, damping = 4500, mix = 1}
return strike.bus(dry + tank * open{0.1, 1, name = "spring", value = 0.5}, {drive = 3}),
	phrase{beats = 2, tail = 1.2, notes = {{0, 0.5, 60, 1}}}
