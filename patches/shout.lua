-- SPDX-License-Identifier: GPL-3.0-or-later
-- Shout: a synced saw torn upwards with each note, some drive, an echo.
local tear = dahdsr{attack = open{0.001, 0.3, log = true, name = "tear_up", value = 0.03}, attack_curve = open{-6, 6, name = "tear_bend", value = 2},
	decay = open{0.1, 2, log = true, name = "tear_down", value = 0.6}, sustain = open{0, 0.6, name = "tear_rest", value = 0.2}, release = 0.3}
local env = adsr{attack = open{0.001, 0.05, log = true, value = 0.003}, decay = open{0.1, 1.5, log = true, value = 0.4}, sustain = open{0.3, 1, value = 0.75}, release = open{0.03, 0.6, log = true, value = 0.12}}
local drift = walk{rate = 3, stride = 0.4} * 0.03
local voice = sync{pitch = note.pitch + drift, ratio = 2 ^ (open{0, 1.5, name = "ratio", value = 0.4} + tear * open{0, 3, name = "tear", value = 1.6})}
return ladder{voice * 0.5, cutoff = open{1000, 14000, log = true, value = 6000}, resonance = open{0, 0.6, value = 0.15}, drive = open{0, 12, value = 4}}
	* env * note.velocity * open{0.1, 1.4, log = true, name = "level", value = 1.1}
	>> voices() >> delay{time = open{0.1, 0.5, name = "echo_time", value = 0.25}, feedback = open{0, 0.5, name = "echo_feedback", value = 0.3}, mix = open{0, 0.3, name = "echo", value = 0.15}, mode = "ping-pong"}
