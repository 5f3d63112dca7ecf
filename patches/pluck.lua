-- A plucked string of two oscillators, a closing filter, short echo of the room.
local body = saw{pitch = note.pitch + open{-12, 12, name = "tune"}}
           + square{pitch = note.pitch, width = open{0.05, 0.5}} * open{0, 1, name = "sub"}
local env  = adsr{attack = open{0.001, 0.2, log = true}, decay = open{0.02, 2, log = true}, sustain = 0.2, release = 0.3}
return ladder{body, cutoff = open{60, 12000, log = true} * 2^(env * open{0, 6, name = "sweep"}), resonance = open{0, 0.95}} * env
       >> voices() >> haas{ms = open{1, 35}} >> plate{mix = 0.15}
