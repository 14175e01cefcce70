# frozen_string_literal: true

require_relative "support"
require "json"

# The host's handlers of signals, put there before and after the start, run on under load; and while
# it waits for the server's end.
class NativeSignalsTest < NativeTest
  SIGNALS = %w[INT TERM CHLD USR1].freeze
  # Events while signals come, and signals of each kind at most.
  EVENTS = 300
  ROUNDS = 300

  LOAD = <<~RUBY.freeze
    require "json"
    heard = Hash.new(0)
    %w[INT CHLD].each { |name| trap(name) { heard[name] += 1 } }
    Realtime.on("double") { |_, number| number * 2 }
    Realtime.start(native: true, listen: "127.0.0.1:0", log_level: "error")
    %w[TERM USR1].each { |name| trap(name) { heard[name] += 1 } }
    page = PollingClient.new(Realtime.native_server.port)
    $stdout.sync = true
    puts "ready"
    #{EVENTS}.times { |number| page.call("double", number) == [number * 2] or abort "a wrong answer" }
    Realtime.stop
    puts JSON.generate(heard)
    exit!(0)
  RUBY

  def test_they_run_under_a_load_of_events
    pid = start_program(LOAD)
    wait_for("ready")
    rounds = 0
    until Process.wait(pid, Process::WNOHANG)
      SIGNALS.each { |name| Process.kill(name, pid) } if rounds < ROUNDS
      rounds += 1
      sleep(LOOK)
    end
    said = File.read(@output).lines.last
    heard = JSON.parse(said)
    assert_equal SIGNALS.sort, heard.keys.sort, said
  rescue JSON::ParserError
    flunk File.read(@output)
  end

  STOP = <<~RUBY
    held = Thread::Queue.new
    trap("USR1") { held << true }
    Realtime.on("hold") { puts("holding") || held.pop }
    Realtime.config.stop_timeout = 60
    Realtime.start(native: true, listen: "127.0.0.1:0", log_level: "info")
    page = PollingClient.new(Realtime.native_server.port)
    $stdout.sync = true
    page.emit("hold")
    sleep(0.001) until held.num_waiting == 1
    Realtime.stop
    puts "stopped"
  RUBY

  def test_they_run_while_the_end_is_waited_for
    pid = start_program(STOP)
    wait_for("msg=stopping")
    refute_includes File.read(@output), "stopped\n"
    Process.kill("USR1", pid)
    assert_match(/^stopped$/, finish_program(pid))
  end

  def test_interrupt_ends_a_program_in_order
    pid = start_program(<<~RUBY)
      Realtime.on_disconnect { |_, reason| $stderr.puts("gone: \#{reason}") }
      Realtime.start(native: true, listen: "127.0.0.1:0", log_level: "info")
      page = PollingClient.new(Realtime.native_server.port)
      $stdout.sync = true
      puts "ready"
      sleep
    RUBY
    wait_for("ready")
    Process.kill("INT", pid)
    Timeout.timeout(PATIENCE) { Process.wait(pid) }
    assert_match(/gone: server shutting down.*msg=stopped/m, File.read(@output))
  end

  private

  def wait_for(text)
    eventually("not said: #{text}") { File.read(@output).include?(text) }
  end
end
