# frozen_string_literal: true

require "puma/plugin"
require "realtime/serving"

# `plugin :realtime` in config/puma.rb: each process that serves requests handles events too, and
# no other. Processes drain at their exit, by Realtime's at_exit.
Puma::Plugin.create do
  def config(puma)
    Realtime::Serving.by_plugin
    hook = puma.respond_to?(:before_worker_boot) ? :before_worker_boot : :on_worker_boot
    puma.public_send(hook) { Realtime.start }
  end

  def start(launcher)
    events = launcher.events
    hook = events.respond_to?(:after_booted) ? :after_booted : :on_booted
    events.public_send(hook) { Realtime.start unless launcher.clustered? }
  end
end
