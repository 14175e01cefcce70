# frozen_string_literal: true

require_relative "../testing/handler_driver"

module Realtime
  module RSpec
    # Examples about one handler, in spec/realtime or with `type: :realtime`:
    #
    #   RSpec.describe ChatHandler, type: :realtime do
    #     it "lets members speak" do
    #       connect user: ann
    #       expect(socket).to be_connected.and be_in_room("lobby")
    #       expect { perform(:message, "hello") }.to have_emitted("message").to("lobby").with("hello")
    #     end
    #
    #     it { expect(connect).to be_rejected.with("sign in first") }
    #   end
    #
    # `connect`, `perform`, `disconnect`, `socket` and `cookies` are {Testing::HandlerDriver}'s.
    module HandlerExampleGroup
      include Testing::HandlerDriver

      # @return [Class] what is described; override by `let(:handler_class) { … }`
      def handler_class
        described_class
      end

      # @return [BeRejected]
      def be_rejected
        BeRejected.new
      end

      ::RSpec::Matchers.define :be_in_room do |*rooms|
        match { |socket| (Values.texts(rooms, "rooms") - socket.tap(&:follow).rooms).empty? }
        failure_message { |socket| "expected the client in #{rooms.join(", ")}; it is in #{socket.rooms.inspect}" }
      end
    end

    # That connect refused the client, if said with this message and data.
    class BeRejected
      include ::RSpec::Matchers::Composable

      # @param message [String, Regexp, matcher]
      # @param data [Object] a value or matcher
      def with(message, data = nil)
        @expected = { "message" => message }
        @expected["data"] = data unless data.nil?
        self
      end

      def matches?(socket)
        @socket = socket
        socket.rejected? && (@expected || {}).all? { |key, value| values_match?(value, socket.error[key]) }
      end

      def description
        @expected ? "be rejected with #{@expected.values.map(&:inspect).join(", ")}" : "be rejected"
      end

      def failure_message
        was = @socket.rejected? ? "was rejected with #{@socket.error.inspect}" : "was let in"
        "expected the client to #{description}, but it #{was}"
      end

      def failure_message_when_negated
        "expected the client not to #{description}, but it was rejected with #{@socket.error.inspect}"
      end
    end
  end
end
