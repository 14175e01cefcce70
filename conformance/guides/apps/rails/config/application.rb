# frozen_string_literal: true

require_relative "boot"
require "rails"
%w[active_record/railtie action_controller/railtie action_view/railtie active_job/railtie action_cable/engine].each { |each| require each }
require "rails/test_unit/railtie"

Bundler.require(*Rails.groups)

# The app that the guides begin with: people sign in by name, orders have a number and a total.
class Shop < Rails::Application
  config.load_defaults Rails::VERSION::STRING.to_f
  config.eager_load = Rails.env.production?
  config.cache_classes = !Rails.env.development?
  config.secret_key_base = "0" * 64
end
