# frozen_string_literal: true

require "json"

# What the app did, one fact a line, for whoever counts it afterwards. Each line is one write to a file
# opened for appending, so that lines of many processes do not mix, stand in the order in which things
# happened, and stay when the process is killed. journal.py is the same in Python.
module Journal
  GENERATION = ENV.fetch("REALTIME_GENERATION", "1")
  FILE = File.open(ENV.fetch("JOURNAL"), File::WRONLY | File::APPEND | File::CREAT)

  def self.note(what, **facts)
    FILE.syswrite("#{JSON.generate({ what: what, pid: Process.pid, generation: GENERATION, **facts })}\n")
  end
end
