# frozen_string_literal: true

# Messages by ordinary requests. The page's script sends them over its socket instead (ChatHandler);
# without scripts the same form comes here. Others are told the same way: by the model.
class MessagesController < ApplicationController
  def create
    room = Room.find(params[:room_id])
    message = room.messages.create(text: params.require(:message)[:text], user: current_user)
    redirect_to room, alert: message.errors.full_messages.to_sentence.presence
  end

  # The script sends this with `fetch`. The request names the page's socket, which the model's
  # `except: :current` leaves out: that page has removed the message by itself.
  def destroy
    message = current_user.messages.find(params[:id])
    message.destroy!
    respond_to do |format|
      format.html { redirect_to message.room }
      format.json { head :no_content }
    end
  end
end
