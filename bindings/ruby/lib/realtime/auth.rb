# frozen_string_literal: true

require_relative "admission"
require_relative "auth/authenticatable"
require_relative "auth/handshake_request"
require_relative "auth/login"
require_relative "auth/logouts"
require_relative "auth/ways"
require_relative "token"

module Realtime
  # Who clients are, from what the app already has: its sessions, Warden, tokens of its own. Handlers
  # use it by {Handler::Authentication}.
  module Auth
    autoload :ReadOnlyWarden, "realtime/auth/read_only_warden"

    # Makes an app's secrets, models, views and logouts known. Once per app, from the railtie.
    #
    # @param app [Rails::Application]
    # @param config [Config]
    def self.install(app, config)
      config.token_keys ||= Token::Keys.of_rails(app, config)
      ActiveSupport.on_load(:active_record) { extend Authenticatable }
      ActiveSupport.on_load(:action_view) do
        require "realtime/page_helper"
        include PageHelper
      end
      app.config.after_initialize { Logouts.watch(app) }
    end
  end
end
