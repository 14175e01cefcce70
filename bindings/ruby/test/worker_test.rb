# frozen_string_literal: true

require "test_helper"

# Handlers, asked over a real socket as the sidecar asks.
class WorkerTest < RealtimeTest
  HANDSHAKE = { "headers" => { "cookie" => "c=1" }, "query" => {}, "address" => "10.0.0.1", "url" => "/socket.io/",
                "secure" => false, "time" => 1_700_000_000_000, "dialect" => "EIO4",
                "transport" => "websocket" }.freeze

  def test_hello_names_namespaces_hooks_and_window
    @here = client(handler_threads: 3)
    on("a", namespace: "/room-*") {}
    on("a", namespace: %r{\A/order-(?<id>\d+)\z}) {}
    hook(:connect, namespace: "/admin") {}
    hello = serve.hello
    assert_equal "handler", hello["role"]
    assert_equal %w[/ /room-* /admin], hello["namespaces"]
    assert_equal ["/order-(?P<id>\\d+)"], hello["expressions"]
    assert_equal ["connect"], hello["hooks"]
    assert_equal 6, hello["window"]
    assert_equal Process.pid, hello["pid"]
  end

  def test_values_become_acks
    on("nil") {}
    on("value") { 7 }
    on("list") { [1, 2] }
    on("several") { Realtime.ack(1, 2) }
    on("bare") { ack(3) }
    on("none") { Realtime.ack }
    serve
    assert_equal [], answer("nil")
    assert_equal [7], answer("value")
    assert_equal [[1, 2]], answer("list")
    assert_equal [1, 2], answer("several")
    assert_equal [3], answer("bare")
    assert_equal [], answer("none")
    assert_nil answer("nobody handles this")
  end

  def test_a_handler_gets_the_socket_and_the_arguments
    got = Thread::Queue.new
    on("a", namespace: "/chat") { |socket, *args| got << [socket, args] }
    hook(:disconnect) {}
    serve.request("event",
                  event("a", ["x", { "k" => [1] }], "namespace" => "/chat", "user" => "7", "data" => { "d" => 1 }))
    socket, args = got.pop
    assert_equal ["x", { "k" => [1] }], args
    assert_equal ["s1", "/chat", "7", { "d" => 1 }], [socket.id, socket.namespace, socket.user, socket.data]
  end

  def test_on_any_hears_every_event_and_acknowledges_none
    heard = []
    2.times { |n| hook(:any) { |_, name, *args| heard << [n, name, args] } }
    on("a") { heard.size }
    serve
    assert_equal [2], answer("a", [7])
    assert_equal [[0, "a", [7]], [1, "a", [7]]], heard
    assert_nil answer("b")
  end

  def test_what_a_handler_emits_goes_before_its_answer
    on("a") do |socket|
      socket.emit("now")
      1
    end
    id = serve.request("event", event("a"))
    emit = @link.take
    assert_equal ["emit", ["s1"]], [emit.name, emit.params["to"]]
    assert_equal [id, [1]], @link.take.then { |response| [response.id, response.result] }
  end

  def test_a_deferred_ack_follows_later
    deferred = Thread::Queue.new
    on("a") { Realtime.defer.tap { |handle| deferred << handle } }
    serve
    assert_equal({ "defer" => true }, answer("a"))
    handle = deferred.pop
    handle.ack("done", 1)
    handle.ack("again")
    ack = @link.take
    assert_equal ["ack", { "id" => "e1", "args" => ["done", 1] }], [ack.name, ack.params]
    assert_empty @link.waiting
  end

  def test_an_ack_before_the_handler_returned_is_its_answer
    on("a") do |socket|
      socket.ack("early")
      defer
    end
    serve
    assert_equal ["early"], answer("a")
  end

  def test_an_ack_before_the_handler_raised_still_goes_out
    on("a") do |socket|
      socket.ack("early")
      raise "late"
    end
    error = serve.ask("event", event("a")).error
    assert_equal "internal", error["code"]
    assert_equal({ "ack" => ["early"] }, error["data"])
  end

  def test_a_raising_handler_is_an_error_and_a_log_line
    reported = Thread::Queue.new
    @here = client(on_error: ->(error, about) { reported << [error.message, about[:event]] })
    on("a") { raise "broken" }
    response = serve.ask("event", event("a"))
    assert_equal({ "code" => "internal", "message" => "RuntimeError: broken" }, response.error)
    assert_equal %w[broken a], reported.pop
    assert_includes @log.string, "broken"
  end

  def test_the_frameworks_reporter_hears_of_an_error_first_and_of_a_refusal_nothing
    reported = Thread::Queue.new
    @here = client(error_reporter: ->(error, _) { reported << [:framework, error.message] },
                   on_error: ->(error, _) { reported << [:app, error.message] })
    on("a") { raise "broken" }
    hook(:connect) { reject "no" }
    serve.ask("event", event("a"))
    assert_equal "refused", @link.ask("connect", connect).error["code"]
    assert_equal [[:framework, "broken"], [:app, "broken"]], [reported.pop, reported.pop]
    assert_empty reported
  end

  def test_what_happens_is_told_to_who_listens
    told = Thread::Queue.new
    @here = client(instrument: lambda do |name, payload, &work|
      work.call.tap { told << [name, payload] }
    end)
    on("a") { 1 }
    hook(:connect) { |socket, auth| auth ? socket.user = "7" : reject("no") }
    hook(:disconnect) {}
    serve
    assert_equal [1], answer("a")
    [1, nil].each { |auth| @link.ask("connect", connect("auth" => auth)) }
    @link.ask("disconnect", { "id" => "e", "socket" => "s1", "namespace" => "/", "reason" => "r", "user" => "7" })
    here = { namespace: "/", socket: "s1", handler: nil }
    assert_equal ["event.realtime", { **here, user: nil, event: "a" }], told.pop
    assert_equal ["connect.realtime", { **here, user: "7", auth: 1 }], told.pop
    assert_equal ["connect.realtime", { **here, user: nil, auth: nil, refused: "no" }], told.pop
    assert_equal ["disconnect.realtime", { **here, user: "7", reason: "r" }], told.pop
  end

  def test_exit_in_a_handler_does_not_cost_a_thread
    @here = client(handler_threads: 1)
    on("exit") { exit }
    on("b") { 1 }
    assert_equal "internal", serve.ask("event", event("exit")).error["code"]
    assert_equal [1], answer("b")
  end

  def test_connect_answers_what_the_hook_gave
    hook(:connect) do |socket, auth|
      socket.join("a", :b)
      socket.user = auth["id"]
      socket.data = { name: "ann" }
    end
    result = serve.ask("connect", connect("auth" => { "id" => 7 })).result
    assert_equal({ "rooms" => %w[a b], "user" => "7", "data" => { "name" => "ann" } }, result)
  end

  def test_connect_tells_the_hook_about_the_request
    seen = Thread::Queue.new
    hook(:connect) do |socket|
      seen << [socket.handshake.headers["cookie"], socket.handshake.address, socket.handshake.time,
               socket.transport, socket.dialect, socket.recovered]
    end
    assert_equal({}, serve.ask("connect", connect).result, "what was not given is not in the answer")
    assert_equal ["c=1", "10.0.0.1", Time.at(1_700_000_000), "websocket", "EIO4", false], seen.pop
  end

  def test_connect_refuses_with_message_and_data
    hook(:connect) { reject "not you", { code: 7 } }
    error = serve.ask("connect", connect).error
    assert_equal({ "code" => "refused", "message" => "not you", "data" => { "code" => 7 } }, error)
  end

  def test_false_refuses_and_a_raising_hook_does_not
    hook(:connect, namespace: "/false") { false }
    hook(:connect, namespace: "/raise") { raise "a secret" }
    serve
    assert_equal "refused", @link.ask("connect", connect("namespace" => "/false")).error["code"]
    assert_equal "internal", @link.ask("connect", connect("namespace" => "/raise")).error["code"]
    assert_equal({}, @link.ask("connect", connect("namespace" => "/open")).result)
  end

  def test_disconnects_reach_their_handler
    got = Thread::Queue.new
    hook(:disconnect) { |socket, reason| got << [socket.id, reason, socket.rooms] }
    params = { "id" => "e", "socket" => "s1", "namespace" => "/", "reason" => "ping timeout", "rooms" => ["a"] }
    assert_nil serve.ask("disconnect", params).error
    assert_equal ["s1", "ping timeout", ["a"]], got.pop
  end

  def test_server_events_reach_their_handler
    got = Thread::Queue.new
    here.router.add(:server_event, proc { |*args| got << args }, event: "cache.clear")
    serve.ask("server_event", { "namespace" => "/", "event" => "cache.clear", "args" => ["p", 1] })
    assert_equal ["p", 1], got.pop
  end

  def test_a_new_boot_calls_on_reset
    resets = Thread::Queue.new
    hook(:reset) { |reason| resets << reason }
    serve
    @peers.last.close
    peer(boot: "boot2").link
    assert_equal "boot", Timeout.timeout(PATIENCE) { resets.pop }
    assert_empty resets
  end

  def test_lost_disconnects_call_on_reset_once
    resets = Thread::Queue.new
    hook(:reset) { |reason| resets << reason }
    serve(lost_disconnects: 2)
    assert_equal "disconnects", Timeout.timeout(PATIENCE) { resets.pop }
    @peers.last.close
    peer(lost_disconnects: 2).link
    @peers.last.close
    peer(lost_disconnects: 3).link
    assert_equal "disconnects", Timeout.timeout(PATIENCE) { resets.pop }
    assert_empty resets
  end

  def test_more_than_the_window_is_busy
    hold = Thread::Queue.new
    @here = client(handler_threads: 1)
    on("a") { hold.pop }
    serve
    ids = Array.new(3) { @link.request("event", event("a")) }
    busy = @link.take
    assert_equal [ids.last, "busy"], [busy.id, busy.error["code"]]
    2.times { |number| hold << number }
    assert_equal [[0], [1]], Array.new(2) { @link.take.result }
  end

  def test_stop_drains_answers_what_it_holds_and_says_bye
    hold = Thread::Queue.new
    on("a") { hold.pop }
    id = serve.request("event", event("a"))
    eventually { hold.num_waiting == 1 }
    stopping = Thread.new { here.stop }
    @link.wait_drained
    hold << "held"
    assert_equal [id, ["held"]], @link.take.then { |response| [response.id, response.result] }
    assert_equal "bye", @link.take.name
    stopping.join
    refute_predicate here, :serving?
  end

  def test_stop_from_within_a_handler_follows_when_it_has_returned
    client = here
    on("stop") do
      client.stop
      "stopped"
    end
    id = serve.request("event", event("stop"))
    assert_equal [id, ["stopped"]], @link.take.then { |response| [response.id, response.result] }
    assert_equal "bye", @link.take.name
    here.stop
    refute_predicate here, :serving?
  end

  def test_stop_does_not_wait_for_a_handler_beyond_its_time
    @here = client(stop_timeout: 0.2, flush_timeout: 0.1)
    on("a") { Thread::Queue.new.pop }
    serve.request("event", event("a"))
    Timeout.timeout(PATIENCE) { here.stop }
    @link.wait_closed
  end

  def test_an_emitter_that_begins_to_serve_reconnects_as_a_handler
    server = peer
    here.emitter.emit(here.emitter.select, "a", [])
    first = server.link
    here.start
    assert_equal "handler", server.link.hello["role"]
    assert_equal %w[a bye], [first.take.params["event"], first.take.name]
  end

  def test_around_wraps_each_handler
    steps = Thread::Queue.new
    around = lambda do |&work|
      steps << :before
      work.call
      steps << :after
    end
    @here = client(around: around)
    on("a") { 1.tap { steps << :inside } }
    serve
    assert_equal [1], answer("a")
    assert_equal %i[before inside after], Array.new(3) { steps.pop }
  end

  def test_changed_handlers_are_announced
    serve
    hook(:connect, namespace: "/late") {}
    here.handlers_changed
    assert_equal ["connect"], @peers.last.link.hello["hooks"]
  end

  def test_handlers_that_change_while_hello_is_answered_are_announced
    server = peer
    changed = Thread::Queue.new
    # Asked for by the peer between hello and its answer.
    server.define_singleton_method(:lost_disconnects) { changed.pop }
    here.start
    eventually { changed.num_waiting == 1 }
    hook(:connect, namespace: "/late") {}
    here.handlers_changed
    2.times { changed << 0 }
    assert_equal [], server.link.hello["hooks"]
    assert_equal ["connect"], server.link.hello["hooks"]
  end

  def test_an_emitter_that_begins_to_serve_while_hello_is_answered_becomes_a_handler
    server = peer
    greet = Thread::Queue.new
    server.define_singleton_method(:lost_disconnects) { greet.pop }
    here.emitter.emit(here.emitter.select, "a", [])
    eventually { greet.num_waiting == 1 }
    here.start
    2.times { greet << 0 }
    assert_equal %w[emitter handler], Array.new(2) { server.link.hello["role"] }
  end

  private

  def here
    @here ||= client
  end

  def on(event, namespace: "/", &block)
    here.router.add(:event, block, namespace: namespace, event: event)
  end

  def hook(kind, namespace: "/", &block)
    here.router.add(kind, block, namespace: namespace)
  end

  # Begins to serve; returns the peer's end of the connection.
  def serve(**options)
    server = peer(**options)
    here.start
    @link = server.link
  end

  def event(name, args = [], more = {})
    { "id" => "e1", "socket" => "s1", "namespace" => "/", "event" => name, "args" => args, "ack" => true,
      "attempt" => 1 }.merge(more)
  end

  def answer(name, args = [])
    response = @link.ask("event", event(name, args))
    assert_nil response.error
    response.result
  end

  def connect(more = {})
    { "socket" => "s1", "namespace" => "/", "auth" => nil, "recovered" => false, "handshake" => HANDSHAKE }.merge(more)
  end
end
