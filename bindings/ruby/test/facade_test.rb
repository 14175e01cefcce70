# frozen_string_literal: true

require "test_helper"
require "realtime-sidecar"

# The words apps use, end to end in one process: Realtime itself, in a process of its own, since it
# holds one client for good.
class FacadeTest < RealtimeTest
  PROGRAM = <<~RUBY
    require "realtime-sidecar"
    Realtime.configure { |config| config.flush_timeout = 5 }
    Realtime.emit("order.paid", { id: 7 }, to: "orders")
    Realtime.of("/admin").to("a", "b").except("c").volatile.emit("tick")
    Realtime.batch { Realtime.emit("in a batch") }
  RUBY

  def test_a_short_program_sends_what_it_emitted_before_it_ends
    link = run_program(PROGRAM)
    assert_equal({ "event" => "order.paid", "args" => [{ "id" => 7 }], "to" => ["orders"] }, link.take.params)
    assert_equal "/admin", link.take.params["namespace"]
    assert_equal %w[batch bye], [link.take.name, link.take.name]
  end

  def test_a_serving_program_drains_at_term
    link = run_program(<<~RUBY, wait: false)
      require "realtime"
      Realtime.on("slow") { Realtime.count }
      Realtime.start
      sleep
    RUBY
    link.request("event", { "id" => "e", "socket" => "s", "namespace" => "/", "event" => "slow", "args" => [] })
    count = link.take
    Process.kill("TERM", @pid)
    link.wait_drained
    link.answer(count, { "count" => 7 })
    assert_equal [7], link.take.result
    assert_equal "bye", link.take.name
  ensure
    Process.wait(@pid)
  end

  def test_testing_captures_what_is_emitted
    emits = Realtime::Testing.capture do
      Realtime.emit("a", { id: 1 }, to: "r")
      Realtime.join("r", users: 1)
      Realtime.batch { Realtime.emit("b", volatile: true) }
      Realtime.emit!("c")
    end
    assert_equal [["a", [{ "id" => 1 }], ["r"]], ["b", [], nil], ["c", [], nil]],
                 (emits.map { |emit| [emit.event, emit.args, emit.to] })
  end

  def test_testing_answers_as_a_sidecar_without_clients_would
    Realtime::Testing.on
    assert_equal [0, [], {}], [Realtime.count, Realtime.sockets(to: "r"), Realtime.rooms]
    assert_predicate Realtime.call("a", timeout: 1), :complete?
    assert_equal %w[count sockets rooms call], Realtime::Testing.sent.map(&:name)
    assert_empty Realtime::Testing.emits
  ensure
    Realtime::Testing.off
  end

  private

  def run_program(text, wait: true)
    server = peer
    library = File.expand_path("../lib", __dir__)
    @pid = spawn({ "REALTIME_SOCKET" => @socket }, RbConfig.ruby, "-I#{library}", "-e", text,
                 err: File.join(@folder, "err"))
    link = server.link
    Process.wait(@pid) if wait
    link
  end
end
