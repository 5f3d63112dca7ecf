-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sub bass: a sine that falls into its note, warmed until small speakers hear it. knock is the fall, warmth and
-- colour the harmonics, octave a second sine above.
local knock = decay{attack = 0, decay = open{0.01, 0.12, log = true, name = "knock_decay", value = 0.03}} * open{0, 24, name = "knock", value = 7}
local pitch = note.pitch - 24 + knock
local body = sine{pitch = pitch, feedback = open{0, 0.5, name = "colour", value = 0.08}}
	+ sine{pitch = pitch + 12} * open{0, 0.5, name = "octave", value = 0.12}
local env = adsr{attack = open{0.002, 0.06, log = true, value = 0.005}, decay = open{0.1, 2, log = true, value = 0.6},
	sustain = open{0.2, 1, value = 0.7}, release = open{0.03, 0.4, log = true, value = 0.08}}
local warm = shaper{body * env, drive = open{-6, 18, name = "warmth", value = 4}, bias = open{0, 0.4, name = "even", value = 0.1}, shape = "soft"}
return onepole{warm, cutoff = open{150, 4000, log = true, name = "tone", value = 900}}.low
	* note.velocity * open{0.15, 0.8, log = true, name = "level", value = 0.55}
