# frozen_string_literal: true

# Starts Ruby's processes of a crew by forking, so that what all of them load is loaded once: that is most of the
# work of a process that lives for seconds. Each line of the input orders one: {id, home, env, line}, `line` as a
# shell would be told. Lines of the output say who was born and who is gone; what those say themselves goes where
# this one's errors go. When the input ends all end. nursery.py is the same in Python.

require "json"
require "puma/cli"
require "puma/launcher"
require "rack"
require "realtime/serving"

class Nursery
  WAYS = {
    "puma" => ->(arguments) { Puma::CLI.new(arguments).run },
    "ruby" => ->((script)) { load script }
  }.freeze

  def initialize
    @living = []
    # A pipe, so that nobody is buried who is not told to be born yet.
    @ended, ends = IO.pipe
    trap("CLD") { ends.write_nonblock(".", exception: false) }
  end

  def run
    loop do
      ready, = IO.select([$stdin, @ended])
      bury if ready.include?(@ended)
      next unless ready.include?($stdin)

      order = $stdin.gets
      break unless order

      bear(*JSON.parse(order).values_at("id", "home", "env", "line"))
    end
    @living.each { |pid| Process.kill("KILL", pid) }
  end

  private

  def bear(id, home, env, line)
    @living << fork { live(home, env, line) }
    say(born: @living.last, id: id)
  end

  def live(home, env, line)
    trap("CLD", "DEFAULT")
    $stdin.reopen(File::NULL)
    $stdout.reopen($stderr)
    Dir.chdir(home)
    ENV.replace(env)
    WAYS.fetch(line.first).call(line.drop(1))
  end

  def bury
    @ended.read_nonblock(4096)
    while @living.any? && (pid, status = Process.wait2(-1, Process::WNOHANG))
      @living.delete(pid)
      say(gone: pid, code: status.exitstatus, signal: status.signaled? ? "SIG#{Signal.signame(status.termsig)}" : nil)
    end
  end

  def say(**line)
    $stdout.syswrite("#{JSON.generate(line)}\n")
  end
end

Nursery.new.run
