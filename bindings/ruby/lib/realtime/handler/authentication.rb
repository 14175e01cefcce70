# frozen_string_literal: true

require_relative "../auth"

module Realtime
  class Handler
    # Who the client is, from what the app already has:
    #
    #   class ApplicationHandler < Realtime::Handler
    #     authenticate :devise
    #     before_connect { reject!("sign in first") unless current_user }
    #   end
    #
    # In connect {#current_user} is who the handshake's cookies, or its token, say it is. That names the
    # socket's user ("User:7"), and ties the socket to the login: when the user logs out, in whatever
    # process, the login's sockets are closed. Afterwards {#current_user} is looked up by that name
    # anew for each event, so that what was changed meanwhile counts, and never twice for one.
    module Authentication
      # What handler classes say.
      module ClassMethods
        # Says how clients are recognised. Inherited; a subclass may say otherwise, `false` for not at
        # all. Where the way finds nobody, a valid token of the client's counts.
        #
        #   authenticate :devise                    # or :warden; scope: :admin
        #   authenticate :session                   # as Rails 8 generates; model:, cookie:, user:
        #   authenticate :token                     # Realtime.token in `auth.token` alone
        #   authenticate { |request| User.find_by(id: request.session[:user_id]) }
        #
        # A block is run in the handler. It may only read; what it writes to session and cookies is lost.
        #
        # @raise [ArgumentError]
        def authenticate(how = nil, **options, &block)
          @authenticator = how == false ? nil : Auth::Ways.of(how, options, block)
          return skip_before_connect(:identify) if @authenticator.nil?

          skip_before_connect(:identify)
          before_connect(:identify)
        end

        # @api private
        # @return [#call, nil]
        def authenticator
          return @authenticator if defined?(@authenticator)

          superclass.authenticator if superclass.respond_to?(:authenticator)
        end
      end

      # @return [Object, nil] who the client is; nil for a visitor, and when the user's record is gone
      #   or the account is not active any more
      def current_user
        return @current_user if defined?(@current_user)

        @current_user = nil
        socket.is_a?(Admission) ? identify : @current_user = find_user(socket.user)
        @current_user
      end

      # @return [ActionDispatch::Request] the one that opened the client's session; for reading
      # @raise [Error] outside of connect, where it is not known any more
      def request
        raise Error, "request, session and cookies are known in connect only: keep what you need in data" \
          unless socket.is_a?(Admission)

        @request ||= Auth::HandshakeRequest.build(socket.handshake)
      end

      # @return [ActionDispatch::Request::Session] for reading
      def session = request.session

      # @return [ActionDispatch::Cookies::CookieJar] for reading
      def cookies = request.cookie_jar

      private

      # Names the socket's user and login. Before everything else in connect, also where nobody asks
      # for {#current_user}: the sockets of a user and of a login are to be found.
      def identify
        return if @identified

        @identified = true
        found = self.class.authenticator&.call(self)
        found = identify_by_token || found unless found&.user
        @current_user = found&.user
        name_socket(found)
      end

      def identify_by_token
        way = Auth::Ways::Claims.new
        found = way.call(self)
        enter_as_claimed if found && way.own?(claims)
        found
      end

      def name_socket(found)
        name = found && (found.user ? Values.text(found.user, "user") : found.name)
        if name
          socket.user = name
        elsif socket.recovered?
          socket.user = "" # the one it had is signed out
        end
        socket.login = found.login if found&.login
      end

      # What the app's own token says beside who it is.
      def enter_as_claimed
        socket.join(*claims["rooms"]) if claims["rooms"]
        socket.data = claims["data"] if claims.key?("data")
      end

      # Finds who a socket's user is. To be overridden where users are named otherwise than by
      # model and id.
      #
      # @param name [String, nil]
      # @return [Object, nil]
      def find_user(name)
        found = Users.find(name)
        found unless found.respond_to?(:active_for_authentication?) && !found.active_for_authentication?
      end
    end
  end
end
