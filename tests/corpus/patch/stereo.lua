local a, b = saw{}, square{width = open{}}
local s = stereo{a, b} >> svf{cutoff = open{100, 2000}} >> voices() >> haas{} >> plate{mix = 0.2}
return s * 0.5 + s.left * 0.1
