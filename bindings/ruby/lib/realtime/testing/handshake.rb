# frozen_string_literal: true

require_relative "../values"

module Realtime
  module Testing
    # The request that opened a client's session, as the sidecar tells a connect hook of it, with
    # the cookies that a browser of that session would send.
    class Handshake
      URL = "https://www.example.com/socket.io/"
      private_constant :URL

      def initialize
        @headers = { "host" => "www.example.com", "user-agent" => "Realtime::Testing" }
      end

      # A jar as controllers have it: `cookies.signed[:session_id] = 7`. Needs Rails.
      #
      # @return [ActionDispatch::Cookies::CookieJar]
      def cookies
        @cookies ||= ActionDispatch::Request.new(rack_env).cookie_jar
      end

      # @param headers [Hash] names in any case
      # @param session [Hash] what the app's session holds
      # @param query [Hash] the handshake's own parameters
      # @return [Hash] for the link's connect, but for the client's dialect and transport
      def to_h(headers: {}, session: {}, query: {}, address: "127.0.0.1")
        headers = @headers.merge(headers.to_h { |name, value| [name.to_s.downcase.tr("_", "-"), value.to_s] })
        sent = [headers["cookie"], (cookies.to_header if @cookies), *session_cookies(session)].compact
        headers["cookie"] = sent.join("; ") if sent.any?
        query = query.to_h { |name, value| [name.to_s, value.to_s] }
        { "headers" => headers, "query" => { "EIO" => "4", "transport" => "websocket" }.merge(query),
          "address" => address, "url" => URL, "secure" => true, "time" => (Time.now.to_f * 1000).to_i }
      end

      private

      # By the app's own session middleware, whichever store it has.
      #
      # @return [Array<String>] "name=value"
      def session_cookies(session)
        return [] if session.empty?

        config = ::Rails.application.config
        write = lambda do |env|
          session.each { |key, value| env["rack.session"][key.to_s] = value }
          [200, {}, []]
        end
        stack = ActionDispatch::Cookies.new(config.session_store.new(write, config.session_options))
        _, headers, = stack.call(rack_env)
        # A list in Rack 3, lines before.
        set = headers["set-cookie"] || headers["Set-Cookie"] || []
        (set.is_a?(Array) ? set : set.lines).map { |line| line[/\A[^;\n]+/] }
      end

      def rack_env
        ::Rails.application.env_config.merge(Rack::MockRequest.env_for(URL))
      end
    end
  end
end
