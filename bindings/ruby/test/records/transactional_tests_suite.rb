# frozen_string_literal: true

require_relative "../support/databases"
require "active_support/test_case"
require "active_record/fixtures"

# Tests that run in a transaction which is never committed, as an app's own do.
class TransactionalTestsSuite < ActiveSupport::TestCase
  include ActiveRecord::TestFixtures
  include Recorded

  self.use_transactional_tests = true

  def test_the_tests_own_transaction_holds_nothing
    assert_predicate Order.connection.current_transaction, :open?
    emit("a")
    Realtime.emit!("b")
    Order.create!
    assert_equal %w[a b], sent
  end

  def test_the_apps_transactions_do
    Order.transaction do
      emit("a")
      Order.transaction(requires_new: true) { emit("gone") || rollback }
      Order.transaction(requires_new: true) { emit("b") }
      assert_empty sent
      assert_raises(Realtime::InTransaction) { Realtime.emit!("c") }
    end
    Order.transaction { emit("gone") || rollback }
    assert_equal [%w[a b]], sent
  end

  def test_two_databases
    Order.transaction { Invoice.transaction { emit("a") } }
    Order.transaction { Invoice.transaction { emit("gone") || rollback } }
    assert_equal ["a"], sent
  end

  def test_models_broadcast
    order = Class.new(Order) do
      def self.name = "Order"
      broadcasts_realtime to: "orders"
    end
    order.create!
    assert_equal ["order.created"], sent
  end
end
