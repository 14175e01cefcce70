# frozen_string_literal: true

# A Rails app in this process with a database and jobs, for suites that run in a process of their
# own: Rails is one per process.
ENV["RAILS_ENV"] = "test"

require "fileutils"
require "minitest/autorun"
require "tmpdir"

RECORDS_ROOT = Dir.mktmpdir("realtime")
Minitest.after_run { FileUtils.remove_entry(RECORDS_ROOT) }
ENV["DATABASE_URL"] = "sqlite3:#{RECORDS_ROOT}/test.db"

require "rails"
require "active_record/railtie"
require "active_job/railtie"
require "active_storage/engine"
require "action_controller/railtie"
require "action_text/engine"
require "action_dispatch/testing/integration"
require "realtime-sidecar"

class RecordsApp < Rails::Application
  config.root = RECORDS_ROOT
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "k" * 64
  config.logger = Logger.new(File.join(RECORDS_ROOT, "test.log"))
  config.hosts.clear
  config.action_controller.allow_forgery_protection = false
  config.action_dispatch.show_exceptions = false
  config.active_job.queue_adapter = :async
  config.active_storage.service = :test
  config.active_storage.service_configurations = { "test" => { "service" => "Disk", "root" => RECORDS_ROOT } }
end

Rails.application.initialize!

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:orders) do |table|
    table.decimal :total, precision: 8, scale: 2
    table.string :state
    table.binary :scan
    table.timestamps
  end
end

class Order < ActiveRecord::Base
  broadcasts_realtime to: "orders", except: :current
end

# What suites share.
class RecordsAppSuite < Minitest::Test
  # Seconds.
  PATIENCE = 60

  PAGE = "p" * 20

  def setup
    Realtime::Testing.clear
    Order.delete_all
  end

  # Requests a block of the app's, as the page with these sockets would.
  def request(headers = { "X-Realtime-Socket" => PAGE }, &work)
    WORK.replace([work])
    session = ActionDispatch::Integration::Session.new(Rails.application)
    session.post("/work", headers: headers)
    assert_equal 204, session.response.status
  end

  # @return [Array<Realtime::Testing::Sent>]
  def emits
    Realtime::Testing.emits
  end

  WORK = [] # rubocop:disable Style/MutableConstant -- the block of the request that runs

  class WorkController < ActionController::Base
    def create
      WORK.first.call
      head :no_content
    end
  end

  Rails.application.routes.draw { post "/work", to: "records_app_suite/work#create" }
end
