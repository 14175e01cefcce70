# frozen_string_literal: true

module Realtime
  # That a record was created, updated or destroyed, as a model with `broadcasts_realtime` says while
  # its transaction is open. What of it clients are told is decided when that has committed.
  class Broadcast
    # What two changes of a row in one transaction come to: one that was created and destroyed was
    # never there.
    TOGETHER = {
      %i[create update] => :create, %i[create destroy] => nil,
      %i[update update] => :update, %i[update destroy] => :destroy,
      %i[destroy create] => :update
    }.freeze
    private_constant :TOGETHER

    # Each row's changes become one, in the place of the first.
    #
    # @param items [Array<Statement, Broadcast>]
    # @param dropped [Array<Broadcast>] changes of the same transactions that were rolled back
    # @return [Array<Statement, Broadcast>]
    def self.merge(items, dropped)
      return items unless items.any?(Broadcast)

      undone = dropped.to_h { |item| [item.key, true] }
      places = {}
      items.each_with_object([]) do |item, merged|
        next merged << item unless item.is_a?(Broadcast)

        if (place = places[item.key])
          merged[place] = merged[place].and_then(item)
        else
          places[item.key] = merged.size
          merged << item.after_undoing(undone.key?(item.key))
        end
      end
    end

    # @return [Array] the same for all changes of a row
    attr_reader :key
    # @return [Batch, nil] it was said in
    attr_reader :batch
    attr_reader :record, :kind

    # @param declaration [Broadcasts::Declaration]
    # @param kind [Symbol, nil] nil when there is nothing to tell in the end
    # @param stale [Boolean] whether the record may hold what the row does not
    # @param batch [Batch, nil]
    def initialize(declaration, record, kind, stale: false, batch: nil)
      @declaration = declaration
      @record = record
      @kind = kind
      @stale = stale
      @batch = batch
      @key = [declaration, record.class.polymorphic_name, record.id]
    end

    # The transaction holds the record anyway.
    def bytesize
      0
    end

    # Not when it is counted: several may become one, or none.
    def emit?
      false
    end

    # The later object is the one that knows best; it does not know what another one wrote.
    def and_then(later)
      kind = TOGETHER.fetch([@kind, later.kind], later.kind)
      Broadcast.new(@declaration, later.record, kind, stale: @stale || !@record.equal?(later.record), batch: @batch)
    end

    # A record keeps the values that a savepoint's rollback took from the row.
    def after_undoing(undone)
      undone ? Broadcast.new(@declaration, @record, @kind, stale: true, batch: @batch) : self
    end

    # @return [Array<Statement>] one or none
    def statements
      return [] unless @kind && @declaration.wanted?(@record, @kind)

      record = @stale && @kind != :destroy ? read_again : @record
      [@declaration.statement(record, @kind).tap { |statement| statement.batch = @batch }]
    end

    private

    def read_again
      @record.class.unscoped.find_by(@record.class.primary_key => @record.id) || @record
    end
  end
end
