# frozen_string_literal: true

# Makes the database, then takes orders: a line of JSON is a list of jobs, each with its name and arguments, or
# null, which asks what the database has. Each line has one in answer.

require_relative "config/environment"

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define { create_table(:orders) { |table| table.integer(:serial, null: false) } }
JOBS = { "tell" => TellJob, "order" => OrderJob, "ask" => AskJob }.freeze

$stdout.sync = true
puts "open"
$stdin.each_line do |line|
  if (jobs = JSON.parse(line))
    jobs.each { |name, *arguments| JOBS.fetch(name).perform_later(*arguments) }
    puts JSON.generate(queued: jobs.size)
  else
    puts JSON.generate(orders: Order.pluck(:serial))
  end
end
