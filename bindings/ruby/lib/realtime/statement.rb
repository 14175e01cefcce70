# frozen_string_literal: true

require_relative "protocol"

module Realtime
  # Something told to the sidecar that does not go out at once, because a transaction or a batch is
  # open: packed when it is said, so that it says what was true then.
  #
  # @!attribute emitter   [Emitter] delivers it
  # @!attribute name      [String] the link's method
  # @!attribute params    [Protocol::Packed]
  # @!attribute volatile  [Boolean]
  Statement = Struct.new(:emitter, :name, :params, :volatile) do
    def emit?
      name == "emit"
    end

    # @return [Integer] bytes kept until it goes out
    def bytesize
      params.bytesize
    end

    # As {Broadcast} has it: what there is to say at last.
    def statements
      [self]
    end
  end

  # Runs of statements as they travel: neighbouring emits as one batch, the others one by one.
  module Statements
    # Emits the sidecar takes in one batch.
    BATCH = 4096

    # Bytes of a batch that may be divided: a frame of 16 MiB would hold up everything else.
    BATCH_BYTES = 1024 * 1024

    class << self
      # @param statements [Array<Statement>] of one emitter
      # @yieldparam run [Array<Statement>] emits that may go as one, or a single other one
      def runs(statements, &block)
        statements.slice_when { |one, next_one| !(one.emit? && next_one.emit?) }.each(&block)
      end

      # @return [Statement] the run as one: a batch, if it is of emits
      def together(run)
        return run.first unless run.first.emit?

        params = Protocol.pack("emits" => run.map(&:params))
        Statement.new(run.first.emitter, "batch", params, run.all?(&:volatile))
      end

      # @yieldparam part [Array<Statement>] small enough to go as one
      def divide(run)
        part = []
        bytes = 0
        run.each do |statement|
          if part.size >= BATCH || (part.any? && bytes + statement.bytesize > BATCH_BYTES)
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
