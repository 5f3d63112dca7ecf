-- SPDX-License-Identifier: GPL-3.0-or-later
-- Chameleon: three sources through four filters, each with settings of its own while it is chosen (source and
-- filter say which); octave and voices go in steps.
local pitch = note.pitch + open{-24, 12, step = 12, name = "octave", value = -12}
local source = choose{
	supersaw{pitch = pitch, count = open{1, 9, name = "voices", value = 5}, spread = open{4, 50, name = "spread", value = 18}}.left,
	square{pitch = pitch, width = open{0.05, 0.5, name = "width", value = 0.3}} * 0.8,
	phasedist{pitch = pitch, shape = open{"saw", "square", "pulse", "double", name = "bend"}, amount = open{0.1, 1, name = "amount", value = 0.6}},
	index = open{"saws", "pulse", "bent", name = "source"}}

local sweep = decay{decay = open{0.05, 1.5, log = true, name = "fall", value = 0.4}} * open{0, 4, name = "sweep", value = 2}
local cutoff = open{120, 4000, log = true, name = "cutoff", value = 500} * 2 ^ sweep
local voice = choose{
	ladder{source, cutoff = cutoff, resonance = open{0, 0.85, name = "bite", value = 0.4}, drive = open{0, 24, name = "drive", value = 6}},
	svf{source, cutoff = cutoff, resonance = open{0.2, 0.8, name = "ring", value = 0.5}}.band,
	vowel{source, vowel = open{0, 4, name = "vowel", value = 1}, shift = open{-7, 7, name = "throat", value = 0}} * 2,
	shaper{source, shape = open{"fuzz", "digital", name = "dirt"}, drive = open{0, 24, name = "push", value = 9}, steps = open{2, 16, name = "steps", value = 4}},
	index = open{"ladder", "band", "vowel", "dirt", name = "filter"}}
return voice * adsr{attack = open{0.002, 0.3, log = true, name = "attack", value = 0.004}, sustain = open{0, 1, name = "sustain", value = 0.6}, release = open{0.03, 0.8, log = true, name = "release", value = 0.2}} * 0.55
	>> voices() >> limiter{ceiling = -1}
