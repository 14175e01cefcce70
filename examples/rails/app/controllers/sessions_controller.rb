# frozen_string_literal: true

# Signing in by a name alone, which is enough for a demonstration and for nothing else.
class SessionsController < ApplicationController
  skip_before_action :require_user, only: %i[new create]

  def new
    @user = User.new
  end

  def create
    @user = User.named(params.require(:user)[:name])
    return render :new, status: :unprocessable_entity unless @user.errors.none? && @user.allowed?

    reset_session # nobody else may know this session's id
    session[:user_id] = @user.id
    redirect_to root_path
  end

  # Ends the session, and with it the sockets of every tab that came with it: nothing more to do.
  def destroy
    reset_session
    redirect_to new_session_path
  end
end
