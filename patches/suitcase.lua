-- SPDX-License-Identifier: GPL-3.0-or-later
-- Suitcase piano: a tine before a pickup that hears it off its middle, an amplifier that bites
-- when played hard, and the sound that goes from side to side.
local pedals = use "techniques.pedals"
local touch = note.velocity
local ring = adsr{attack = 0.001, decay = open{0.8, 6, log = true, value = 2.5}, sustain = 0, release = open{0.05, 0.6, log = true, value = 0.15}, curve = 5}
local clink = sine{pitch = note.pitch + open{24, 40, name = "tine", value = 33.7}} * decay{attack = 0, decay = open{0.02, 0.3, log = true, name = "clink_fall", value = 0.08}}
local tine = sine{pitch = note.pitch, phase = clink * (touch * open{0, 0.4, name = "clink", value = 0.12})} * ring
local pickup = shaper{tine, drive = touch * open{0, 12, name = "bark", value = 9}, bias = open{0, 0.9, name = "offset", value = 0.35}, shape = "asymmetric"}
local keys = pickup * touch * open{0.08, 0.75, log = true, name = "level", value = 0.6} >> voices()
return keys.left >> shaper{drive = open{-12, 9, name = "amp", value = -3}, mix = open{0, 1, name = "amp_mix", value = 0.6}} >> pedals.phase(0.2)
	>> autopan{rate = open{2, 8, log = true, name = "pan_rate", value = 4.5}, depth = open{0, 0.9, name = "pan", value = 0.5}, shape = open{"sine", "triangle", "square", name = "pan_shape", value = "triangle"}}
