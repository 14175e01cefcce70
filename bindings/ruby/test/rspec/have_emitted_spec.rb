# frozen_string_literal: true

require "realtime/rspec"

RSpec.describe Realtime::RSpec::HaveEmitted do
  def order(**whom)
    Realtime.emit("order", { id: 7, lines: [{ sku: "a" }], at: "10:30" }, **whom)
  end

  def failure
    yield
    raise "the expectation held"
  rescue RSpec::Expectations::ExpectationNotMetError => e
    e.message
  end

  it "looks at what a block emits" do
    order
    expect { nil }.not_to have_emitted
    expect { order }.to have_emitted("order")
    expect { order }.to have_emitted(:order)
    expect { order }.not_to have_emitted("other")
  end

  it "looks at the example so far without a block" do
    expect(Realtime).not_to have_emitted
    order
    expect(Realtime).to have_emitted(/ord/)
  end

  it "counts" do
    twice = -> { 2.times { order } }
    expect(&twice).to have_emitted("order").twice
    expect(&twice).to have_emitted("order").exactly(2).times
    expect(&twice).to have_emitted("order").at_least(2).times
    expect(&twice).to have_emitted("order").at_most(2).times
    expect(&twice).not_to have_emitted("order").once
    expect(&twice).not_to have_emitted("order").at_least(3).times
  end

  it "looks at whom" do
    emit = -> { order(to: %w[a b], except: "c", namespace: "/shop") }
    expect(&emit).to have_emitted("order").to("b", "a").except("c").of("/shop")
    expect(&emit).to have_emitted("order").to(%w[a b])
    expect(&emit).not_to have_emitted("order").to("a")
    expect(&emit).not_to have_emitted("order").of("/")
    expect(&emit).not_to have_emitted("order").to_everyone
    expect { order(users: 7) }.to have_emitted.to_user(7)
    expect { order(to: nil) }.to have_emitted.to(nil)
    expect { order(volatile: true) }.to have_emitted.to_everyone.volatile
  end

  it "looks at arguments, by value and by matchers at any depth" do
    emit = -> { order }
    expect(&emit).to have_emitted.with({ id: 7, lines: [{ sku: "a" }], at: "10:30" })
    expect(&emit).to have_emitted.with(hash_including("id" => 7))
    expect(&emit).to have_emitted.with(a_hash_including("at" => a_string_matching(/:/)))
    expect(&emit).to have_emitted.with({ id: Integer, lines: [{ sku: a_string_starting_with("a") }], at: anything })
    expect(&emit).not_to have_emitted.with({ id: 7 })
    expect { Realtime.emit("two", 1, nil) }.to have_emitted.with(1, nil)
    expect { Realtime.emit("none") }.to have_emitted.with
  end

  it "composes" do
    expect { [order, Realtime.emit("b")] }.to have_emitted("order").once.and have_emitted("b").once
    expect { Realtime.disconnect(users: 7) }.to have_disconnected.to_user(7)
  end

  it "says what there was instead" do
    text = failure { expect { order(to: "a") }.to have_emitted("order").to("b").with(hash_including("id" => 7)).twice }
    expect(text).to match(/\Aexpected to emit "order" with hash_including.* to: \["b"\] twice, but did 0 times\.$/)
    expect(text).to match(/^Emitted was:\n  "order" \{"id".*\} to: \["a"\]\z/)
    expect(failure { expect { order }.not_to have_emitted("order") }).to start_with 'expected not to emit "order", but'
    expect(failure { expect { nil }.to have_emitted }).to end_with("Nothing was emitted.")
  end
end
