# frozen_string_literal: true

require_relative "../users"
require_relative "login"

module Realtime
  module Auth
    # Who somebody is, and which login they came with. `user` is a record, or anything else that
    # {Names} takes; `name` is given where there is a name and no record. A visitor has neither, but
    # may have a session, whose end concerns them too: they may sign in.
    Identity = Struct.new(:user, :name, :login, keyword_init: true)

    # The ways of {Handler::Authentication::ClassMethods#authenticate}: each is asked with the handler
    # in connect and answers with an {Identity}, or nil when it knows nobody.
    module Ways
      # A block of the app's own: `authenticate { |request| User.find_by(id: request.session[:user_id]) }`.
      class Block
        def initialize(block)
          @block = block
        end

        def call(handler)
          request = handler.request if defined?(::Rails.application) && ::Rails.application
          user = handler.instance_exec(request, &@block)
          Identity.new(user: user, login: request && Login.of_request(request))
        end
      end

      # Warden's user, so Devise's.
      class Warden
        # @param scope [Symbol, nil] nil is Warden's default
        def initialize(scope: nil)
          @scope = scope
        end

        def call(handler)
          warden = handler.request.env["warden"] or
            raise Error, "authenticate :devise (or :warden): this app has no Warden"
          user = @scope ? warden.user(@scope) : warden.user
          Identity.new(user: user, login: Login.of_request(handler.request))
        end
      end

      # A record for each login, named by a signed cookie, as Rails 8 generates it. When the record is
      # destroyed, so by `Current.session.destroy` and `user.sessions.destroy_all`, its sockets end.
      class SessionRecord
        # @param model [String]
        # @param cookie [Symbol] the signed cookie with the record's id
        # @param user [Symbol] the record's association
        def initialize(model: "Session", cookie: :session_id, user: :user)
          @model = model
          @cookie = cookie
          @user = user
          Object.const_get(model).ends_realtime_login
        rescue NameError => e
          raise e unless e.name.to_s == model.split("::").last

          raise ArgumentError, "authenticate :session needs the model #{model}: name another by `model:`, " \
                               "or use a block"
        end

        def call(handler)
          id = handler.cookies.signed[@cookie] or return
          record = Object.const_get(@model).find_by(id: id)
          user = record&.public_send(@user)
          user && Identity.new(user: user, login: Login.of_record(record))
        end
      end

      # A token of the app's ({Realtime.token}), which the sidecar has verified already. One by keys
      # that the sidecar's configuration names may be a third party's: that names a user, no more.
      class Claims
        def call(handler)
          claims = handler.claims or return
          name = claims["sub"]&.to_s
          user = handler.__send__(:find_user, name) if name
          # The record is gone, or its account is not active.
          return if user.nil? && Users.record_name?(name)

          Identity.new(user: user, name: name, login: (claims["login"] if own?(claims)))
        end

        # @return [Boolean] whether the app itself has made it
        def own?(claims)
          Array(claims["aud"]).include?(Token::CONNECT)
        end
      end

      NAMED = { devise: Warden, warden: Warden, session: SessionRecord, token: Claims }.freeze

      # @param how [Symbol, nil]
      # @return [#call]
      # @raise [ArgumentError]
      def self.of(how, options, block)
        if block
          raise ArgumentError, "authenticate takes a block or the name of a way, not both" if how || options.any?

          return Block.new(block)
        end
        way = NAMED[how] or
          raise ArgumentError, "authenticate #{how.inspect}: no such way; one of #{NAMED.keys.inspect}, or a block"
        options.empty? ? way.new : way.new(**options)
      end
    end
  end
end
