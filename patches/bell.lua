-- SPDX-License-Identifier: GPL-3.0-or-later
-- Bell: eight partials struck by a mallet, and an FM clang over them. stretch is the metal, from chime to gong,
-- strike and hardness the mallet, clang the stroke's own sound.
local strike = open{0.002, 0.02, log = true, name = "strike", value = 0.006}
local hit = decay{attack = 0, decay = strike} * (0.0025 / strike) ^ 0.7
local mallet = onepole{noise{} * hit, cutoff = open{1000, 12000, log = true, name = "hardness", value = 5000}}.low
local ring = open{0.8, 8, log = true, name = "ring", value = 3.5}
local body = modal{mallet, pitch = note.pitch + open{-12, 12, name = "tune", value = 0}, decay = ring, stretch = open{0.9, 2, name = "stretch", value = 1.35}, damping = open{0.2, 1.5, name = "damping", value = 0.6},
	tilt = open{-8, 0, name = "tilt", value = -3}, position = open{0.1, 0.45, name = "position", value = 0.27}}
local clang = fm2{ratio1 = 2, ratio2 = open{1.3, 7.1, log = true, name = "clang_ratio", value = 3.53}, level2 = 0.35 * decay{decay = ring * 0.3}} * decay{decay = ring, attack = 0.001} * open{0, 0.5, name = "clang", value = 0.2}
return (body * 0.5 + clang) * adsr{attack = 0, decay = 1, sustain = 1, release = 2} * note.velocity * open{0.1, 0.55, log = true, name = "level", value = 0.33}
	>> voices() >> plate{mix = open{0.05, 0.45, name = "room", value = 0.2}, decay = 2.5},
	phrase{beats = 4, tail = 2, notes = {{0, 1, 72, 0.9}, {1, 1, 76, 0.7}, {2, 1, 67, 0.8}}}
