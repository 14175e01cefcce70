# frozen_string_literal: true

require_relative "../../realtime"
require_relative "sidecar"

module Realtime
  module Tasks
    # `bin/rails realtime:config`: this app's options, then the sidecar's, as each of them reads the
    # file. Secrets are not shown.
    module Options
      SECRETS = %i[token secret previous_secrets].freeze

      class << self
        # @param out [IO]
        def print(out)
          out.puts "# this app, in #{Realtime.config.environment}", table(rows)
          said, = Sidecar.run("config")
          out.puts "", "# the sidecar (#{Binary.path})", said
        rescue Binary::Missing => e
          out.puts "", "# the sidecar: #{e.message}"
        end

        private

        def rows
          Config::OPTIONS.keys.map do |name|
            ["#{name}:", shown(name), "# #{Realtime.config.source(name)}"]
          end
        end

        def shown(name)
          value = Realtime.config.public_send(name)
          return value.to_s.empty? || value == [] ? "" : "(hidden)" if SECRETS.include?(name)

          value.is_a?(Array) ? value.join(", ") : value.to_s
        end

        def table(rows)
          widths = rows.transpose.map { |cells| cells.map(&:size).max }
          rows.map { |row| row.zip(widths).map { |cell, width| cell.ljust(width) }.join(" ").rstrip }
        end
      end
    end
  end
end
