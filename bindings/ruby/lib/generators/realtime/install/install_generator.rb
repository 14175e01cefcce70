# frozen_string_literal: true

require "rails/generators"
require_relative "app_survey"

module Realtime
  module Generators
    # `bin/rails generate realtime:install`; see USAGE. Every step looks first at what is there, so
    # that it can be run again; files that were edited are left as they are (unless --force).
    class InstallGenerator < ::Rails::Generators::Base
      source_root File.expand_path("templates", __dir__)

      class_option :skip_layout, type: :boolean, default: false, desc: "Leave the layout alone"
      class_option :skip_dev, type: :boolean, default: false, desc: "Leave Procfile.dev and bin/dev alone"
      class_option :skip_tests, type: :boolean, default: false, desc: "Leave the test helper alone"

      def create_configuration
        template "realtime.yml", "config/realtime.yml", skip: true
        template "initializer.rb", "config/initializers/realtime.rb", skip: true
      end

      def create_application_handler
        template "application_handler.rb", "app/realtime/application_handler.rb", skip: true
      end

      def create_binstub
        template "binstub", "bin/realtime", skip: true
        chmod "bin/realtime", 0o755, verbose: false unless gone?("bin/realtime")
      end

      def ignore_the_socket
        return if survey.ignores_tmp?

        add_once ".gitignore", "/tmp/realtime.sock*\n", "/tmp/realtime.sock", before: /\A/
      end

      def add_tags_to_the_layout
        return if options[:skip_layout]
        return remember("Put <%= realtime_tags %> into the head of your layout.") unless survey.layout

        line, position = survey.tags_line
        return remember("Put #{line.strip} into the head of #{survey.layout}.") unless position

        add_once survey.layout, line, "realtime_tags", **position
      end

      def adapt_development
        return if options[:skip_dev]

        change = survey.dev_change
        return change_line(*change) if change

        remember("Start the app in development by: bin/realtime run bin/rails server") unless survey.dev_ready?
      end

      def add_test_support
        return if options[:skip_tests]

        add_once "spec/rails_helper.rb", %(require "realtime/rspec"\n), "realtime/rspec",
                 after: %r{^require ["']rspec/rails["'].*\n}
        line = "#{survey.test_case_indent}  include Realtime::TestHelper\n"
        add_once "test/test_helper.rb", line, "Realtime::TestHelper", after: AppSurvey::TEST_CASE
      end

      def say_what_is_left
        return unless behavior == :invoke

        remember("Say in app/realtime/application_handler.rb who is signed in.") if survey.authentication == :own
        remember('Dockerfile: CMD ["bin/realtime", "run", "bin/rails", "server"]') if survey.dockerfile_without_sidecar?
        remember("Make a handler: bin/rails generate realtime:handler Chat message typing")
        remember("See that all is well: bin/rails realtime:check")
        say "\nLeft to do:\n#{@left.map { |text| "  - #{text}" }.join("\n")}\n", :green
      end

      private

      def survey
        @survey ||= AppSurvey.new(destination_root)
      end

      def remember(text)
        (@left ||= []) << text
      end

      def gone?(path)
        !File.exist?(File.expand_path(path, destination_root))
      end

      # Inserts a line unless something like it is there; takes exactly that line away on destroy.
      def add_once(path, line, mark, after: nil, before: nil)
        edit(path) do |text|
          next text.sub(line, "") if behavior == :revoke
          next text if text.include?(mark)

          after ? text.sub(after) { |place| place + line } : text.sub(before) { |place| line + place }
        end
      end

      def change_line(path, before, after)
        before, after = after, before if behavior == :revoke
        edit(path) { |text| text.sub(before) { after } }
      end

      # Thor's own actions for this cannot be taken back when their place is a pattern with groups.
      #
      # @yieldparam text [String]
      # @yieldreturn [String] what the file shall be
      def edit(path)
        return if gone?(path)

        text = survey.read(path)
        changed = yield text
        return say_status(:identical, path, :blue) if changed == text

        say_status(behavior == :revoke ? :subtract : :insert, path, behavior == :revoke ? :red : :green)
        File.write(File.expand_path(path, destination_root), changed) unless options[:pretend]
      end
    end
  end
end
