# frozen_string_literal: true

require "open3"
require_relative "../binary"

module Realtime
  # What `bin/rails realtime:…` does. Each task is a file here.
  module Tasks
    # The sidecar's program, as the tasks run it: in the app's folder, for the app's environment, so
    # that it reads the same file and the same section of it.
    module Sidecar
      class << self
        # Becomes the sidecar. Options come from the environment and config/realtime.yml.
        #
        # @raise [Binary::Missing]
        def start(root, environment)
          exec(variables(environment), [Binary.path, "realtime"], "serve", chdir: root)
        end

        # Runs a command of it that ends by itself.
        #
        # @return [Array(String, Boolean)] what it printed, without the last newline; whether it succeeded
        # @raise [Binary::Missing]
        def run(*command, root: Realtime.config.root, environment: Realtime.config.environment)
          out, status = Open3.capture2e(variables(environment), Binary.path, *command, chdir: root)
          [out.chomp, status.success?]
        end

        private

        def variables(environment)
          { "REALTIME_ENV" => environment }
        end
      end
    end
  end
end
