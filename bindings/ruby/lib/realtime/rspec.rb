# frozen_string_literal: true

require "rspec/core"
require_relative "../realtime"
require_relative "testing"
require_relative "rspec/handler_example_group"
require_relative "rspec/have_emitted"

# For RSpec, with or without Rails: `require "realtime/rspec"` in spec_helper.rb or rails_helper.rb.
#
#   expect { order.pay! }.to have_emitted("order.paid").to("orders").with(hash_including("id" => 7)).once
#   expect { order.touch }.not_to have_emitted
#   expect(Realtime).to have_emitted("order.paid")      # since the example began
#
# Each example has an outbox of its own. Examples in spec/realtime, or with `type: :realtime`, drive
# the handler they describe: see {Realtime::RSpec::HandlerExampleGroup}.
RSpec.configure do |config|
  config.include Realtime::RSpec::Matchers
  config.include Realtime::RSpec::HandlerExampleGroup, type: :realtime
  config.define_derived_metadata(file_path: %r{/spec/realtime/}) { |metadata| metadata[:type] ||= :realtime }
  config.around { |example| Realtime::Testing.isolate { example.run } }
end
