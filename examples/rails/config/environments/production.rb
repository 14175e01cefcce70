# frozen_string_literal: true

# Needs SECRET_KEY_BASE in its environment.
Rails.application.configure do
  config.cache_classes = true
  config.eager_load = true
  config.consider_all_requests_local = false
  config.log_level = :info
  config.logger = ActiveSupport::TaggedLogging.new(Logger.new($stdout))
end
