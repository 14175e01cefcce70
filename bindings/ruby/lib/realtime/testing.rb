# frozen_string_literal: true

require_relative "testing/outboxes"

module Realtime
  # An outbox in memory in place of the sidecar, for an app's tests: nothing connects, what is
  # emitted can be read.
  #
  #   emits = Realtime::Testing.capture { Order.create! }
  #   assert_equal ["order.new"], emits.map(&:event)
  #
  # Rails' test environment has it on. Most tests want the assertions of {TestHelper}, or
  # `realtime/rspec`, which also give each test an outbox of its own. Values are as a client's side
  # would read them: keys are strings, symbols too, times are text.
  module Testing
    class << self
      # From now on nothing is sent.
      def on
        Realtime.client.replacement ||= OUTBOXES
      end

      # From now on emits go to the sidecar again; what was kept is forgotten.
      def off
        Realtime.client.replacement = nil
        OUTBOXES.current.clear
      end

      # @return [Boolean]
      def on?
        !Realtime.client.replacement.nil?
      end

      # @return [Outbox] of the test that runs in this thread; else the process's
      def outbox
        on
        OUTBOXES.current
      end

      # @return [Array<Sent>] emits, joins and so on since the test began, or since {clear}
      def sent
        outbox.sent
      end

      # @return [Array<Sent>] of them the emits
      def emits
        sent.select(&:emit?)
      end

      def clear
        outbox.clear
      end

      # Answers a question of the code under test, such as `Realtime.count` or a `call`, in place of
      # what a sidecar without clients would say. Until the test ends.
      #
      #   Realtime::Testing.answer("count") { { "count" => 3 } }
      #
      # @param name [String] of the link's method: call, sockets, count, rooms, stats
      # @yieldparam params [Hash{String => Object}] of the question
      # @yieldreturn [Hash{String => Object}] as docs/protocol/rpc.md has it
      def answer(name, &block)
        outbox.answer(name, &block)
      end

      # The block's emits, of this thread and of those it starts. They stay in the outbox too.
      #
      # @return [Array<Sent>]
      def capture(&block)
        sent_during(&block).select(&:emit?)
      end

      # @api private
      # @return [Array<Sent>]
      def sent_during
        was_on = on?
        box = outbox
        before = box.size
        yield
        box.sent.drop(before)
      ensure
        off unless was_on
      end

      # Gives the block an outbox of its own.
      #
      # @api private
      def isolate
        box = start_test
        yield
      ensure
        finish_test(box) if box
      end

      # @api private
      # @return [Outbox] for {finish_test}
      def start_test
        on
        Handler::RateLimit.forget
        OUTBOXES.open
      end

      # @api private
      def finish_test(box)
        OUTBOXES.close(box)
      end
    end

    OUTBOXES = Outboxes.new
    private_constant :OUTBOXES
  end
end
