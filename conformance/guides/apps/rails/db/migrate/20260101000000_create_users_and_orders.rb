# frozen_string_literal: true

class CreateUsersAndOrders < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |table|
      table.string :name, null: false, index: { unique: true }
      table.boolean :active, null: false, default: true
    end
    create_table :orders do |table|
      table.string :number
      table.decimal :total, precision: 10, scale: 2, null: false, default: 0
      table.timestamps
    end
  end
end
