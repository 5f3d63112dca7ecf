-- SPDX-License-Identifier: GPL-3.0-or-later
-- Clap in a gated room: three or four hands, a bright hall over them that a gate cuts off. room is how much of it, length
-- where the gate shuts, spread how far apart the hands are.
local strike = use "techniques.strike"
local hands = 0.5 - 0.5 * lfo{rate = open{60, 140, name = "spread", value = 90}, shape = "saw"}
local clap = hands ^ 2 * decay{attack = 0, hold = open{0.015, 0.045, name = "hands", value = 0.03}, decay = 0.01}
	+ decay{attack = 0.028, decay = open{0.05, 0.3, log = true, name = "decay", value = 0.12}}
		* open{0.2, 0.8, name = "tail", value = 0.5}
local cutoff, focus = open{800, 2800, log = true, name = "cutoff", value = 1400},
	open{0.1, 0.5, name = "focus", value = 0.25}
local skin = svf{noise{}, cutoff = cutoff, resonance = focus}.band * (60 * cutoff ^ -0.5 * 2 ^ (focus * -3.3))
local air = svf{noise{}, cutoff = 5000}.high * open{0, 0.5, name = "air", value = 0.1}
local dry = svf{(skin + air) * clap, cutoff = 300}.high * note.velocity >> voices()
local room = hall{dry * 4, decay = open{0.8, 4, log = true, name = "room_decay", value = 1.8}, mix = 1,
	predelay = 0.005, early = 0.9, size = "chamber", damping = 9000}
local gated = gate{room, key = dry, source = "key", threshold = -34,
	hold = open{0.05, 0.35, log = true, name = "length", value = 0.16},
	release = open{0.005, 0.08, log = true, name = "shut", value = 0.02}, range = -60}
return strike.bus(dry + gated * open{0.2, 1.5, name = "room", value = 0.8}, {drive = 3, level = 0.7})
