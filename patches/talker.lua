-- SPDX-License-Identifier: GPL-3.0-or-later
-- Vowel lead: a saw that speaks, from one vowel to another as each note goes on. from and to are vowels
-- (0 a, 1 e, 2 i, 3 o, 4 u), time the way between them, throat the size of who speaks.
local from, to = open{0, 4, name = "from", value = 3}, open{0, 4, name = "to", value = 0.5}
local way = ar{attack = open{0.03, 0.8, log = true, name = "time", value = 0.2}, release = 0.5}
local slide = decay{attack = 0, decay = 0.08} * open{-3, 0, name = "scoop", value = -1}
local pitch = note.pitch - 12 + slide + lfo{rate = open{4, 7, name = "vibrato_rate", value = 5.3}, fade = 0.4} * open{0, 0.4, name = "vibrato", value = 0.15}
local source = mix{saw{pitch = pitch}, square{pitch = pitch, width = 0.2}, t = open{0, 1, name = "rasp", value = 0.3}}
local voice = vowel{source, vowel = mix{from, to, t = way}, shift = open{-6, 8, name = "throat", value = 0}, width = open{0.6, 2.5, log = true, name = "blur", value = 1.1}}
local env = adsr{attack = open{0.005, 0.1, log = true, value = 0.015}, decay = 0.6, sustain = 0.8, release = open{0.05, 0.6, log = true, value = 0.15}}
return voice * env * note.velocity * open{0.5, 2.6, log = true, name = "level", value = 2.1}
	>> voices() >> chorus{mix = open{0, 0.5, name = "chorus", value = 0.25}} >> delay{sync = "1/8D", feedback = 0.35, mix = open{0, 0.35, name = "echo", value = 0.18}, mode = "ping-pong"},
	phrase{beats = 4, tail = 1, notes = {{0, 0.9, 60, 0.9}, {1, 0.9, 58, 0.8}, {2, 1.8, 63, 0.9}}}
