# frozen_string_literal: true

Rails.application.routes.draw do
  root "rooms#index"
  resource :session, only: %i[new create destroy]
  resources :rooms, only: %i[show create], shallow: true do
    resources :messages, only: %i[create destroy]
  end
end
