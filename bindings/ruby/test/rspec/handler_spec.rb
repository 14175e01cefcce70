# frozen_string_literal: true

require "realtime/rspec"

# A handler, as a spec of it sees it.
class RoomHandler < Realtime::Handler
  namespace "/rooms"

  def connect
    reject!("no name", { "code" => 7 }) unless auth && auth["name"]
    socket.user = auth["name"]
    join "lobby"
  end

  on(:say) { |text| broadcast.to("lobby").emit("said", text) }

  on(:move) do |room|
    join room
    leave "lobby"
  end
end

RSpec.describe RoomHandler, type: :realtime do
  it "lets in and knows the rooms" do
    connect auth: { name: "ann" }
    expect(socket).to be_connected
    expect(socket).to be_in_room("lobby")
    expect(socket).not_to be_rejected
    perform :move, "attic"
    expect(socket).to be_in_room("attic")
    expect(socket).not_to be_in_room("lobby")
  end

  it "rejects" do
    expect(connect).to be_rejected
    expect(socket).to be_rejected.with("no name", { "code" => 7 })
    expect(socket).to be_rejected.with(/name/)
    expect(socket).not_to be_rejected.with("other")
    expect { expect(socket).to be_rejected.with("other") }
      .to raise_error(RSpec::Expectations::ExpectationNotMetError, /but it was rejected with/)
  end

  it "emits" do
    ann = connect(auth: { name: "ann" })
    expect { perform(:say, "hello") }.to have_emitted("said").to("lobby").except(ann.id).of("/rooms").with("hello")
    disconnect
    expect(socket).not_to be_connected
  end
end
