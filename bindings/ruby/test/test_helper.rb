# frozen_string_literal: true

require "minitest/autorun"
require "stringio"
require "timeout"
require "tmpdir"
require "realtime"
require_relative "support/peer"
require_relative "support/ways"

# What the tests share: a folder of their own, a scripted sidecar, clients that are stopped.
class RealtimeTest < Minitest::Test
  # Seconds after which a wait has failed, on a machine that has other work.
  PATIENCE = 60

  # Seconds between two looks at what nothing signals. Without them a wait would take a core from what it
  # waits for.
  LOOK = 0.02

  def setup
    @folder = Dir.mktmpdir("realtime")
    @socket = File.join(@folder, "s.sock")
    @way = Ways.at(@socket)
    @log = StringIO.new
    @clients = []
    @peers = []
  end

  def teardown
    @clients.each(&:stop)
    @peers.each(&:close)
    FileUtils.remove_entry(@folder)
  end

  # @return [Peer] listening
  def peer(**options)
    Peer.new(@way, **options).tap { |peer| @peers << peer }
  end

  # @return [Realtime::Client]
  def client(**options)
    defaults = { socket: @socket, logger: Logger.new(@log), root: @folder, env: {}, stop_timeout: 2, flush_timeout: 1 }
    here = Realtime::Client.new(**defaults, **options).tap { |client| @clients << client }
    @way.lead(here)
    here
  end

  # Waits for a condition that nothing signals.
  def eventually(what = "it did not happen")
    Timeout.timeout(PATIENCE, nil, what) { sleep(LOOK) until yield }
  end

  # Runs the block while a forked child lives that does nothing, with a copy of all that is open.
  def beside_an_idle_child
    release, hold = IO.pipe
    pid = fork do
      hold.close
      release.read
    ensure
      exit!(0)
    end
    yield
  ensure
    [release, hold].compact.each(&:close)
    Process.wait(pid) if pid
  end

  # Runs the block in a forked child and returns what it returned (a String).
  def in_child
    reader, writer = IO.pipe
    pid = fork do
      reader.close
      writer.write(yield.to_s)
    rescue Exception => e # rubocop:disable Lint/RescueException -- the parent's test shows it
      writer.write(e.full_message(highlight: false))
    ensure
      writer.close
      exit!(0) # the child must not run the parent's tests at its exit
    end
    writer.close
    Timeout.timeout(PATIENCE) { reader.read }
  ensure
    reader.close
    Process.wait(pid) if pid
  end
end
