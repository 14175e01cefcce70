# frozen_string_literal: true

require_relative "../support/records_app"

# Emits from requests and jobs of a Rails app.
class AppSuite < RecordsAppSuite
  DONE = Thread::Queue.new

  class EmitJob < ActiveJob::Base
    def perform(event)
      Order.transaction { Realtime.emit(event, except: :current) }
      DONE << Realtime.current_sockets
    end
  end

  class AgainJob < ActiveJob::Base
    retry_on ArgumentError, wait: 0, attempts: 2

    def perform
      executions == 1 ? raise(ArgumentError, "again") : EmitJob.perform_later("again")
    end
  end

  def test_a_request_leaves_out_the_page_it_came_from
    request { Realtime.emit("a", except: :current) }
    request { Realtime.emit("b", except: [:current, "x"]) }
    request { Realtime.except(:current, "x").emit("c") }
    request({}) { Realtime.emit("d", except: :current) }
    assert_equal [[PAGE], [PAGE, "x"], [PAGE, "x"], []], emits.map(&:except)
    refute emits.last.params["except"]&.any?
    assert_empty Realtime.current_sockets
  end

  def test_only_what_looks_like_an_id_is_taken
    ids = Array.new(10) { |number| number.to_s * 20 }
    request({ "X-Realtime-Socket" => "short,#{ids.join(" , ")},#{"é" * 20}" }) { DONE << Realtime.current_sockets }
    assert_equal ids.first(8), DONE.pop
    ["", ",", "room", "x" * 10_000].each do |header|
      request({ "X-Realtime-Socket" => header }) { DONE << Realtime.current_sockets }
      assert_equal [], DONE.pop
    end
  end

  def test_a_request_that_fails_leaves_nothing_behind
    assert_raises(RuntimeError) { request { raise "no" } }
    assert_empty Realtime.current_sockets
  end

  def test_models_leave_out_the_page_too
    request { Order.create! }
    assert_equal [["order.created", ["orders"], [PAGE]]], (emits.map { |emit| [emit.event, emit.to, emit.except] })
  end

  def test_jobs_carry_the_page_on
    request { EmitJob.perform_later("job") }
    assert_equal [PAGE], done
    assert_equal [["job", [PAGE]]], (emits.map { |emit| [emit.event, emit.except] })
    EmitJob.perform_later("console")
    assert_equal [], done, "the next job in that thread has none"
  end

  def test_a_job_that_is_tried_again_and_the_job_it_enqueues
    request { AgainJob.perform_later }
    assert_equal [PAGE], done
  end

  def test_a_job_called_at_once_is_part_of_the_request
    request { EmitJob.perform_now("now") }
    assert_equal [PAGE], done
    request { EmitJob.new("now").tap(&:serialize).perform_now }
    assert_equal [PAGE], done
  end

  def test_a_job_of_an_older_version_is_read
    data = EmitJob.new("old").serialize
    refute data.key?("realtime_sockets"), "nothing is added where nobody is known"
    ActiveJob::Base.execute(data)
    assert_equal [], done
  end

  def test_in_a_handler_it_is_the_socket_itself
    socket = Realtime::Socket.new(Realtime.emitter, { "id" => "s1" })
    Realtime::Invocation.new(socket: socket).run(proc { Realtime.emit("a", except: :current) })
    assert_equal ["s1"], emits.first.except
  end

  def test_a_transaction_left_open_by_a_request_is_not_the_next_ones
    request { Order.connection.begin_transaction && Realtime.emit("lost") }
    Order.connection.rollback_transaction while Order.connection.transaction_open?
    request { Realtime.emit("a") }
    assert_equal ["a"], emits.map(&:event)
  end

  def test_requests_and_transactions
    request do
      Order.transaction do
        Realtime.emit("first")
        Order.create!(state: "new")
        raise ActiveRecord::Rollback
      end
      Order.transaction do
        Realtime.emit("second")
        Order.create!(state: "new")
      end
    end
    assert_equal %w[second order.created], emits.map(&:event)
  end

  def test_emits_are_instrumented_when_they_are_said
    seen = []
    subscription = ActiveSupport::Notifications.subscribe("emit.realtime") { |*, payload| seen << payload }
    Order.transaction { Realtime.emit(:a, { secret: 1 }, to: "r", namespace: "/n") && raise(ActiveRecord::Rollback) }
    Realtime.emit("b")
    assert_equal [{ event: "a", namespace: "/n", to: ["r"] }, { event: "b", namespace: "/" }], seen
  ensure
    ActiveSupport::Notifications.unsubscribe(subscription)
  end

  private

  def done
    Timeout.timeout(PATIENCE) { DONE.pop }
  end
end
