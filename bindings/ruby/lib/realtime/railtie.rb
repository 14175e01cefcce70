# frozen_string_literal: true

require_relative "serving"

module Realtime
  # What makes `rails server` work out of the box, and nothing else connect.
  class Railtie < ::Rails::Railtie
    # Handlers: plain files that call Realtime.on and so on. They are loaded, not autoloaded, since
    # they need define no constant.
    FOLDER = "app/realtime"

    config.before_configuration do |app|
      Realtime.config.root = app.root.to_s
      Realtime.config.environment = ENV["REALTIME_ENV"] || ::Rails.env
    end

    initializer "realtime.logger", after: :initialize_logger do
      Realtime.config.logger = ::Rails.logger
    end

    initializer "realtime.autoload", before: :set_autoload_paths do |app|
      folder = app.root.join(FOLDER).to_s
      # What is in it, since Zeitwerk does not ignore a root folder itself.
      ::Rails.autoloaders.each { |loader| loader.ignore("#{folder}/*") }
      app.config.watchable_dirs[folder] = [:rb]
    end

    # Each handler in the app's executor, with its code reloaded in development.
    initializer "realtime.reloader" do |app|
      Realtime.config.around = ->(&work) { app.reloader.wrap(&work) }
    end

    initializer "realtime.testing" do
      Testing.on if ::Rails.env.test?
    end

    initializer "realtime.handlers" do |app|
      app.reloader.to_prepare do
        Realtime.router.replace { Dir[app.root.join(FOLDER, "**/*.rb")].each { |file| load file } }
        Realtime.client.handlers_changed
      end
    end

    # config.ru has been loaded: a web server's process, or the master of several.
    server { Serving.web_server_loaded } if respond_to?(:server)

    # Apps whose config.ru is older than Rails 6.1 do not say so; `rails server` still shows.
    config.after_initialize { Serving.web_server_loaded if defined?(::Rails::Server) }
  end
end
