# frozen_string_literal: true

require_relative "handler"
require_relative "namespace_pattern"
require_relative "values"

module Realtime
  # The table of handlers, blocks and classes. Filled while the app boots (and again when it
  # reloads), read by handler threads. Namespaces may be patterns: see {NamespacePattern}.
  #
  # An event goes to the handler of exactly that name, and before it to every on_any. Of several
  # namespaces that fit, the exact one comes first, then names with stars, the longest first, then
  # expressions in the order they came. Where two blocks are put in the same place, the later one
  # holds, but for on_any, of which all do. A namespace has one class, and no block in a place that
  # the class has: who decides about a connect is never a matter of order.
  class Router
    # Every server has this namespace, and old clients join it whether they want to or not.
    DEFAULT = "/"

    # One thing put somewhere; `owner` is the class of a {Handler}.
    Entry = Struct.new(:namespace, :kind, :event, :handler, :owner) do
      def place = [kind, event]
    end
    private_constant :Entry

    # One namespace's handlers by [kind, event]; listeners are those for any event.
    Table = Struct.new(:namespace, :handlers, :listeners)
    private_constant :Table

    # A handler, and what its namespace's pattern has captured: a MatchData, nil for an exact name.
    Found = Struct.new(:handler, :match)

    def initialize
      @lock = Mutex.new
      @fixed = []
      @reloadable = []
      @recording = nil
      build
    end

    # @param kind [Symbol] :event, :server_event, :connect, :disconnect, :any or :reset
    # @param namespace [String, Regexp]
    # @param event [String, nil] the event's name, for the first two
    # @raise [ArgumentError] no block, a name that is none, a place that a class has
    def add(kind, handler, namespace: DEFAULT, event: nil)
      raise ArgumentError, "a handler needs a block" unless handler

      put [Entry.new(NamespacePattern.of(namespace), kind, event && Values.text(event, "event"), handler)]
    end

    # Puts a class's handlers. A class of the same name that was here before is replaced.
    #
    # @param handler_class [Class] of {Handler}; needs no name
    # @raise [ArgumentError] it names no namespace or one that has a class, or lacks a method
    def mount(handler_class)
      entries = handler_class.actions.map do |action|
        Entry.new(handler_class.namespace_pattern, action.kind, action.event, action, handler_class)
      end
      # A class that only is there still has its namespace served.
      put [Entry.new(handler_class.namespace_pattern, :class, nil, handler_class, handler_class), *entries]
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

    # @return [Found, nil]
    def find(kind, namespace, event = nil)
      place = [kind, event]
      each_table(namespace) do |table, match|
        handler = table.handlers[place]
        return Found.new(handler, match) if handler
      end
      nil
    end

    # What on_any is to be called for an event: all of them, in the order of namespaces.
    #
    # @param named [Found, nil] the event's own handler; its class calls its own on_any itself
    # @return [Array<Found>]
    def listeners(namespace, named = nil)
      return [] unless @listening

      found = []
      each_table(namespace) { |table, match| table.listeners.each { |each| found << Found.new(each, match) } }
      own = named && named.handler.is_a?(Handler::Action) && named.handler.handler
      own ? found.reject { |each| each.handler.is_a?(Handler::Action) && each.handler.handler == own } : found
    end

    # @return [Array<String>] the namespaces that hello names
    attr_reader :namespaces

    # @return [Array<String>] the expressions for further ones that hello names
    attr_reader :expressions

    # @return [Array<String>] which of connect and disconnect the app defines, wherever
    attr_reader :hooks

    # @return [Array<Proc>] all that were put for :reset
    attr_reader :resets

    # @return [Array<String>] namespaces and expressions, for people
    def served
      @namespaces + @patterns.map(&:namespace).select(&:expression).map(&:to_s)
    end

    private

    def each_table(namespace)
      exact = @exact[namespace]
      yield exact, nil if exact
      @patterns.each do |table|
        match = table.namespace.match(namespace)
        yield table, match if match
      end
    end

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
      tables = rest.group_by { |entry| entry.namespace.key }.map { |_, entries| table(entries) }
      @fixed = fixed
      @reloadable = reloadable
      @resets = resets.map(&:handler)
      @listening = tables.any? { |each| each.listeners.any? }
      arrange(tables)
      announce(tables.map(&:namespace), rest.map(&:kind))
    end

    def arrange(tables)
      exact, patterns = tables.partition { |each| each.namespace.exact? }
      @exact = exact.to_h { |each| [each.namespace.key, each] }
      @patterns = patterns.each_with_index.sort_by { |each, index| [each.namespace.rank, index] }.map(&:first)
    end

    def announce(served, kinds)
      expressions, names = served.partition(&:expression)
      @namespaces = [DEFAULT] | names.map(&:key)
      @expressions = expressions.map(&:expression)
      @hooks = (%i[connect disconnect] & kinds).map(&:name)
    end

    def table(entries)
      namespace = entries.first.namespace
      owners = entries.filter_map(&:owner).uniq
      raise ArgumentError, "#{owners.join(" and ")} both serve #{namespace}: one class per namespace" if owners.size > 1

      listeners, rest = entries.partition { |entry| entry.kind == :any }
      rest.group_by(&:place).each do |(kind, event), rivals|
        next unless rivals.map(&:owner).uniq.size > 1

        raise ArgumentError, "#{owners.first} and a block both handle #{event || kind} of #{namespace}"
      end
      Table.new(namespace, rest.to_h { |entry| [entry.place, entry.handler] }, listeners.map(&:handler))
    end
  end
end
