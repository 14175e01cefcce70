# frozen_string_literal: true

require_relative "../support/databases"

# Models that tell clients of their changes.
class BroadcastsSuite < RecordSuite
  class Plain < Order
    def self.model_name = ActiveModel::Name.new(self, nil, "Order")
    broadcasts_realtime to: "orders"
  end

  class Named < Order
    def self.model_name = ActiveModel::Name.new(self, nil, "Order")
    broadcasts_realtime to: ->(order) { [order, "orders"] }, with: ->(order) { { id: order.id, total: order.total } },
                        as: "purchase", namespace: "/shop", except: :current
  end

  class Choosy < Order
    attr_accessor :quiet

    broadcasts_realtime to: :rooms, with: :payload, as: :choice, on: %i[create destroy],
                        if: -> { total.to_i < 100 }, unless: :quiet
    broadcasts_realtime users: ->(order) { order.total }, as: "mine", on: :update

    def payload = { state: state }

    private

    def rooms = [["choosy", state]]
  end

  class Watched < Order
    has_many :lines, foreign_key: :order_id, inverse_of: :order
    broadcasts_realtime to: "orders", as: "watched"
  end

  class WatchedLine < Line
    belongs_to :order, class_name: "BroadcastsSuite::Watched", touch: true
  end

  def test_without_with_only_the_id_goes_out
    order = Plain.create!(total: 5)
    order.update!(total: 6)
    order.destroy!
    assert_equal(%w[order.created order.updated order.destroyed].map { |event| [event, { "id" => order.id }] }, emits)
    assert_equal ["orders"], @link.frames.first.last["to"]
  end

  def test_what_is_named_goes_to_whom_is_named
    order = Realtime::CurrentSockets.with(["s" * 20]) { Named.create!(total: 5) }
    assert_equal({ "event" => "purchase.created", "namespace" => "/shop", "to" => ["Order:#{order.id}", "orders"],
                   "except" => ["s" * 20], "args" => [{ "id" => order.id, "total" => 5 }] }, @link.frames.first.last)
    order.destroy!
    assert_equal [["purchase.destroyed", { "id" => order.id, "total" => 5 }]], emits.drop(1)
  end

  def test_a_rollback_tells_nothing
    Plain.transaction { Plain.create! && rollback }
    order = Plain.create!
    @link.frames.clear
    Plain.transaction do
      in_savepoint { order.update!(total: 1) && rollback }
      in_savepoint { Plain.create! }
    end
    assert_equal ["order.created"], sent
  end

  def test_a_row_is_told_of_once_and_as_it_is_in_the_end
    Named.transaction do
      order = Named.create!(total: 1)
      emit("between")
      order.update!(total: 2)
      Named.find(order.id).update!(total: 3)
    end
    assert_equal [["purchase.created", 3], ["between", nil]], (emits.map { |name, args| [name, args && args["total"]] })
    assert_equal [%w[purchase.created between]], sent, "as one, in the place of the first"
  end

  def test_a_row_that_came_and_went_was_never_there
    Plain.transaction { Plain.create!.tap { |order| order.update!(total: 2) }.destroy! }
    assert_empty sent
    order = Plain.create!
    @link.frames.clear
    Plain.transaction do
      order.update!(total: 1)
      order.destroy!
      Plain.create!(id: order.id)
    end
    assert_equal ["order.updated"], sent
  end

  def test_values_that_a_savepoint_took_back_are_not_told
    order = Named.create!(total: 1)
    @link.frames.clear
    Named.transaction do
      order.update!(state: "paid")
      in_savepoint { order.update!(total: 9) && rollback }
    end
    assert_equal 9, order.total, "the object keeps what the row lost"
    assert_equal [["purchase.updated", { "id" => order.id, "total" => 1 }]], emits
  end

  def test_two_objects_for_a_row_do_not_tell_what_either_remembers
    order = Named.create!(total: 1)
    @link.frames.clear
    other = Named.find(order.id)
    Named.transaction do
      order.update!(total: 2)
      other.update!(state: "paid")
    end
    assert_equal [["purchase.updated", { "id" => order.id, "total" => 2 }]], emits
  end

  def test_a_save_that_changed_nothing_is_no_update
    order = Plain.create!
    @link.frames.clear
    order.save!
    Order.where(id: order.id).update_all(total: 4)
    order.update_columns(total: 5)
    assert_empty sent
  end

  def test_a_touch_is_an_update
    order = Watched.create!
    @link.frames.clear
    WatchedLine.create!(order: order, count: 1)
    assert_equal ["watched.updated"], sent
  end

  def test_conditions_kinds_and_methods
    order = Choosy.create!(total: 7, state: "new")
    assert_equal [["choice.created", { "state" => "new" }]], emits
    assert_equal ["choosy:new"], @link.frames.first.last["to"]
    order.update!(state: "paid")
    assert_equal ["mine.updated", ["7"]], @link.frames.last.last.values_at("event", "users")
    @link.frames.clear
    Choosy.create!(total: 100)
    Choosy.create!(quiet: true)
    assert_empty sent
  end

  def test_suppressed_changes_are_not_told
    Realtime.suppress { Plain.create! }
    Plain.transaction do
      Realtime.suppress { Plain.create! }
      Plain.create!
    end
    assert_equal ["order.created"], sent
  end

  def test_a_batch_takes_broadcasts_along
    Realtime.batch do
      emit("a")
      2.times { Plain.create! }
    end
    assert_equal [%w[a order.created order.created]], sent
  end

  def test_a_payload_that_raises_is_heard_of_and_stops_nothing_else
    broken = Class.new(Order) do
      def self.name = "Order"
      broadcasts_realtime to: "orders", with: ->(_) { raise "payload" }
    end
    error = assert_raises(RuntimeError) do
      Order.transaction do
        broken.create!
        emit("a")
      end
    end
    assert_equal "payload", error.message
    assert_equal ["a"], sent
    assert_equal 1, Order.count
  end

  def test_a_whole_record_is_no_payload
    whole = Class.new(Order) do
      def self.name = "Order"
      broadcasts_realtime to: "orders", with: :itself
    end
    error = assert_raises(ArgumentError) { whole.create! }
    assert_match(/with: ->\(order\) \{ \{ id: order.id \} \}/, error.message)
    assert_empty sent
  end

  def test_wrong_declarations_say_so
    assert_raises(ArgumentError) { Class.new(Order) { broadcasts_realtime with: -> { {} } } }
    assert_match(/none of create/, assert_raises(ArgumentError) do
      Class.new(Order) { broadcasts_realtime to: "a", on: :save }
    end.message)
    assert_match(/:room/, assert_raises(ArgumentError) { Class.new(Order) { broadcasts_realtime room: "a" } }.message)
  end

  def test_two_declarations_are_both_told
    twice = Class.new(Order) do
      def self.name = "Order"
      broadcasts_realtime to: "a"
      broadcasts_realtime to: "b", namespace: "/n"
    end
    twice.create!
    told = @link.frames.flat_map { |_, params| params["emits"] || [params] }
    assert_equal [["a"], ["b"]], told.map { |emit| emit["to"] }
  end
end
