# frozen_string_literal: true

require "test_helper"
require_relative "support/handled"

# before, around, after, rescue_from and rate_limit.
class HandlerCallbacksTest < Minitest::Test
  include Handled

  # Counts as Active Support's stores do; those before 7.1 answer nil for what is not there yet.
  class Store
    def initialize(counts_from_nothing:)
      @counts = {}
      @counts_from_nothing = counts_from_nothing
    end

    def increment(key, by, **)
      @counts[key] = @counts[key].to_i + by if @counts_from_nothing || @counts.key?(key)
    end

    def write(key, value, **)
      @counts[key] = value
    end
  end

  def setup
    super
    @steps = []
  end

  def test_callbacks_run_in_order_the_bases_first
    steps = @steps
    base = Class.new(Realtime::Handler) { before_event { steps << :base } }
    handler(base) do
      before_event :symbol
      around_event do |event|
        steps << :in
        event.call
        steps << :out
        :ignored
      end
      after_event { steps << :after }
      define_method(:symbol) { steps << :symbol }
      on(:a) { :value.tap { steps << :event } }
    end
    assert_equal ["value"], perform(:a)
    assert_equal %i[base symbol in event after out], @steps
  end

  def test_an_around_may_be_a_method_that_yields
    handler do
      around_event :wrapped
      def wrapped = [yield, :ignored]
      on(:a) { 1 }
    end
    assert_equal [1], perform(:a)
  end

  def test_an_around_that_does_not_yield_ends_it
    steps = @steps
    handler do
      around_connect { nil }
      around_event { nil }
      on(:a) { steps << :event }
    end
    assert_nil perform(:a)
    assert_equal "refused", connect.first["code"], "and is no way in"
    assert_empty @steps
  end

  def test_only_and_except_name_events
    steps = @steps
    handler do
      before_event(only: :a) { steps << :only }
      before_event(except: %w[a b]) { steps << :except }
      %i[a b c].each { |event| on(event) {} }
    end
    perform(:a)
    perform(:b)
    perform(:c)
    assert_equal %i[only except], @steps
  end

  def test_an_inherited_callback_can_be_skipped
    base = Class.new(Realtime::Handler) do
      before_event :closed
      def closed = halt
    end
    handler(base) do
      skip_before_event :closed, only: :open
      on(:open) { 1 }
      on(:shut) { 1 }
    end
    assert_equal [1], perform(:open)
    assert_nil perform(:shut)
  end

  def test_a_before_that_ends_it_leaves_out_the_rest
    steps = @steps
    handler do
      before_event { halt({ error: "no" }) }
      before_event { steps << :second }
      after_event { steps << :after }
      on(:a) { steps << :event }
    end
    assert_equal [{ "error" => "no" }], perform(:a)
    assert_empty @steps
  end

  def test_connect_and_disconnect_have_callbacks_without_methods_of_their_own
    steps = @steps
    handler do
      before_connect { reject!("closed") unless auth }
      after_disconnect { steps << event_args }
    end
    assert_equal "closed", connect.first["message"]
    assert_equal [nil, {}], connect(1)
    call("disconnect", { "reason" => "r" })
    assert_equal [["r"]], @steps
    assert_equal %w[connect disconnect], @here.router.hooks
  end

  def test_what_is_rescued_is_the_value
    base = Class.new(Realtime::Handler) do
      rescue_from(StandardError) { |error| { error: error.message } }
    end
    handler(base) do
      rescue_from "ZeroDivisionError", "NoSuch::Class", with: :divided
      rescue_from(KeyError) { halt }
      def divided = :divided
      on(:zero) { 1 / 0 }
      on(:key) { {}.fetch(:a) }
      on(:other) { raise "other" }
    end
    assert_equal ["divided"], perform(:zero)
    assert_nil perform(:key)
    assert_equal [{ "error" => "other" }], perform(:other)
    assert_empty @log.string
  end

  def test_what_nobody_rescues_is_logged_and_not_acknowledged
    handler do
      rescue_from(KeyError) { 1 }
      on(:a) { raise "broken" }
    end
    error, = call("event", { "event" => "a", "args" => [] })
    assert_equal "internal", error["code"]
    assert_match(/broken/, @log.string)
  end

  def test_a_rescue_in_connect_is_no_way_in
    handler do
      rescue_from(KeyError) { { error: "let me in" } }
      rescue_from(ZeroDivisionError) { reject! "come back later" }
      def connect(auth) = auth ? 1 / 0 : {}.fetch(:a)
    end
    assert_equal({ "code" => "refused", "message" => "refused" }, connect.first)
    assert_equal "come back later", connect(1).first["message"]
  end

  def test_too_many_events_of_a_socket_are_not_handled
    quietly do |log|
      handler do
        rate_limit to: 2, within: 3600, only: :a
        on(:a) { 1 }
        on(:b) { 1 }
      end
      assert_equal [[1], [1], nil, nil], Array.new(4) { perform(:a) }
      assert_equal [1], perform(:a, socket: "s2"), "another's are"
      assert_equal [1], perform(:b)
      assert_equal 1, log.string.scan("more than 2 in 3600.0 s").size, "said once"
    end
  end

  def test_a_window_ends
    quietly do
      handler do
        rate_limit to: 1, within: 0.05
        on(:a) { 1 }
      end
      perform(:a)
      refusals = 0
      Timeout.timeout(10) { refusals += 1 until perform(:a) }
      assert_operator refusals, :>, 0
    end
  end

  def test_a_limit_may_count_by_something_else_and_answer
    quietly do
      handler do
        rate_limit to: 1, within: 3600, by: -> { socket.user }, with: -> { { error: "slow down" } }
        on(:a) { 1 }
      end
      perform(:a, user: "7")
      assert_equal [{ "error" => "slow down" }], perform(:a, user: "7", socket: "s2")
      assert_equal [1], perform(:a, user: "8")
    end
  end

  def test_a_store_counts_for_all
    [true, false].each do |counts_from_nothing|
      store = Store.new(counts_from_nothing: counts_from_nothing)
      quietly do
        2.times do
          limit = Realtime::Handler::RateLimit.new(to: 2, within: 60, by: nil, with: nil, store: store, name: "n")
          handler = Class.new(Realtime::Handler).new(Realtime::Invocation.new(socket: Struct.new(:id).new("s")))
          assert_nil limit.check(handler)
          @last = [limit, handler]
        end
        limit, handler = @last
        assert_throws(Realtime::Handler.send(:const_get, :HALT)) { limit.check(handler) }
      end
    end
  end

  def test_a_limit_remembers_so_many_and_no_more
    limit = Realtime::Handler::RateLimit.new(to: 1, within: 3600, by: -> { event_id }, with: nil, store: nil, name: "n")
    (Realtime::Handler::RateLimit::MAX_KEYS + 10).times do |number|
      deferred = Realtime::Deferred.new(nil, number.to_s)
      limit.check(Class.new(Realtime::Handler).new(Realtime::Invocation.new(deferred: deferred)))
    end
    assert_equal Realtime::Handler::RateLimit::MAX_KEYS, limit.instance_variable_get(:@windows).size
  end

  private

  # What rate limits say goes to the process's own log.
  def quietly
    config = Realtime.config
    before = config.logger
    log = StringIO.new
    config.logger = Logger.new(log)
    yield log
  ensure
    config.logger = before
  end
end
