# frozen_string_literal: true

require_relative "../../realtime"
require_relative "../pool"
require_relative "sidecar"

module Realtime
  module Tasks
    # `bin/rails realtime:check`: looks at everything that has to fit together and says, a line each,
    # what is well and what is not, with what to do about it.
    class Check
      # Seconds for the sidecar to answer.
      PATIENCE = 3

      # A look that came to a finding. The message says what to do.
      Finding = Class.new(StandardError)
      private_constant :Finding

      # In the order in which one would repair them.
      LOOKS = {
        "configuration" => :look_at_configuration,
        "binary" => :look_at_binary,
        "handlers" => :look_at_handlers,
        "secret" => :look_at_secret,
        "database pool" => :look_at_pool,
        "sidecar" => :look_at_sidecar
      }.freeze

      # @param out [IO]
      # @return [Boolean] whether all is well
      def run(out)
        LOOKS.map { |name, look| tell(out, name, look) }.all?
      end

      private

      def tell(out, name, look)
        out.puts "ok    #{name}: #{send(look)}"
        true
      rescue Finding, Realtime::Error, Binary::Missing, ArgumentError, SystemCallError => e
        out.puts "WRONG #{name}: #{e.message.strip.tr("\n", " ")}"
        false
      end

      # Both halves have to be able to read it, and each reads it by itself.
      def look_at_configuration
        Config::OPTIONS.each_key { |option| Realtime.config.public_send(option) }
        said, fine = Sidecar.run("config")
        raise Finding, said unless fine

        "read by both, for #{Realtime.config.environment}"
      rescue Binary::Missing
        "read by this app; without its program nothing is known of the sidecar"
      end

      def look_at_binary
        version, fine = Sidecar.run("version")
        raise Finding, "#{Binary.path} does not run: #{version}" unless fine
        raise Finding, "#{Binary.path} is #{version}, this gem #{VERSION}: install the same version of both" unless
          version.start_with?(VERSION)

        "#{Binary.path}, #{version}"
      end

      # Whatever the app's files raise is a finding, a syntax error too.
      def look_at_handlers
        Realtime.load_handlers
        "for #{Realtime.router.served.join(" ")}; who may connect #{
          Realtime.router.hooks.include?("connect") ? "they decide" : "nobody decides: everybody may"}"
      rescue ScriptError, StandardError => e
        raise Finding, "#{e.class}: #{e.message.lines.first&.strip} (#{e.backtrace&.first})"
      end

      def look_at_secret
        keys = Token::Keys.of(Realtime.config)
        raise Finding, "set secret_key_base (or `secret`): without it there are no tokens" if keys.empty?

        "there is one#{" and #{keys.size - 1} from before" if keys.size > 1}"
      end

      def look_at_pool
        web = Realtime.config.handle_in_web ? web_threads : 0
        message = Pool.shortage(web_threads: web)
        raise Finding, message if message

        beside = " beside #{web} of the web" if web.positive?
        "large enough for #{Realtime.config.handler_threads} handler threads#{beside}"
      end

      # As Puma would have it, from config/puma.rb.
      def web_threads
        require "puma"
        require "puma/configuration"
        Puma::Configuration.new.tap(&:load).options[:max_threads].to_i
      rescue LoadError
        0
      end

      def look_at_sidecar
        client = Client.new(root: Realtime.config.root, environment: Realtime.config.environment,
                            socket: Realtime.config.socket, logger: Logger.new(nil))
        count = client.emitter.tap { client.config.emit_timeout = PATIENCE }.count(client.emitter.select)
        "answers at #{Realtime.config.socket}; #{count} clients in /"
      rescue ConnectionError => e
        raise Finding, "#{e.message}: start it by `bin/rails realtime:start`, or both by `bin/realtime run bin/rails s`"
      ensure
        client&.stop
      end
    end
  end
end
