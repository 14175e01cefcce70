# frozen_string_literal: true

require "realtime/rspec"
require_relative "../support/polling_client"

# What is live in these examples.
class EchoHandler < Realtime::Handler
  namespace "/echo"
  on(:say) { |text| broadcast.emit("said", text) || { heard: text } }
end

RSpec.describe Realtime::SystemTest do
  include Realtime::SystemTest

  # The app's server, of which only the address matters here.
  def realtime_upstream = "127.0.0.1:9"

  def page
    PollingClient.new(URI(realtime_url).port, namespace: "/echo").tap { |page| (@pages ||= []) << page }
  end

  after { @pages&.each(&:close) }

  2.times do |number|
    it "carries events and emits, and matchers see them (#{number})" do
      one = page
      two = page
      expect(one.call("say", "hi")).to eq [{ "heard" => "hi" }]
      expect(two.take[:data]).to eq %w[said hi]
      expect(Realtime).to have_emitted("said").of("/echo").with("hi").once
      expect(Realtime.count(namespace: "/echo")).to eq 2
      expect(!Realtime.native_server.nil?).to be Realtime.config.native
    end
  end

  it "is one for all examples of a process" do
    expect(Realtime::Testing::LiveSidecar.in_front_of(realtime_upstream).url).to eq realtime_url
  end
end

RSpec.describe Realtime::Testing do
  it "is what examples without it have" do
    expect { Realtime.emit("a") }.to have_emitted("a")
    expect(Realtime).not_to be_serving
  end
end
