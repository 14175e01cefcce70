# frozen_string_literal: true

module Realtime
  # The root of everything this gem raises on purpose; ArgumentError is raised for wrong calls.
  class Error < StandardError; end

  # The sidecar could not be reached, or did not answer in time.
  class ConnectionError < Error
    # @return [String, nil] the path of the Unix socket that was tried
    attr_reader :socket_path

    def initialize(message = nil, socket_path: nil)
      super(message)
      @socket_path = socket_path
    end
  end

  # There was no connection to the sidecar, or it was lost before the answer came. In the first
  # case nothing was done; in the second the message says that it may have been.
  class NotConnected < ConnectionError; end

  # The sidecar has the request and did not answer in time: it may or may not have taken effect.
  # Also raised by Socket#call when the client did not acknowledge in time.
  class TimeoutError < ConnectionError; end

  # The bytes on the link break its rules. The connection they came on is closed.
  class ProtocolError < Error
    # @return [Symbol, nil] :length, :syntax, :trailing, :depth or :shape; nil when it is about
    #   the conversation, not the bytes
    attr_reader :fault

    def initialize(message, fault = nil)
      super(message)
      @fault = fault
    end
  end

  # More than can be sent: over ten binary values in one event, over the sidecar's limits of an emit
  # or a name, a frame larger than it takes (16 MiB - 1 unless it says less). The message says which.
  class TooLarge < Error; end

  # A question to clients or the sidecar, asked while a database transaction is open: it would be
  # answered before what it is about is certain, and hold the transaction while it waits.
  class InTransaction < Error; end

  # The sidecar refused a request.
  class RequestError < Error
    # @return [String] a code of the link's table, such as "reserved_event" or "gone"
    attr_reader :code
    # @return [Object, nil] what the sidecar added
    attr_reader :data

    def initialize(code, message = nil, data = nil)
      super([code, message].compact.reject(&:empty?).join(": "))
      @code = code
      @data = data
    end
  end

  # Raised inside a connect hook (usually by `reject`): the client gets exactly this message and
  # data as its connect error. It is the only error whose text reaches a client.
  class Refused < Error
    # @return [Object, nil] sent to the client beside the message
    attr_reader :data

    def initialize(message = "refused", data = nil)
      super(message)
      @data = data
    end
  end
end
