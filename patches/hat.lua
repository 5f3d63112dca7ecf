-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hi-hat: ringing metal and hiss behind a high-pass; the decay closes or opens it.
local strike = use "techniques.strike"
local length = open{0.015, 1, log = true, name = "decay", value = 0.07}
local metal = svf{strike.metal{name = "metal"}, cutoff = open{2000, 14000, name = "metal_cutoff", value = 7500},
	resonance = open{0, 0.5, name = "metal_focus", value = 0.2}}.band
local hiss = svf{noise{}, cutoff = open{3000, 16000, name = "hiss_cutoff", value = 8000},
	resonance = open{0, 0.5, name = "hiss_focus", value = 0.1}}.high
local ring = decay{attack = open{0, 0.01, name = "attack", value = 0.001}, decay = length, curve = open{2, 12, name = "curve", value = 8}}
local sound = (metal * open{0, 3, name = "metal_level", value = 0.8} + hiss * open{0, 1, name = "hiss_level", value = 0.6}) * ring
return strike.out(svf{sound, cutoff = open{200, 8000, name = "low_cut", value = 5000}}.high)
