-- SPDX-License-Identifier: GPL-3.0-or-later
-- Riser: noise and a saw that climb for four bars, faster and faster, into a hall. The climb is an arc, so it keeps
-- the tempo; reach is how far it opens, height how far the saw climbs, pulse and pulse_rate its trembling.
local time = pin(0, {0, 1, name = "climb"})
local climb = time * time -- late, as it should be
local reach = open{3, 6.5, name = "reach", value = 5}
local cutoff = open{80, 400, log = true, name = "cutoff", value = 180} * 2 ^ (climb * reach)
local saws = saw{pitch = note.pitch - 12 + climb * open{0, 36, name = "height", value = 24}, random = 1} * open{0, 0.35, name = "saw", value = 0.15}
local sound = svf{noise{colour = open{"white", "pink", name = "colour"}} + saws, cutoff = cutoff, resonance = open{0.1, 0.75, value = 0.4}}.band
local pulse = 1 - open{0, 0.8, name = "pulse", value = 0.4} * (0.5 + 0.5 * lfo{rate = open{1, 8, log = true, name = "pulse_rate", value = 4}, per = "beat"})
return sound * pulse * (0.15 + 0.85 * climb) * adsr{attack = 0.05, sustain = 1, release = 0.05} * open{0.1, 0.6, log = true, name = "level", value = 0.45}
	>> voices() >> hall{mix = open{0.05, 0.5, name = "room", value = 0.25}, decay = open{1, 6, log = true, name = "room_decay", value = 2.5}},
	phrase{tempo = 128, beats = 16, tail = 2, notes = {{0, 16, 60, 1}}, arcs = {climb = {{0, 0}, {16, 1}}}}
