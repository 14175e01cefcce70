# frozen_string_literal: true

class HomeController < ApplicationController
  def show; end
end
