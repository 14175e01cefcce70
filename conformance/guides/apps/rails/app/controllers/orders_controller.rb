# frozen_string_literal: true

class OrdersController < ApplicationController
  def create
    render json: Order.create!(number: params[:number], total: params[:total]), status: :created
  end

  def show
    @order = Order.find(params[:id])
  end
end
