# frozen_string_literal: true

require "socket"

module Realtime
  # The web server whose process this is, as far as it can be asked: Puma, or what rackup and `rails
  # server` started in this process (WEBrick).
  #
  # @api private
  module WebServer
    # Addresses that mean each of the machine's own, and the one to reach them by.
    ANY = { "0.0.0.0" => "127.0.0.1", "::" => "[::1]" }.freeze
    private_constant :ANY

    class << self
      # @return [Puma::Launcher, nil]
      def puma = instance_of_class(:Puma, :Launcher)

      # @return [Rack::Server, nil] Rails::Server is one
      def rack = instance_of_class(:Rackup, :Server) || instance_of_class(:Rack, :Server)

      # @return [Boolean]
      def webrick? = rack&.server.to_s.end_with?("::WEBrick")

      # @return [Boolean] whether this process is one of several, or their master
      def forks? = puma&.then { |launcher| launcher.config.options[:workers].to_i.positive? } || false

      # @return [String, nil] where it answers requests: "127.0.0.1:3000", "unix:/run/app.sock"
      def address
        return rack&.then { |server| tcp(server.options[:Host], server.options[:Port]) } unless puma

        puma.binder.ios.filter_map { |io| address_of(io) }.first
      end

      # Calls the block before Puma replaces this process by a new one.
      def before_restart(&block)
        events = puma&.events
        name = %i[before_restart on_restart].find { |each| events.respond_to?(each) }
        events.public_send(name, &block) if name
      end

      private

      # It is nowhere to be asked for; this looks, a few times in a process's life. A class that waits to
      # be loaded has none.
      def instance_of_class(space, name)
        return unless Object.const_defined?(space) && !(space = Object.const_get(space)).autoload?(name)

        ObjectSpace.each_object(space.const_get(name)).first if space.const_defined?(name)
      end

      # What speaks TLS is not among these.
      def address_of(listener)
        case listener
        when ::UNIXServer then "unix:#{File.expand_path(listener.path)}"
        when ::TCPServer then tcp(listener.addr[3], listener.addr[1])
        end
      end

      def tcp(host, port)
        host = ANY.fetch(host, host.to_s)
        host = "[#{host}]" if host.include?(":") && !host.start_with?("[")
        "#{host}:#{port}" if host != "" && port.to_i.positive?
      end
    end
  end
end
