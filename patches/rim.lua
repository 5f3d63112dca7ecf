-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rim shot: two short tones bent against each other, a crack on top, and the drum beneath. crack is the stick, shell the
-- drum, bite how hard the tones modulate each other.
local strike = use "techniques.strike"
local length = open{0.02, 0.15, log = true, name = "decay", value = 0.045}
local tune = note.pitch + open{-6, 14, name = "tune", value = 6}
local tones = fm2{pitch = tune, ratio1 = 1, ratio2 = open{2.2, 4.5, name = "ratio", value = 3.4},
	level2 = open{0.1, 0.8, name = "bite", value = 0.35} * decay{attack = 0, decay = 0.02},
	algorithm = "2>1"} * decay{attack = 0, decay = length}
local upper = triangle{pitch = tune + open{8, 20, name = "interval", value = 15}}
	* decay{attack = 0, decay = length * 0.6}
local crack = strike.band{name = "crack", cutoff = {1500, 9000, 3800}, decay = {0.003, 0.04, 0.01}}
local shell = sine{pitch = note.pitch - 6 + 5 * decay{attack = 0, decay = 0.03}} * decay{attack = 0.001, decay = 0.12}
local sound = tones * 0.7 + upper * open{0.1, 0.7, name = "upper", value = 0.4} + crack
	* open{0.1, 0.8, name = "crack_level", value = 0.4}
	+ shell * open{0, 0.6, name = "shell", value = 0.15}
return strike.out(svf{sound, cutoff = open{80, 600, log = true, name = "low_cut", value = 200}}.high,
	{drive = 4, level = 0.6, most = 0.7})
