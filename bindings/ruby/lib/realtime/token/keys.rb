# frozen_string_literal: true

require "openssl"

module Realtime
  class Token
    # The secrets by which tokens are signed and verified, newest first. They are derived, so that
    # the sidecar, which gets them in hello, learns nothing else of the app's. After a secret has
    # been changed, tokens of the one before still count while it stands in previous_secrets.
    module Keys
      LABEL = "realtime tokens"

      BYTES = 32

      # Of Rails' own key generator; part of what a key is.
      ITERATIONS = 1000
      private_constant :ITERATIONS

      class << self
        # @param config [Config]
        # @return [Array<String>] binary; empty when there is no secret
        def of(config)
          secret = config.secret.to_s
          return config.token_keys&.call || [] if secret.empty?

          [secret, *config.previous_secrets].reject(&:empty?).map { |each| derive(each) }
        end

        # What hello says. A secret that cannot be read must not keep a process from connecting: then
        # this process brings no keys, and the log says so.
        #
        # @return [Array<String>]
        def for_hello(config)
          of(config)
        rescue StandardError => e
          config.logger.error("realtime: no keys for tokens: #{e.class}: #{e.message}")
          []
        end

        # Of secret_key_base, by the app's key generator. Derived when first asked for: a command
        # that needs no secret needs none because of us.
        #
        # @param app [Rails::Application]
        # @return [#call] for {Config#token_keys}
        def of_rails(app, config)
          keys = nil
          lambda do
            keys ||= [app.key_generator, *config.previous_secrets.map { |secret| generator(secret) }]
                     .map { |each| each.generate_key(LABEL, BYTES) }
          end
        end

        private

        # HKDF is for secrets that are long and random already. Source: RFC 5869.
        def derive(secret)
          OpenSSL::KDF.hkdf(secret, salt: "", info: LABEL, length: BYTES, hash: "SHA256")
        end

        def generator(secret)
          ActiveSupport::KeyGenerator.new(secret, iterations: ITERATIONS)
        end
      end
    end
  end
end
