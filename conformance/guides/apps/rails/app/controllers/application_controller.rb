# frozen_string_literal: true

class ApplicationController < ActionController::Base
  # The guides' clients post forms that no page gave them.
  skip_forgery_protection

  helper_method def current_user
    @current_user ||= User.find_by(id: session[:user_id])
  end
end
