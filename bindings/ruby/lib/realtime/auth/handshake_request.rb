# frozen_string_literal: true

require "stringio"

module Realtime
  module Auth
    # The HTTP request that opened a client's session, as the app would have seen it: cookies, signed
    # and encrypted ones too, the session in whatever store, Warden. All of it is for reading:
    # nothing is saved, no cookie is set, no timestamp moves.
    #
    # The session comes from the app's own session middleware, run around nothing: that is the public
    # way to one, with the app's options, for every store there is.
    module HandshakeRequest
      # What the middleware is run around. `skip` is Rack's word for a session that is not saved.
      NOTHING = lambda do |env|
        options = env["rack.session.options"]
        options[:skip] = true if options
        [200, {}, []]
      end
      private_constant :NOTHING

      # Headers that CGI, and so Rack, names without HTTP_.
      BARE = { "content-type" => "CONTENT_TYPE", "content-length" => "CONTENT_LENGTH" }.freeze
      private_constant :BARE

      class << self
        # @param handshake [Socket::Handshake]
        # @param app [Rails::Application]
        # @return [ActionDispatch::Request]
        def build(handshake, app = ::Rails.application)
          env = app.env_config.merge(rack(handshake))
          session(app).call(env)
          env["warden"] = ReadOnlyWarden.of(env, app) if defined?(::Warden::Manager)
          ActionDispatch::Request.new(env)
        end

        # @param app [Rails::Application] initialized
        # @return [Array] those of its middleware that are session stores
        def stores(app)
          app.config.middleware.select do |each|
            each.klass.is_a?(Class) && each.klass <= Rack::Session::Abstract::Persisted
          end
        end

        private

        # Built once per app: middleware keeps no state between requests.
        def session(app)
          @sessions ||= {}.compare_by_identity
          @sessions[app] ||= stores(app).reverse.inject(NOTHING) { |inner, store| store.build(inner) }
        end

        def rack(handshake)
          path, query = handshake.url.to_s.sub(%r{\Ahttps?://[^/]*}, "").split("?", 2)
          scheme = handshake.secure ? "https" : "http"
          headers = headers(handshake.headers)
          name, port = host(headers["HTTP_HOST"].to_s, scheme)
          {
            "REQUEST_METHOD" => "GET", "SCRIPT_NAME" => "", "PATH_INFO" => path.to_s, "QUERY_STRING" => query.to_s,
            "SERVER_NAME" => name, "SERVER_PORT" => port, "SERVER_PROTOCOL" => "HTTP/1.1",
            "REMOTE_ADDR" => handshake.address.to_s, "action_dispatch.remote_ip" => handshake.address.to_s,
            "HTTPS" => handshake.secure ? "on" : "off", "rack.url_scheme" => scheme,
            "rack.input" => StringIO.new("".b), "rack.errors" => $stderr
          }.merge(headers)
        end

        def headers(given)
          given.to_h { |name, value| [BARE[name] || "HTTP_#{name.tr("-", "_").upcase}", Array(value).join(", ")] }
        end

        def host(header, scheme)
          name, port = header.match(/\A(\[.*\]|[^:]*)(?::(\d+))?/).captures
          [name, port || { "http" => "80", "https" => "443" }[scheme]]
        end
      end
    end
  end
end
