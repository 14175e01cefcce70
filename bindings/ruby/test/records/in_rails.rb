# frozen_string_literal: true

# What needs an app with all of Rails, in one process.
%w[app values].each { |suite| require_relative "#{suite}_suite" }
