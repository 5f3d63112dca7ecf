-- SPDX-License-Identifier: GPL-3.0-or-later
-- Glitch percussion: a digital oscillator whose pitch jumps by the clock, held samples, few bits, cut to pieces. jump and
-- clock are the jumps, bits and rate the damage, stutter the cuts, decay the whole.
local strike = use "techniques.strike"
local clock = open{15, 120, log = true, name = "clock", value = 40}
local jumps = sah{walk{rate = 150, smooth = 0, stride = 2}, rate = clock} * open{4, 36, name = "jump", value = 18}
local tone = alias{pitch = note.pitch + open{-12, 24, name = "tune", value = 6}
	+ jumps, shape = open{"sine", "saw", "square", "noise", name = "wave"},
	wrap = open{1, 6, name = "wrap", value = 2.5}, mask = open{0, 255, name = "mask", value = 20}}
local dust = shnoise{pitch = note.pitch + open{24, 60, name = "dust_tune", value = 44} + jumps, correlation = -0.4}
	* open{0, 0.7, name = "dust", value = 0.3}
local cuts = lfo{rate = open{12, 70, log = true, name = "stutter_rate", value = 28}, shape = "square",
	width = open{0.3, 0.9, name = "stutter_width", value = 0.6}, polarity = "unipolar"}
local stutter = 1 - open{0, 1, name = "stutter", value = 0.7} * (1 - cuts)
local sound = crush{(tone * 0.6 + dust) * stutter, bits = open{2.5, 9, name = "bits", value = 5},
	rate = open{2500, 24000, log = true, value = 9000}}
local shaped = svf{sound, cutoff = open{60, 1500, log = true, name = "low_cut", value = 180}}.high
return strike.out(shaped * decay{attack = 0.0005, hold = open{0, 0.08, name = "hold", value = 0.03},
	decay = open{0.03, 0.5, log = true, name = "decay", value = 0.14}}, {level = 0.6, most = 0.7})
