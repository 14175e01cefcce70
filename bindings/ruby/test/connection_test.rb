# frozen_string_literal: true

require "test_helper"

# The link's behaviour over a real Unix socket, against a scripted sidecar.
class ConnectionTest < RealtimeTest
  def test_emits_before_the_sidecar_is_there_arrive_in_order_when_it_comes
    here = client
    3.times { |number| here.emitter.emit(here.emitter.select, "n", [number]) }
    link = peer.link
    assert_equal [[0], [1], [2]], Array.new(3) { link.take.params["args"] }
    assert_equal "emitter", link.hello["role"]
    assert_equal [1, 1], link.hello["protocol"]
  end

  def test_a_lost_connection_is_opened_again_and_what_was_not_sent_is_sent
    first = peer
    here = client
    assert here.connection.wait_until_connected(PATIENCE)
    first.close
    eventually { !here.connection.connected? }
    here.emitter.emit(here.emitter.select, "later", [])
    assert_equal "later", peer(boot: "boot2").link.take.params["event"]
    assert_equal "boot2", here.connection.boot
  end

  def test_a_request_waits_for_its_answer
    peer(answers: { "count" => { "count" => 7 } })
    here = client
    assert_equal 7, here.emitter.count(here.emitter.select)
  end

  def test_an_emit_that_waits_says_where_it_looked_when_nobody_is_there
    here = client(emit_timeout: 0.2)
    error = assert_raises(Realtime::NotConnected) { here.emitter.emit!(here.emitter.select, "a", []) }
    said = Ways.library? ? ["server in this process"] : [@socket, "REALTIME_SOCKET", "realtime run"]
    said.each { |part| assert_includes error.message, part }
    refute_includes error.message, "realtime run" if Ways.library?
    Ways.library? ? assert_nil(error.socket_path) : assert_equal(@socket, error.socket_path)
    link = peer.link
    here.emitter.emit(here.emitter.select, "b", [])
    assert_equal "b", link.take.params["event"], "the emit that failed must not be sent later"
  end

  def test_an_emit_that_is_not_answered_times_out
    peer
    here = client(emit_timeout: 0.3)
    assert here.connection.wait_until_connected(PATIENCE)
    assert_raises(Realtime::TimeoutError) { here.emitter.emit!(here.emitter.select, "a", []) }
  end

  def test_an_emit_that_waits_is_repeated_with_its_id_on_the_next_connection
    first = peer
    here = client
    waiting = Thread.new { here.emitter.emit!(here.emitter.select, "a", [], timeout: PATIENCE) }
    sent = first.link.take
    first.close
    link = peer(answers: { "emit" => ->(params) { { "id" => params["id"] } } }).link
    again = link.take
    assert_equal sent.params, again.params
    assert_equal sent.params["id"], waiting.value
  end

  def test_a_question_fails_when_the_connection_is_lost
    first = peer
    here = client
    asking = Thread.new { assert_raises(Realtime::NotConnected) { here.emitter.count(here.emitter.select) } }
    first.link.take_named("count")
    first.close
    assert_includes asking.value.message, "may have taken effect"
  end

  def test_a_refusal_is_raised_with_its_code
    peer(answers: {})
    here = client
    asking = Thread.new do
      assert_raises(Realtime::RequestError) do
        here.emitter.emit!(here.emitter.select(namespace: "/a,b"), "x", [])
      end
    end
    link = @peers.last.link
    link.answer(link.take, nil, error: { "code" => "invalid_namespace", "message" => "no" })
    assert_equal "invalid_namespace", asking.value.code
  end

  def test_a_rejected_notification_is_counted_and_logged
    here = client
    link = peer.tap { here.emitter.emit(here.emitter.select(namespace: "/a,b"), "x", []) }.link
    link.notify("rejected", { "code" => "invalid_namespace", "message" => "a comma" })
    eventually { here.connection.counters[:rejected] == 1 }
    eventually { @log.string.include?("invalid_namespace") }
  end

  def test_the_sidecar_s_limits_are_known_at_the_call_once_it_has_told_them
    here = client
    whole = here.emitter.select
    here.emitter.emit(whole, "x", ["a" * 2000]) # nobody knows yet that this is too much
    peer(limits: { "payload" => 1000, "rooms" => 2, "name" => 10 })
    assert here.connection.wait_until_connected(PATIENCE)
    here.emitter.emit(whole, "x", ["a" * 999])
    [-> { here.emitter.emit(whole, "x", ["a" * 600, { b: ["c" * 401] }]) },
     -> { here.emitter.emit!(whole, "x", ["a".b * 1001]) },
     -> { here.emitter.ack("e", ["a" * 1001]) },
     -> { here.emitter.join(here.emitter.select(to: "s"), %w[a b c]) },
     -> { here.emitter.join(here.emitter.select(to: "s"), ["room of two"]) },
     -> { here.emitter.set("s", user: "user of two") },
     -> { here.emitter.batch { here.emitter.emit(whole, "x", ["a" * 1001]) } }].each do |call|
      assert_match(/\d+ (bytes|rooms).*\(max_\w+\)/, assert_raises(Realtime::TooLarge, &call).message)
    end
  end

  def test_the_sidecar_s_pings_are_answered
    here = client
    link = peer.tap { here.connection.wait_until_connected(PATIENCE) }.link
    assert_equal({}, link.ask("ping", {}).result)
  end

  def test_a_silent_sidecar_is_left_after_two_unanswered_pings
    greeted(client, heartbeat: 50) do |io|
      bytes = Timeout.timeout(PATIENCE) { io.read }
      frames = []
      Realtime::Protocol::Decoder.new.feed(bytes) { |frame| frames << frame.name }
      assert_equal %w[ping ping], frames
    end
  end

  def test_a_sidecar_that_does_not_answer_hello_is_refused_by_name
    peer(refuse: { "code" => "version", "message" => "this sidecar speaks 2 to 3" })
    here = client(emit_timeout: 0.5)
    error = assert_raises(Realtime::NotConnected) { here.emitter.emit!(here.emitter.select, "a", []) }
    assert_includes error.message, "speaks 2 to 3"
  end

  def test_a_frame_that_breaks_the_rules_ends_the_connection_and_nothing_else
    here = client
    server = peer
    here.connection.wait_until_connected(PATIENCE)
    link = server.link
    link.write([0].pack("N"))
    link.wait_closed
    assert_equal "emitter", server.link.hello["role"], "it comes back"
  end

  def test_stop_writes_what_waits_and_says_bye
    here = client
    server = peer
    100.times { |number| here.emitter.emit(here.emitter.select, "n", [number]) }
    here.stop
    link = server.link
    frames = Array.new(101) { link.take }
    assert_equal (0..99).to_a, frames.first(100).map { |frame| frame.params["args"].first }
    assert_equal "bye", frames.last.name
  end

  def test_stop_without_a_sidecar_ends_within_the_flush_time_and_says_what_was_lost
    here = client(flush_timeout: 0.2, stop_timeout: PATIENCE)
    here.emitter.emit(here.emitter.select, "a", [])
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    here.stop
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - began, :<, PATIENCE / 2
    assert_includes @log.string, "1 emits were not sent"
    assert_equal 1, here.connection.counters[:lost]
  end

  def test_what_does_not_fit_the_buffer_is_counted_volatile_first
    here = client(buffer_bytes: 1000)
    here.emitter.emit(here.emitter.select, "kept", ["x" * 300])
    here.emitter.emit(here.emitter.select.volatile, "volatile", ["x" * 300])
    here.emitter.emit(here.emitter.select, "kept", ["x" * 500])
    assert_equal 1, here.connection.counters[:dropped_volatile]
    assert_equal 0, here.connection.counters[:dropped_emit]
    link = peer.link
    assert_equal %w[kept kept], Array.new(2) { link.take.params["event"] }
  end

  def test_a_peer_that_does_not_read_blocks_nobody
    here = client
    received = []
    greeted(here) do |io|
      Timeout.timeout(PATIENCE) do
        1000.times { |number| here.emitter.emit(here.emitter.select, "n", [number, "x" * 1000]) }
      end
      decoder = Realtime::Protocol::Decoder.new
      take = proc { |frame| received << frame.params["args"].first }
      Timeout.timeout(PATIENCE) { decoder.feed(io.readpartial(65_536), &take) until received.size == 1000 }
    end
    assert_equal (0...1000).to_a, received
  end

  def test_many_threads_emit_whole_frames_and_each_in_its_order
    here = client
    server = peer
    threads = Array.new(4) do |thread|
      Thread.new do
        200.times do |n|
          here.emitter.emit(here.emitter.select, "n", [thread, n])
        end
      end
    end
    threads.each(&:join)
    link = server.link
    seen = Array.new(800) { link.take.params["args"] }.group_by(&:first)
    seen.each_value { |args| assert_equal (0...200).to_a, args.map(&:last) }
  end

  def test_a_drain_of_the_sidecar_makes_it_reconnect
    here = client
    server = peer
    here.connection.wait_until_connected(PATIENCE)
    link = server.link
    link.notify("drain", { "reason" => "stopping" })
    assert_equal "bye", link.take.name
    link.wait_closed
    assert server.link
  end

  def test_a_restart_of_the_sidecar_is_no_alarm_and_its_death_is
    here = client
    server = peer
    here.connection.wait_until_connected(PATIENCE)
    server.link.notify("bye", { "reason" => "stopping" })
    eventually { @log.string.include?("said bye (stopping); waiting for it") } unless Ways.library?
    server.close
    server = peer
    assert server.link
    refute_match(/no (sidecar|server)/, @log.string)
    server.close
    eventually { @log.string.match?(/WARN.*no (sidecar|server)/) }
  end

  def test_a_socket_path_that_is_too_long_is_an_answer_and_no_crash
    skip "a descriptor has no path" if Ways.library?
    here = client(socket: File.join(@folder, "x" * 200), emit_timeout: 0.2)
    error = assert_raises(Realtime::NotConnected) { here.emitter.emit!(here.emitter.select, "a", []) }
    assert_match(/too long/, error.message)
  end

  def test_a_thread_killed_in_the_middle_of_emits_breaks_no_frame
    here = client
    server = peer
    here.connection.wait_until_connected(PATIENCE)
    link = server.link
    20.times do
      started = Thread::Queue.new
      thread = Thread.new do
        200.times do |n|
          (started << n) && here.emitter.emit(here.emitter.select, "n", ["x" * 100])
        end
      end
      rand(1..20).times { started.pop }
      thread.kill.join
    end
    here.emitter.emit(here.emitter.select, "last", [])
    nil until link.take.params["event"] == "last"
  end

  private

  # Connects the client to an other end that only greets; yields its socket.
  def greeted(here, heartbeat: 25_000)
    servers = @way.listen
    connecting = Thread.new { here.connection.wait_until_connected(PATIENCE) }
    io = servers.first.accept
    io.readpartial(65_536)
    io.write(Realtime::Protocol.response(0, nil, { "boot" => "b", "heartbeat" => heartbeat }))
    assert connecting.value
    yield io
  ensure
    [io, *servers].compact.each(&:close)
  end
end
