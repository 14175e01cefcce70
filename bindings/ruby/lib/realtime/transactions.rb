# frozen_string_literal: true

require_relative "broadcast"
require_relative "execution"
require_relative "statement"
require_relative "transaction_log"

module Realtime
  # Active Record's transactions, as far as emits are concerned: what is said inside one is kept, and
  # sent when it has committed.
  #
  # - It belongs to the innermost open transaction of every database that has one: it is sent when
  #   all of them have committed and dropped when one of them, or the savepoint, is rolled back.
  # - As for after_commit, a transaction that is not joinable is none: the one that a test with
  #   transactional fixtures runs in, and that of a sandboxed console.
  # - A batch is waited for in the same way.
  # - It is no outbox: a process that dies between the commit and the write has said nothing.
  #
  # Without Active Record there is nothing to wait for, and nothing of it is loaded.
  module Transactions
    LOG = :realtime_transaction_log

    # Where Rails knows nothing of a handler for each role any more.
    NO_SETTING = Struct.new(:legacy_connection_handling).new(false).freeze
    private_constant :LOG, :NO_SETTING

    class << self
      # @return [Array, nil] the connections whose transaction would hold what is said now
      def connections
        return unless active_record?

        found = nil
        each_pool do |pool|
          connection = pool.active_connection?
          next unless connection && holding?(connection)

          found ||= []
          # Roles may share a connection.
          found << connection unless found.include?(connection)
        end
        found
      end

      # @return [Boolean]
      def holding?(connection)
        transaction = connection.current_transaction
        transaction.open? && transaction.joinable?
      end

      # Keeps what was said until the transactions of these connections, and the batch, have ended.
      #
      # @param item [Statement, Broadcast]
      # @param connections [Array, nil]
      # @param limit [Integer] bytes
      # @raise [TooLarge]
      def keep(item, connections, limit)
        item.batch&.count if item.emit?
        (log || self.log = TransactionLog.new).add(item, connections || [], limit)
      end

      # Sends what is certain by now. For what goes at once after it, in a callback after the commit
      # for instance, so that it does not overtake.
      def settle
        log&.settle
      end

      # Ends a piece of work.
      def sweep
        lost = log&.sweep or return

        self.log = nil if log.empty?
        return if lost.zero?

        Realtime.config.logger.warn("realtime: #{lost} emits were dropped: the connection of their transaction was " \
                                    "lost before it committed")
      end

      # @api private
      # @param items [Array<Statement, Broadcast>]
      # @param dropped [Array<Broadcast>]
      # @raise whatever a broadcast's blocks raise, once the rest is sent
      def deliver(items, dropped = [])
        error = nil
        statements = Broadcast.merge(items, dropped).flat_map do |item|
          item.statements
        rescue StandardError => e
          error ||= e
          []
        end
        statements.slice_when { |one, other| !one.emitter.equal?(other.emitter) }
                  .each { |run| run.first.emitter.deliver(run) }
        raise error if error
      end

      private

      # Its Base is loaded late; until then it has no transactions.
      def active_record?
        @active_record ||= defined?(::ActiveRecord) && !::ActiveRecord.autoload?(:Base) &&
                           defined?(::ActiveRecord::Base)
      end

      # The pools of all roles and shards.
      def each_pool(&block)
        return each_legacy_pool(&block) if legacy?

        handler = ::ActiveRecord::Base.connection_handler
        return handler.each_connection_pool(&block) if handler.respond_to?(:each_connection_pool) # 7.1

        handler.all_connection_pools.each(&block)
      end

      # Rails 6.1 and 7.0 may have a handler for each role, and one without a role.
      def each_legacy_pool(&block)
        base = ::ActiveRecord::Base
        base.default_connection_handler.all_connection_pools.each(&block)
        base.connection_handlers.each_value do |handler|
          handler.all_connection_pools.each(&block) unless handler.equal?(base.default_connection_handler)
        end
      end

      def legacy?
        @legacy_setting ||= [::ActiveRecord, ::ActiveRecord::Base, NO_SETTING].find do |place|
          place.respond_to?(:legacy_connection_handling)
        end
        @legacy_setting.legacy_connection_handling
      end

      # Of the thread in Rails 6.1, whose connections are too; see {Execution}.
      def log
        defined?(::ActiveSupport::IsolatedExecutionState) ? Execution[LOG] : Thread.current.thread_variable_get(LOG)
      end

      def log=(log)
        if defined?(::ActiveSupport::IsolatedExecutionState)
          Execution[LOG] = log
        else
          Thread.current.thread_variable_set(LOG, log)
        end
      end
    end
  end
end
