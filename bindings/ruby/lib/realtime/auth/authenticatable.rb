# frozen_string_literal: true

require_relative "login"
require_relative "../users"

module Realtime
  module Auth
    # What Active Record models can say about the sockets of those who signed in:
    #
    #   class User < ApplicationRecord
    #     disconnects_realtime on: %i[password_digest deactivated_at]
    #   end
    #
    # As with all callbacks, `update_columns`, `update_all` and `delete` go past them; say
    # `Realtime.user(user).disconnect` there.
    module Authenticatable
      # When one of these attributes has changed, or the record is destroyed, all sessions of this user
      # are closed once that is committed. Their clients come back by themselves and are asked anew
      # who they are: a page whose login still counts is back at once, the others are not.
      #
      # @param on [Array<Symbol>, Symbol] attributes
      def disconnects_realtime(on:)
        attributes = Array(on).map(&:to_s)
        end_sessions = -> { Realtime.user(self).disconnect(reconnect: true) }
        after_update(end_sessions, if: -> { attributes.any? { |name| saved_change_to_attribute?(name) } })
        after_destroy(end_sessions)
      end

      # Says that a record of this model is a login, as Rails 8's Session is: its sockets end with it.
      # `authenticate :session` says it too, where handlers are loaded. Idempotent.
      def ends_realtime_login
        include LoginRecord
        after_destroy :end_realtime_login # by its name, so that it is taken once
      end

      # What {#ends_realtime_login} adds.
      module LoginRecord
        private

        def end_realtime_login
          Login.ended(Login.of_record(self))
        end
      end
    end
  end
end
