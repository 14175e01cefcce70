# frozen_string_literal: true

# Here the gem keeps what is emitted in memory: see Realtime::Testing.
Rails.application.configure do
  config.cache_classes = true
  config.eager_load = false
  config.action_controller.allow_forgery_protection = false
  config.action_dispatch.show_exceptions = Rails::VERSION::MAJOR < 7 ? false : :none
end
