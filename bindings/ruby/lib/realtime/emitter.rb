# frozen_string_literal: true

require "securerandom"
require_relative "batch"
require_relative "replies"
require_relative "selection"
require_relative "socket"
require_relative "statement"
require_relative "suppression"
require_relative "transactions"

module Realtime
  # What the app tells and asks the sidecar, as frames. Holds nothing but its link, so any number
  # of threads may use it.
  #
  # Verbs without a bang go out as notifications: they never wait and never raise for a sidecar
  # that is away; in a database transaction they go out after its commit (see {Transactions}).
  # Verbs with one, and questions, wait for the answer.
  class Emitter
    # Sockets asked for at once.
    PAGE = 500

    # Characters of the ids by which the sidecar knows an emit it has taken before.
    ID_CHARACTERS = 20

    # Seconds that a call may take beyond the time its clients have.
    CALL_MARGIN = 1.0

    # @param link [#call] returns what sends: a Connection, or Testing's outbox
    # @param config [Config]
    def initialize(config, &link)
      @config = config
      @link = link
    end

    # @return [nil]
    def emit(selection, event, args)
      return told(selection, event) { emit_quietly(selection, event, args) } if @config.instrument

      emit_quietly(selection, event, args)
    end

    # @return [String, nil] the emit's id; nil where emits are suppressed
    def emit!(selection, event, args, timeout: nil)
      return if Suppression.on?

      refuse_waiting("emit!", "use emit, which is sent after the commit", selection)
      raise ArgumentError, "emit! inside a batch: the batch has not been sent yet" if Batch.current

      params = event_params(selection, event, args)
      id = params["id"] = SecureRandom.alphanumeric(ID_CHARACTERS)
      link.request("emit", params, timeout: timeout || @config.emit_timeout, resend: true)
      id
    end

    # Collects what the block tells, in this thread: its emits are sent as one, and what else is told
    # between them (join, say) at its place. A block that raises sends nothing. Inner batches join
    # the outer one.
    def batch(&block)
      return yield if Batch.current

      begin
        Batch.new.run(&block)
      ensure
        Transactions.settle
      end
    end

    # @return [Replies]
    def call(selection, event, args, timeout:)
      refuse_waiting("call", "ask after it", selection)
      params = event_params(selection, event, args)
      params["timeout"] = (timeout * 1000).ceil
      Replies.new(link.request("call", params, timeout: timeout + CALL_MARGIN))
    end

    def join(selection, rooms)
      tell_selected("join", selection, "rooms" => checked_rooms(Values.all_texts(rooms, "rooms")))
    end

    def leave(selection, rooms)
      tell_selected("leave", selection, "rooms" => Values.all_texts(rooms, "rooms"))
    end

    # @param reconnect [Boolean, nil] with close: whether clients are to come back; nil leaves it to
    #   the sidecar, which says yes for logins alone
    def disconnect(selection, close: false, reconnect: nil)
      how = close ? { "close" => true, "reconnect" => reconnect }.compact : {}
      tell_selected("disconnect", selection, how)
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

    def set(socket_id, data: Selection::EVERYONE, user: Selection::EVERYONE, now: false)
      params = { "socket" => Values.text(socket_id, "socket") }
      params["data"] = Values.wire(data) unless data.equal?(Selection::EVERYONE)
      params["user"] = checked_user(user) unless user.equal?(Selection::EVERYONE)
      tell("set", params, now: now)
    end

    # An answer, not an emit: it goes at once, also in a transaction or a batch.
    def ack(event_id, args)
      args = Values.wire(args, tally = Values::Tally.new)
      limits.check_args(tally)
      link.notify("ack", { "id" => event_id, "args" => args })
    end

    def server_emit(selection, event, args)
      params = { "event" => Values.text(event, "event"), "args" => Values.wire(args) }
      tell("server_emit", params.merge(selection.params.slice("namespace")), now: selection.now?)
    end

    # @return [Selection] everyone in a namespace
    #
    # @raise [ArgumentError]
    def select(**whom)
      Selection.build(self, **whom)
    rescue ArgumentError => e
      raise unless e.message.start_with?("unknown keyword")

      raise ArgumentError, "#{e.message}; if it is part of the payload, wrap that in braces: " \
                           "emit(\"event\", { #{whom.keys.last}: … }, to: \"room\")"
    end

    # @api private
    # @return [Limits] as far as they are known
    def limits = link.limits

    # @api private
    # @return [Array<String>] the same
    # @raise [TooLarge]
    def checked_rooms(rooms)
      limits.check_rooms(rooms)
      rooms
    end

    # @api private
    # @return [String, nil] what a socket's user is called
    # @raise [TooLarge]
    def checked_user(user)
      return if user.nil?

      Values.text(user, "user").tap { |name| limits.check_name("user", name) }
    end

    # @api private
    # @return [Statement] an emit that is not sent yet
    def statement(selection, event, args)
      params = event_params(selection, event, args)
      Statement.new(self, "emit", Protocol.pack(params), false)
    end

    # Sends what waited for a transaction or batch. That is over, so this raises nothing.
    #
    # @api private
    # @param statements [Array<Statement>]
    def deliver(statements)
      Statements.pack(statements) do |statement|
        link.notify(statement.name, statement.params, volatile: statement.volatile)
      rescue TooLarge => e
        @config.logger.error("realtime: not sent: #{e.message}")
        @config.on_error&.call(e, { method: statement.name })
      end
    end

    private

    def link
      @link.call
    end

    def event_params(selection, event, args)
      params = selection.params.dup
      params["event"] = Values.text(event, "event")
      params["args"] = Values.wire(args, tally = Values::Tally.new)
      limits.check_event(params["event"], tally)
      params
    end

    # What is told goes out at once, unless a batch collects it or a transaction holds it.
    def tell(name, params, volatile: false, now: false)
      return if Suppression.on?
      return link.notify(name, params, volatile: volatile) if now

      batch = Batch.current
      holding = Transactions.connections if batch || !volatile
      if batch || holding
        statement = Statement.new(self, name, Protocol.pack(params), volatile, batch)
        Transactions.keep(statement, holding, @config.buffer_bytes)
      else
        Transactions.settle
        link.notify(name, params, volatile: volatile)
      end
    end

    def tell_selected(method, selection, params)
      unless selection.addressed?
        raise ArgumentError, "#{method} needs to:, users: or all: true; without them it would mean everyone"
      end

      tell(method, selection.params.merge(params), now: selection.now?)
    end

    def emit_quietly(selection, event, args)
      params = event_params(selection, event, args)
      params["volatile"] = true if selection.volatile?
      tell("emit", params, volatile: selection.volatile?, now: selection.now?)
    end

    # The payload says whom it is for, not what: that is the app's data.
    def told(selection, event, &work)
      payload = { event: event.to_s, namespace: selection.params.fetch("namespace", "/") }
      payload.update(selection.params.slice("to", "users", "except").transform_keys(&:to_sym))
      @config.instrument.call("emit.realtime", payload, &work)
    end

    def refuse_waiting(method, advice, selection)
      return if selection.now? || !Transactions.connections

      raise InTransaction, "#{method} while a database transaction is open would wait for clients with the " \
                           "transaction held, about what may yet be rolled back: #{advice}, or say now: true"
    end

    def ask(method, params)
      link.request(method, params, timeout: @config.emit_timeout)
    end

    def page_size(limit, found)
      limit ? [limit - found.size, PAGE].min : PAGE
    end
  end
end
