# frozen_string_literal: true

require "test_helper"
require "realtime/testing"

# What calls become on the link, read from the outbox that apps' tests use.
class EmitterTest < RealtimeTest
  def setup
    super
    @here = client
    @outbox = @here.replacement = Realtime::Testing::Outbox.new
    @emitter = @here.emitter
  end

  def test_absent_to_is_everyone_and_nil_or_empty_is_nobody
    assert_nil params(emit("a")).fetch("to", nil)
    refute params(emit("a")).key?("to")
    assert_equal [], params(emit("a", to: nil))["to"]
    assert_equal [], params(emit("a", to: []))["to"]
    assert_equal [], params(emit("a", to: [nil]))["to"]
    assert_equal [], params(emit("a", users: nil))["users"]
  end

  def test_keywords_and_chains_say_the_same
    emit("a", to: ["r", :s, 7], users: 7, except: "x", except_users: "y", namespace: "/n", volatile: true, local: true)
    @emitter.select.of("/n").to("r", :s).in(7).to_user(7).except("x").except_user("y").volatile.local.emit("a")
    first, second = @outbox.sent
    assert_equal first.params, second.params
    assert_equal %w[r s 7], first.to
    assert_equal ["7"], first.users
    assert_predicate first, :volatile?
  end

  def test_what_is_not_worth_compressing_says_so
    emit("a", compress: false)
    @emitter.select.compress(false).emit("a")
    @emitter.select.compress(false).compress(true).emit("a")
    assert_equal [false, false, nil], (@outbox.sent.map { |sent| sent.params["compress"] })
  end

  def test_a_namespace_begins_with_a_slash
    emit("a", namespace: "n")
    @emitter.select.of(:n).emit("a")
    @emitter.select.of("/room-*").emit("a")
    assert_equal %w[/n /n /room-*], @outbox.sent.map(&:namespace)
    assert_raises(ArgumentError) { @emitter.select.of(/room/) }
  end

  def test_send_is_the_event_message
    sent, = Realtime::Testing.capture { Realtime.send("hello", { to: 1 }, to: "lobby") }
    assert_equal ["message", ["hello", { "to" => 1 }], ["lobby"]], [sent.event, sent.args, sent.to]
    assert_equal Realtime.name, Realtime.__send__(:name)
  end

  def test_socket_io_s_own_events_and_limits_are_refused_at_the_call
    %w[connect connect_error disconnect disconnecting newListener removeListener].each do |event|
      assert_match(/Socket\.IO's own/, assert_raises(ArgumentError) { emit(event) }.message)
    end
    emit("a", "x".b, [{ b: ["y".b] * 9 }])
    error = assert_raises(Realtime::TooLarge) { emit("a", "x".b, [{ b: ["y".b] * 10 }]) }
    assert_match(/11 binary values/, error.message)
    assert_raises(Realtime::TooLarge) { @emitter.ack("e", ["x".b] * 11) }
    assert_raises(Realtime::TooLarge) { @emitter.batch { emit("a", *["x".b] * 11) } }
    @emitter.server_emit(@emitter.select, "connect", ["x".b] * 11) # no client hears of it
    assert_equal %w[emit server_emit], @outbox.sent.map(&:name)
  end

  def test_a_selection_is_not_changed_by_what_is_built_on_it
    base = @emitter.select.to("a")
    base.to("b").volatile
    assert_equal({ "to" => ["a"] }, base.params)
    refute_predicate base, :volatile?
    assert_equal({ "to" => [] }, @emitter.select.to(nil).params)
  end

  def test_an_unknown_keyword_raises
    assert_raises(ArgumentError) { emit("a", two: 1) }
    assert_raises(ArgumentError) { emit("a", to: Object.new) }
    assert_raises(ArgumentError) { emit(nil) }
  end

  def test_a_payload_without_braces_is_told_how_to_be_one
    error = assert_raises(ArgumentError) { Realtime.emit("order", id: 1) }
    assert_match(/unknown keyword: :id.*wrap that in braces: emit\("event", \{ id: … \}/, error.message)
    error = assert_raises(ArgumentError) { emit("order", to: Object.new) }
    refute_match(/braces/, error.message)
  end

  def test_logins_say_whom
    @emitter.disconnect(@emitter.select(logins: "l"), close: true)
    assert_equal({ "logins" => ["l"], "close" => true }, @outbox.sent.last.params)
  end

  def test_a_room_read_as_bytes_is_text
    assert_equal ["é"], params(emit("a", to: "é".b))["to"]
  end

  def test_join_leave_and_disconnect_need_to_be_told_whom
    %i[join leave].each { |verb| assert_raises(ArgumentError) { @emitter.public_send(verb, @emitter.select, ["r"]) } }
    assert_raises(ArgumentError) { @emitter.disconnect(@emitter.select) }
    @emitter.select.all.disconnect(close: true)
    assert_equal({ "all" => true, "close" => true }, @outbox.sent.last.params)
    @emitter.select.to_user(7).join("r")
    assert_equal({ "users" => ["7"], "rooms" => ["r"] }, @outbox.sent.last.params)
  end

  def test_a_batch_is_one_frame_in_order
    link = peer.tap { @here.replacement = nil }
    @emitter.batch do
      emit("a")
      @emitter.batch { emit("b") }
    end
    batch = link.link.take
    assert_equal "batch", batch.name
    assert_equal(%w[a b], batch.params["emits"].map { |emit| emit["event"] })
  end

  def test_a_batch_that_raises_sends_nothing
    assert_raises(RuntimeError) do
      @emitter.batch do
        emit("a")
        raise "no"
      end
    end
    emit("b")
    assert_equal ["b"], @outbox.sent.map(&:event)
  end

  def test_a_batch_takes_values_as_they_are
    text = +"one"
    @emitter.batch do
      emit("a", text)
      text << " and two"
    end
    assert_equal ["one"], @outbox.sent.last.args
  end

  def test_a_batch_keeps_what_is_no_emit_in_its_place
    link = peer.tap { @here.replacement = nil }
    @emitter.batch do
      emit("a")
      @emitter.join(@emitter.select(to: "r"), ["s"])
      @emitter.set("id", data: 1)
      emit("b", volatile: true)
      emit("now", now: true)
    end
    frames = link.link
    assert_equal(%w[emit batch join set batch], Array.new(5) { frames.take.name })
  end

  def test_a_batch_is_bounded
    @emitter.batch do
      Realtime::Batch::LIMIT.times { emit("a") }
      assert_raises(Realtime::TooLarge) { emit("b") }
    end
    assert_equal Realtime::Batch::LIMIT, @outbox.sent.size
    large = "x" * (@here.config.buffer_bytes - 100)
    @emitter.batch do
      emit("a", large)
      assert_raises(Realtime::TooLarge) { emit("b", large) }
    end
  end

  def test_suppressed_words_reach_nobody
    Realtime.suppress do
      @emitter.emit(@emitter.select, "a", [])
      @emitter.batch { @emitter.emit(@emitter.select, "a", []) }
      @emitter.disconnect(@emitter.select.all)
      @emitter.ack("e", [])
    end
    assert_equal ["ack"], @outbox.sent.map(&:name)
  end

  def test_emits_can_be_watched
    seen = []
    @here.config.instrument = lambda do |name, payload, &work|
      seen << [name, payload]
      work.call
    end
    emit("a", to: "r", except: "x")
    assert_equal [["emit.realtime", { event: "a", namespace: "/", to: ["r"], except: ["x"] }]], seen
    assert_equal "a", @outbox.sent.last.event
  end

  def test_emit_with_a_bang_waits_for_its_id
    @here.replacement = nil
    peer(answers: { "emit" => ->(params) { { "id" => params["id"] } } })
    assert_match(/\A\w{20}\z/, @emitter.emit!(@emitter.select, "a", []))
    assert_raises(ArgumentError) { @emitter.batch { @emitter.emit!(@emitter.select, "a", []) } }
  end

  def test_call_gives_the_acks
    @here.replacement = nil
    acks = [["s1", ["yes"]], ["s2", [1, 2]]]
    server = peer(answers: { "call" => { "acks" => acks, "expected" => 3, "gone" => ["s3"], "timed_out" => false } })
    replies = @emitter.select.to("r").call("ok?", 1, timeout: 1.5)
    assert_equal 1500, server.link.take.params["timeout"]
    assert_equal acks, replies.to_a
    assert_equal ["yes", [1, 2]], replies.values
    assert_equal ["s3"], replies.gone
    refute_predicate replies, :complete?
    refute_predicate replies, :timed_out?
  end

  def test_a_sockets_call_gives_its_ack_or_says_why_not
    @here.replacement = nil
    result = { "acks" => [["s1", ["yes"]]], "expected" => 1, "gone" => [], "timed_out" => false }
    peer(answers: { "call" => ->(_) { result } })
    socket = Realtime::Socket.new(@emitter, { "id" => "s1" })
    assert_equal "yes", socket.call("ok?", timeout: 1)
    result = { "acks" => [], "expected" => 1, "gone" => [], "timed_out" => true }
    assert_raises(Realtime::TimeoutError) { socket.call("ok?", timeout: 1) }
    result = { "acks" => [], "expected" => 1, "gone" => ["s1"], "timed_out" => false }
    assert_equal "gone", assert_raises(Realtime::RequestError) { socket.call("ok?", timeout: 1) }.code
  end

  def test_sockets_follows_the_pages
    @here.replacement = nil
    pages = [{ "sockets" => [{ "id" => "a", "rooms" => ["r"], "dialect" => "EIO4" }], "next" => "a" },
             { "sockets" => [{ "id" => "b" }], "next" => nil }]
    peer(answers: { "sockets" => ->(_) { pages.shift } })
    sockets = @emitter.select.sockets
    assert_equal %w[a b], sockets.map(&:id)
    assert_equal ["r"], sockets.first.rooms
    assert_equal "EIO4", sockets.first.dialect
  end

  def test_a_socket_reaches_itself_and_broadcasts_to_others
    socket = Realtime::Socket.new(@emitter, { "id" => "s1", "namespace" => "/n" })
    socket.emit("a")
    socket.send("hello")
    socket.to("r").emit("b")
    socket.except("x").emit("c")
    socket.volatile.emit("d")
    own, message, room, others, volatile = @outbox.sent
    assert_equal [["s1"], "/n"], [own.to, own.namespace]
    assert_equal %w[message hello], [message.event, *message.args]
    assert_equal [["r"], ["s1"]], [room.to, room.except]
    assert_equal [nil, %w[s1 x]], [others.to, others.except]
    assert_predicate volatile, :volatile?
  end

  def test_an_event_s_socket_knows_its_client_and_asks_for_the_rest
    told = { "id" => "s1", "dialect" => "EIO3", "transport" => "jsonp" }
    socket = Realtime::Socket.new(@emitter, told)
    assert_equal %w[EIO3 jsonp], [socket.dialect, socket.transport]
    assert_empty @outbox.sent
    @outbox.answer("sockets") { { "sockets" => [told.merge("address" => "192.0.2.1")] } }
    assert_equal "192.0.2.1", socket.handshake.address
  end

  def test_data_and_user_of_a_connected_socket_are_set_at_the_sidecar
    socket = Realtime::Socket.new(@emitter, { "id" => "s1" })
    socket.data = { a: 1 }
    socket.user = nil
    assert_equal([{ "socket" => "s1", "data" => { "a" => 1 } }, { "socket" => "s1", "user" => nil }],
                 @outbox.sent.map(&:params))
  end

  private

  def emit(event, *args, **whom)
    @emitter.emit(@emitter.select(**whom), event, args)
    @outbox.sent.last
  end

  def params(sent)
    sent.params
  end
end
