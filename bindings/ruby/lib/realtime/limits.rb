# frozen_string_literal: true

require_relative "errors"

module Realtime
  # What would be refused, found where it is said: the caller of an emit that is not waited for hears
  # of nothing else.
  #
  # Socket.IO's own limits are always known. The sidecar's are told in its answer to hello; before the
  # first one, what is over them is sent, refused there and logged here.
  #
  # @api private
  class Limits
    # Names that Socket.IO keeps for itself: its clients would close on such an event.
    RESERVED = %w[connect connect_error disconnect disconnecting newListener removeListener].freeze
    # Binary values of an event or an acknowledgement: its clients close on more.
    ATTACHMENTS = 10

    # @param told [Hash{String => Integer}, nil] `limits` of the answer to hello
    def initialize(told = nil)
      @told = told || {}
      freeze
    end

    # Before the sidecar has told any.
    UNTOLD = new

    # @param event [String]
    # @param args [Values::Tally] of its arguments
    # @raise [ArgumentError] a reserved name
    # @raise [TooLarge]
    def check_event(event, args)
      raise ArgumentError, "#{event} is an event of Socket.IO's own, which no app can send" if RESERVED.include?(event)

      check_args(args)
    end

    # @param args [Values::Tally] of the arguments of an event or an acknowledgement
    # @raise [TooLarge]
    def check_args(args)
      if args.attachments > ATTACHMENTS
        raise TooLarge, "#{args.attachments} binary values: Socket.IO's clients take #{ATTACHMENTS} in one event. " \
                        "Put them together, or send several events"
      end
      check("arguments", args.bytes, "payload", "max_emit_size")
    end

    # @param rooms [Array<String>] to be joined
    # @raise [TooLarge]
    def check_rooms(rooms)
      most = @told["rooms"]
      raise TooLarge, "#{rooms.size} rooms: a socket can be in #{most} (max_rooms)" if most && rooms.size > most

      rooms.each { |room| check_name("room", room) }
    end

    # @raise [TooLarge]
    def check_name(what, name)
      check("#{what} #{name[0, 40].inspect}", name.bytesize, "name", "max_name_length")
    end

    private

    def check(what, bytes, limit, option)
      most = @told[limit]
      raise TooLarge, "#{what}: #{bytes} bytes, the sidecar takes #{most} (#{option})" if most && bytes > most
    end
  end
end
