# frozen_string_literal: true

# What all handlers share, as ApplicationController does for controllers. `bin/rails g realtime:install`
# writes one like it.
class ApplicationHandler < Realtime::Handler
  # The same cookie, the same session, the same user as in controllers.
  authenticate { |request| User.of_session(request.session) }

  before_connect :require_user
  # A page may stay open for days.
  before_event :require_user

  private

  def require_user
    reject!("sign in first") unless current_user
  end
end
