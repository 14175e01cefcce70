# frozen_string_literal: true

require "test_helper"

# A forked child has a connection of its own, and only closes its copy of the parent's.
class ForkTest < RealtimeTest
  def test_parent_and_child_emit_each_on_its_own_connection
    here = client
    server = peer
    emit(here, "before")
    parent = server.link
    assert_equal "before", parent.take.params["event"]

    in_child do
      emit(here, "child")
      here.stop
    end
    emit(here, "after")

    child = server.link
    refute_equal parent.hello["pid"], child.hello["pid"]
    assert_equal %w[child bye], [child.take.params["event"], child.take.name]
    assert_equal "after", parent.take.params["event"], "the parent's connection is untouched"
    assert_empty parent.waiting
  end

  def test_what_the_parent_had_waiting_is_sent_once_and_by_the_parent
    here = client
    emit(here, "parents")
    in_child { here.stop }
    link = peer.link
    assert_equal Process.pid, link.hello["pid"]
    assert_equal "parents", link.take.params["event"]
    assert_equal 0, @peers.last.greeted_count
  end

  def test_a_child_that_never_emits_lets_the_parents_connection_end
    here = client
    server = peer
    assert here.connection.wait_until_connected(PATIENCE)
    link = server.link
    beside_an_idle_child do
      here.stop
      link.wait_closed
    end
  end

  def test_a_child_of_a_handler_is_an_emitter
    here = client
    here.router.add(:event, proc {}, event: "x")
    here.start
    server = peer
    server.link
    serving = in_child do
      emit(here, "child")
      here.stop
      here.serving?
    end
    assert_equal "false", serving
    child = server.link
    assert_equal "emitter", child.hello["role"]
    assert_equal "child", child.take.params["event"]
  end

  def test_forks_while_threads_emit
    here = client(flush_timeout: PATIENCE)
    server = peer
    5.times do |number|
      threads = Array.new(2) { Thread.new { 100.times { emit(here, "parent") } } }
      in_child { emit(here, "child #{number}") || here.stop }
      threads.each(&:join)
    end
    children = Array.new(6) { server.link }.reject { |link| link.hello["pid"] == Process.pid }
    assert_equal((0..4).map { |number| "child #{number}" }, children.map { |link| link.take.params["event"] })
  end

  private

  def emit(client, event)
    client.emitter.emit(client.emitter.select, event, [])
  end
end
