# frozen_string_literal: true

require_relative "../realtime"

module Realtime
  # What a page needs to connect, for its layout's head. In all views of a Rails app.
  #
  #   <%= realtime_tags %>
  #   <%= realtime_token_tag %>
  #   <%= realtime_room_tag @order, "news" %>
  #
  # `Realtime.connect()` in the page then connects with the tokens it finds, and follows the rooms
  # although no handler knows of them. Tokens are for the one who asked for the page: a page with
  # them must not be cached for others.
  module PageHelper
    # The script tags of the sidecar's own client: `io` and `Realtime.connect`. They carry the
    # request's CSP nonce where there is one.
    #
    # @param attributes [Hash] of the tags, `defer: true` for one
    # @return [ActiveSupport::SafeBuffer]
    def realtime_tags(**attributes)
      folder = "/#{Realtime.config.path.to_s.delete_prefix("/").delete_suffix("/")}/".squeeze("/")
      nonce = content_security_policy_nonce if respond_to?(:content_security_policy_nonce) && request
      safe_join(%w[socket.io.js realtime.js].map do |file|
        tag.script(src: "#{folder}#{file}", nonce: nonce, **attributes)
      end, "\n")
    end

    # Says who the page is: a token for the sidecar, which lets in by it alone with `connect: token`,
    # and tells the handler (`claims`) otherwise. It is tied to the login, and ends with it.
    #
    # @param user [Object, nil] default: `current_user` or `Current.user`, as far as the app has them
    # @param login [String, nil] default: that of the request
    # @param options [Hash] as of {Realtime.token}: rooms, namespace, expires_in, data
    # @return [ActiveSupport::SafeBuffer]
    def realtime_token_tag(user: realtime_user, login: realtime_login, namespace: "/", **options)
      token = Realtime.token(user: user, login: login, namespace: namespace, **options)
      realtime_meta("realtime-token", token, namespace)
    end

    # Lets the page follow rooms.
    #
    # @param rooms [Array<String, Symbol, Integer>]
    # @param expires_in [Numeric] seconds; after that the page cannot connect with it any more
    # @return [ActiveSupport::SafeBuffer]
    def realtime_room_tag(*rooms, namespace: "/", expires_in: 86_400)
      token = Realtime.room_token(*rooms, namespace: namespace, expires_in: expires_in)
      realtime_meta("realtime-room", token, namespace)
    end

    private

    def realtime_meta(name, token, namespace)
      tag.meta(name: name, content: token, data: { namespace: namespace })
    end

    def realtime_user
      return current_user if respond_to?(:current_user)

      realtime_current(:user)
    end

    # A record of logins (Rails 8) before the session's cookie.
    def realtime_login
      record = realtime_current(:session)
      return Auth::Login.of_record(record) if record.class.respond_to?(:ends_realtime_login)

      Auth::Login.of_request(request) if respond_to?(:request) && request
    end

    # What the app's CurrentAttributes say; Rails 6.1 answers respond_to? for some of them only.
    def realtime_current(name)
      ::Current.public_send(name) if defined?(::Current) && ::Current.is_a?(Class) && ::Current.method_defined?(name)
    end
  end
end
