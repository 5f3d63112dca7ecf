-- SPDX-License-Identifier: GPL-3.0-or-later
-- Reese bass: saws that beat against each other over a sine, through a low-pass that wanders and a phaser.
-- spread is how fast they beat, wander the filter's way, drive the dirt; below 150 Hz it is mono.
local saws = unison{pitch = note.pitch - 24, count = 3, spread = open{8, 60, log = true, name = "spread", value = 24}, mix = 1,
	width = open{0, 1, name = "width", value = 0.5}}
local way = walk{rate = open{0.2, 6, log = true, name = "wander_rate", value = 1.2}} * open{0, 2, name = "wander", value = 0.8}
local env = adsr{attack = open{0.002, 0.2, log = true, value = 0.01}, decay = 1, sustain = 0.85, release = open{0.05, 0.6, log = true, value = 0.15}}
local sub = sine{pitch = note.pitch - 24} * open{0, 0.5, name = "sub", value = 0.3}
local low = ladder{saws * 0.6, cutoff = open{120, 4000, log = true, value = 900} * 2 ^ way, resonance = open{0, 0.5, value = 0.15}, drive = open{-6, 18, name = "drive", value = 8}}
return (low + sub) * env * note.velocity
	>> voices() >> phaser{rate = open{0.03, 2, log = true, name = "phase_rate", value = 0.2}, depth = 1.5, centre = 600, feedback = 0.4, mix = open{0, 0.5, name = "phase", value = 0.25}}
	>> midside{mono = 150} >> gain{gain = open{-18, -2, name = "level", value = -4}}
