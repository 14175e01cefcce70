# frozen_string_literal: true

if (cache = ENV["BOOTSNAP_CACHE_DIR"])
  gem "msgpack" # is what it needs itself
  require "bootsnap"
  Bootsnap.setup(cache_dir: cache, development_mode: false, load_path_cache: false)
end
require "rails"
require "active_record/railtie"
require "active_job/railtie"
require "sidekiq"
require "realtime-sidecar"
require_relative "../../journal"

# The smallest Rails app with jobs, as Sidekiq loads it. ../../shop_django is the same in Django.
class Shop < Rails::Application
  config.root = File.expand_path("..", __dir__)
  config.load_defaults 6.1
  config.eager_load = true
  config.secret_key_base = "for a test only " * 4
  config.active_job.queue_adapter = :sidekiq
  config.logger = Logger.new($stderr)
  config.log_level = :warn
end

# Threads of one process wait for each other's transactions. SQLite's own way to wait keeps Ruby's lock, so
# that the other thread could not end its own.
ActiveSupport.on_load(:active_record_sqlite3adapter) do
  set_callback(:checkout, :after) { raw_connection.busy_handler { sleep 0.001 } }
end
