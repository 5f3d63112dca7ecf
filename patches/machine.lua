-- SPDX-License-Identifier: GPL-3.0-or-later
-- Machine drone: noise held at a low pitch through two combs, shifted by a few hertz, so that it never repeats. rpm is the
-- pitch, ring how metallic it is, shift the beating, load its slow swell, dark the filter.
local strike = use "techniques.strike"
local rpm = open{-36, -12, name = "rpm", value = -24}
local load = walk{rate = open{0.1, 2, log = true, name = "load_rate", value = 0.5}}
	* open{0, 0.6, name = "load", value = 0.3}
local grind = shnoise{pitch = note.pitch + rpm + 24, correlation = open{-0.5, 0.8, name = "grind", value = 0.3}} * 0.25
local motor = phasedist{pitch = note.pitch + rpm, shape = "double",
	amount = open{0.3, 0.9, name = "motor", value = 0.7} + 0.1 * load} * 0.5
local raw = motor + grind * open{0.2, 1, name = "grind_level", value = 0.6}
local ring = open{0.5, 0.93, name = "ring", value = 0.8}
local hz = 440 * 2 ^ ((note.pitch + rpm - 69) / 12)
local pipe = comb{raw * (1 - ring), frequency = hz
	* open{2, 9, name = "pipe", value = 3.03}, feedback = ring, damp = 0.3}
	+ comb{raw * (1 - ring), frequency = hz * 4.27, feedback = -ring, damp = 0.4}
local moved = freqshift{pipe * 3 + raw * 0.25, shift = open{0.2, 12, log = true, name = "shift", value = 1.5}}
local env = adsr{attack = open{0.1, 2, log = true, value = 0.6}, decay = 0.3, sustain = 1,
	release = open{0.2, 2, log = true, value = 0.8}}
local cutoff = open{400, 6000, log = true, name = "dark", value = 2500} * 2 ^ load
local both = svf{stereo{moved.up, moved.down}, cutoff = cutoff, resonance = 0.2}.low
	* (env * note.velocity * (1 + load))
return strike.bus(svf{both, cutoff = 30}.high >> voices(), {drive = 3}),
	phrase{tempo = 60, beats = 4, tail = 1.5, notes = {{0, 3.5, 60, 0.9}}}
