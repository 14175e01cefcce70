# frozen_string_literal: true

require "rails_helper"

# By its folder it is of type: :realtime. Each example is a transaction.
RSpec.describe ChatHandler do
  let(:ann) { User.create!(name: "Ann") }

  it "answers who is signed in" do
    connect session: { user_id: ann.id }
    expect { perform(:message, "hi") }.to have_emitted("message").to(socket.id).with("Ann: hi")
  end

  it "sees emits of committed records only" do
    expect { ann }.to have_emitted("user.created").to("users").with(a_hash_including("name" => "Ann"))
    expect do
      User.transaction do
        User.create!(name: "Eve")
        raise ActiveRecord::Rollback
      end
    end.not_to have_emitted
  end

  it { expect(connect).to be_rejected.with("sign in first") }
end
