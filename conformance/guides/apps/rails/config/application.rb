# frozen_string_literal: true

require_relative "boot"
require "rails/all"

Bundler.require(*Rails.groups)

# The app that the guides begin with: people sign in by name, orders have a number and a total.
class Shop < Rails::Application
  config.load_defaults Rails::VERSION::STRING.to_f
  config.eager_load = Rails.env.production?
  config.cache_classes = !Rails.env.development?
  config.active_record.dump_schema_after_migration = false
  config.active_storage.service = :none if config.respond_to?(:active_storage)
  config.secret_key_base = "0" * 64
end
