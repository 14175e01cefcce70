# frozen_string_literal: true

require_relative "../limits"
require_relative "../namespace_pattern"

module Realtime
  class Handler
    # Where a class's method is put in the router. `event` is nil for all but events, `listener` is
    # what the class has for any event.
    Action = Struct.new(:handler, :kind, :event, :method_name, :listener) do
      # As a block handler is called: with the socket, which a class finds by itself.
      #
      # @return [Object, nil] of the kind :any nil, unless it has ended the event
      def call(invocation, _socket, *args)
        instance = handler.new(invocation)
        return instance.process(:event, nil, args.drop(1), listener: method_name) if kind == :any

        instance.process(kind, method_name, args, listener: listener)
      end

      # "ChatHandler#message"
      def to_s
        "#{handler.name || "(a class without a name)"}##{event || kind}"
      end
    end

    # What a handler class says of itself, and what the router makes of it.
    module Declarations
      # An application's base class need not say that it is one.
      BASE_NAME = /(\A|::)Application\w*Handler\z/
      private_constant :BASE_NAME

      # Base classes serve nothing. `self.abstract = true` says so; that a class has subclasses, or
      # is called ApplicationHandler, says so too.
      attr_writer :abstract

      # As many arguments as a method takes, of those a client sent: a client can neither break a
      # method nor fill the log by sending too few or too many.
      #
      # @api private
      def self.fitting(parameters, args)
        required = parameters.count { |kind, _| kind == :req }
        args += [nil] * (required - args.size) if args.size < required
        return args if parameters.any? { |kind, _| kind == :rest }

        args.first(required + parameters.count { |kind, _| kind == :opt })
      end

      # @api private
      # @return [Boolean] whether a class is what its name stands for
      def self.current?(each)
        name = each.name
        !name.nil? && Object.const_defined?(name) && Object.const_get(name).equal?(each)
      end

      # Names the namespace that this class, and only it, serves, or says which ones: `"/room-*"`,
      # `%r{/room-(?<id>\d+)}`; see {Handler#namespace_match}. Not inherited.
      #
      # @param name [String, Regexp]
      # @return [String, Regexp, nil]
      # @raise [ArgumentError] a Regexp that the sidecar cannot read; see {PortableRegexp}
      def namespace(name = nil)
        return @namespace if name.nil?

        @namespace_pattern = NamespacePattern.of(name)
        @namespace = name.is_a?(Regexp) ? name : @namespace_pattern.key
      end

      # @api private
      # @return [NamespacePattern, nil]
      attr_reader :namespace_pattern

      # @return [Boolean]
      def abstract?
        return @abstract if defined?(@abstract)

        @namespace.nil? && (subclasses.any? || BASE_NAME.match?(name.to_s))
      end

      # Handles an event: by the block, which is a method without a name (it may `return`), by the
      # method named second, or by the method of the event's own name. A subclass's handler of the
      # same event takes the place of an inherited one.
      #
      #   on(:message) { |text| … }
      #   on :typing, :someone_types
      #   on :typing
      #
      # @raise [ArgumentError] an event that clients cannot send
      def on(event, method_name = nil, &block)
        event = Names.text(event, "event")
        if Limits::RESERVED.include?(event)
          raise ArgumentError, "#{self}: #{event} is no event that clients send; define the method #{event}"
        end

        own_events[event] = block ? method_of_block("on #{event}", block) : (method_name || event).to_sym
      end

      # Hears every event, before its own handler: `|event, *args|`. Its value means nothing, but it can
      # end the event, as callbacks can. Where there is no other handler nothing is acknowledged.
      def on_any(method_name = nil, &block)
        @any = block ? method_of_block("on any event", block) : method_name.to_sym
      end

      # @return [Hash{String => Symbol}] events, inherited ones too, with their methods
      def events
        inherited = superclass.respond_to?(:events) ? superclass.events : {}
        inherited.merge(own_events)
      end

      # @api private
      # @return [Array<Action>] what the router is to know
      # @raise [ArgumentError] a method that is not there
      def actions
        raise ArgumentError, "#{self} serves no namespace: it is abstract" if abstract?
        unless @namespace
          raise ArgumentError, "#{self} names no namespace: say `namespace \"/\"`, or `self.abstract = true`"
        end

        [
          (Action.new(self, :connect, nil, hook(:connect)) if admits?),
          (Action.new(self, :disconnect, nil, hook(:disconnect)) if hook(:disconnect) || callbacks(:disconnect).any?),
          (Action.new(self, :any, nil, checked("any event", any)) if any),
          *events.map { |event, method_name| Action.new(self, :event, event, checked(event, method_name), any) }
        ].compact
      end

      # @api private
      # @return [Array<Class>] of the app's named handler classes those that serve a namespace, as
      #   they are now: a class that was reloaded or removed is not what its name stands for
      # @raise [ArgumentError] a class with events and without a namespace
      def serving
        found = family.select { |each| Declarations.current?(each) && !each.abstract? }
        found.select { |each| each.namespace || each.events.any? || each.hook(:connect) }.sort_by(&:name)
      end

      protected

      # Subclasses, and theirs.
      def family
        subclasses.flat_map { |each| [each, *each.family] }
      end

      # @return [Symbol, nil] its own name when the class has that method
      def hook(name)
        name if method_defined?(name) || private_method_defined?(name)
      end

      def any
        @any || (superclass.any if superclass.respond_to?(:events))
      end

      private

      def own_events
        @own_events ||= {}
      end

      # Whether somebody has to be asked before a client is let in.
      def admits?
        hook(:connect) || callbacks(:connect).any?
      end

      def method_of_block(name, block)
        define_method(name, &block)
        private name
        name.to_sym
      end

      # What every object or every handler can do, such as `system` or `leave`, is not for clients
      # to call.
      def checked(event, method_name)
        return method_name if hook(method_name) && !everybodys?(method_name)

        raise ArgumentError, "#{self}: `on #{event.inspect}` needs a block or a method #{method_name}"
      end

      def everybodys?(method_name)
        Handler.hook(method_name) && Handler.instance_method(method_name).owner == instance_method(method_name).owner
      end
    end
  end
end
