# frozen_string_literal: true

# What is bought.
class Order < ActiveRecord::Base
  # Read now: a transaction that begins with reading cannot wait for another that writes, so that SQLite
  # would refuse it, and Sidekiq try again much later.
  columns if table_exists?
end

# Emits numbered by their job, of which the journal notes in order what a client must hear from this thread.
module Tell
  def self.source
    "#{Process.pid} #{Thread.current.native_thread_id}"
  end

  def self.emit(serial, number, filling = "")
    Realtime.emit("told", source, serial, number, filling)
  end

  def self.note(serial, number)
    Journal.note("told", source: source, serial: serial, number: number)
  end
end

# Notes what is done.
class ApplicationJob < ActiveJob::Base
  after_perform { |job| Journal.note("done", serial: job.arguments.first) }
end

# Emits `count` times, `size` bytes each.
class TellJob < ApplicationJob
  def perform(serial, count, size)
    count.times do |number|
      Tell.emit(serial, number, "x" * size)
      Tell.note(serial, number)
    end
  end
end

# Emits a batch in a transaction, which is to be heard if that is kept, and only then.
class OrderJob < ApplicationJob
  BATCH = 3

  def perform(serial, keep)
    Order.transaction do
      Order.create!(serial: serial)
      Realtime.batch { BATCH.times { |number| Tell.emit(serial, number) } }
      raise ActiveRecord::Rollback unless keep
    end
    BATCH.times { |number| Tell.note(serial, number) } if keep
  end
end

# Asks all clients, and waits for their acknowledgements.
class AskJob < ApplicationJob
  def perform(serial)
    replies = Realtime.call("question", serial, timeout: 10)
    Journal.note("answered", serial: serial, answers: replies.to_a, complete: replies.complete?)
  end
end
