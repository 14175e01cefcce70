# frozen_string_literal: true

Rails.application.routes.draw do
  root "pages#home"
  get "login/:id", to: "pages#login"
end
