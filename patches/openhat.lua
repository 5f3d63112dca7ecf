-- SPDX-License-Identifier: GPL-3.0-or-later
-- Open hat of FM metal: four operators at ratios of no key, ring-modulated, and a hiss. metal is its pitch, clang how
-- far the operators bend each other, sizzle the hiss, decay from half open to open.
local strike = use "techniques.strike"
local clang = open{0.3, 1.6, name = "clang", value = 0.8}
local plates = fm4{pitch = note.pitch + open{10, 30, name = "metal", value = 20}, algorithm = "4>3 2>1", ratio1 = 1,
	ratio2 = 2.633, ratio3 = 1.483, ratio4 = 3.917,
	level1 = 1, level2 = clang, level3 = 1, level4 = clang
		* 0.9, feedback = open{0.2, 1.2, name = "grind", value = 0.6}, random = 1}
local ring = ringmod{plates, frequency = open{2000, 9000, log = true, name = "ring_frequency", value = 4700},
	mix = open{0.2, 1, name = "ring", value = 0.6}}
local ring_env = decay{attack = 0.0005, hold = 0.01, decay = open{0.15, 1.2, log = true, name = "decay", value = 0.5},
	curve = open{3, 8, name = "curve", value = 5}}
local hiss = svf{noise{colour = "white"}, cutoff = open{5000, 13000, log = true, name = "sizzle_cutoff",
	value = 8000}}.high
local stick = noise{} * decay{attack = 0, decay = 0.01} * open{0, 0.6, name = "stick", value = 0.25}
local sound = (ring * 0.8 + hiss * open{0, 0.5, name = "sizzle", value = 0.2}) * ring_env + stick
return strike.out(multimode{sound * 0.5, cutoff = open{3000, 8500, log = true, name = "low_cut", value = 4800},
	mode = "high", slope = "24"}, {drive = 10, level = 0.65, most = 0.7})
