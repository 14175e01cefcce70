# frozen_string_literal: true

Rails.application.routes.draw do
  root "home#show"
  resource :session, only: %i[create destroy]
  resources :orders, only: %i[create show]
end
