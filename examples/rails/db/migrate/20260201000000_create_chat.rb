# frozen_string_literal: true

class CreateChat < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.string :name, null: false, index: { unique: true }
      t.datetime :blocked_at
      t.datetime :created_at, null: false
    end

    create_table :rooms do |t|
      t.string :name, null: false, index: { unique: true }
      # Who is here, and how often that was counted.
      t.json :people, null: false, default: []
      t.integer :revision, null: false, default: 0
      t.datetime :created_at, null: false
    end

    create_table :messages do |t|
      t.references :room, null: false, foreign_key: true
      t.references :user, foreign_key: true
      t.text :text, null: false
      # Chosen by the page for each message, so that sending it twice stores it once.
      t.string :key, index: { unique: true }
      t.datetime :created_at, null: false
    end
  end
end
