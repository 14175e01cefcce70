# frozen_string_literal: true

class ChatController < ApplicationController
  def show
    @messages = Message.latest.reverse
  end
end
