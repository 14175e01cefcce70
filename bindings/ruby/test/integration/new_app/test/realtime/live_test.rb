# frozen_string_literal: true

require "test_helper"
require "capybara/rails"
require "capybara/dsl"
require ENV.fetch("POLLING_CLIENT")

# System tests: the real sidecar before Capybara's server, in transactional tests. The client is a
# bare one, so that no browser is needed.
class LiveTest < ActiveSupport::TestCase
  include Capybara::DSL
  include Realtime::SystemTest

  setup { Capybara.server = :puma, { Silent: true } }
  teardown { @page&.close }

  2.times do |number|
    test "pages, events and emits go through the sidecar, time #{number}" do
      assert_equal realtime_url, Capybara.app_host
      @page = client(users(:ann))
      assert_equal ["message", "Ann: hi"], @page.call("message", "hi")
      assert_equal [{ "from" => "Ann", "text" => "hi" }], @page.take[:data]
      assert_equal 1, Realtime.count(namespace: "/chat")
      User.create!(name: "Eve")
      Realtime.emit("news", users: users(:ann), namespace: "/chat")
      assert_equal ["news"], @page.take[:data]
      assert_emitted "user.created"
      assert_emitted "news"
    end
  end

  test "what the sidecar would let in, the app refuses" do
    @page = PollingClient.new(URI(realtime_url).port, namespace: "/chat")
    assert_equal "sign in first", @page.refused["message"]
  end

  private

  # Signed in by the app, whose answer came through the sidecar.
  def client(user)
    answer = Net::HTTP.get_response(URI("#{realtime_url}/login/#{user.id}"))
    PollingClient.new(URI(realtime_url).port, namespace: "/chat",
                                              headers: { "Cookie" => answer["Set-Cookie"][/[^;]+/] })
  end
end

# Without it the outbox is back.
class AfterLiveTest < ActiveSupport::TestCase
  test "nothing is sent" do
    Realtime.emit("a")
    assert_emits 1
    assert_not Realtime.serving?
  end
end
