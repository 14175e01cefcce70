# frozen_string_literal: true

require_relative "support"

# A server's life, and a client's with it.
class NativeServerTest < NativeTest
  def test_events_are_handled_and_emits_arrive
    here = app do |router|
      router.add(:connect, proc { |socket| socket.join("a") })
      router.add(:event, proc { |_, number| number * 2 }, event: "double")
    end
    one = page(here)
    assert_equal [42], one.call("double", 21)
    here.emitter.emit(here.emitter.select(to: "a"), "news", [1])
    assert_equal ["news", 1], one.take[:data]
    assert_equal 1, here.emitter.count(here.emitter.select)
  end

  def test_where_it_listens
    here = server
    assert_match(/\A127\.0\.0\.1:\d+\z/, here.addresses.first)
    assert_equal ["http://#{here.addresses.first}", here.addresses.first[/\d+$/].to_i], [here.url, here.port]
    many = server(listen: ["unix:#{@folder}/front.sock", "127.0.0.1:0"])
    assert_equal "unix:#{@folder}/front.sock", many.addresses.first
    assert_equal many.addresses.last, "127.0.0.1:#{many.port}"
  end

  def test_what_was_emitted_before_the_start_arrives
    here = client
    here.emitter.emit(here.emitter.select, "early", [])
    eventually { @log.string.include?("no sidecar at #{@socket}") }
    app(here)
    assert_equal 0, here.emitter.count(here.emitter.select)
    assert_equal [1, 0], here.connection.counters.values_at(:sent, :lost)
  end

  def test_options_are_the_server_s_to_judge
    error = assert_raises(Realtime::Native::Error) { app(ping_intervall: "5s", ping_timeout: "soon") }
    assert_equal "config", error.code
    assert_match(/ping_intervall: no such option, did you mean ping_interval/, error.message)
    assert_match(/ping_timeout: .*soon/, error.message)
    here = @clients.last
    refute_predicate here, :serving?
    assert_nil here.native_server
    error = assert_raises(Realtime::Native::Error) { server(node: "\xff") }
    assert_equal "config", error.code
  end

  def test_options_without_a_server_are_a_mistake
    error = assert_raises(ArgumentError) { client.start(listen: ":8000") }
    assert_match(/listen: .*native: true/, error.message)
    assert_raises(ArgumentError) { client(env: { "REALTIME_NATIVE" => "1" }).start(native: false, listen: ":1") }
  end

  def test_the_setting_wants_it_too
    file = File.join(@folder, "realtime.yml")
    File.write(file, "native: true\nlisten: 127.0.0.1:0\nlog_level: error\npath: /rt/\n")
    here = client.tap(&:start)
    assert_predicate here.native_server, :running?
    assert_equal file, here.config.file_path
    response = Net::HTTP.get_response(URI("#{here.native_server.url}/rt/?EIO=4&transport=polling"))
    assert_equal "200", response.code, "the file is the server's as well"
  end

  def test_a_port_that_is_taken
    taken = server
    error = assert_raises(Realtime::Native::Error) { app(listen: taken.addresses.first) }
    assert_equal "listen", error.code
    assert_includes error.message, taken.addresses.first
    app(@clients.last) # nothing of it is left
  end

  def test_started_twice
    here = app
    server = here.native_server
    assert_nil here.start
    assert_nil here.start(native: true)
    assert_nil here.start(native: true, **OPTIONS)
    error = assert_raises(Realtime::Native::Error) { here.start(native: true, listen: "127.0.0.1:1") }
    assert_equal "state", error.code
    assert_same server, here.native_server
    error = assert_raises(Realtime::Native::Error) { server.start }
    assert_equal "state", error.code
  end

  def test_a_handler_by_the_socket_stays_one
    peer
    here = client.tap(&:start)
    error = assert_raises(Realtime::Native::Error) { here.start(native: true, **OPTIONS) }
    assert_match(/sidecar at .*Realtime\.stop comes first/, error.message)
  end

  def test_after_a_stop_another_starts
    here = app
    first = here.native_server
    port = first.port
    here.stop
    refute_predicate first, :running?
    assert_nil here.native_server
    assert_equal "state", assert_raises(Realtime::Native::Error) { first.connect }.code
    assert_raises(Realtime::NotConnected) { here.emitter.emit!(here.emitter.select, "x", [], timeout: 0.1) }
    app(here, listen: "127.0.0.1:#{port}")
    assert_equal port, here.native_server.port
    assert page(here).id
  end

  # Rooms, because a client that polls may be between two polls when it is sent away.
  def test_what_was_said_before_a_stop_takes_effect_and_clients_are_sent_away
    gone = Thread::Queue.new
    here = app { |router| router.add(:disconnect, proc { |socket, reason| gone << [reason, socket.rooms.size] }) }
    one = here.emitter.select(to: page(here).id)
    200.times { |number| one.join("room #{number}") }
    here.stop
    assert_equal ["server shutting down", 200], gone.pop(true), "handlers hear of it before stop returns"
    assert_equal [200, 0], here.connection.counters.values_at(:sent, :lost)
  end

  def test_a_handler_may_stop_it
    stopped = Thread::Queue.new
    here = client
    app(here) { |router| router.add(:event, proc { stopped << here.stop.nil? }, event: "stop") }
    server = here.native_server
    page(here).emit("stop")
    assert Timeout.timeout(PATIENCE) { stopped.pop }
    here.stop # waits for the rest
    refute_predicate server, :running?
  end

  def test_several_stop_it_at_once
    here = app
    page(here)
    assert_equal [nil] * 4, Array.new(4) { Thread.new { here.stop } }.map(&:value)
    one = server
    assert_equal [nil] * 4, Array.new(4) { Thread.new { one.stop(PATIENCE) } }.map(&:value)
  end

  def test_whoever_is_interrupted_while_it_stops_leaves_it_stopping
    go = Thread::Queue.new
    here = client(stop_timeout: PATIENCE)
    app(here) { |router| router.add(:event, proc { go.pop }, event: "hold") }
    server = here.native_server
    page(here).emit("hold")
    eventually { go.num_waiting == 1 }
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { here.stop } }
    killed = Thread.new { here.stop }
    eventually { killed.stop? }
    killed.kill.join
    go << nil
    here.stop
    refute_predicate server, :running?
    assert_raises(Errno::ECONNREFUSED) { TCPSocket.new("127.0.0.1", server.port) }
  end

  def test_whoever_is_interrupted_while_it_starts_leaves_nothing
    port = TCPServer.open("127.0.0.1", 0) { |each| each.addr[1] }
    20.times do |number|
      begun = Thread::Queue.new
      thread = Thread.new do
        (begun << true) && app(listen: "127.0.0.1:#{port}")
      rescue Realtime::Native::Error => e
        raise unless e.code == "listen" # the one before is on its way out
      end
      begun.pop
      number.times { Thread.pass }
      thread.kill.join
      @clients.last&.stop
    end
    eventually do
      app(listen: "127.0.0.1:#{port}")
    rescue Realtime::Native::Error => e
      raise unless e.code == "listen"
    end
  end

  def test_two_in_one_process
    names = %w[one two]
    apps = names.map do |name|
      app(client(socket: File.join(@folder, name))) { |router| router.add(:event, proc { name }, event: "which") }
    end
    assert_equal(names, apps.map { |here| page(here).call("which").first })
    apps.first.stop
    assert_equal ["two"], page(apps.last).call("which")
  end

  def test_another_process_says_things_by_the_socket
    here = app
    one = page(here)
    other = client
    other.emitter.emit!(other.emitter.select, "from outside", [])
    assert_equal ["from outside"], one.take[:data]
    refute other.native_server
  end

  def test_an_owner_of_its_own_stops_it
    one = server
    here = client
    here.start(native: one)
    assert_same one, here.native_server
    here.stop
    assert_predicate one, :running?
  end

  # GC.stress, which collects at each allocation, takes minutes for this.
  def test_collections_of_garbage_at_any_moment_break_nothing
    here = app { |router| router.add(:event, proc { |_, text| text * 2 }, event: "twice") }
    one = page(here)
    done = false
    collecting = Thread.new { GC.compact && Thread.pass until done }
    20.times { |number| assert_equal ["#{number}#{number}"], one.call("twice", number.to_s) }
    3.times { server.stop(0) }
  ensure
    done = true
    collecting&.join
  end
end
