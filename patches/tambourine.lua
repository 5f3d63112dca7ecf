-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tambourine, sleigh bells: jingles that meet at random over a small drum. jingle is their pitch, shake how many strike,
-- decay how long they go on, head the drum.
local strike = use "techniques.strike"
local hits = strike.grit(open{60, 500, log = true, name = "shake", value = 200})
	* decay{attack = 0.002, decay = open{0.08, 0.6, log = true, name = "decay", value = 0.25}, curve = 6}
local first = noise{} * decay{attack = 0, decay = 0.006} * open{0.1, 0.6, name = "stroke", value = 0.3}
local tune, ring = note.pitch + open{36, 52, name = "jingle", value = 44},
	open{0.03, 0.25, log = true, name = "ring", value = 0.1}
local struck = hits + first * 0.4
local jingles = modal{struck, pitch = tune, decay = ring, stretch = 0.62, damping = 0.4, tilt = 0, position = 0.17}
	+ modal{struck, pitch = tune + 2.7, decay = ring * 0.8, stretch = 0.71, damping = 0.4, tilt = 0, position = 0.31}
local head = strike.skin{name = "head", tune = {-6, 12, 2}, drop = {0, 8, 3}, decay = {0.03, 0.2, 0.08}}
local sound = svf{jingles * 0.4, cutoff = open{2500, 7000, log = true, name = "low_cut", value = 4500}}.high + head
	* open{0, 0.4, name = "head_level", value = 0.1} + svf{first, cutoff = 3000}.high * 0.5
return strike.out(sound * 0.5, {drive = 8, level = 0.45, most = 0.7})
