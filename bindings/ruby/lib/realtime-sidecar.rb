# frozen_string_literal: true

require "realtime"
# Again, for a process that loaded "realtime" before Rails was there.
require "realtime/railtie" if defined?(Rails::Railtie)
