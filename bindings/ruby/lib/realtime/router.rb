# frozen_string_literal: true

require_relative "values"

module Realtime
  # The table of handlers. Filled while the app boots (and again when it reloads), read by handler
  # threads. Namespaces may be patterns: `*` stands for any characters.
  #
  # An event goes to the handler of exactly that name; else to the namespace's on_any; else nowhere.
  # Of several namespaces that fit, the exact one comes first, then patterns, the longest first.
  # Where two handlers are put in the same place, the later one holds.
  class Router
    # Every server has this namespace, and old clients join it whether they want to or not.
    DEFAULT = "/"

    # One namespace's handlers: `named` by [kind, event], the others by kind.
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
    # @raise [ArgumentError] no block, or a name that is none
    def add(kind, handler, namespace: DEFAULT, event: nil)
      raise ArgumentError, "a handler needs a block" unless handler

      entry = [Values.text(namespace, "namespace"), kind, event && Values.text(event, "event"), handler]
      @lock.synchronize do
        (@recording || @fixed) << entry
        build unless @recording
      end
      nil
    end

    # Replaces the handlers that the last call of this put here by those that the block puts (an
    # app's reload); others stay. Until the block is done, and if it raises, the old ones hold.
    def replace
      recorded = @lock.synchronize { @recording = [] }
      yield
      @lock.synchronize { @reloadable = recorded }
    ensure
      @lock.synchronize do
        @recording = nil
        build
      end
    end

    # @return [Proc, nil]
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

    # What readers see is replaced as a whole and never changed, so they need no lock.
    def build
      resets, rest = (@fixed + @reloadable).partition { |_, kind| kind == :reset }
      tables = rest.group_by(&:first).to_h { |namespace, entries| [namespace, table(namespace, entries)] }
      @namespaces = [DEFAULT] | tables.keys
      @hooks = %i[connect disconnect].select { |hook| rest.any? { |_, kind| kind == hook } }.map(&:name)
      @resets = resets.map(&:last)
      @patterns = tables.values.select(&:pattern).sort_by { |each| -each.namespace.size }
      @tables = tables
    end

    def table(namespace, entries)
      Table.new(namespace, pattern(namespace), entries.to_h { |_, kind, event, handler| [[kind, event], handler] })
    end

    def pattern(namespace)
      return unless namespace.include?("*")

      any = namespace.split("*", -1).map { |part| Regexp.escape(part) }.join(".*")
      Regexp.new("\\A#{any}\\z", Regexp::MULTILINE)
    end
  end
end
