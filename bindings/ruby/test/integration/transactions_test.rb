# frozen_string_literal: true

require_relative "support"
require "open3"
require "rbconfig"

# What a process with a database says in transactions, as a client hears it.
class TransactionsTest < IntegrationTest
  # Rounds of the program below: several polls of the client's.
  ROUNDS = 20

  PROGRAM = <<~'RUBY'
    require "logger"
    require "active_record"
    require "realtime"
    require "realtime/broadcasts"

    ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ARGV[0])
    ActiveRecord::Schema.verbose = false
    ActiveRecord::Schema.define { create_table(:orders) { |table| table.integer :total } }
    class Order < ActiveRecord::Base
      include Realtime::Broadcasts
      broadcasts_realtime to: ["all", "late"], with: ->(order) { order.total }
      after_commit { Realtime.emit("callback", total, to: "all") }
    end

    Integer(ARGV[1]).times do |round|
      Realtime.emit("before", round, to: "all")
      Order.transaction do
        Realtime.join("late", to: "all")
        Realtime.emit("one", round, to: "late")
        order = Order.create!(total: -1)
        Order.transaction(requires_new: true) { Realtime.emit("gone") || raise(ActiveRecord::Rollback) }
        Realtime.leave("late", to: "all")
        Realtime.emit("nobody", round, to: "late")
        order.update!(total: round)
        Realtime.emit("two", round, to: "all")
      end
      Order.transaction { Realtime.emit("gone") || raise(ActiveRecord::Rollback) }
      Realtime.emit("after", round, to: "all")
    end
  RUBY

  def test_a_client_hears_what_was_committed_in_order
    app { |router| router.add(:connect, proc { |socket| socket.join("all") }) }
    page = browser
    run_program
    expected = Array.new(ROUNDS) do |round|
      [["before", round], ["one", round], ["order.created", round], ["two", round], ["callback", round],
       ["after", round]]
    end
    assert_equal expected.flatten(1), (Array.new(ROUNDS * 6) { page.take[:data] })
  end

  private

  def run_program
    env = { "REALTIME_SOCKET" => @socket, "RUBYOPT" => nil }
    output, status = Open3.capture2e(env, RbConfig.ruby, "-Ilib", "-e", PROGRAM, File.join(@folder, "orders.db"),
                                     ROUNDS.to_s, chdir: File.expand_path("../..", __dir__))
    assert_predicate status, :success?, output
  end
end
