# frozen_string_literal: true

require "realtime"
require "realtime/testing"

# Runs handlers as the worker does, without a link: requests go in, answers come out, what was
# emitted is in an outbox.
module Handled
  def setup
    super
    @log = StringIO.new
    @here = Realtime::Client.new(env: {}, logger: Logger.new(@log))
    @outbox = @here.replacement = Realtime::Testing::Outbox.new
    @dispatcher = Realtime::Dispatcher.new(@here.config, @here.router, @here.emitter)
  end

  # A handler class without a name, of "/", put where clients' events find it.
  def handler(parent = Realtime::Handler, &body)
    made = Class.new(parent)
    made.namespace "/"
    made.class_eval(&body)
    @here.router.mount(made)
  end

  # @return [Array(Hash, Object)] error and result
  def call(name, params = {})
    @dispatcher.call(name, { "id" => "e1", "socket" => "s1", "namespace" => "/" }.merge(params))
  end

  def connect(auth = nil, **params)
    call("connect", { "auth" => auth }.merge(params.transform_keys(&:to_s)))
  end

  # An event's acknowledgement: its arguments, or nil when there is none.
  def perform(event, *args, **params)
    error, result = call("event", { "event" => event.to_s, "args" => args }.merge(params.transform_keys(&:to_s)))
    assert_nil error, @log.string
    result
  end
end
