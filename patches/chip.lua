-- SPDX-License-Identifier: GPL-3.0-or-later
-- Chip lead: a counter of eight bits, wrapped and masked, on an arpeggio as fast as a screen. chord1 and chord2
-- are its steps, rate its speed, wrap and bits the dirt.
local arp = steps{step1 = 0, step2 = choose{3, 4, 5, 7, index = open{0, 3.9, name = "chord1", value = 0}}, step3 = choose{7, 8, 9, 12, index = open{0, 3.9, name = "chord2", value = 0}}, step4 = 12,
	count = open{1, 4, name = "notes", value = 4, log = false}, rate = open{6, 50, log = true, name = "rate", value = 16}, per = "second"}
local voice = alias{pitch = note.pitch + arp, shape = open{"square", "saw", "sine", name = "wave"}, wrap = open{1, 4, log = true, value = 1.5}, bits = open{2, 8, value = 4}}
local env = adsr{attack = 0.001, decay = open{0.1, 1, log = true, value = 0.4}, sustain = open{0, 0.8, value = 0.4}, release = open{0.02, 0.4, log = true, value = 0.08}}
return onepole{voice, cutoff = open{2000, 16000, log = true, name = "tone", value = 8000}}.low * env * note.velocity * open{0.1, 0.6, log = true, name = "level", value = 0.42}
	>> voices() >> delay{sync = "1/8", feedback = open{0, 0.5, name = "echo_feedback", value = 0.3}, mix = open{0, 0.35, name = "echo", value = 0.2}, mode = "ping-pong"},
	phrase{beats = 4, tail = 1, notes = {{0, 0.9, 69, 0.9}, {1, 0.9, 65, 0.8}, {2, 1.8, 67, 0.9}}}
