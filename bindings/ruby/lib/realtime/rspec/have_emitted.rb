# frozen_string_literal: true

require "rspec/expectations"
require_relative "../testing/query"

module Realtime
  module RSpec
    # Included into examples by `realtime/rspec`.
    module Matchers
      # @param event [String, Symbol, Regexp] any event when absent
      # @return [HaveEmitted]
      def have_emitted(event = Testing::Query::ANY) # rubocop:disable Naming/PredicateName -- a matcher
        HaveEmitted.new("emit", event: event)
      end

      # That clients were disconnected: `expect { … }.to have_disconnected.to_user(user)`
      def have_disconnected # rubocop:disable Naming/PredicateName
        HaveEmitted.new("disconnect")
      end
    end

    # The matcher of emits. What is not said is not looked at; without a count, once is enough.
    # Arguments may be matchers, classes, regular expressions, ranges and Procs at any depth.
    class HaveEmitted
      include ::RSpec::Matchers::Composable

      # @param name [String] of what was sent: emit, disconnect
      def initialize(name, **filters)
        @name = name
        @filters = filters
        @count = 1..
      end

      # Exactly these rooms and socket ids, in any order. `to(nil)` is an emit to nobody.
      def to(*rooms) = filtered(to: rooms.flatten(1))

      # Exactly these users.
      def to_user(*users) = filtered(users: users.flatten(1))

      # Neither rooms nor users: everyone in the namespace.
      def to_everyone = filtered(all: true)

      # Exactly these rooms and socket ids left out.
      def except(*rooms) = filtered(except: rooms.flatten(1))

      # In this namespace.
      def of(namespace) = filtered(namespace: namespace)

      def volatile = filtered(volatile: true)

      # All of the event's arguments: `with(id: 7)` is one, a Hash.
      def with(*args) = filtered(args: args)

      # @param count [Integer]
      def exactly(count) = counted(count)

      # @param count [Integer]
      def at_least(count) = counted(count..)

      # @param count [Integer]
      def at_most(count) = counted(0..count)

      def once = exactly(1)
      def twice = exactly(2)
      def thrice = exactly(3)

      # Reads well: `exactly(2).times`
      def times = self

      # @param actual [Proc, Object] a block to look at; anything else is the example so far
      # @return [Boolean]
      def matches?(actual)
        look(actual)
        fits?(@count)
      end

      # @return [Boolean]
      def does_not_match?(actual)
        look(actual)
        @counted ? !fits?(@count) : fits?(0)
      end

      def supports_block_expectations? = true
      def supports_value_expectations? = true

      # @return [String]
      def description
        "#{verb} #{query} #{Testing::Words.times(@count)}"
      end

      # @return [String]
      def failure_message
        "expected to #{description}, but did #{Testing::Words.times(@found.size)}.\n#{Testing::Words.list(@sent)}"
      end

      # @return [String]
      def failure_message_when_negated
        wanted = @counted ? " #{Testing::Words.times(@count)}" : ""
        "expected not to #{verb} #{query}#{wanted}, but did.\n#{Testing::Words.list(@sent)}"
      end

      private

      def filtered(**more)
        @filters.update(more)
        self
      end

      def counted(count)
        @count = count
        @counted = true
        self
      end

      def query
        @query ||= Testing::Query.new(@name, **@filters)
      end

      def verb
        @name == "emit" ? "emit" : "send"
      end

      def look(actual)
        @sent = actual.is_a?(Proc) ? Testing.sent_during(&actual) : Testing.sent
        @found = query.select(@sent)
      end

      def fits?(count)
        count === @found.size # rubocop:disable Style/CaseEquality -- a number or a range
      end
    end
  end
end
