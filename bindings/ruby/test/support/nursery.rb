# frozen_string_literal: true

require "json"
require "rbconfig"
require "timeout"

# Starts Ruby's programs by forking a process that has loaded Rails already, which is most of the work of a
# program that lives for seconds. What is not Rails is loaded by the program itself, as ever: the gem, the app,
# and the web server, by which the gem tells what kind of process it is in. The process is in nursery_process.rb.
class Nursery
  PROCESS = File.expand_path("nursery_process.rb", __dir__)

  # A program that was started here.
  class Program
    # Seconds for it to come up or end.
    PATIENCE = 120

    def initialize
      @told = Thread::Queue.new
    end

    # @param fact [Integer, nil] first its process id, then its exit code; nil after a signal
    def tell(fact)
      @told << fact
    end

    # @return [Integer]
    def pid
      @pid ||= take("the program was not started")
    end

    # @return [Integer, nil] the exit code
    def wait
      pid
      take("the program did not end")
    end

    private

    def take(complaint)
      fact = Timeout.timeout(PATIENCE, nil, complaint) { @told.pop }
      fact.is_a?(Exception) ? raise(fact) : fact
    end
  end

  # One for each set of libraries, as long as this process lives.
  #
  # @param libraries [Array<String>] more than what every app has
  def self.with(*libraries)
    @all ||= {}
    @all[libraries] ||= new(libraries)
  end

  def initialize(libraries)
    @programs = []
    orders, @orders = IO.pipe
    @news, news = IO.pipe
    plain = { "RUBYOPT" => nil, "RAILS_ENV" => nil, "RACK_ENV" => nil }
    pid = spawn(plain, RbConfig.ruby, PROCESS, *libraries, in: orders, out: news)
    [orders, news].each(&:close)
    Thread.new { pass_on }
    Minitest.after_run do
      @orders.close
      Process.wait(pid)
    end
  end

  # @param command [Array<String>] as it would be given to Ruby: a file, or -S and a program; then arguments
  # @param folder [String] where it runs
  # @param env [Hash{String => String, nil}] what is to be other than here
  # @param log [String] path of the file for what it prints
  # @return [Program]
  def start(command, folder:, env:, log:)
    @programs << Program.new
    order = { id: @programs.size - 1, command: command, folder: folder, env: ENV.to_h.merge(env).compact, log: log }
    @orders.puts(JSON.generate(order))
    @programs.last.tap(&:pid)
  end

  private

  def pass_on
    while (line = @news.gets)
      id, fact = JSON.parse(line)
      @programs.fetch(id).tell(fact)
    end
    @programs.each { |program| program.tell(RuntimeError.new("the nursery has ended")) }
  end
end
