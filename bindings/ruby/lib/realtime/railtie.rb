# frozen_string_literal: true

require_relative "handler_files"
require_relative "log_subscriber"
require_relative "serving"

module Realtime
  # What makes `rails server` work out of the box, and nothing else connect.
  class Railtie < ::Rails::Railtie
    config.before_configuration do |app|
      Realtime.config.root = app.root.to_s
      Realtime.config.environment = ENV["REALTIME_ENV"] || ::Rails.env
    end

    initializer "realtime.logger", after: :initialize_logger do
      Realtime.config.logger = ::Rails.logger
    end

    # Each handler in the app's executor, with its code reloaded in development.
    initializer "realtime.reloader" do |app|
      Realtime.config.around = ->(&work) { app.reloader.wrap(&work) }
    end

    initializer "realtime.instrumentation" do
      Realtime.config.instrument = ActiveSupport::Notifications.method(:instrument)
      LogSubscriber.attach_to(:realtime)
    end

    # The app's initializers have added to them by then.
    config.after_initialize { |app| LogSubscriber.filter_parameters = app.config.filter_parameters }

    # Rails.error came with Rails 7, its source: with 7.1.
    initializer "realtime.errors" do
      next unless ::Rails.respond_to?(:error)

      sourced = ::Rails.error.method(:report).parameters.include?(%i[key source])
      source = sourced ? { source: "realtime" } : {}
      Realtime.config.error_reporter = lambda do |error, context|
        ::Rails.error.report(error, handled: false, context: context, **source)
      end
    end

    initializer("realtime.auth") { |app| Auth.install(app, Realtime.config) }

    initializer "realtime.testing" do
      Testing.on if ::Rails.env.test?
    end

    initializer "realtime.handlers" do |app|
      files = HandlerFiles.new(app)
      app.config.watchable_files << files.script
      mount_all = Realtime.config.handlers
      Realtime.config.handlers = lambda do
        files.load_all
        mount_all.call
      end
      app.reloader.to_prepare { Realtime.client.reload_handlers }
    end

    rake_tasks { load File.expand_path("tasks/realtime.rake", __dir__) }

    # What a request or job said in a transaction must not wait in its thread for ever, nor its page
    # be the next one's.
    initializer "realtime.executor" do |app|
      app.executor.to_complete do
        Transactions.sweep
        CurrentSockets.reset
      end
    end

    initializer "realtime.current_sockets" do |app|
      app.config.middleware.insert_before(0, CurrentSockets::Middleware)
      ActiveSupport.on_load(:active_job) { include CurrentSockets::Job }
    end

    initializer "realtime.broadcasts" do
      ActiveSupport.on_load(:active_record) { include Broadcasts }
    end

    # config.ru has been loaded: a web server's process, or the master of several.
    server { Serving.web_server_loaded } if respond_to?(:server)

    # Apps whose config.ru is older than Rails 6.1 do not say so; `rails server` still shows.
    config.after_initialize { Serving.web_server_loaded if defined?(::Rails::Server) }
  end
end
