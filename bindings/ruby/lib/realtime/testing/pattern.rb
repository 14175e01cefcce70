# frozen_string_literal: true

require_relative "../protocol"
require_relative "../values"

module Realtime
  module Testing
    # Whether a value that was sent is what a test expects.
    #
    # | expected | fits |
    # |---|---|
    # | a Proc | when it returns something true for the value |
    # | a Class, Regexp or Range, an RSpec matcher | by `===` |
    # | a Hash, an Array | the same keys, the same length; each value by this table |
    # | anything else, records too | the value that emitting it would have sent |
    #
    # Keys of an expected Hash may be symbols.
    module Pattern
      class << self
        # @return [Boolean]
        def match?(expected, actual)
          case expected
          when Proc then expected.call(actual) ? true : false
          when Module, Regexp, Range then expected === actual # rubocop:disable Style/CaseEquality -- that is what it is
          when Hash then hash?(expected, actual)
          when Array then array?(expected, actual)
          else other?(expected, actual)
          end
        end

        private

        def hash?(expected, actual)
          return false unless actual.is_a?(Hash)

          expected = expected.transform_keys(&:to_s)
          expected.size == actual.size &&
            expected.all? { |key, value| actual.key?(key) && match?(value, actual[key]) }
        end

        def array?(expected, actual)
          actual.is_a?(Array) && expected.size == actual.size &&
            expected.zip(actual).all? { |one, other| match?(one, other) }
        end

        def other?(expected, actual)
          return expected === actual if matcher?(expected) # rubocop:disable Style/CaseEquality -- composable

          Protocol.round_trip(Values.wire(expected)) == actual
        end

        # RSpec's matchers (a_hash_including) have matches?, its argument matchers (anything) only a
        # `===` of their own and a description. A record may have a description, but not that.
        def matcher?(expected)
          expected.respond_to?(:matches?) ||
            (expected.respond_to?(:description) && expected.method(:===).owner != Kernel)
        end
      end
    end
  end
end
