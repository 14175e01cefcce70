# frozen_string_literal: true

module Realtime
  # Stands in one transaction among the records that Active Record tells of its end, with the
  # methods it calls on them (6.1 to 8). A savepoint that is released hands its records to the
  # transaction around it, and so this one too.
  #
  # Active Record 7.2 has blocks for this (`transaction.after_commit`), which are not called when a
  # record's own after_commit callback raises; records are told nevertheless. The order among
  # records is that in which they were enrolled, so {#fate} can also be asked before they are told.
  class TransactionParticipant
    # @return [#current_transaction]
    attr_reader :connection

    # Enrols it in the transaction that is now the connection's innermost.
    def initialize(log, connection)
      @log = log
      @connection = connection
      @state = connection.current_transaction.state
      connection.add_transaction_record(self)
    end

    # @return [Symbol] :committed, :rolled_back or :open
    def fate
      @fate ||= known_fate
      @fate || :open
    end

    # The transaction went without having been told: its connection was lost.
    #
    # @return [Boolean] whether that is news
    def abandon
      return false unless fate == :open

      @fate = :rolled_back
      true
    end

    # ---- what Active Record calls ------------------------------------------------------------

    # The transaction that decides over all within it is about to commit.
    def before_committed!(*)
      @deciding = @connection.current_transaction.state
    end

    def committed!(**)
      @fate = :committed
      @log.settle
    end

    def rolledback!(**)
      @fate = :rolled_back
      # Within a transaction that goes on, what is left is looked at when that ends.
      @log.settle unless Transactions.holding?(@connection)
    end

    # No: this one has no callbacks of its own that another object for the same row could run.
    def trigger_transactional_callbacks?
      false
    end

    private

    def known_fate
      return :rolled_back if @state.rolledback? || @state.invalidated?

      :committed if @state.fully_committed? || @deciding&.committed?
    end
  end
end
