# frozen_string_literal: true

require_relative "errors"
require_relative "transaction_participant"

module Realtime
  # What was said in one piece of work while transactions or a batch were open, in order, each with
  # those it waits for: sent when all of them have committed, forgotten when one of them was
  # rolled back.
  #
  # What is said later waits for at least as much of what is still open as what was said earlier, so
  # nothing overtakes.
  #
  # Concurrency: a piece of work is one thread's or fiber's, but tests may share a connection among
  # threads, and then one ends the other's transaction. Nothing is sent under the lock.
  class TransactionLog
    Entry = Struct.new(:item, :participants) do
      def fate
        fates = participants.map(&:fate)
        return :rolled_back if fates.include?(:rolled_back)

        fates.include?(:open) ? :open : :committed
      end
    end
    private_constant :Entry

    def initialize
      @lock = Mutex.new
      @entries = []
      @bytes = 0
      # By transaction.
      @participants = {}.compare_by_identity
      # Changes of records that were rolled back within what goes on.
      @dropped = []
    end

    def empty?
      @entries.empty?
    end

    # @param item [Statement, Broadcast]
    # @param connections [Array] those with a transaction that holds it, beside the item's batch
    # @param limit [Integer] bytes of all that waits
    # @raise [TooLarge]
    def add(item, connections, limit)
      @lock.synchronize do
        make_room(item.bytesize, limit)
        participants = connections.map { |connection| participant(connection) }
        @entries << Entry.new(item, [*participants, *item.batch])
        @bytes += item.bytesize
      end
      nil
    end

    # Sends what is certain and forgets what is not to be.
    #
    # @return [nil]
    def settle
      return if empty?

      certain, dropped = @lock.synchronize { take_certain }
      Transactions.deliver(certain, dropped) if certain.any?
    end

    # The piece of work is over. What waits for a transaction that is no more goes.
    #
    # @return [Integer] how many
    def sweep
      count = @lock.synchronize do
        lost = @participants.each_value.select { |each| each.connection.open_transactions.zero? && each.abandon }
        @entries.count { |entry| (entry.participants & lost).any? }
      end
      settle
      count
    end

    private

    def participant(connection)
      transaction = connection.current_transaction
      @participants[transaction] ||= begin
        forget_lost(connection)
        TransactionParticipant.new(self, connection)
      end
    end

    # A connection that begins anew has nothing open from before.
    def forget_lost(connection)
      return unless connection.open_transactions == 1

      @participants.each_value { |each| each.abandon if each.connection.equal?(connection) }
    end

    def take_certain
      certain = take(:committed)
      take(:rolled_back)
      @participants.delete_if { |_, each| each.fate != :open }
      dropped = @dropped
      @dropped = [] if empty?
      [certain, dropped]
    end

    # @return [Array<Statement, Broadcast>]
    def take(fate)
      taken, @entries = @entries.partition { |entry| entry.fate == fate }
      items = taken.map(&:item)
      items.each { |item| @bytes -= item.bytesize }
      @dropped.concat(items.grep(Broadcast)) if fate == :rolled_back
      items
    end

    def make_room(bytes, limit)
      return if @bytes + bytes <= limit

      take(:rolled_back)
      return if @bytes + bytes <= limit

      raise TooLarge, "more than #{limit} bytes (buffer_bytes) wait for the end of this transaction or batch: " \
                      "send larger things after it, or with now: true"
    end
  end
end
