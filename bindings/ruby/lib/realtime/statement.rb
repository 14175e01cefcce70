# frozen_string_literal: true

require_relative "batch"
require_relative "protocol"

module Realtime
  # Something told to the sidecar that does not go out at once, because a transaction or a batch is
  # open: packed when it is said, so that it says what was true then.
  #
  # @!attribute emitter   [Emitter] delivers it
  # @!attribute name      [String] the link's method
  # @!attribute params    [Protocol::Packed]
  # @!attribute volatile  [Boolean]
  # @!attribute batch     [Batch, nil] with whose other emits it is taken or refused
  Statement = Struct.new(:emitter, :name, :params, :volatile, :batch) do
    def emit?
      name == "emit"
    end

    # @return [Integer] bytes kept until it goes out
    def bytesize
      params.bytesize
    end

    # @see Broadcast#statements
    def statements
      [self]
    end
  end

  # How statements travel: neighbouring emits as one, the others one by one.
  module Statements
    # Bytes of emits put together here: a frame of 16 MiB would hold up everything else.
    BYTES = 1024 * 1024

    class << self
      # @param statements [Array<Statement>] of one emitter
      # @yieldparam statement [Statement] to be sent as it is
      def pack(statements)
        runs(statements) do |run|
          if run.first.batch && run.size <= Batch::LIMIT
            yield together(run)
          else
            divide(run) { |part| yield(part.one? ? part.first : together(part)) }
          end
        end
      end

      private

      # Emits that are neighbours and of the same batch, or of none; another statement alone.
      def runs(statements, &block)
        statements.slice_when { |one, other| !(one.emit? && other.emit? && one.batch.equal?(other.batch)) }
                  .each(&block)
      end

      def together(run)
        return run.first unless run.first.emit?

        params = Protocol.pack("emits" => run.map(&:params))
        Statement.new(run.first.emitter, "batch", params, run.all?(&:volatile))
      end

      def divide(run)
        part = []
        bytes = 0
        run.each do |statement|
          if part.size >= Batch::LIMIT || (part.any? && bytes + statement.bytesize > BYTES)
            yield part
            part = []
            bytes = 0
          end
          part << statement
          bytes += statement.bytesize
        end
        yield part
      end
    end
  end
end
