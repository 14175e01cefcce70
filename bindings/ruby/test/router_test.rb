# frozen_string_literal: true

require "test_helper"

class RouterTest < Minitest::Test
  def setup
    @router = Realtime::Router.new
  end

  def test_exact_namespaces_come_before_patterns_and_long_patterns_first
    { "/room-1" => 1, "/room-*" => 2, "/*" => 3 }.each do |namespace, value|
      @router.add(:event, proc { value }, namespace: namespace, event: "a")
    end
    assert_equal [1, 2, 3], ["/room-1", "/room-2", "/x"].map { |namespace| @router.find(:event, namespace, "a").call }
    assert_nil @router.find(:event, "/room-1", "b")
  end

  def test_the_later_handler_holds
    @router.add(:connect, proc { 1 })
    @router.add(:connect, proc { 2 })
    assert_equal 2, @router.find(:connect, "/").call
  end

  def test_a_reload_replaces_what_the_last_one_put_and_nothing_else
    @router.add(:event, proc { :fixed }, event: "fixed")
    @router.replace { @router.add(:event, proc { :old }, event: "old") }
    @router.replace { @router.add(:event, proc { :new }, event: "new") }
    found = %w[fixed old new].map { |event| @router.find(:event, "/", event)&.call }
    assert_equal [:fixed, nil, :new], found
  end

  def test_a_reload_that_raises_leaves_the_old_handlers
    @router.replace { @router.add(:event, proc { :old }, event: "a") }
    assert_raises(SyntaxError) { @router.replace { raise SyntaxError } }
    assert_equal :old, @router.find(:event, "/", "a").call
  end

  def test_a_handler_needs_a_block
    assert_raises(ArgumentError) { @router.add(:event, nil, event: "a") }
  end
end
