# frozen_string_literal: true

require "test_helper"
require "support/polling_client"

# The built sidecar as a process of its own, named by REALTIME_BIN.
class Sidecar
  # Seconds to come up or end.
  PATIENCE = 60

  attr_reader :port, :pid

  # @param upstream [String] where the app answers
  # @param options [Hash] more of its own
  def initialize(socket, log, upstream: "127.0.0.1:9", options: {})
    @log = log
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @options = { listen: "127.0.0.1:#{@port}", socket: socket, upstream: upstream, **options }
    start
  end

  def start
    binary = ENV.fetch("REALTIME_BIN") { raise "REALTIME_BIN must name the built sidecar" }
    flags = @options.map { |name, value| "--#{name.to_s.tr("_", "-")}=#{value}" }
    @pid = spawn(binary, "serve", *flags, in: File::NULL, %i[out err] => [@log, "a"])
    await_listener
  end

  def kill(signal = "TERM")
    return unless @pid

    Process.kill(signal, @pid)
    Timeout.timeout(PATIENCE, nil, "the sidecar did not end") { Process.wait(@pid) }
    @pid = nil
  end

  # @param client [Realtime::Client] is of this one from now on
  def lead(_client) = nil

  private

  def await_listener
    Timeout.timeout(PATIENCE, nil, "the sidecar does not listen: #{@log}") do
      TCPSocket.new("127.0.0.1", @port).close
    rescue Errno::ECONNREFUSED
      raise "the sidecar ended: #{File.read(@log)}" if Process.wait(@pid, Process::WNOHANG)

      sleep(RealtimeTest::LOOK)
      retry
    end
  end
end

# The same in this process. Its log is among the tests'.
class Hosted
  def initialize(socket, _log, upstream: "none", options: {})
    @server = Realtime::Native::Server.start({ listen: "127.0.0.1:0", socket: socket, upstream: upstream, config: "",
                                               env: "test", log_level: "warn", **options })
  end

  def port = @server.port

  def kill = @server.stop(Sidecar::PATIENCE)

  # Children of this process use the path.
  def lead(client) = (client.connection.move(@server) if @server.running?)
end

# A sidecar, and a client of the link in this process.
class IntegrationTest < RealtimeTest
  def setup
    super
    @browsers = []
    @sidecar = (Ways.library? ? Hosted : Sidecar).new(@socket, File.join(@folder, "sidecar.log"), **sidecar_options)
    @way = @sidecar
  end

  # For tests of another configuration.
  def sidecar_options = {}

  def teardown
    @browsers.each(&:close)
    @clients.each(&:stop)
    @clients.clear
    @sidecar&.kill
    super
  end

  # A serving client; the block puts its handlers.
  def app(**options)
    here = client(**options)
    yield here.router if block_given?
    here.start
    assert here.connection.wait_until_connected(PATIENCE), "the link is down: #{@log.string}"
    here
  end

  def browser(**options)
    PollingClient.new(@sidecar.port, **options).tap { |browser| @browsers << browser }
  end
end
