# frozen_string_literal: true

require "time"
require "warden"

module Realtime
  module Auth
    # Warden for a handshake: says who is signed in, and leaves no trace of having been asked. Where
    # a request would sign a user out (a session that timed out, an account that is not active), the
    # user is simply not signed in here.
    #
    # Strategies are not run: they take passwords, count sign-ins and set cookies. So Devise's
    # "remember me" signs in at the next page, not here.
    class ReadOnlyWarden < ::Warden::Proxy
      class << self
        # @param env [Hash] with a session
        # @param app [Rails::Application]
        # @return [ReadOnlyWarden]
        def of(env, app)
          new(env, manager(app))
        end

        private

        # One with the app's own configuration. Devise's is asked for by its name, since building the
        # middleware a second time would make Devise forget the first.
        def manager(app)
          @managers ||= {}.compare_by_identity
          @managers[app] ||= devise || build(app) || ::Warden::Manager.new(nil)
        end

        def devise
          config = ::Devise.warden_config if defined?(::Devise) && ::Devise.respond_to?(:warden_config)
          config && ::Warden::Manager.new(nil).tap { |manager| manager.config = config }
        end

        def build(app)
          found = app.config.middleware.find { |each| each.klass.is_a?(Class) && each.klass <= ::Warden::Manager }
          found&.klass&.new(nil, *found.args, &found.block)
        end
      end

      # @param argument [Symbol, Hash] a scope, or `scope:`
      # @return [Object, nil] who is signed in
      def user(argument = {})
        scope = (argument.is_a?(Hash) ? argument[:scope] : argument) || config.default_scope
        return @users[scope] if @users.key?(scope)

        found = super(scope: scope, run_callbacks: false)
        @users[scope] = (found if found && active?(found) && !timed_out?(found, scope))
      end

      # @return [Object, nil] as {#user}
      def authenticate(*args)
        user(args.last.is_a?(Hash) ? args.last : {})
      end

      # @return [Boolean]
      def authenticate?(*args)
        found = !authenticate(*args).nil?
        yield if found && block_given?
        found
      end

      # @raise [Refused] nobody is signed in
      def authenticate!(*args)
        authenticate(*args) or raise Refused, "unauthorized"
      end

      # @raise [Error] always
      def logout(*)
        raise Error, "a handshake is for reading: log out in a request, or Realtime.user(user).disconnect"
      end

      private

      def active?(user)
        !user.respond_to?(:active_for_authentication?) || user.active_for_authentication?
      end

      # As Devise's own hook decides it, but for signing out.
      def timed_out?(user, scope)
        return false unless user.respond_to?(:timedout?)

        user.timedout?(last_request_at(scope)) && !remembered?(user)
      end

      def last_request_at(scope)
        case seconds = raw_session["warden.user.#{scope}.session"]&.fetch("last_request_at", nil)
        when Integer then Time.at(seconds).utc
        when String then Time.parse(seconds)
        else seconds
        end
      end

      def remembered?(user)
        defined?(::Devise::Hooks::Proxy) && ::Devise::Hooks::Proxy.new(self).remember_me_is_active?(user)
      end
    end
  end
end
