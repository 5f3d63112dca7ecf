-- SPDX-License-Identifier: GPL-3.0-or-later
-- Plucked string: two oscillators, a filter that closes, a small room.
local body = saw{pitch = note.pitch + open{-12, 12, name = "tune"}}
           + square{pitch = note.pitch, width = open{0.05, 0.5}} * open{0, 1, name = "sub"}
local env  = adsr{attack = open{0.001, 0.2, log = true, value = 0.003}, decay = open{0.02, 2, log = true, value = 0.4}, sustain = 0.2, release = 0.3}
return ladder{body * 0.6, cutoff = open{60, 12000, log = true} * 2^(env * open{0, 6, name = "sweep"}), resonance = open{0, 0.9, value = 0.3}}
       * env * note.velocity * open{0.1, 1, log = true, name = "level", value = 0.8}
       >> voices() >> haas{ms = open{1, 35}} >> plate{mix = open{0, 0.4, name = "room", value = 0.15}}
