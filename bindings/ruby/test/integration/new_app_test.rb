# frozen_string_literal: true

require "bundler"
require "fileutils"
require "open3"
require_relative "support"

# What a newcomer does: `rails new`, the gem, both generators; then the app's own tests, and a browser that is
# signed in by the app's own session and talks to the app through the sidecar.
class NewAppTest < RealtimeTest
  NEW = %w[rails new app --skip-bundle --skip-webpack-install --skip-javascript --skip-git --skip-spring
           --skip-listen -d sqlite3].freeze
  FILES = File.expand_path("new_app", __dir__)
  # In one process, which by bin/rails generate, db:migrate and so on would be seven. That bin/rails knows the
  # generators is seen by generators_test.rb.
  SETUP = <<~RUBY
    Rails.application.load_generators
    Rails::Generators.invoke("rspec:install")
    Rails::Generators.invoke("realtime:install")
    Rails::Generators.invoke("realtime:handler", %w[Chat message --test-framework=test_unit])
    Rails::Generators.invoke("realtime:handler", %w[Board move])
    Rails.application.load_tasks
    Rake::Task["db:migrate"].invoke
    User.create!(name: "Ann")
    Rake::Task["db:test:prepare"].invoke
  RUBY
  # Seconds for a command, or for the app to come up.
  PATIENCE = 120

  def teardown
    stop
    super
  end

  def test_a_new_app_after_both_generators
    make_app
    assert_path_exists "#{@app}/bin/realtime"
    assert_match(/ 0 failures, 0 errors/, run_in_app("bin/rails", "test"))
    assert_match(/[1-9] examples?, 0 failures/, run_in_app("bundle", "exec", "rspec"))
    start
    assert_match(%r{<script src="/socket.io/socket.io.js"}, page("/").body)
    assert_equal({ "message" => "sign in first" }, browser.refused)
    ann = browser("Cookie" => page("/login/1")["Set-Cookie"][/[^;]+/])
    # The first packet after the call is what the handler emitted, the second its acknowledgement.
    assert_equal ["message", "Ann: hello"], ann.call("message", "hello")
    assert_equal [{ "from" => "Ann", "text" => "hello" }], ann.take[:data]
  end

  private

  def make_app
    @app = File.join(@folder, "app")
    run_in(@folder, *NEW)
    File.write("#{@app}/Gemfile", <<~RUBY)
      source Gem.sources.first.uri.to_s
      gem "rails"
      gem "bootsnap", require: false
      gem "sqlite3"
      gem "puma"
      gem "capybara"
      gem "rspec-rails"
      gem "realtime-sidecar", path: #{File.expand_path("../..", __dir__).inspect}
    RUBY
    run_in_app("bundle", "install", "--local", "--quiet")
    FileUtils.cp_r("#{FILES}/.", @app)
    run_in_app("bin/rails", "runner", SETUP)
    edit("app/realtime/chat_handler.rb", '# broadcast.emit("message", payload)', <<~RUBY.chomp)
      emit("message", "\#{current_user.name}: \#{payload}")
          { from: current_user.name, text: payload }
    RUBY
  end

  def edit(path, before, after)
    text = File.read("#{@app}/#{path}")
    assert_includes text, before
    File.write("#{@app}/#{path}", text.sub(before) { after })
  end

  # As bin/dev would: the sidecar in front, the app its child.
  def start
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @log = "#{@folder}/run.log"
    @pid = Bundler.with_unbundled_env do
      spawn({ "PORT" => @port.to_s }, "bin/realtime", "run", "bin/rails", "server",
            chdir: @app, in: File::NULL, %i[out err] => @log)
    end
    Timeout.timeout(PATIENCE, nil, "the app did not come up") do
      sleep(LOOK) until serving?
    end
  end

  def serving?
    page("/").is_a?(Net::HTTPOK)
  rescue SystemCallError
    return false unless Process.wait(@pid, Process::WNOHANG)

    @pid = nil
    flunk File.read(@log)
  end

  def stop
    return unless @pid

    @browsers.to_a.each(&:close)
    Process.kill("TERM", @pid)
    Timeout.timeout(PATIENCE) { Process.wait(@pid) }
  end

  def browser(headers = {})
    PollingClient.new(@port, namespace: "/chat", headers: headers).tap { |each| (@browsers ||= []) << each }
  end

  def page(path)
    Net::HTTP.get_response("127.0.0.1", path, @port)
  end

  def run_in_app(*command)
    run_in(@app, *command)
  end

  # @return [String] what it printed
  def run_in(folder, *command)
    env = { "POLLING_CLIENT" => File.expand_path("../support/polling_client", __dir__) }
    out, status = Bundler.with_unbundled_env { Open3.capture2e(env, *command, chdir: folder) }
    assert_predicate status, :success?, "#{command.join(" ")}\n#{out}"
    out
  end
end
