# frozen_string_literal: true

ENV["RAILS_ENV"] ||= "test"
require_relative "../config/environment"
# There is no schema.rb to load, see config/application.rb.
ActiveRecord::Migration.suppress_messages { ActiveRecord::Tasks::DatabaseTasks.migrate }
require "rails/test_help"

class ActiveSupport::TestCase
  include Realtime::TestHelper

  fixtures :all
end
