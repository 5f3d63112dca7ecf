-- SPDX-License-Identifier: GPL-3.0-or-later
-- Techniques for width: functions from a signal to a stereo signal.
local wide = {}

-- Three oscillators side by side. make(cents) gives one of them.
function wide.unison(make, cents)
	local side = pan{make(-1 * cents), pan = -0.8}
	return side + pan{make(cents), pan = 0.8} + pan{make(0), pan = 0}
end

-- The precedence effect (H. Haas, 1951): one side a little late is heard as width, not as echo.
wide.haas = haas{ms = open{3, 28, name = "haas", value = 12}}

return wide
