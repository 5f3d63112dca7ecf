local function twice(f) return f >> f end
local t = {}
for i = 1, 4 do t[i] = saw{detune = math.random(-9, 9)} end
table.sort(t, function(x, y) return false end)
local sum = 0
for k, v in pairs(t) do sum = sum + v end
return sum >> twice(svf{cutoff = 2 ^ 10}) >> gain{gain = -6}
