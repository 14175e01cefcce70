# frozen_string_literal: true

# A program of the Rails example that stays: runs the Ruby of each line it reads, a JSON string.
#
# Answers each with a line: null, or what went wrong. A runner by itself costs a second to start.

require "json"

answers = $stdout.dup
$stdout = $stderr
$stdin.each_line do |line|
  answer =
    begin
      eval(JSON.parse(line), TOPLEVEL_BINDING.dup)
      nil
    rescue StandardError => e
      e.inspect
    end
  answers.puts(JSON.generate(answer))
  answers.flush
end
