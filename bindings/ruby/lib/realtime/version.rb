# frozen_string_literal: true

module Realtime
  # The version of this gem. The Go binary, the gem and the Python package are released together
  # under one number.
  VERSION = "0.1.0"
end
