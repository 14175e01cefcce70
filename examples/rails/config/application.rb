# frozen_string_literal: true

require_relative "boot"
require "rails"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "rails/test_unit/railtie"

Bundler.require(*Rails.groups)

# A chat. The realtime part is in app/realtime, and a line or two of each model; the rest is Rails.
class Chat < Rails::Application
  # Whatever Rails is installed: 6.1 from Debian, or the current one.
  config.load_defaults Rails::VERSION::STRING.to_f

  # The page's script and style are plain files in public/.
  config.public_file_server.enabled = true

  # One migration, any Rails: a dumped schema would carry the version that wrote it.
  config.active_record.dump_schema_after_migration = false

  # What the pages show as "app started", in each process of this start.
  BOOTED_AT = Time.now.utc

  # Runs when a web server has loaded the app, not in consoles, jobs or migrations: tells the tabs,
  # which stayed connected to the sidecar meanwhile, that the app is back.
  server { Realtime.emit("app", { booted_at: BOOTED_AT }, namespace: "/chat") }
end
