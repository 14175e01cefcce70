# frozen_string_literal: true

require "openssl"
require_relative "../selection"
require_relative "../token/keys"
require_relative "../values"

module Realtime
  module Auth
    # Names of logins. A socket is let in together with the name of the login it came with, and when
    # that login ends, in whatever process, those sockets are closed by it.
    #
    # A session is named by a digest of its id: the id itself is a password in a cookie, and needs to
    # be nowhere else. A record of logins, as Rails 8 generates one, is named "Session:12".
    module Login
      class << self
        # @param request [#session]
        # @return [String, nil] nil without a session, or without a secret
        def of_request(request)
          session = request.session
          return unless session.respond_to?(:exists?) && session.exists?

          names_of_session(session.id).first
        end

        # @param record [#id]
        # @return [String]
        def of_record(record)
          Values.text(record, "login")
        end

        # @param id [Rack::Session::SessionId, String, nil]
        # @return [Array<String>] under the newest secret first; sockets that were let in before the
        #   secret changed have a name of the one before
        def names_of_session(id)
          id = id.respond_to?(:public_id) ? id.public_id : id.to_s
          return [] if id.empty?

          Token::Keys.of(Realtime.config).map do |key|
            "session:#{OpenSSL::HMAC.hexdigest("SHA256", key, "realtime login #{id}")}"
          end
        end

        # The login is over: its sockets' connections are closed, in all namespaces. They are not told
        # to stay away, so their clients come back by themselves, with the cookies they have now, and
        # are asked anew who they are. Never waits, never raises for a sidecar that is away.
        #
        # @param names [Array<String>]
        def ended(*names)
          return if names.empty?

          emitter = Realtime.emitter
          emitter.disconnect(Selection.new(emitter, { "logins" => names }), close: true)
        end
      end
    end
  end
end
