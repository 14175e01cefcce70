# frozen_string_literal: true

require_relative "selection"

module Realtime
  # Finds the records that users are named by: "User:7" is {Names}' word for a record as for a room,
  # and here is the way back.
  module Users
    # A class's name, and the id.
    RECORD = /\A([A-Z]\w*(?:::[A-Z]\w*)*):(.+)\z/m
    private_constant :RECORD

    class << self
      # Looks a record up by its name.
      #
      # @param name [String, nil]
      # @return [Object, nil] nil when the name is none of a record, or the record is gone
      def find(name)
        type, id = RECORD.match(name.to_s)&.captures
        model = type && model(type) or return

        found = model.find_by(model.primary_key => id)
        found if found && found.id.to_s == id # a column of numbers takes "7x" for 7
      end

      # @param name [String, nil]
      # @return [Boolean] whether it is the name of a record, which may be gone
      def record_name?(name)
        type, = RECORD.match(name.to_s)&.captures
        !type.nil? && !model(type).nil?
      end

      private

      def model(type)
        return unless type.respond_to?(:safe_constantize)

        found = type.safe_constantize
        found if found.is_a?(Class) && found.respond_to?(:find_by) && found.respond_to?(:primary_key)
      end
    end
  end

  # One user's clients, as `Realtime.user(user)` gives them. A {Selection} like others, of namespace
  # "/" unless `of` says another, but for {#disconnect}, which ends the user's sessions wherever.
  class UserSelection < Selection
    EVERY_NAMESPACE = "*"
    private_constant :EVERY_NAMESPACE

    # Ends all sessions of the user, in all namespaces. Clients are told and do not come back by
    # themselves.
    #
    # @param close [Boolean] false: only this namespace is left, the session stays
    # @param reconnect [Boolean] closes without a word instead, so that clients come back and are
    #   asked again who they are
    def disconnect(close: true, reconnect: false)
      return super(close: false) unless close

      everywhere = Selection.new(@emitter, @params.merge("namespace" => EVERY_NAMESPACE))
      @emitter.disconnect(everywhere, close: true, reconnect: reconnect)
    end
  end
end
