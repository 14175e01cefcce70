# frozen_string_literal: true

require "fileutils"
require "json"
require "rbconfig"

# The smallest Rails app that has handlers, written to a folder and run as its users run it.
class RailsApp
  # Seconds for a process to come up or end.
  PATIENCE = 120

  LIBRARY = File.expand_path("../../lib", __dir__)

  FILES = {
    "config/application.rb" => <<~RUBY,
      if ENV["BOOTSNAP_CACHE_DIR"] # the same for all apps of the tests, each of which starts several times
        gem "msgpack"
        require "bootsnap"
        Bootsnap.setup(cache_dir: ENV["BOOTSNAP_CACHE_DIR"], development_mode: false, load_path_cache: false,
                       compile_cache_yaml: false, compile_cache_json: false)
      end
      require "rails"
      require "action_controller/railtie"
      require "realtime-sidecar"

      class App < Rails::Application
        config.root = File.expand_path("..", __dir__)
        config.load_defaults 6.1
        config.eager_load = true
        config.secret_key_base = "x" * 64
        config.logger = ActiveSupport::TaggedLogging.new(Logger.new($stderr))
        config.hosts.clear
        routes.append { get "/emit", to: ->(env) { Realtime.emit("web", Process.pid); [200, {}, ["ok"]] } }
      end
    RUBY
    "config/environment.rb" => %(require_relative "application"\nRails.application.initialize!\n),
    "config.ru" => %(require_relative "config/environment"\nrun Rails.application\nRails.application.load_server\n),
    "config/puma.rb" => "",
    "Rakefile" => %(require_relative "config/application"\nRails.application.load_tasks\n),
    "bin/rails" => %(APP_PATH = File.expand_path("../config/application", __dir__)\nrequire "rails/commands"\n),
    "config/realtime.rb" => <<~RUBY
      Realtime.on("pid") { [Process.pid, Rails.application.executor.active?, Thread.current.name] }
    RUBY
  }.freeze

  attr_reader :pid

  def initialize(folder, files = {})
    @folder = folder
    FILES.merge(files).each do |path, text|
      FileUtils.mkdir_p(File.dirname(File.join(folder, path)))
      File.write(File.join(folder, path), text)
    end
  end

  # Starts a command of Ruby's in the app.
  def start(*command, env: {})
    environment = { "RAILS_ENV" => "production", "RUBYLIB" => LIBRARY, "RUBYOPT" => nil, "REALTIME_SOCKET" => nil }
    @pid = spawn(environment.merge(env), RbConfig.ruby, *command, chdir: @folder, in: File::NULL, %i[out err] => log)
    self
  end

  def log
    File.join(@folder, "out.log")
  end

  # Ends it as an operator would, and waits.
  def stop
    return unless @pid

    Process.kill("TERM", @pid)
    wait
  rescue Errno::ESRCH
    nil
  end

  def wait
    Timeout.timeout(PATIENCE, nil, "the process did not end") { Process.wait(@pid) }
    @pid = nil
  end
end
