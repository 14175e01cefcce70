# frozen_string_literal: true

# Signing in by name: whoever comes first has it.
class SessionsController < ApplicationController
  def create
    reset_session
    session[:user_id] = User.find_or_create_by!(name: params.require(:name)).id
    redirect_to root_path
  end

  def destroy
    reset_session
    redirect_to root_path
  end
end
