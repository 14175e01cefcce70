# frozen_string_literal: true

require_relative "../support/databases"

# Emits inside transactions of a real database.
class TransactionsSuite < RecordSuite
  def test_without_a_transaction_emits_go_at_once
    emit("a")
    Order.create!
    emit("b")
    assert_equal %w[a b], sent
  end

  def test_emits_go_after_the_commit_in_order_and_as_one
    Order.transaction do
      emit("a")
      Order.create!
      emit("b", to: "r")
      Realtime.to("r").emit("c")
      assert_empty sent
    end
    assert_equal [%w[a b c]], sent
  end

  def test_one_emit_is_no_batch
    Order.transaction { emit("a") }
    assert_equal ["a"], sent
  end

  def test_other_verbs_keep_their_place
    Order.transaction do
      emit("a")
      emit("b")
      Realtime.join("vip", users: 7)
      emit("c")
      Realtime.leave("vip", users: 7)
      Realtime.set("s", data: { a: 1 })
      Realtime.server_emit("clear")
      Realtime.disconnect(users: 7, close: true)
      emit("d")
      emit("e")
      assert_empty sent
    end
    assert_equal [%w[a b], :join, "c", :leave, :set, :server_emit, :disconnect, %w[d e]], sent
  end

  def test_a_rollback_sends_nothing
    Order.transaction do
      emit("a")
      Realtime.join("r", users: 1)
      rollback
    end
    assert_raises(RuntimeError) { Order.transaction { emit("b") || raise("no") } }
    emit("c")
    assert_equal ["c"], sent
  end

  def test_a_savepoint_drops_its_own
    Order.transaction do
      emit("a")
      in_savepoint { emit("gone") || rollback }
      in_savepoint do
        emit("b")
        in_savepoint { emit("gone too") || rollback }
        in_savepoint { emit("c") }
      end
      emit("d")
    end
    assert_equal [%w[a b c d]], sent
  end

  def test_a_savepoint_that_was_released_falls_with_the_one_around_it
    Order.transaction do
      emit("a")
      in_savepoint do
        in_savepoint { emit("gone") }
        Order.create!
        rollback
      end
    end
    Order.transaction do
      in_savepoint { emit("gone") }
      rollback
    end
    assert_equal ["a"], sent
  end

  def test_a_joined_transaction_is_the_outer_one
    Order.transaction do
      Order.transaction { emit("a") }
      assert_empty sent
    end
    assert_equal ["a"], sent
  end

  def test_a_transaction_without_a_query_commits_too
    Order.transaction { emit("a") }
    Order.transaction { emit("b") || rollback }
    assert_equal ["a"], sent
  end

  def test_manual_transactions
    connection = Order.connection
    connection.begin_transaction
    emit("a")
    connection.commit_transaction
    connection.begin_transaction
    emit("b")
    connection.rollback_transaction
    assert_equal ["a"], sent
  end

  def test_two_databases_are_waited_for
    Order.transaction do
      emit("a")
      Invoice.transaction do
        emit("b")
        Invoice.create!
      end
      emit("c")
      assert_empty sent
    end
    assert_equal [%w[a b c]], sent
  end

  def test_either_database_can_take_an_emit_back
    Order.transaction do
      emit("a")
      Invoice.transaction { emit("gone") || rollback }
      emit("b")
    end
    Order.transaction do
      Invoice.transaction { emit("gone") }
      rollback
    end
    assert_equal [%w[a b]], sent
  end

  def test_transactions_that_overlap
    one = Order.connection
    two = Invoice.connection
    one.begin_transaction
    emit("a")
    two.begin_transaction
    emit("b")
    one.commit_transaction
    assert_equal ["a"], sent
    emit("c")
    two.commit_transaction
    assert_equal ["a", %w[b c]], sent
  end

  def test_a_transaction_is_seen_from_within_another_connection
    Order.transaction do
      ActiveRecord::Base.connected_to(role: :reading) { emit("a") }
      assert_empty sent
    end
    assert_equal ["a"], sent
  end

  def test_values_are_those_of_the_call
    text = +"one"
    list = [1]
    Order.transaction do
      emit("a", text, list, to: text)
      text << " and two"
      list << 2
    end
    params = @link.frames.first.last
    assert_equal [["one", [1]], ["one"]], params.values_at("args", "to")
  end

  def test_volatile_and_now_do_not_wait
    Order.transaction do
      emit("later")
      emit("v", volatile: true)
      emit("n", now: true)
      Realtime.to("r").now.emit("chain")
      Realtime.join("r", users: 1, now: true)
      Realtime.set("s", data: 1, now: true)
      assert_equal ["v", "n", "chain", :join, :set], sent
      rollback
    end
    assert_equal 5, sent.size
  end

  def test_questions_say_what_to_do
    Order.transaction do
      assert_match(/after it/, assert_raises(Realtime::InTransaction) { Realtime.call("q", timeout: 1) }.message)
      assert_match(/use emit/, assert_raises(Realtime::InTransaction) { Realtime.emit!("q") }.message)
      Realtime.call("q", timeout: 1, now: true)
      Realtime.emit!("q", now: true)
      Realtime.stats
    end
    Realtime.emit!("q")
    assert_equal [:call, "q", :stats, "q"], sent
  end

  def test_an_answer_does_not_wait
    Order.transaction do
      Realtime.deferred("e").ack(1)
      assert_equal [:ack], sent
    end
  end

  def test_a_batch_waits_as_one
    Order.transaction do
      emit("a")
      Realtime.batch do
        emit("b")
        Realtime.join("r", users: 1)
        emit("c", volatile: true)
      end
    end
    assert_equal ["a", ["b"], :join, ["c"]], sent
  end

  def test_a_savepoint_in_a_batch_drops_its_own
    Order.transaction do
      Realtime.batch do
        emit("a")
        in_savepoint { emit("gone") || rollback }
        in_savepoint { emit("b") }
      end
      assert_raises(RuntimeError) { Realtime.batch { emit("gone") || raise("no") } }
      assert_empty sent
    end
    assert_equal [%w[a b]], sent
  end

  def test_a_transaction_in_a_batch_goes_with_the_batch
    Realtime.batch do
      Order.transaction { emit("a") }
      Order.transaction { emit("gone") || rollback }
      emit("b")
      assert_equal 0, sent.size
    end
    assert_equal [%w[a b]], sent
  end

  def test_a_callback_after_the_commit_comes_after_what_was_said_before_it
    order = Class.new(Order) do
      def self.name = "Order"
      after_commit { Realtime.emit("callback") }
    end
    Order.transaction do
      order.create!
      emit("said")
    end
    assert_equal %w[said callback], sent
  end

  def test_a_callback_that_raises_loses_nothing
    raising = Class.new(Order) do
      def self.name = "Order"
      after_commit { raise "callback" }
    end
    assert_raises(RuntimeError) do
      Order.transaction do
        raising.create!
        emit("a")
      end
    end
    assert_equal ["a"], sent
  end

  def test_a_callback_after_the_rollback_goes_at_once
    order = Class.new(Order) do
      def self.name = "Order"
      after_rollback { Realtime.emit("undone") }
    end
    Order.transaction do
      emit("gone")
      order.create!
      rollback
    end
    assert_equal ["undone"], sent
  end

  def test_what_is_said_while_committing_goes_too
    order = Class.new(Order) do
      def self.name = "Order"
      before_commit { Realtime.emit("before") }
    end
    Order.transaction do
      in_savepoint do
        emit("a")
        order.create!
      end
    end
    assert_equal [%w[a before]], sent
  end

  def test_a_commit_that_the_database_refuses_sends_nothing
    assert_raises(ActiveRecord::StatementInvalid) do
      Order.transaction do
        emit("gone")
        Line.insert({ order_id: 404 })
      end
    end
    emit("a")
    assert_equal ["a"], sent
  end

  def test_a_connection_that_is_lost_takes_what_waited_with_it
    assert_raises(StandardError) do
      Order.transaction do
        Order.create!
        emit("gone")
        Order.connection.disconnect!
        raise "lost"
      end
    end
    emit("a")
    Order.transaction { emit("b") }
    assert_equal %w[a b], sent
  end

  def test_a_commit_that_breaks_takes_what_waited_with_it
    connection = Order.connection
    broken = proc { raise ActiveRecord::ConnectionNotEstablished, "lost" }
    connection.define_singleton_method(:commit_db_transaction, &broken)
    connection.define_singleton_method(:rollback_db_transaction, &broken)
    assert_raises(ActiveRecord::ConnectionNotEstablished) { Order.transaction { Order.create! && emit("gone") } }
    Realtime::Transactions.sweep
    emit("a")
    assert_equal ["a"], sent
  ensure
    ActiveRecord::Base.connection_pool.remove(connection)
    connection.disconnect!
    ActiveRecord::Base.establish_connection(:primary)
  end

  def test_threads_have_their_own
    inside = Thread::Queue.new
    go_on = Thread::Queue.new
    other = Thread.new do
      Order.connection_pool.with_connection do
        Order.transaction do
          emit("theirs")
          inside << true
          Timeout.timeout(PATIENCE) { go_on.pop }
        end
      end
    end
    Timeout.timeout(PATIENCE) { inside.pop }
    emit("mine")
    assert_equal ["mine"], sent
    go_on << true
    other.join(PATIENCE)
    assert_equal %w[mine theirs], sent
  end

  def test_a_fiber_of_the_thread_keeps_the_order
    Order.transaction do
      emit("a")
      Enumerator.new { |values| emit("b") || (values << 1) }.next
      emit("c")
    end
    assert_equal [%w[a b c]], sent
  end

  def test_what_waits_is_bounded
    Realtime.config.buffer_bytes = 1000
    Order.transaction do
      in_savepoint { emit("gone", "x" * 900) || rollback }
      emit("a", "x" * 900)
      error = assert_raises(Realtime::TooLarge) { emit("b", "x" * 900) }
      assert_match(/buffer_bytes/, error.message)
      emit("c", "x" * 900, now: true)
    end
    Order.transaction { emit("d", "x" * 900) }
    assert_equal %w[c a d], sent
  end

  def test_a_long_transaction_is_sent_in_batches_the_sidecar_takes
    Order.transaction { 5000.times { |number| emit("a", number) } }
    assert_equal [4096, 904], sent.map(&:size)
    assert_equal((0...5000).to_a, emits.map(&:last))
    @link.frames.clear
    Order.transaction { 3.times { emit("large", "x" * 600_000) } }
    assert_equal %w[large large large], sent
  end

  def test_many_savepoints_are_one_batch
    Order.transaction { 500.times { |number| in_savepoint { emit("a", number) || (rollback if number.odd?) } } }
    assert_equal [["a"] * 250], sent
    assert_equal 0.step(498, 2).to_a, emits.map(&:last)
  end

  def test_suppressed_emits_are_not_even_kept
    Order.transaction do
      Realtime.suppress do
        emit("gone")
        Realtime.suppress { Realtime.join("r", users: 1) }
        assert_nil Realtime.emit!("gone")
        Realtime.batch { emit("gone") }
        Realtime.stats
      end
      emit("a")
    end
    assert_equal [:stats, "a"], sent
    assert_raises(RuntimeError) { Realtime.suppress { raise "no" } }
    emit("b")
    assert_equal [:stats, "a", "b"], sent
  end

  def test_nothing_stays_behind
    Order.transaction { emit("a") }
    Order.transaction { emit("b") || rollback }
    ObjectSpace.garbage_collect
    assert_equal 0, ObjectSpace.each_object(Realtime::Statement).count { |each| each.emitter.equal?(Realtime.emitter) }
  end
end
