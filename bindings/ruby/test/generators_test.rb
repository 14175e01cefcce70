# frozen_string_literal: true

require "test_helper"
require_relative "support/rails_app"

# The generators, run as `bin/rails generate` runs them, in apps that have what apps may have.
class GeneratorsTest < RealtimeTest
  LAYOUT = <<~ERB
    <html>
      <head>
        <%= csrf_meta_tags %>
        <%= csp_meta_tag %>
      </head>
    </html>
  ERB
  HELPER = <<~RUBY
    require "rails/test_help"

    class ActiveSupport::TestCase
      fixtures :all
    end
  RUBY
  # What the generators add to, as apps have it.
  FILES = {
    "app/views/layouts/application.html.erb" => LAYOUT,
    "test/test_helper.rb" => HELPER,
    "Procfile.dev" => "web: env RUBY_DEBUG_OPEN=true bin/rails server -p 3000\ncss: bin/rails css:watch\n",
    ".gitignore" => "/log/*\n"
  }.freeze
  MADE = %w[config/realtime.yml config/initializers/realtime.rb app/realtime/application_handler.rb bin/realtime].freeze

  def test_install_makes_the_files_and_adds_the_lines
    out = rails(FILES, "generate", "realtime:install")
    MADE.each { |path| assert_path_exists File.join(@folder, path) }
    assert File.executable?(File.join(@folder, "bin/realtime"))
    assert_match(/csp_meta_tag %>\n    <%= realtime_tags %>\n/, read("app/views/layouts/application.html.erb"))
    assert_match(/TestCase\n  include Realtime::TestHelper\n/, read("test/test_helper.rb"))
    assert_equal "web: bin/realtime run --listen :3000 env RUBY_DEBUG_OPEN=true bin/rails server\n" \
                 "css: bin/rails css:watch\n", read("Procfile.dev")
    assert_includes read(".gitignore"), "/tmp/realtime.sock*\n"
    assert_match(/Left to do:.*who is signed in.*realtime:handler Chat.*realtime:check/m, out)
  end

  def test_install_may_be_run_again_and_keeps_what_was_edited
    rails(FILES, "generate", "realtime:install")
    File.write(File.join(@folder, "config/realtime.yml"), "listen: :9\n")
    before = files
    rails({}, "generate", "realtime:install")
    assert_equal before, files
  end

  def test_destroy_takes_everything_back
    RailsApp.new(@folder, FILES)
    before = files
    rails({}, "generate", "realtime:install")
    rails({}, "destroy", "realtime:install")
    assert_equal before, files
  end

  def test_pretend_changes_nothing
    RailsApp.new(@folder, FILES)
    before = files
    out = rails({}, "generate", "realtime:install", "--pretend")
    assert_equal before, files
    assert_match(%r{create\s+config/realtime.yml}, out)
  end

  def test_steps_can_be_skipped_and_an_app_without_anything_is_told_what_to_do
    rails(FILES, "generate", "realtime:install", "--skip-layout", "--skip-dev", "--skip-tests")
    FILES.except(".gitignore").each { |path, text| assert_equal text, read(path) }
    FILES.each_key { |path| File.delete(File.join(@folder, path)) }
    out = rails({}, "generate", "realtime:install")
    assert_match(/realtime_tags %> into the head of your layout/, out)
    assert_match(%r{in development by: bin/realtime run bin/rails server}, out)
  end

  def test_the_application_handler_is_for_what_the_app_signs_in_with
    require "generators/realtime/install/app_survey"
    survey = Realtime::Generators::AppSurvey.new(@folder)
    assert_equal :own, survey.authentication
    write("app/models/session.rb" => "class Session; end\n",
          "app/controllers/concerns/authentication.rb" => "module Authentication; end\n")
    assert_equal :session, survey.authentication
    write("config/routes.rb" => <<~RUBY)
      def devise_for(*) = nil # this app has no Devise
      Rails.application.routes.draw do
        devise_for :members, path: "m"
      end
    RUBY
    assert_equal :devise, survey.authentication
    rails({}, "generate", "realtime:install", "--skip-dev")
    assert_match(/^  authenticate :devise, scope: :member$/, read("app/realtime/application_handler.rb"))
  end

  def test_bin_dev_of_newer_apps_is_adapted_and_given_back
    require "generators/realtime/install/app_survey"
    [%(exec "./bin/rails", "server", *ARGV), "web: bin/rails s", "web: bundle exec rails server -b 0.0.0.0 -p 5000"]
      .zip(["bin/dev", "Procfile.dev", "Procfile.dev"]).each do |before, path|
      write(path => before)
      _, _, after = Realtime::Generators::AppSurvey.new(@folder).dev_change
      assert_includes after.delete('",'), "bin/realtime run"
      write(path => after)
      changed = Realtime::Generators::AppSurvey.new(@folder)
      assert_predicate changed, :dev_ready?
      assert_equal [path, before, after], changed.dev_change
      File.delete(File.join(@folder, path))
    end
  end

  def test_a_handler_with_its_events_and_its_test
    rails({}, "generate", "realtime:handler", "Chat", "message", "chat typing")
    handler = read("app/realtime/chat_handler.rb")
    assert_match(%r{class ChatHandler < ApplicationHandler\n  namespace "/chat"\n}, handler)
    assert_includes handler, "on :message do |payload|"
    assert_includes handler, 'on :"chat typing" do |payload|'
    assert_match(/class ChatHandlerTest < Realtime::HandlerTestCase/, read("test/realtime/chat_handler_test.rb"))
    # The base class it needs is the other generator's.
    write("app/realtime/application_handler.rb" => "class ApplicationHandler < Realtime::Handler\nend\n")
    rails({}, "generate", "realtime:handler", "admin/board", "--namespace=/boards", "--test-framework=rspec")
    assert_match(%r{class Admin::BoardHandler .*\n  namespace "/boards"}, read("app/realtime/admin/board_handler.rb"))
    assert_match(/describe Admin::BoardHandler, type: :realtime/, read("spec/realtime/admin/board_handler_spec.rb"))
  end

  private

  def write(files)
    files.each do |path, text|
      FileUtils.mkdir_p(File.dirname(File.join(@folder, path)))
      File.write(File.join(@folder, path), text)
    end
  end

  def read(path)
    File.read(File.join(@folder, path))
  end

  # @return [String] what it printed
  def rails(files, *command)
    app = RailsApp.new(@folder, files)
    app.start("bin/rails", *command).wait
    File.read(app.log)
  end

  # Paths with texts, but for what running an app writes.
  def files
    paths = Dir.glob("**/*", File::FNM_DOTMATCH, base: @folder).select { |path| File.file?(File.join(@folder, path)) }
    paths.reject { |path| path.start_with?("tmp/", "log/") || path == "out.log" }.to_h { |path| [path, read(path)] }
  end
end
