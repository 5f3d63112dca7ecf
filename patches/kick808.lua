-- SPDX-License-Identifier: GPL-3.0-or-later
-- Boom after the TR-808: a long low sine with hardly a drop, to be played as a bass too. knock is its attack, decay its
-- length, warmth the overtones that small speakers need, glide how far it sinks on its way.
local strike = use "techniques.strike"
local sink = decay{attack = 0, decay = open{0.2, 1.5, log = true, name = "glide_time", value = 0.5}, curve = 3}
	* open{0, 3, name = "glide", value = 0.7}
local knock = decay{attack = 0, decay = open{0.008, 0.04, log = true, name = "knock_time", value = 0.016}}
	* open{4, 30, name = "knock", value = 14}
local body = sine{pitch = note.pitch + open{-32, -22, name = "tune", value = -27} + sink + knock}
	* decay{attack = 0.001, hold = 0.03, decay = open{0.4, 2.5, log = true, name = "decay", value = 1.2},
		curve = open{3, 8, name = "curve", value = 5}}
local warm = shaper{body, shape = "asymmetric", drive = open{0, 18, name = "warmth_drive", value = 8}}
local click = strike.band{name = "click", cutoff = {800, 6000, 2500}, decay = {0.002, 0.015, 0.005}}
local warmth = open{0, 1, name = "warmth", value = 0.4}
return strike.out(mix{body, warm, t = warmth} + click
	* open{0, 0.4, name = "click_level", value = 0.12}, {drive = 0, level = 0.75, most = 0.8}),
	phrase{beats = 4, tail = 0.5, notes = {{0, 1, 60, 1}}}
