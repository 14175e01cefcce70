# frozen_string_literal: true

require_relative "broadcast"
require_relative "suppression"

module Realtime
  # Models that tell clients of their changes:
  #
  #   class Order < ApplicationRecord
  #     broadcasts_realtime to: ->(order) { [order.customer, "orders"] },
  #                         with: ->(order) { { id: order.id, total: order.total } }
  #   end
  #
  # sends "order.created", "order.updated" and "order.destroyed" once the transaction has committed,
  # in order with what was emitted in it, once for each row however often it was saved, and what
  # `with:` names of the values it has then. Nothing goes out for a rollback, for a row created and
  # destroyed in one transaction, for a save that changed nothing, and for what has no callbacks
  # (update_all, insert_all, update_columns, delete).
  #
  # Under Rails every model has it; elsewhere `include Realtime::Broadcasts`.
  module Broadcasts
    EVENTS = { create: "created", update: "updated", destroy: "destroyed" }.freeze

    # How one `broadcasts_realtime` was written.
    class Declaration
      WHOM = %i[to users except except_users].freeze
      private_constant :WHOM

      # @param model [Class]
      def initialize(model, options)
        @model = model
        @prefix = options[:as]&.to_s
        @payload = options[:with]
        @whom = options.slice(*WHOM)
        @namespace = options[:namespace]
        @kinds = kinds(options[:on])
        @if = Array(options[:if])
        @unless = Array(options[:unless])
        raise ArgumentError, "broadcasts_realtime needs to: or users:" unless @whom.key?(:to) || @whom.key?(:users)
      end

      # Called while the record's transaction is open.
      def changed(record, kind)
        return if Suppression.on?

        broadcast = Broadcast.new(self, record, kind, batch: Batch.current)
        holding = Transactions.connections
        return Transactions.deliver([broadcast]) unless holding || broadcast.batch

        Transactions.keep(broadcast, holding, Realtime.config.buffer_bytes)
      end

      # @return [Boolean]
      def wanted?(record, kind)
        @kinds.include?(kind) && @if.all? { |test| ask(record, test) } && @unless.none? { |test| ask(record, test) }
      end

      # @return [Statement]
      def statement(record, kind)
        emitter = Realtime.emitter
        whom = @whom.transform_values { |value| ask(record, value) }
        emitter.statement(emitter.select(namespace: @namespace, **whom), event(record, kind), [payload(record)])
      end

      private

      def kinds(given)
        kinds = Array(given)
        unknown = kinds - EVENTS.keys
        return kinds if unknown.empty?

        raise ArgumentError, "broadcasts_realtime on: #{unknown.first.inspect} is none of #{EVENTS.keys.join(", ")}"
      end

      # Subclasses of a model are told of by its name; an abstract class has none of its own.
      def event(record, kind)
        model = @model.abstract_class? ? record.class : @model
        "#{@prefix || model.model_name.singular}.#{EVENTS.fetch(kind)}"
      end

      def payload(record)
        return { "id" => record.id } unless @payload

        value = ask(record, @payload)
        return value unless value.is_a?(::ActiveRecord::Base) || value.is_a?(::ActiveRecord::Relation)

        raise ArgumentError, "broadcasts_realtime with: gave a whole #{value.class}; name what clients may see: " \
                             "with: ->(#{@model.model_name.element}) { { id: #{@model.model_name.element}.id } }"
      end

      # As in Rails' callbacks: a lambda is given the record and runs in it, a symbol is its method.
      def ask(record, value)
        return value if value == :current # of except:

        case value
        when Symbol then record.send(value)
        when Proc then value.arity.zero? ? record.instance_exec(&value) : record.instance_exec(record, &value)
        else value
        end
      end
    end

    def self.included(model)
      model.extend(Macro)
    end

    # What models are extended with.
    module Macro
      # Tells clients of this model's changes. May be said several times.
      #
      # A lambda is given the record, a Symbol names a method of it; they are asked after the commit.
      #
      # @param to [Proc, Symbol, String, Array] rooms; {Realtime.emit}. Also users:, except:, except_users:
      # @param with [Proc, Symbol] the payload; without it `{ "id" => 7 }`. Never a whole record
      # @param as [String] in place of the model's name: "order" in "order.created"
      # @param on [Array<Symbol>] of :create, :update (a touch too), :destroy
      # @param namespace [String]
      # @param if, unless [Proc, Symbol, Array]
      # @raise [ArgumentError]
      def broadcasts_realtime(with: nil, as: nil, on: EVENTS.keys, namespace: nil, **options)
        unknown = options.keys - %i[to users except except_users if unless]
        raise ArgumentError, "broadcasts_realtime: unknown keyword: #{unknown.first.inspect}" if unknown.any?

        declaration = Declaration.new(self, { with: with, as: as, on: on, namespace: namespace, **options })
        after_create { declaration.changed(self, :create) }
        after_update { declaration.changed(self, :update) if saved_changes? }
        after_touch { declaration.changed(self, :update) }
        after_destroy { declaration.changed(self, :destroy) }
      end
    end
  end
end
