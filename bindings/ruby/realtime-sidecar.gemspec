# frozen_string_literal: true

require_relative "lib/realtime/version"

Gem::Specification.new do |spec|
  spec.name = "realtime-sidecar"
  spec.version = Realtime::VERSION
  spec.authors = ["The realtime authors"]
  spec.summary = "Socket.IO for Ruby apps, by a sidecar that owns the connections"
  spec.description = "Emit to browsers from any process, handle what they send, restart the app while they stay " \
                     "connected. Talks to the realtime sidecar over a Unix socket."
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"

  # In lib also the generators' templates and the Rake tasks.
  spec.files = Dir.chdir(__dir__) do
    Dir["lib/**/*", "exe/**/*", "README.md", "LICENSE*"].select { |path| File.file?(path) }
  end
  # Set by the repository's script/dist, which puts the program into exe/<platform>/ of a copy of this folder.
  spec.platform = ENV["REALTIME_GEM_PLATFORM"] if ENV["REALTIME_GEM_PLATFORM"]
  spec.bindir = "exe"
  spec.executables = ["realtime"]
  spec.require_paths = ["lib"]

  spec.add_dependency "msgpack", "~> 1.4"
  spec.metadata["rubygems_mfa_required"] = "true"
end
