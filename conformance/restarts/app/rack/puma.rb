# frozen_string_literal: true

# A worker that is told to end takes those who are at its door already, which is shut to others by then. Otherwise
# they would be sent away without an answer: the sidecar cannot know that nobody has read what they asked.
drain_on_shutdown
