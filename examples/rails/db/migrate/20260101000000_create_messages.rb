# frozen_string_literal: true

class CreateMessages < ActiveRecord::Migration[6.1]
  def change
    create_table :messages do |t|
      t.string :author, null: false
      t.text :text, null: false
      # Chosen by the browser for each message, so that sending it twice stores it once.
      t.string :key, index: { unique: true }
      t.datetime :created_at, null: false
    end
  end
end
