# frozen_string_literal: true

require_relative "../realtime"
require_relative "testing"
require_relative "testing/query"

module Realtime
  # Assertions about what was emitted, for Minitest and ActiveSupport::TestCase:
  #
  #   class OrderTest < ActiveSupport::TestCase
  #     include Realtime::TestHelper
  #
  #     test "a new order is told" do
  #       assert_emitted "order.created", to: "orders", with: { id: 7, total: 12.5 } do
  #         Order.create!(id: 7, total: 12.5)
  #       end
  #     end
  #   end
  #
  # With a block they look at what the block emitted, without one at what the test did so far. Each
  # test begins with nothing. Tests may run in parallel, in processes or threads. An emit that waits
  # for a transaction's commit is seen after the commit, also in transactional tests.
  #
  # Filters, all optional, say which emits are meant; see {Testing::Query}: `to: users: except:
  # except_users: namespace: with: args: volatile: all:`. Expected payloads may hold Procs, classes,
  # regular expressions and ranges at any depth; see {Testing::Pattern}.
  module TestHelper
    def before_setup # :nodoc:
      @realtime_outbox = Testing.start_test
      super
    end

    def after_teardown # :nodoc:
      super
    ensure
      Testing.finish_test(@realtime_outbox) if @realtime_outbox
    end

    # @param event [String, Symbol, Regexp] any event when absent
    # @param count [Integer, Range] how often; at least once when absent
    # @return [Array<Testing::Sent>] those that fit
    def assert_emitted(event = Testing::Query::ANY, count: 1.., **filters, &block)
      assert_realtime_sent("emit", count, block, event: event, **filters)
    end

    # That there was no such emit; without arguments, none at all.
    def assert_no_emits(event = Testing::Query::ANY, **filters, &block)
      assert_realtime_sent("emit", 0, block, event: event, **filters)
      nil
    end
    alias refute_emitted assert_no_emits

    # How many there were: `assert_emits(2, to: "orders") { … }`
    # @return [Array<Testing::Sent>]
    def assert_emits(count, event = Testing::Query::ANY, **filters, &block)
      assert_realtime_sent("emit", count, block, event: event, **filters)
    end

    # @return [Array<Testing::Sent>] the block's emits that fit, in order
    def capture_emits(event = Testing::Query::ANY, **filters, &block)
      Testing::Query.new(event: event, **filters).select(Testing.sent_during(&block))
    end

    # That clients were disconnected: `assert_disconnected(users: 42) { user.lock! }`
    # @param close [Boolean] with `close: true` or without
    # @return [Array<Testing::Sent>]
    def assert_disconnected(count: 1.., **filters, &block)
      assert_realtime_sent("disconnect", count, block, **filters)
    end

    def assert_no_disconnects(**filters, &block)
      assert_realtime_sent("disconnect", 0, block, **filters)
      nil
    end

    # That clients were moved into these rooms: `assert_joined("vip", users: 42) { … }`
    # @return [Array<Testing::Sent>]
    def assert_joined(*rooms, count: 1.., **filters, &block)
      assert_realtime_sent("join", count, block, rooms: rooms, **filters)
    end

    # That clients were moved out of these rooms.
    # @return [Array<Testing::Sent>]
    def assert_left(*rooms, count: 1.., **filters, &block)
      assert_realtime_sent("leave", count, block, rooms: rooms, **filters)
    end

    private

    def assert_realtime_sent(name, count, block, **filters)
      query = Testing::Query.new(name, **filters)
      sent = block ? Testing.sent_during(&block) : Testing.sent
      found = query.select(sent)
      # A lambda: the sentence is only written when it is needed.
      assert count === found.size, lambda { # rubocop:disable Style/CaseEquality -- a number or a range
        "Expected #{query} to be sent #{Testing::Words.times(count)}#{" in the block" if block}, " \
          "but it was #{Testing::Words.times(found.size)}.\n#{Testing::Words.list(sent)}"
      }
      found
    end
  end
end
