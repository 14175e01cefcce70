# frozen_string_literal: true

require_relative "../../realtime"

module Realtime
  module Tasks
    # `bin/rails realtime:sockets`: who is connected, as a table.
    module Sockets
      HEADINGS = %w[id namespace user rooms address dialect transport since].freeze

      class << self
        # @param out [IO]
        # @param namespace [String, nil] nil: all; may have stars
        # @raise [ConnectionError]
        def print(out, room: nil, namespace: nil, user: nil)
          whom = { to: room, users: user }.compact
          found = Realtime.sockets(namespace: namespace || "*", **whom).sort_by { |each| [each.namespace, each.id] }
          lines = [HEADINGS, *found.map { |socket| row(socket) }]
          widths = lines.transpose.map { |cells| cells.map(&:size).max }
          lines.each { |cells| out.puts cells.zip(widths).map { |cell, width| cell.ljust(width) }.join("  ").rstrip }
          out.puts "#{found.size} connected"
        end

        private

        def row(socket)
          shake = socket.handshake
          [socket.id, socket.namespace, socket.user || "-", socket.rooms.join(","), shake.address.to_s,
           socket.dialect.to_s, socket.transport.to_s,
           shake.time.respond_to?(:strftime) ? shake.time.strftime("%F %T") : ""]
        end
      end
    end
  end
end
