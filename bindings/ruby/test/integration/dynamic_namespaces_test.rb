# frozen_string_literal: true

require_relative "support"

# Namespaces whose names clients make up, against the real sidecar.
class DynamicNamespacesTest < IntegrationTest
  # A namespace that nobody serves is told so after this.
  GRACE = "1s"

  def sidecar_options = { options: { app_grace: GRACE } }

  def test_an_expression_says_which_are_served_and_captures
    app do |router|
      router.mount(rooms)
      router.add(:event, proc { |socket| socket.namespace_match.captures }, namespace: "/*/of/*", event: "where")
    end
    assert_equal %w[7 7], browser(namespace: "/room-7").call("which").first
    assert_equal [%w[red blue]], browser(namespace: "/red/of/blue").call("where")
    ["/room-x", "/room-7/x", "/nowhere", "/room-*"].each do |name|
      assert_equal({ "message" => "Invalid namespace" }, browser(namespace: name).refused, name)
    end
  end

  def test_emits_reach_one_or_all_that_fit_a_pattern
    here = app { |router| router.mount(rooms) }
    one, two, other = %w[/room-1 /room-2 /].map { |name| browser(namespace: name) }
    whole = here.emitter.select
    whole.of("/room-1").emit("one")
    whole.of("/room-*").to("members").emit("members")
    whole.of("/*").emit("all")
    assert_equal([[["one"], ["members"], ["all"]], [["members"], ["all"]], [["all"]]],
                 [[one, 3], [two, 2], [other, 1]].map { |page, count| Array.new(count) { page.take[:data] } })
    assert_equal [2, 3], [whole.of("/room-*").count, whole.of("*").count]
    assert_equal [one.id, two.id].sort, whole.of("/room-*").sockets.map(&:id)
    whole.of("/room-*").all.disconnect
    assert_equal [1, 1], ([one, two].map { |page| page.take[:type] })
  end

  def test_on_any_hears_what_a_handler_gets_too
    heard = Thread::Queue.new
    app do |router|
      router.mount(rooms)
      router.add(:any, proc { |socket, event, *args| heard << [socket.namespace, event, args] }, namespace: "/*")
      router.add(:any, proc { |socket, event| socket.ack("of #{event}") if event == "else" }, namespace: "/room-*")
    end
    page = browser(namespace: "/room-1")
    assert_equal ["1"], page.call("which", "x").first.uniq
    assert_equal ["of else"], page.call("else")
    assert_equal [["/room-1", "which", ["x"]], ["/room-1", "else", []]], Array.new(2) { heard.pop }
  end

  private

  def rooms
    Class.new(Realtime::Handler) do
      namespace %r{\A/room-(?<id>\d+)\z}
      define_method(:connect) do
        self.data = namespace_match[:id]
        join "members"
      end
      on(:which) { [data, namespace_match[:id]] }
    end
  end
end
