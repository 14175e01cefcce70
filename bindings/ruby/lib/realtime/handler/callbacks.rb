# frozen_string_literal: true

module Realtime
  class Handler
    # What runs before, around and after handlers, declared as in controllers:
    #
    #   before_event :require_member, only: %i[message typing]
    #   around_event { |event| Tracing.span("realtime") { event.call } }
    #   after_connect { Rails.logger.info("#{socket.id} is in") }
    #   skip_before_event :require_member, only: :ping
    #
    # They run in the order of declaration, a base class's first; each has those after it inside.
    # `only:` and `except:` name events. A callback ends the event by {Handler#halt} or
    # {Handler#reject!}, or by raising; an around that does not yield ends it like `halt`. Their
    # values mean nothing. `after_…` runs when nothing ended what it stands after.
    module Callbacks
      # One declaration. A skip takes away what was declared before it.
      Callback = Struct.new(:position, :kind, :body, :only, :except, keyword_init: true) do
        def for?(kind, event)
          self.kind == kind && (only.nil? || only.include?(event)) && !except&.include?(event)
        end

        # @yieldreturn what the event came to
        # @return [Object] the same
        def run(handler, &inner)
          case position
          when :before
            invoke(handler)
            inner.call
          when :around then around(handler, &inner)
          when :after then inner.call.tap { invoke(handler) }
          end
        end

        private

        def invoke(handler)
          body.is_a?(Symbol) ? handler.send(body) : handler.instance_exec(&body)
        end

        # What an around returns is not the event's value: what it yields to is.
        def around(handler, &inner)
          came_to = nil
          work = -> { (came_to = [inner.call]).first }
          body.is_a?(Symbol) ? handler.send(body, &work) : handler.instance_exec(work, &body)
          return came_to.first if came_to
          raise Refused if kind == :connect

          Unanswered.new("halted")
        end
      end
      private_constant :Callback

      %i[connect event disconnect].each do |kind|
        %i[before around after].each do |position|
          define_method(:"#{position}_#{kind}") do |*names, only: nil, except: nil, &block|
            bodies = block ? [*names, block] : names
            raise ArgumentError, "#{position}_#{kind} needs a method's name or a block" if bodies.empty?

            bodies.each { |body| declare(position, kind, body, only, except) }
          end

          define_method(:"skip_#{position}_#{kind}") do |*names, only: nil, except: nil|
            names.each { |name| declare([:skip, position], kind, name, only, except) }
          end
        end
      end

      # @api private
      # @return [Array<Callback>] in order, inherited ones too
      def callbacks(kind, event = nil)
        declared_callbacks.each_with_object([]) do |each, chain|
          next unless each.for?(kind, event)
          next chain << each unless each.position.is_a?(Array)

          chain.reject! { |earlier| earlier.position == each.position.last && earlier.body == each.body }
        end
      end

      protected

      def declared_callbacks
        inherited = superclass.respond_to?(:callbacks) ? superclass.declared_callbacks : []
        inherited + (@callbacks || [])
      end

      private

      def declare(position, kind, body, only, except)
        only, except = [only, except].map { |events| events && Array(events).map(&:to_s) }
        (@callbacks ||= []) << Callback.new(position: position, kind: kind, body: body, only: only, except: except)
      end
    end
  end
end
