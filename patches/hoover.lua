-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hoover: pulses in unison whose width swings, an octave below as well, and a pitch that falls into the note.
-- dive and dive_time are the fall, spread the unison, pwm the swing of the widths.
local dive = decay{attack = 0.02, decay = open{0.05, 0.6, log = true, name = "dive_time", value = 0.22}, curve = 3} * open{-7, 12, name = "dive", value = 4}
local pitch = note.pitch + dive
local swing = lfo{rate = open{0.5, 8, log = true, name = "pwm_rate", value = 3}} * open{0, 0.35, name = "pwm", value = 0.25}
local wall = unison{pitch = pitch, wave = "square", count = 4, spread = open{8, 60, log = true, name = "spread", value = 25}, pulse = 0.5 + swing, mix = 0.9, width = 0.9}
local under = square{pitch = pitch - 12, width = 0.5 - swing} * open{0, 0.5, name = "sub", value = 0.25}
local env = adsr{attack = open{0.002, 0.1, log = true, value = 0.01}, decay = 0.8, sustain = open{0.4, 1, value = 0.8}, release = open{0.05, 0.8, log = true, value = 0.2}}
return svf{wall * 0.6 + under, cutoff = open{1200, 14000, log = true, value = 5500}, resonance = open{0, 0.5, value = 0.15}}.low
	* env * note.velocity * open{0.1, 0.45, log = true, name = "level", value = 0.36}
	>> voices() >> chorus{rate = 0.9, depth = 3, mix = open{0.1, 0.6, name = "chorus", value = 0.4}},
	phrase{beats = 4, tail = 1, notes = {{0, 1.4, 57, 0.9}, {1.5, 0.4, 60, 0.7}, {2, 1.5, 55, 0.9}}}
