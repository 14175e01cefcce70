# frozen_string_literal: true

ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__)

require "bundler/setup"
# Rails before 7.1 counts on somebody else having done this.
require "logger"
require "bootsnap/setup" # a start takes two thirds of the time
