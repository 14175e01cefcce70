# frozen_string_literal: true

# Two SQLite databases in files and a few models, for suites that run in a process of their own.
require "fileutils"
require "logger" # which Active Record 7.0 forgets to ask for
require "minitest/autorun"
require "timeout"
require "tmpdir"
require "active_record"
require "realtime"
require "realtime/broadcasts"

DATABASES = Dir.mktmpdir("realtime")
Minitest.after_run { FileUtils.remove_entry(DATABASES) }

ActiveRecord::Base.logger = nil
sqlite = { "adapter" => "sqlite3", "pool" => 10, "timeout" => 5000 }
ActiveRecord::Base.configurations = {
  "default_env" => %w[primary second].to_h do |name|
    [name, sqlite.merge("database" => File.join(DATABASES, "#{name}.db"))]
  end
}

# Rails 6.1 and 7.0 have two ways to keep the connections of roles.
settings = [ActiveRecord, ActiveRecord::Base].find { |place| place.respond_to?(:legacy_connection_handling) }
if ENV["LEGACY_HANDLERS"] && settings
  ActiveRecord::Base.connection_handlers = { writing: ActiveRecord::Base.default_connection_handler }
elsif settings
  settings.legacy_connection_handling = false
end

class ApplicationRecord < ActiveRecord::Base
  self.abstract_class = true
  include Realtime::Broadcasts
end

class SecondRecord < ApplicationRecord
  self.abstract_class = true
  connects_to database: { writing: :second, reading: :second }
end

ActiveRecord::Base.establish_connection(:primary)

[ActiveRecord::Base, SecondRecord].each do |base|
  base.connection.create_table(:orders) do |table|
    table.string :type
    table.integer :total
    table.string :state
    table.binary :scan
    table.timestamps null: true
  end
  base.connection.create_table(:lines) do |table|
    table.references :order, foreign_key: { deferrable: :deferred }, null: false
    table.integer :count
  end
end

class Order < ApplicationRecord
end

class Line < ApplicationRecord
  belongs_to :order, touch: true, optional: true
end

class Invoice < SecondRecord
  self.table_name = "orders"
end

# What reaches the link: frames as they are given to it.
class FrameRecorder
  # @return [Array<(String, Hash)>] methods and params
  attr_reader :frames

  def initialize
    @frames = []
    @lock = Mutex.new
  end

  def limits = Realtime::Limits::UNTOLD

  def notify(name, params, **)
    params = Realtime::Protocol.round_trip(params)
    @lock.synchronize { @frames << [name, params] }
    nil
  end

  def request(name, params, **)
    notify(name, params)
    {}
  end
end

# What suites share.
module Recorded
  # Seconds.
  PATIENCE = 60

  def setup
    super
    @link = Realtime.client.replacement = FrameRecorder.new
    @log = StringIO.new
    Realtime.config.logger = Logger.new(@log)
    [Line, Order, Invoice].each(&:delete_all)
  end

  def teardown
    Realtime.client.replacement = nil
    Realtime.config.buffer_bytes = 8 * 1024 * 1024
    Realtime::Transactions.sweep
    super
  end

  # What was sent, in order: events by name (those of a batch as a list), else the method.
  def sent
    @link.frames.map do |name, params|
      case name
      when "batch" then params["emits"].map { |emit| emit["event"] }
      when "emit" then params["event"]
      else name.to_sym
      end
    end
  end

  # Every emit: event and arguments.
  def emits
    all = @link.frames.flat_map { |name, params| name == "batch" ? params["emits"] : [params] }
    all.map { |params| [params["event"], *params["args"]] }
  end

  def emit(...)
    Realtime.emit(...)
  end

  def rollback
    raise ActiveRecord::Rollback
  end

  def in_savepoint(&block)
    Order.transaction(requires_new: true, &block)
  end
end

class RecordSuite < Minitest::Test
  include Recorded
end
