# frozen_string_literal: true

require_relative "socket"

module Realtime
  # The socket as a connect hook has it: not yet in. What the hook gives it (rooms, user, data) is
  # collected here and goes out with the acceptance, so that it holds before the client hears of
  # it. What the hook emits to it is held by the sidecar until then.
  class Admission < Socket
    # @return [Hash{String => Object}] the answer to the question: only what was given, so that a
    #   recovered client keeps the rest
    attr_reader :grant

    def initialize(emitter, info)
      super(emitter, { "data" => nil, "user" => nil, "rooms" => [] }.merge(info))
      @grant = {}
    end

    def join(*rooms)
      @grant["rooms"] = @emitter.checked_rooms((@grant["rooms"] || []) | Values.all_texts(rooms, "rooms"))
      self
    end

    def leave(*rooms)
      @grant["rooms"] = (@grant["rooms"] || []) - Values.all_texts(rooms, "rooms")
      self
    end

    def rooms
      @grant["rooms"] || super
    end

    # Ties the socket to a login: `disconnect` with `logins:` finds it.
    #
    # @param name [String] at most 256 bytes
    def login=(name)
      @info["login"] = @grant["login"] = Values.text(name, "login")
    end

    # Ends the client's connection at a time, so that it comes back and is asked again.
    #
    # @param time [Time]
    def expires_at=(time)
      @grant["expires"] = (time.to_f * 1000).ceil
    end

    def set(**values)
      @grant["data"] = Values.wire(values[:data]) if values.key?(:data)
      @grant["user"] = @emitter.checked_user(values[:user]) if values.key?(:user)
      @info.update(@grant.slice("data", "user"))
    end
  end
end
