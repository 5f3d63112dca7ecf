-- SPDX-License-Identifier: GPL-3.0-or-later
-- Clavinet: a string, damped as the key comes up, through an auto-wah and a phaser.
local pedals = use "techniques.pedals"
local string = pluck{decay = open{0.5, 4, log = true, value = 1.5}, brightness = open{0.5, 1, value = 0.85}}
local damper = adsr{attack = 0.001, decay = 2, sustain = 0.7, release = open{0.02, 0.12, log = true, value = 0.05}}
local sound = svf{string, cutoff = open{80, 400, log = true, name = "thin", value = 140}}.high
local line = sound * damper * (note.velocity * 2) >> voices()
return line.left >> pedals.wah{base = {150, 700, 320}, reach = {0.5, 5, 3}} >> shaper{drive = open{-6, 18, name = "drive", value = 6}, shape = open{"soft", "hard", name = "amp"}, level = -6}
	>> pedals.phase(0.25) >> gain{gain = open{-24, -2, name = "level", value = -3}}
