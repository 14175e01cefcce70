# frozen_string_literal: true

require "securerandom"
require_relative "replies"
require_relative "selection"
require_relative "socket"

module Realtime
  # What the app tells and asks the sidecar, as frames. Holds nothing but its link, so any number
  # of threads may use it.
  #
  # Verbs without a bang go out as notifications: they never wait and never raise for a sidecar
  # that is away. Verbs with one, and questions, wait for the answer.
  class Emitter
    # Sockets asked for at once.
    PAGE = 500

    # Characters of the ids by which the sidecar knows an emit it has taken before.
    ID_CHARACTERS = 20

    # Seconds that a call may take beyond the time its clients have.
    CALL_MARGIN = 1.0

    BATCH = :realtime_batch
    private_constant :BATCH

    # @param link [#call] returns what sends: a Connection, or Testing's outbox
    # @param config [Config]
    def initialize(config, &link)
      @config = config
      @link = link
    end

    # @return [nil]
    def emit(selection, event, args)
      params = event_params(selection, event, args)
      params["volatile"] = true if selection.volatile?
      batch = Thread.current[BATCH]
      return batch.push(params) && nil if batch

      link.notify("emit", params, volatile: selection.volatile?)
    end

    # @return [String] the emit's id
    def emit!(selection, event, args, timeout: nil)
      raise ArgumentError, "emit! inside a batch: the batch has not been sent yet" if Thread.current[BATCH]

      params = event_params(selection, event, args)
      id = params["id"] = SecureRandom.alphanumeric(ID_CHARACTERS)
      link.request("emit", params, timeout: timeout || @config.emit_timeout, resend: true)
      id
    end

    # Collects the emits of the block, in this thread, and sends them as one. A block that raises
    # sends nothing. Inner batches join the outer one.
    def batch
      return yield if Thread.current[BATCH]

      begin
        emits = Thread.current[BATCH] = []
        result = yield
      ensure
        Thread.current[BATCH] = nil
      end
      volatile = emits.all? { |params| params["volatile"] }
      link.notify("batch", { "emits" => emits }, volatile: volatile) if emits.any?
      result
    end

    # @return [Replies]
    def call(selection, event, args, timeout:)
      params = event_params(selection, event, args)
      params["timeout"] = (timeout * 1000).ceil
      Replies.new(link.request("call", params, timeout: timeout + CALL_MARGIN))
    end

    def join(selection, rooms)
      tell("join", selection, "rooms" => Values.texts(rooms, "rooms"))
    end

    def leave(selection, rooms)
      tell("leave", selection, "rooms" => Values.texts(rooms, "rooms"))
    end

    # @param reconnect [Boolean, nil] with close: whether clients are to come back; nil leaves it to
    #   the sidecar, which says yes for logins alone
    def disconnect(selection, close: false, reconnect: nil)
      how = close ? { "close" => true, "reconnect" => reconnect }.compact : {}
      tell("disconnect", selection, how)
    end

    # @return [Array<Socket>]
    def sockets(selection, limit: nil)
      found = []
      after = nil
      loop do
        page = ask("sockets", selection.params.merge("limit" => page_size(limit, found), "after" => after).compact)
        found.concat(page["sockets"].map { |info| Socket.new(self, info) })
        after = page["next"]
        return found if after.nil? || after == "" || (limit && found.size >= limit)
      end
    end

    # @return [Hash, nil] the link's words on the one socket that is selected
    def describe(selection)
      ask("sockets", selection.params.merge("limit" => 1))["sockets"].first
    end

    # @return [Integer]
    def count(selection)
      ask("count", selection.params)["count"]
    end

    # @return [Hash{String => Integer}] names with sizes
    def rooms(selection)
      ask("rooms", selection.params)["rooms"].to_h
    end

    # @return [Hash]
    def stats
      ask("stats", {})
    end

    def set(socket_id, data: Selection::EVERYONE, user: Selection::EVERYONE)
      params = { "socket" => Values.text(socket_id, "socket") }
      params["data"] = Values.wire(data) unless data.equal?(Selection::EVERYONE)
      params["user"] = user && Values.text(user, "user") unless user.equal?(Selection::EVERYONE)
      link.notify("set", params)
    end

    def ack(event_id, args)
      link.notify("ack", { "id" => event_id, "args" => Values.wire(args) })
    end

    def server_emit(selection, event, args)
      link.notify("server_emit", event_params(selection, event, args).slice("namespace", "event", "args"))
    end

    # @return [Selection] everyone in a namespace
    def select(**to)
      Selection.build(self, **to)
    end

    private

    def link
      @link.call
    end

    def event_params(selection, event, args)
      params = selection.params.dup
      params["event"] = Values.text(event, "event")
      params["args"] = Values.wire(args)
      params
    end

    def tell(method, selection, params)
      unless selection.addressed?
        raise ArgumentError, "#{method} needs to:, users: or all: true; without them it would mean everyone"
      end

      link.notify(method, selection.params.merge(params))
    end

    def ask(method, params)
      link.request(method, params, timeout: @config.emit_timeout)
    end

    def page_size(limit, found)
      limit ? [limit - found.size, PAGE].min : PAGE
    end
  end
end
