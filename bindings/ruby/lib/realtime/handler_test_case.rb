# frozen_string_literal: true

require_relative "test_helper"
require_relative "testing/handler_driver"
require "active_support/test_case" if defined?(Rails)

module Realtime
  # Tests of one handler. Named for it (ChatHandlerTest), or `tests ChatHandler`.
  #
  #   class ChatHandlerTest < Realtime::HandlerTestCase
  #     test "members speak in the lobby" do
  #       connect user: users(:ann)
  #       assert_joined "lobby"
  #       assert_equal({ "saved" => true }, perform(:message, "hello"))
  #       assert_emitted "message", to: "lobby", with: "hello"
  #     end
  #
  #     test "strangers stay out" do
  #       connect
  #       assert_rejected "sign in first"
  #     end
  #   end
  #
  # `connect`, `perform`, `disconnect` and `cookies` are {Testing::HandlerDriver}'s; several clients
  # are `ann = connect(user: …)` and then `ann.perform(…)`. What handlers raise, tests see.
  class HandlerTestCase < (defined?(ActiveSupport::TestCase) ? ActiveSupport::TestCase : Minitest::Test)
    include TestHelper
    include Testing::HandlerDriver

    class << self
      # Names the handler, where the test's own name does not.
      def tests(handler_class)
        @handler_class = handler_class
      end

      # @return [Class] of {Handler}
      # @raise [NameError]
      def handler_class
        return @handler_class if @handler_class
        return superclass.handler_class if name.nil? || !name.end_with?("HandlerTest")

        Object.const_get(name.delete_suffix("Test"))
      end
    end

    # That the client connected last was let in, and still is.
    def assert_connected
      assert connected_socket.connected?, -> { "Expected the client to be connected, but #{socket_state}." }
    end

    # That the client connected last was refused, with this message and data if they are given.
    #
    # @param message [String, Regexp, nil]
    # @param data [Object] as {Testing::Pattern} has it
    def assert_rejected(message = nil, data: Testing::Query::ANY)
      assert connected_socket.rejected?, -> { "Expected the client to be rejected, but #{socket_state}." }
      error = socket.error
      assert_operator message, :===, error["message"], "The connect error's message" if message
      return if data.equal?(Testing::Query::ANY)

      assert Testing::Pattern.match?(data, error["data"]),
             -> { "Expected the connect error's data to be #{data.inspect}, but it is #{error["data"].inspect}." }
    end

    # Without filters: that the client connected last is in these rooms. With `users:`, `to:` and so
    # on, or with a block: that somebody was moved there, see {TestHelper#assert_joined}.
    def assert_joined(*rooms, **filters, &block)
      return super if block || filters.any?

      missing = Values.texts(rooms, "rooms") - connected_socket.tap(&:follow).rooms
      assert_empty missing, "Rooms the client is not in (it is in #{socket.rooms.inspect})"
    end

    private

    def handler_class
      self.class.handler_class
    end

    def socket_state
      return "it was rejected: #{socket.error["message"]}" if socket.rejected?

      socket.connected? ? "it is connected" : "it was disconnected"
    end
  end
end
