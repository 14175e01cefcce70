# frozen_string_literal: true

require "rails/generators"
require "rails/generators/named_base"

module Realtime
  module Generators
    # `bin/rails generate realtime:handler NAME [event …]`; see USAGE.
    class HandlerGenerator < ::Rails::Generators::NamedBase
      source_root File.expand_path("templates", __dir__)

      argument :events, type: :array, default: [], banner: "event event"
      class_option :namespace, type: :string, desc: "The namespace it serves; default: its name"
      class_option :skip_test, type: :boolean, default: false, desc: "Make no test"
      class_option :test_framework, type: :string, desc: "test_unit or rspec; default: the app's own"
      check_class_collision suffix: "Handler"

      def create_handler
        template "handler.rb", File.join("app/realtime", class_path, "#{file_name}_handler.rb")
      end

      def create_test
        return if options[:skip_test]

        folder = rspec? ? "spec" : "test"
        template "handler_#{folder}.rb", File.join(folder, "realtime", class_path, "#{file_name}_handler_#{folder}.rb")
      end

      private

      # `rails g realtime:handler ChatHandler` means the same.
      def file_name
        super.delete_suffix("_handler")
      end

      def served
        options[:namespace] || "/#{[*class_path, file_name].join("/")}"
      end

      def rspec?
        (options[:test_framework] || ::Rails::Generators.options.dig(:rails, :test_framework)).to_s == "rspec"
      end

      # The literal for `on`: a symbol where that is one.
      def event_literal(event)
        event.to_sym.inspect
      end
    end
  end
end
