-- SPDX-License-Identifier: GPL-3.0-or-later
-- Techno kick with its rumble: a distorted kick, and under it the kick's own hall, low-passed, driven, and ducked by the
-- kick. rumble is how loud that is, room and dark what it is made of, pump how deep it ducks, dirt the kick's distortion.
local strike = use "techniques.strike"
local drop = decay{attack = 0, decay = open{0.02, 0.09, log = true, name = "punch_time", value = 0.045}}
	* open{14, 42, name = "punch", value = 28}
local body = sine{pitch = note.pitch + open{-32, -22, name = "tune", value = -27} + drop, phase = 0.25}
	* decay{attack = 0.0005, hold = 0.03, decay = open{0.12, 0.4, log = true, name = "decay", value = 0.22}, curve = 5}
local click = noise{} * decay{attack = 0, decay = 0.008} * open{0, 0.4, name = "click", value = 0.15}
local dirty = shaper{body + click, shape = open{"soft", "hard", "fold", "sine", name = "dirt_shape"},
	drive = open{0, 20, name = "dirt", value = 10}, level = -2}
local dry = svf{dirty, cutoff = open{1500, 12000, log = true, name = "tone", value = 5000}}.low * note.velocity
	>> voices()
local room = hall{dry, decay = open{0.8, 5, log = true, name = "room", value = 2.2}, mix = 1, predelay = 0.02,
	early = 0.2, size = "hall"}
local dark = multimode{room, cutoff = open{60, 220, log = true, name = "dark", value = 110}, mode = "low", slope = "24"}
local low = shaper{svf{dark, cutoff = 28}.high, drive = open{12, 30, name = "rumble_drive", value = 20}}
local ducked = compressor{low, key = dry, source = "key", threshold = open{-40, -15, name = "pump", value = -28},
	ratio = 8,
	attack = 0.002, release = open{0.04, 0.25, log = true, name = "pump_release", value = 0.06}}
return strike.bus(dry * 0.8 + ducked * open{0.1, 0.9, name = "rumble", value = 0.55}, {level = 0.65}),
	phrase{tempo = 132, beats = 4, tail = 0.3, notes = {{0, 0.5, 60, 1}, {1, 0.5, 60, 1}, {2, 0.5, 60, 1},
		{3, 0.5, 60, 1}}}
