# frozen_string_literal: true

require_relative "login"

module Realtime
  module Auth
    # Sees logins end, wherever the app ends them: Warden's logout (Devise's, too), and the end of a
    # session's id, by which `reset_session`, `session.destroy` and the renewal at a login all go.
    #
    # At a login the sockets of the visitor that was before end as well, and come back as the user's.
    module Logouts
      # Prepended to session stores: each ends an id here.
      module Store
        def delete_session(request, id, options)
          # An id that no client has been given has no sockets.
          names = request.cookies.key?(key) ? Login.names_of_session(id) : []
          super.tap { Login.ended(*names) }
        end
      end

      class << self
        # @param app [Rails::Application] initialized
        def watch(app)
          stores = HandshakeRequest.stores(app).map(&:klass)
          stores.each { |store| store.prepend(Store) unless store < Store }
          watch_warden if defined?(::Warden::Manager)
        end

        private

        def watch_warden
          return if @warden

          @warden = true
          ::Warden::Manager.before_logout do |_user, warden, _options|
            Login.ended(*Login.names_of_session(warden.request.session.id)) if warden.request.session
          end
        end
      end
    end
  end
end
