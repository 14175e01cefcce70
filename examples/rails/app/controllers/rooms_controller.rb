# frozen_string_literal: true

class RoomsController < ApplicationController
  def index
    @rooms = Room.order(:id)
  end

  def show
    @room = Room.find(params[:id])
    @messages = @room.messages.includes(:user).latest.reverse
  end

  def create
    room = Room.new(params.require(:room).permit(:name))
    return redirect_to root_path, alert: room.errors.full_messages.to_sentence unless room.save

    AnnounceJob.perform_later(room, current_user)
    redirect_to room
  end
end
