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
    assert_equal [1, 2, 3], %w[/room-1 /room-2 /x].map { |namespace| call(:event, namespace, "a") }
    assert_nil @router.find(:event, "/room-1", "b")
  end

  def test_expressions_come_after_names_with_stars_in_their_order
    { %r{/\w+} => 1, %r{/room-\d+} => 2, "/room-9*" => 3 }.each do |namespace, value|
      @router.add(:event, proc { value }, namespace: namespace, event: "a")
    end
    assert_equal [3, 2, 1], %w[/room-91 /room-81 /x].map { |namespace| call(:event, namespace, "a") }
    assert_equal [["/", "/room-9*"], ["/\\w+", "/room-\\d+"]], [@router.namespaces, @router.expressions]
  end

  def test_what_a_pattern_captures_comes_with_its_handler
    @router.add(:event, proc {}, namespace: "/*/of/*", event: "stars")
    @router.add(:event, proc {}, namespace: %r{^/(?<room>[a-z]+)/of/(?<team>\d+)$}, event: "expression")
    @router.add(:event, proc {}, namespace: "/red/of/7", event: "exact")
    stars, expression, exact = %w[stars expression exact].map { |event| @router.find(:event, "/red/of/7", event).match }
    assert_equal [%w[red 7], nil], [stars.captures, exact]
    assert_equal({ "room" => "red", "team" => "7" }, expression.named_captures)
    assert_nil @router.find(:event, "/red/of/7\n", "expression")
  end

  def test_all_listeners_of_a_namespace_are_called_the_exact_ones_first
    @router.add(:any, proc { 1 }, namespace: "/*")
    @router.add(:any, proc { 2 }, namespace: "/a")
    @router.add(:any, proc { 3 }, namespace: "/a")
    assert_equal [[2, 3, 1], [1]],
                 (%w[/a /b].map { |namespace| @router.listeners(namespace).map { |found| found.handler.call } })
    assert_empty Realtime::Router.new.listeners("/")
  end

  def test_the_vectors_of_expressions
    vectors = JSON.parse(File.read(File.expand_path("../../../conformance/vectors/namespaces.json", __dir__)))
    vectors.select { |vector| vector["value"]["ruby"] }.each do |vector|
      value = vector["value"]
      regexp = Regexp.new(value["ruby"])
      next assert_raises(ArgumentError, vector["name"]) { Realtime::NamespacePattern.of(regexp) } if vector["error"]

      pattern = Realtime::NamespacePattern.of(regexp)
      assert_equal vector["wire"], pattern.expression, vector["name"]
      value["fits"].each { |name, captured| assert_equal captured, pattern.match(name)&.captures, name }
      value["misses"].each { |name| assert_nil pattern.match(name), name }
    end
  end

  def test_a_namespace_begins_with_a_slash
    @router.add(:event, proc { 1 }, namespace: "admin", event: "a")
    assert_equal 1, call(:event, "/admin", "a")
  end

  def test_the_later_handler_holds
    @router.add(:connect, proc { 1 })
    @router.add(:connect, proc { 2 })
    assert_equal 2, call(:connect, "/")
  end

  def test_a_reload_replaces_what_the_last_one_put_and_nothing_else
    @router.add(:event, proc { :fixed }, event: "fixed")
    @router.replace { @router.add(:event, proc { :old }, event: "old") }
    @router.replace { @router.add(:event, proc { :new }, event: "new") }
    assert_equal [:fixed, nil, :new], (%w[fixed old new].map { |event| call(:event, "/", event) })
  end

  def test_a_reload_that_raises_leaves_the_old_handlers
    @router.replace { @router.add(:event, proc { :old }, event: "a") }
    assert_raises(SyntaxError) { @router.replace { raise SyntaxError } }
    assert_equal :old, call(:event, "/", "a")
  end

  def test_a_handler_needs_a_block
    assert_raises(ArgumentError) { @router.add(:event, nil, event: "a") }
  end

  private

  def call(...) = @router.find(...)&.handler&.call
end
