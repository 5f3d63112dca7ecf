-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ride cymbal: FM plates that ring on, a bell within them and the ping of a stick. ping is the stick, bell how clear a
-- tone it has, wash what builds up under it.
local strike = use "techniques.strike"
local ring = decay{attack = 0.001, decay = open{0.8, 4, log = true, name = "decay", value = 2},
	curve = open{4, 9, name = "curve", value = 6}}
local clang = open{0.2, 1.1, name = "clang", value = 0.5} * (0.4 + 0.6 * ring)
local plates = fm4{pitch = note.pitch + open{12, 26, name = "metal", value = 18}, algorithm = "4>3 2>1", ratio1 = 1,
	ratio2 = 3.14, ratio3 = 2.27, ratio4 = 5.41,
	level1 = 0.8, level2 = clang, level3 = 1, level4 = clang, random = 1}
local bell = fm2{pitch = note.pitch + open{17, 31, name = "bell_tune", value = 25}, ratio2 = 2.76, level2 = 0.25}
	* decay{attack = 0, decay = 0.9} * open{0, 0.5, name = "bell", value = 0.2}
local wash = svf{noise{}, cutoff = open{4000, 11000, log = true, name = "wash_cutoff", value = 7000},
	resonance = 0.1}.band
	* decay{attack = open{0.005, 0.12, log = true, name = "swell", value = 0.03}, decay = 1.5}
		* open{0.05, 0.6, name = "wash", value = 0.25}
local ping = strike.band{name = "ping", cutoff = {3500, 10000, 6000}, decay = {0.008, 0.06, 0.02}}
	* open{0.1, 0.8, name = "ping_level", value = 0.4}
local sound = svf{plates * ring * 0.6, cutoff = open{2500, 6500, log = true, name = "body_cut", value = 4000}}.high
	+ bell + wash + ping
return strike.bus(svf{sound, cutoff = 500}.high * (note.velocity * 0.7) >> voices(), {drive = 3}),
	phrase{tempo = 120, beats = 4, tail = 1.5, notes = {{0, 0.5, 60, 1}, {1, 0.5, 60, 0.7}, {1.667, 0.3, 60, 0.6},
		{2, 0.5, 60, 0.9}}}
