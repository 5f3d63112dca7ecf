-- SPDX-License-Identifier: GPL-3.0-or-later
-- Conga, bongo, djembe: a tight skin as a bank of modes, struck by a hand. tune goes from tumba to bongo, slap from the
-- palm to the fingers, muffle chokes the upper modes, bend is how far the skin gives.
local strike = use "techniques.strike"
local slap = macro{open{0, 1, name = "slap", value = 0.35}, a_from = 700, a_to = 9000, a_law = "exponential",
	b_from = 0.05, b_to = 0.29, c_from = -9, c_to = -1}
local hand = svf{noise{}, cutoff = slap.a}.low * decay{attack = 0.0005,
	decay = open{0.003, 0.02, log = true, name = "hand", value = 0.007}}
local tune = note.pitch + open{-9, 12, name = "tune", value = -3}
local bend = decay{attack = 0, decay = 0.05} * open{0, 2.5, name = "bend", value = 0.8}
local skin = modal{hand * 0.9, pitch = tune + bend, decay = open{0.12, 1.2, log = true, name = "decay", value = 0.45},
	stretch = open{0.7, 0.95, name = "skin", value = 0.82}, damping = open{0.6, 2, name = "muffle", value = 1.1},
		tilt = slap.c, position = slap.b}
local wood = sine{pitch = tune - 12 + bend} * decay{attack = 0.001, decay = 0.15}
	* open{0, 0.5, name = "shell", value = 0.2}
local sound = skin + wood + hand * open{0, 0.6, name = "finger", value = 0.2}
return strike.out(sound, {drive = 3, level = 0.6, most = 0.7})
