-- SPDX-License-Identifier: GPL-3.0-or-later
-- Bass: a saw and a square an octave below through a ladder with some drive.
local pitch = note.pitch - 24
local body = saw{pitch = pitch} * open{0, 0.7, name = "saw", value = 0.5}
           + square{pitch = pitch - 12, width = open{0.2, 0.5, name = "width", value = 0.5}} * open{0, 0.6, name = "sub", value = 0.3}
local env = adsr{attack = open{0.001, 0.05, log = true, value = 0.003}, decay = open{0.05, 1.5, log = true, value = 0.3},
	sustain = open{0, 1, value = 0.5}, release = open{0.02, 0.5, log = true, value = 0.1}}
local sweep = decay{attack = 0.001, decay = open{0.03, 1, log = true, name = "sweep_decay", value = 0.2}}
return ladder{body, cutoff = open{60, 3000, log = true, value = 300} * 2 ^ (sweep * open{0, 5, name = "sweep", value = 2.5}),
	resonance = open{0, 0.85, value = 0.3}, drive = open{0, 18, value = 6}}
	* env * note.velocity * open{0.1, 1, log = true, name = "level", value = 0.75}
