# frozen_string_literal: true

# Forks Ruby's programs from a process that has loaded Rails, and the libraries that it is told. Each line of
# the input orders one ({id, command, folder, env, log}); each line of the output is its id, and first its process
# id, then its exit code. When the input ends, so does this. It is for nursery.rb.

require "json"
require "tmpdir"

if ENV["BOOTSNAP_CACHE_DIR"]
  gem "msgpack"
  require "bootsnap"
  Bootsnap.setup(cache_dir: ENV["BOOTSNAP_CACHE_DIR"], development_mode: false, load_path_cache: false,
                 compile_cache_yaml: false, compile_cache_json: false)
end
require "rails"
require "action_controller/railtie"
require "active_support/time"
require "zeitwerk"
require "msgpack"
require "rake"
require "rails/command"
require "rails/generators"
ARGV.each { |library| require library }
[ActiveSupport, AbstractController, ActionDispatch, ActionView, ActionController].each(&:eager_load!)
[ActiveModel, ActiveRecord].each(&:eager_load!) if defined?(ActiveRecord)

# What bootsnap knows a file by are its size and its time in whole seconds, in which an app of the tests changes
# several times.
module NothingKeptOfApps
  FOLDER = File.join(Dir.tmpdir, "")

  def load_iseq(path) = (super unless path.start_with?(FOLDER))
end
RubyVM::InstructionSequence.singleton_class.prepend(NothingKeptOfApps) if defined?(Bootsnap)

# The process.
module NurseryProcess
  class << self
    def run
      GC.start
      GC.compact # what stays where it is stays shared
      while (line = $stdin.gets)
        order = JSON.parse(line)
        pid = File.open(order["log"], "w") { |log| fork { live(log, *order.values_at("folder", "env", "command")) } }
        say(order["id"], pid)
        Thread.new { say(order["id"], Process.wait2(pid).last.exitstatus) }
      end
    end

    private

    # One write, so that threads do not mix their lines.
    def say(*fact)
      $stdout.syswrite("#{JSON.generate(fact)}\n")
    end

    def live(log, folder, env, command)
      $stdin.reopen(File::NULL)
      $stdout.reopen(log)
      $stderr.reopen($stdout)
      $stdout.sync = false
      srand
      ENV.replace(env)
      Dir.chdir(folder)
      $LOAD_PATH.unshift(*env.fetch("RUBYLIB", "").split(File::PATH_SEPARATOR).map { |path| File.expand_path(path) })
      script, *arguments = command
      script = arguments.shift.then { |name| Gem.bin_path(name, name) } if script == "-S"
      ARGV.replace(arguments)
      $PROGRAM_NAME = script
      load File.expand_path(script)
    end
  end
end

NurseryProcess.run
