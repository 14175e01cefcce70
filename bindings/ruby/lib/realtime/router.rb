# frozen_string_literal: true

require_relative "handler"
require_relative "values"

module Realtime
  # The table of handlers, blocks and classes. Filled while the app boots (and again when it
  # reloads), read by handler threads. Namespaces may be patterns: `*` stands for any characters.
  #
  # An event goes to the handler of exactly that name; else to the namespace's on_any; else nowhere.
  # Of several namespaces that fit, the exact one comes first, then patterns, the longest first.
  # Where two blocks are put in the same place, the later one holds. A namespace has one class, and
  # no block in a place that the class has: who decides about a connect is never a matter of order.
  class Router
    # Every server has this namespace, and old clients join it whether they want to or not.
    DEFAULT = "/"

    # One thing put somewhere; `owner` is the class of a {Handler}.
    Entry = Struct.new(:namespace, :kind, :event, :handler, :owner) do
      def place = [kind, event]
    end
    private_constant :Entry

    # One namespace's handlers by [kind, event].
    Table = Struct.new(:namespace, :pattern, :handlers)
    private_constant :Table

    def initialize
      @lock = Mutex.new
      @fixed = []
      @reloadable = []
      @recording = nil
      build
    end

    # @param kind [Symbol] :event, :server_event, :connect, :disconnect, :any or :reset
    # @param event [String, nil] the event's name, for the first two
    # @raise [ArgumentError] no block, a name that is none, a place that a class has
    def add(kind, handler, namespace: DEFAULT, event: nil)
      raise ArgumentError, "a handler needs a block" unless handler

      put [Entry.new(Values.text(namespace, "namespace"), kind, event && Values.text(event, "event"), handler)]
    end

    # Puts a class's handlers. A class of the same name that was here before is replaced.
    #
    # @param handler_class [Class] of {Handler}; needs no name
    # @raise [ArgumentError] it names no namespace or one that has a class, or lacks a method
    def mount(handler_class)
      entries = handler_class.actions.map do |action|
        Entry.new(handler_class.namespace, action.kind, action.event, action, handler_class)
      end
      # A class that only is there still has its namespace served.
      put [Entry.new(handler_class.namespace, :class, nil, handler_class, handler_class), *entries]
    end

    # Replaces the handlers that the last call of this put here by those that the block puts (an
    # app's reload); others stay. Until the block is done, and if it raises, the old ones hold.
    def replace
      recorded = @lock.synchronize { @recording = [] }
      yield
      @lock.synchronize { build(@fixed, recorded) }
    ensure
      @lock.synchronize { @recording = nil }
    end

    # @return [Proc, Handler::Action, nil]
    def find(kind, namespace, event = nil)
      key = [kind, event]
      exact = @tables[namespace]
      return exact.handlers[key] if exact&.handlers&.key?(key)

      table = @patterns.find { |each| each.pattern.match?(namespace) && each.handlers.key?(key) }
      table&.handlers&.[](key)
    end

    # @return [Array<String>] the namespaces that hello names
    attr_reader :namespaces

    # @return [Array<String>] which of connect and disconnect the app defines, wherever
    attr_reader :hooks

    # @return [Array<Proc>] all that were put for :reset
    attr_reader :resets

    private

    def put(entries)
      @lock.synchronize do
        next add_to(@recording, entries) if @recording

        build(add_to(@fixed.dup, entries), @reloadable)
      end
      nil
    end

    def add_to(list, entries)
      name = entries.first.owner&.name
      list.reject! { |earlier| earlier.owner && earlier.owner.name == name } if name
      list.concat(entries)
    end

    # What readers see is replaced as a whole and never changed, so they need no lock. Nothing is
    # replaced when it raises.
    def build(fixed = @fixed, reloadable = @reloadable)
      resets, rest = (fixed + reloadable).partition { |entry| entry.kind == :reset }
      tables = rest.group_by(&:namespace).to_h { |namespace, entries| [namespace, table(namespace, entries)] }
      @fixed = fixed
      @reloadable = reloadable
      @namespaces = [DEFAULT] | tables.keys
      @hooks = %i[connect disconnect].select { |hook| rest.any? { |entry| entry.kind == hook } }.map(&:name)
      @resets = resets.map(&:handler)
      @patterns = tables.values.select(&:pattern).sort_by { |each| -each.namespace.size }
      @tables = tables
    end

    def table(namespace, entries)
      owners = entries.filter_map(&:owner).uniq
      raise ArgumentError, "#{owners.join(" and ")} both serve #{namespace}: one class per namespace" if owners.size > 1

      entries.group_by(&:place).each do |(kind, event), rivals|
        next unless rivals.map(&:owner).uniq.size > 1

        raise ArgumentError, "#{owners.first} and a block both handle #{event || kind} of #{namespace}"
      end
      Table.new(namespace, pattern(namespace), entries.to_h { |entry| [entry.place, entry.handler] })
    end

    def pattern(namespace)
      return unless namespace.include?("*")

      any = namespace.split("*", -1).map { |part| Regexp.escape(part) }.join(".*")
      Regexp.new("\\A#{any}\\z", Regexp::MULTILINE)
    end
  end
end
