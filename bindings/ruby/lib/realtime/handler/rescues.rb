# frozen_string_literal: true

module Realtime
  class Handler
    # Answers to exceptions, declared as in controllers:
    #
    #   rescue_from(ActiveRecord::RecordInvalid) { |error| { error: error.message } }
    #   rescue_from "Payments::Declined", with: :declined
    #
    # What was declared last, in the lowest class, is asked first; the value is the event's
    # acknowledgement. An exception that nobody rescues is logged and reported, and the event is not
    # acknowledged. In connect the client is refused whatever the value; a rescue that wants the
    # client to read something says `reject!`. `reject!` and `halt` themselves are no exceptions here.
    module Rescues
      # @param classes [Array<Module, String>] names are looked up when something was raised
      # @param with [Symbol, nil] a method, in place of the block; it may take the exception
      def rescue_from(*classes, with: nil, &block)
        raise ArgumentError, "rescue_from needs with: or a block" unless with || block

        classes.each { |each| (@rescues ||= []) << [each, with || block] }
      end

      # @api private
      # @return [Symbol, Proc, nil]
      def rescuer(error)
        _, found = @rescues&.reverse&.find { |each, _| Rescues.covers?(each, error) }
        found || (superclass.rescuer(error) if superclass.respond_to?(:rescuer))
      end

      # @api private
      def self.covers?(wanted, error)
        wanted = Object.const_get(wanted) if wanted.is_a?(String)
        wanted === error # rubocop:disable Style/CaseEquality -- as rescue does
      rescue NameError
        false
      end
    end
  end
end
