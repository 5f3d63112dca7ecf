-- SPDX-License-Identifier: GPL-3.0-or-later
-- Snare drum: two skins, the rattle of the wires, a snap at the start.
local strike = use "techniques.strike"
local low = strike.skin{name = "low", tune = {-20, 0, -9}, drop = {0, 24, 8}, decay = {0.04, 0.4, 0.12}}
local high = strike.skin{name = "high", tune = {-12, 12, -1}, drop = {0, 24, 5}, decay = {0.03, 0.3, 0.08}}
local wires = strike.band{name = "wires", cutoff = {800, 10000, 3500}, decay = {0.05, 1, 0.3}}
local snap = strike.band{name = "snap", cutoff = {2000, 16000, 7000}, decay = {0.003, 0.08, 0.02}, output = "high"}
return strike.out(low * open{0, 0.9, name = "low_level", value = 0.4} + high * open{0, 0.7, name = "high_level", value = 0.25}
	+ wires * open{0, 1.4, name = "wires_level", value = 0.8} + snap * open{0, 0.55, name = "snap_level", value = 0.2})
