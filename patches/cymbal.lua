-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cymbal: metal that rings long, a wash of noise, the stroke of the stick.
local strike = use "techniques.strike"
local ring = decay{attack = 0.002, decay = open{0.4, 4, log = true, name = "metal_decay", value = 1.5}, curve = open{2, 10, name = "curve", value = 6}}
local metal = svf{strike.metal{name = "metal"}, cutoff = open{2500, 12000, name = "metal_cutoff", value = 5500},
	resonance = open{0, 0.5, name = "metal_focus", value = 0.15}}.band * ring
local wash = strike.band{name = "wash", cutoff = {3000, 15000, 8000}, decay = {0.3, 4, 1.2}, attack = open{0, 0.2, name = "swell", value = 0.003}}
local stick = strike.band{name = "stick", cutoff = {2000, 12000, 5000}, decay = {0.005, 0.1, 0.03}}
return strike.out(svf{metal * open{0.2, 3, name = "metal_level", value = 1.5} + wash * open{0, 0.8, name = "wash_level", value = 0.5}
	+ stick * open{0, 0.6, name = "stick_level", value = 0.2}, cutoff = open{300, 5000, name = "low_cut", value = 1500}}.high)
