-- SPDX-License-Identifier: GPL-3.0-or-later
-- Wood block, clave, temple block: a hollow bar struck by a stick. hollow is the cavity's pitch over the bar's, hard the
-- stick, dry how fast the wood swallows its upper modes.
local strike = use "techniques.strike"
local tune = note.pitch + open{4, 32, name = "tune", value = 19}
local stick = svf{noise{}, cutoff = open{1500, 12000, log = true, name = "hard", value = 5000}}.low
	* decay{attack = 0, decay = open{0.001, 0.008, log = true, name = "stick", value = 0.003}}
local bar = modal{stick, pitch = tune, decay = open{0.05, 0.5, log = true, name = "decay", value = 0.13},
	stretch = open{1.1, 1.9, name = "wood", value = 1.4},
	damping = open{0.5, 2, name = "dry", value = 1}, tilt = open{-12, -2, name = "tilt", value = -6}, position = 0.24}
local cavity = sine{pitch = tune + open{3, 9, name = "hollow", value = 5}}
	* decay{attack = 0.0005, decay = open{0.02, 0.12, log = true, name = "hollow_decay", value = 0.05}}
local sound = bar * 1.3 + cavity * open{0.1, 0.7, name = "hollow_level", value = 0.35} + stick
	* open{0, 0.4, name = "stick_level", value = 0.15}
return strike.out(svf{sound, cutoff = 150}.high, {drive = 3, level = 0.6, most = 0.7})
