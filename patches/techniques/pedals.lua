-- SPDX-License-Identifier: GPL-3.0-or-later
-- Pedals: functions from a sound to a sound, for what stands after voices().
local pedals = {}

-- A low-pass that opens as the sound gets louder: an auto-wah. base in Hz, reach in octaves: {least, most, usual}.
function pedals.wah(t)
	return function(sound)
		local touch = follow{sound, gain = open{0, 30, name = "wah_sense", value = 10}, attack = 0.008, release = open{0.05, 0.5, log = true, name = "wah_release", value = 0.14}}
		local cutoff = open{t.base[1], t.base[2], log = true, name = "wah_base", value = t.base[3]} * 2 ^ (touch * open{t.reach[1], t.reach[2], name = "wah_reach", value = t.reach[3]})
		local filter = svf{sound, cutoff = cutoff, resonance = open{0.3, 0.85, name = "wah_focus", value = 0.7}}
		return filter.low * 0.4 + filter.band * 0.4
	end
end

-- Six stages, slow: the script on the orange box.
function pedals.phase(value)
	return phaser{rate = open{0.05, 4, log = true, name = "phase_rate", value = 0.35}, depth = open{0.3, 2.5, name = "phase_depth", value = 1.4},
		feedback = open{0, 0.8, name = "phase_feedback", value = 0.4}, mix = open{0, 0.6, name = "phase", value = value}, stages = "6"}
end

return pedals
