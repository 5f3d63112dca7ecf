-- SPDX-License-Identifier: GPL-3.0-or-later
-- Shaker, maraca, cabasa: beads that fly (a swell) and land (a stroke), coarse or fine. grain is how many beads, swing how
-- long they are on their way, body the pitch of the gourd.
local strike = use "techniques.strike"
local beads = macro{open{0, 1, name = "grain", value = 0.6}, a_from = 500, a_to = 9000, a_law = "exponential",
	b_from = 2.2, b_to = 0.9}
local swing = open{0.01, 0.1, log = true, name = "swing", value = 0.04}
local motion = dahdsr{attack = swing, attack_curve = -4,
	decay = open{0.03, 0.25, log = true, name = "decay", value = 0.08}, sustain = 0, decay_curve = 6}
local flight = (strike.grit(beads.a) - 0.02) * beads.b + noise{} * 0.12
local band = svf{flight, cutoff = open{2500, 11000, log = true, name = "body", value = 6000},
	resonance = open{0.1, 0.6, name = "focus", value = 0.3}}
local air = svf{noise{}, cutoff = 9000}.high * open{0, 0.4, name = "air", value = 0.12}
return strike.out(svf{(band.band * 0.7 + air * 0.5)
	* motion, cutoff = open{800, 4000, log = true, name = "low_cut", value = 1500}}.high,
	{drive = 11, level = 0.6, most = 0.7}),
	phrase{tempo = 120, beats = 2, tail = 0.3, notes = {{0, 0.2, 60, 1}, {0.5, 0.2, 60, 0.6}, {1, 0.2, 60, 0.9},
		{1.5, 0.2, 60, 0.6}}}
