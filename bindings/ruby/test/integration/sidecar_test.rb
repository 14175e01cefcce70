# frozen_string_literal: true

require_relative "support"

# The gem against the real sidecar, with real Socket.IO clients.
class SidecarTest < IntegrationTest
  def test_emits_reach_whom_they_are_for
    here = app { |router| router.add(:connect, proc { |socket, auth| socket.join(auth["room"]) }) }
    one = browser(auth: { room: "a" })
    two = browser(auth: { room: "b" })
    here.emitter.emit(here.emitter.select(to: "a"), "only a", [{ id: 1 }])
    here.emitter.emit(here.emitter.select(to: nil), "nobody", [])
    here.emitter.emit(here.emitter.select(except: "b"), "all but b", [])
    here.emitter.emit(here.emitter.select(to: two.id), "you", [])
    here.emitter.emit!(here.emitter.select, "all", [Time.at(0)])
    assert_equal [["only a", { "id" => 1 }], ["all but b"], ["all", "1970-01-01T00:00:00.000Z"]],
                 (Array.new(3) { one.take[:data] })
    assert_equal [["you"], ["all", "1970-01-01T00:00:00.000Z"]], (Array.new(2) { two.take[:data] })
  end

  def test_an_event_is_handled_and_acknowledged
    app do |router|
      router.add(:event, proc { |socket, text| socket.emit("echo", text) || { ok: text } }, event: "say")
      router.add(:event, proc { |_| Realtime.ack(1, 2) }, event: "two")
    end
    page = browser
    page.emit("say", "hello")
    assert_equal %w[echo hello], page.take[:data]
    assert_equal [1, 2], page.call("two")
  end

  def test_a_connect_hook_decides
    app do |router|
      router.add(:connect, proc { |socket, auth|
        reject("no entry", { code: 7 }) unless auth && auth["token"] == "let me in"
        socket.user = 42
        socket.data = { name: "ann" }
      })
      router.add(:event, proc { |socket| [socket.user, socket.data, socket.rooms, socket.transport] }, event: "me")
      router.add(:event, proc { |socket| [socket.dialect, socket.handshake.address] }, event: "client")
    end
    assert_equal({ "message" => "no entry", "data" => { "code" => 7 } }, browser.refused)
    page = browser(auth: { token: "let me in" })
    (user, data, rooms, transport), = page.call("me")
    assert_equal ["42", { "name" => "ann" }, "polling"], [user, data, transport]
    assert_kind_of Array, rooms
    assert_equal [%w[EIO4 127.0.0.1]], page.call("client")
  end

  def test_a_user_is_reached_and_asked
    here = app { |router| router.add(:connect, proc { |socket, auth| socket.user = auth["id"] }) }
    page = browser(auth: { id: 7 })
    asking = Thread.new { here.emitter.call(here.emitter.select.to_user(7), "ready?", [], timeout: 30) }
    question = page.take
    page.ack(question, "yes", 1)
    assert_equal [[page.id, ["yes", 1]]], asking.value.to_a
    assert_equal 1, here.emitter.count(here.emitter.select)
    assert_equal ["7"], here.emitter.select.sockets.map(&:user)
    assert_predicate here.emitter.call(here.emitter.select, "silence", [], timeout: 0.1), :timed_out?
  end

  def test_a_deferred_ack_comes_from_another_process
    ids = Thread::Queue.new
    app { |router| router.add(:event, proc { defer.tap { |handle| ids << handle.id } }, event: "slow") }
    page = browser
    waiting = Thread.new { page.call("slow") }
    other = client
    other.emitter.ack(ids.pop, ["done"])
    assert_equal ["done"], waiting.value
  end

  def test_a_client_that_leaves_is_told_with_its_reason
    gone = Thread::Queue.new
    app do |router|
      router.add(:connect, proc { |socket| socket.join("r") })
      router.add(:disconnect, proc { |socket, reason| gone << [socket.id, reason, socket.rooms.include?("r")] })
    end
    page = browser
    page.close
    assert_equal [page.id, "transport close", true], Timeout.timeout(PATIENCE) { gone.pop }
  end

  def test_joining_and_leaving_from_outside
    here = app
    page = browser
    here.emitter.select.to(page.id).join("vip")
    assert_equal 1, here.emitter.count(here.emitter.select(to: "vip"))
    assert_equal({ "vip" => 1 }, here.emitter.rooms(here.emitter.select).slice("vip"))
    here.emitter.select.to("vip").leave("vip")
    assert_equal 0, here.emitter.count(here.emitter.select(to: "vip"))
    here.emitter.select.to(page.id).disconnect
    assert_equal 1, page.take[:type]
  end

  def test_a_server_event_reaches_every_handler_process_but_its_sender_s
    reader, writer = IO.pipe
    workers = Array.new(2) { |number| fork { worker(number, writer) } }
    job = client
    eventually { job.emitter.stats["handlers"] == 2 }
    job.emitter.server_emit(job.emitter.select, "heard", ["job"])
    (sender,) = browser.call("tell")
    job.emitter.server_emit(job.emitter.select, "heard", ["end"]) # behind all that came before
    heard = Timeout.timeout(PATIENCE) { Array.new(5) { reader.gets.chomp } }
    assert_equal ["0 end", "0 job", "1 end", "1 job", "#{1 - sender} worker"].sort, heard.sort
  ensure
    workers&.each { |pid| Process.kill("KILL", pid) && Process.wait(pid) }
  end

  def test_refusals_have_their_codes
    here = app
    nowhere = here.emitter.select(namespace: "/a,b")
    error = assert_raises(Realtime::RequestError) { here.emitter.emit!(nowhere, "x", []) }
    assert_equal "invalid_namespace", error.code
    here.emitter.emit(nowhere, "x", [])
    eventually { here.connection.counters[:rejected] == 1 }
  end

  def test_what_is_too_much_is_refused_at_the_call_as_the_sidecar_would
    here = app
    page = browser
    whole = here.emitter.select
    [["x".b] * 11, ["x" * 1_000_001], ["x".b * 1_000_001]].each do |args|
      assert_raises(Realtime::TooLarge) { here.emitter.emit(whole, "x", args) }
    end
    assert_raises(Realtime::TooLarge) { here.emitter.join(whole.to(page.id), ["x" * 257]) }
    assert_raises(Realtime::TooLarge) { here.emitter.join(whole.to(page.id), (0..1024).to_a) }
    here.emitter.emit(whole, "within", ["x" * 999_900])
    assert_equal "within", page.take[:data].first
    assert_equal 0, here.connection.counters[:rejected]
  end

  def test_what_is_not_to_be_compressed_arrives_all_the_same
    here = app
    page = browser
    here.emitter.select.compress(false).send("as it is")
    assert_equal ["message", "as it is"], page.take[:data]
  end

  def test_the_app_is_replaced_and_clients_stay
    first = app { |router| router.add(:event, proc { 1 }, event: "which") }
    page = browser
    assert_equal [1], page.call("which")
    first.stop
    waiting = Thread.new { page.call("which") }
    app { |router| router.add(:event, proc { 2 }, event: "which") }
    assert_equal [2], waiting.value, "the event waited for the next process"
  end

  def test_the_sidecar_is_replaced_and_the_app_is_told
    skip "a server in this process cannot die alone" if Ways.library?
    resets = Thread::Queue.new
    here = app { |router| router.add(:reset, proc { |reason| resets << reason }) }
    @sidecar.kill("KILL")
    here.emitter.emit(here.emitter.select, "kept", [])
    @sidecar.start
    assert_equal "boot", Timeout.timeout(PATIENCE) { resets.pop }
    assert_equal "handler", here.serving? && "handler"
  end

  def test_a_forked_child_emits_on_its_own
    here = app
    page = browser
    in_child do
      here.emitter.emit(here.emitter.select, "child", [])
      here.stop
    end
    here.emitter.emit!(here.emitter.select, "parent", [])
    assert_equal [["child"], ["parent"]], (Array.new(2) { page.take[:data] })
  end

  private

  # What a process does that handles events, until it is killed.
  def worker(number, writer)
    here = client
    here.router.add(:server_event, proc { |what| writer.puts("#{number} #{what}") }, event: "heard")
    tell = proc { here.emitter.server_emit(here.emitter.select, "heard", ["worker"]) || number }
    here.router.add(:event, tell, event: "tell")
    writer.sync = true
    here.start
    sleep
  end
end
