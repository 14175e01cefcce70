# frozen_string_literal: true

require "fileutils"
require "rbconfig"
require_relative "nursery"

# The smallest Rails app that has handlers, written to a folder and run as its users run it.
class RailsApp
  # Seconds for a process to come up or end.
  PATIENCE = Nursery::Program::PATIENCE

  # Whose parent is this process.
  Child = Struct.new(:pid) do
    # @return [Integer, nil] the exit code
    def wait
      Timeout.timeout(PATIENCE, nil, "the process did not end") { Process.wait2(pid) }.last.exitstatus
    end
  end

  LIBRARY = File.expand_path("../../lib", __dir__)

  FILES = {
    "config/application.rb" => <<~RUBY,
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

  # What an app's programs may have loaded when they start, with Active Record and without.
  LIBRARIES = { true => %w[active_record/railtie sqlite3], false => [] }.freeze

  def initialize(folder, files = {})
    @folder = folder
    FILES.merge(files).each do |path, text|
      FileUtils.mkdir_p(File.dirname(File.join(folder, path)))
      File.write(File.join(folder, path), text)
    end
  end

  # Changes or adds a file while the app runs. Rails goes by the newest time of all files, and their times are
  # coarse: a change that is as old as one which it has seen is none to it.
  def write(path, text)
    path = File.join(@folder, path)
    seen = Dir[File.join(@folder, "{app,config}/**/*.rb")].map { |file| File.mtime(file) }.max
    new = "#{path}.new"
    File.write(new, text) until File.exist?(new) && File.mtime(new) > seen
    File.rename(new, path)
  end

  # Starts a command of Ruby's in the app.
  #
  # @param whole [Boolean] as a process that loads everything itself, which is several times the work
  def start(*command, env: {}, whole: false)
    env = { "RAILS_ENV" => "production", "RUBYLIB" => LIBRARY, "RUBYOPT" => nil, "REALTIME_SOCKET" => nil, **env }
    @program = whole ? start_whole(command, env) : nursery.start(command, folder: @folder, env: env, log: log)
    self
  end

  def pid = @program&.pid

  def log
    File.join(@folder, "out.log")
  end

  # Ends it as an operator would, and waits.
  def stop
    return unless @program

    Process.kill("TERM", pid)
    wait
  rescue Errno::ESRCH
    nil
  end

  # @return [Integer, nil] the exit code
  def wait
    @program.wait
  ensure
    @program = nil
  end

  private

  def start_whole(command, env)
    Child.new(spawn(env, RbConfig.ruby, *command, chdir: @folder, in: File::NULL, %i[out err] => log))
  end

  def nursery
    application = File.read(File.join(@folder, "config/application.rb"))
    Nursery.with(*LIBRARIES.fetch(application.include?("active_record/railtie")))
  end
end
