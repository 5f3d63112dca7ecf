-- SPDX-License-Identifier: GPL-3.0-or-later
-- Brass: saws whose filter opens with the breath, and a scoop into the note.
local scoop = (decay{attack = 0, decay = open{0.02, 0.3, log = true, name = "scoop_time", value = 0.08}}) * open{-3, 0, name = "scoop", value = -0.7}
local breath = adsr{attack = open{0.02, 0.25, log = true, value = 0.06}, decay = open{0.1, 1, log = true, value = 0.3}, sustain = open{0.4, 1, value = 0.75}, release = open{0.05, 0.5, log = true, value = 0.12}}
local cents = open{0, 20, name = "detune", value = 6}
local body = saw{pitch = note.pitch + scoop, detune = cents, random = 1} + saw{pitch = note.pitch + scoop, detune = -cents, random = 1}
return ladder{body * 0.5, cutoff = open{150, 2000, log = true, value = 400} * 2 ^ (breath * open{1, 5, name = "bright", value = 3}), resonance = open{0, 0.5, value = 0.1}, drive = open{0, 12, value = 3}}
	* breath * note.velocity * open{0.1, 1.2, log = true, name = "level", value = 0.9}
	>> voices() >> plate{mix = open{0, 0.4, name = "room", value = 0.12}}
