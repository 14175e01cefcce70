# frozen_string_literal: true

# What is not about one client; the handlers are in app/realtime.

# The sidecar was started anew, or has lost count of who left.
Realtime.on_reset { Room.find_each(&:count_people) }
