# frozen_string_literal: true

# What needs Active Record and no Rails, in one process.
%w[transactions transactional_tests broadcasts names].each { |suite| require_relative "#{suite}_suite" }
