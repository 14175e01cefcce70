# frozen_string_literal: true

require "active_support"
require "active_support/log_subscriber"
require "active_support/parameter_filter"

module Realtime
  # One line in the log for each connect, event and disconnect, as Action Controller has one for
  # each request:
  #
  #   ChatHandler#connect accepted User:7 {"token"=>"[FILTERED]"} (4.1ms)
  #   ChatHandler#message (12.3ms)
  #   ChatHandler#message not acknowledged: too many events (0.1ms)
  #   ChatHandler#disconnect transport close (0.4ms)
  #
  # Emits are logged at debug. What clients send in events is never logged, and of what they send to
  # be let in nothing that config.filter_parameters hides, or that is called like a secret.
  class LogSubscriber < ActiveSupport::LogSubscriber
    SECRETS = [/token/i, /secret/i, /passw/i].freeze
    MASK = ActiveSupport::ParameterFilter::FILTERED
    # Characters of what a client sent to be let in.
    AUTH_CHARACTERS = 200
    private_constant :SECRETS, :MASK, :AUTH_CHARACTERS

    class << self
      # @return [Array] as config.filter_parameters
      attr_accessor :filter_parameters
    end
    self.filter_parameters = []

    def connect(event)
      payload = event.payload
      line(event, payload.key?(:refused) ? "refused: #{payload[:refused]}" : "accepted #{payload[:user]}".strip,
           auth(payload[:auth]))
    end

    def event(event)
      reason = event.payload[:unanswered]
      line(event, ("not acknowledged: #{reason}" if reason))
    end

    def disconnect(event)
      line(event, event.payload[:reason])
    end

    def emit(event)
      debug { "emit #{event.payload[:event].inspect} (#{event.duration.round(1)}ms)" }
    end

    def logger
      Realtime.config.logger
    end

    private

    def line(event, *words)
      raised = event.payload[:exception]
      words = ["raised #{raised.first}"] if raised
      info { [place(event), *words.compact, "(#{event.duration.round(1)}ms)"].join(" ") }
    end

    # "ChatHandler#message"; a block has no name but its namespace and event.
    def place(event)
      payload = event.payload
      action = payload[:event] || event.name.delete_suffix(".realtime")
      payload[:handler] ? "#{payload[:handler]}##{action}" : "#{payload[:namespace]} #{action}"
    end

    def auth(auth)
      return if auth.nil?
      # Text in the place of a map is most likely a token.
      return MASK unless auth.is_a?(Hash)

      filters = self.class.filter_parameters + SECRETS
      ActiveSupport::ParameterFilter.new(filters).filter(auth).inspect.truncate(AUTH_CHARACTERS)
    end
  end
end
