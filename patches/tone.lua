-- SPDX-License-Identifier: GPL-3.0-or-later
-- Any pitched one-shot: saw, pulse and an FM sine, a filter that follows the pitch half-way, an envelope.
local tune = note.pitch + open{-24, 24, name = "tune", value = 0}
local bend = decay{attack = 0, decay = open{0.005, 0.4, log = true, name = "bend_decay", value = 0.05}} * open{-12, 12, name = "bend", value = 0}
local pitch = tune + bend
local modulator = sine{pitch = pitch + open{0, 31, name = "fm_ratio", value = 12}}
	* decay{attack = 0, decay = open{0.01, 2, log = true, name = "fm_decay", value = 0.3}}
local sound = saw{pitch = pitch} * open{0, 0.6, name = "saw", value = 0.3}
	+ square{pitch = pitch, width = open{0.05, 0.5, name = "width", value = 0.4}} * open{0, 0.5, name = "pulse", value = 0.1}
	+ sine{pitch = pitch, phase = modulator * open{0, 1.5, name = "fm", value = 0.2}} * open{0, 0.8, name = "sine", value = 0.4}
	+ noise{} * open{0, 0.3, name = "noise", value = 0.02}
local env = adsr{attack = open{0.001, 0.3, log = true, name = "attack", value = 0.003}, decay = open{0.02, 2, log = true, name = "decay", value = 0.4},
	sustain = open{0, 1, name = "sustain", value = 0.3}, release = open{0.01, 1, log = true, name = "release", value = 0.1}}
local sweep = decay{attack = 0.001, decay = open{0.02, 2, log = true, name = "sweep_decay", value = 0.3}}
local filtered = ladder{sound, cutoff = open{200, 10000, log = true, name = "cutoff", value = 1500} * 2 ^ (sweep * open{0, 5, name = "sweep", value = 2} + (tune - 60) / 24),
	resonance = open{0, 0.85, name = "resonance", value = 0.2}}
return filtered * env * (note.velocity * open{0.05, 0.9, log = true, name = "level", value = 0.7})
