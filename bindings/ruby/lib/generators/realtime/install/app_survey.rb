# frozen_string_literal: true

module Realtime
  module Generators
    # What an app already has, found out by looking at its files: so it is the same whether the app
    # could be loaded or not. Paths are relative to the app's folder.
    class AppSurvey
      # Where `rails server` stands in a line of Procfile.dev or bin/dev, and what follows it there.
      SERVER = %r{(?<command>(?:env (?:\S+=\S+ )*)?(?:bundle exec )?(?:\./)?(?:bin/)?rails (?:server|s))\b(?<rest>.*)$}
      # bin/dev of Rails 8: exec "./bin/rails", "server", *ARGV
      EXEC = %r{exec "(?:\./)?bin/rails", "server"}
      # The same with the sidecar.
      RUN = '"bin/realtime", "run"'
      PORT = /\s(?:-p|--port)[ =]?(?<port>\S+)/
      private_constant :SERVER, :EXEC, :RUN, :PORT

      # Where test/test_helper.rb opens ActiveSupport::TestCase, in either way.
      TEST_CASE = /^(?<indent> *)class (?:ActiveSupport::)?TestCase.*\n/
      LAYOUT = "app/views/layouts/application.html.erb"

      def initialize(root)
        @root = root
      end

      # @return [String] empty when there is no such file
      def read(path)
        full = File.join(@root, path)
        File.file?(full) ? File.read(full) : ""
      end

      # How users sign in here: :devise, :session (Rails 8's own generator) or :own.
      # @return [Symbol]
      def authentication
        return :devise if devise_scope
        return :session if exist?("app/models/session.rb") && exist?("app/controllers/concerns/authentication.rb")

        :own
      end

      # @return [Symbol, nil] :user, or the first of what devise_for names
      def devise_scope
        names = read("config/routes.rb").scan(/^\s*devise_for\s+:(\w+)/).flatten
        return if names.empty?

        name = names.include?("users") ? "users" : names.first
        name.delete_suffix("s").to_sym
      end

      # @return [String, nil]
      def layout
        LAYOUT if exist?(LAYOUT)
      end

      # The line for the layout, and after or before what; nil when there is no such place.
      # @return [Array(String, Hash)]
      def tags_line
        place = [/^( *)<%= csp_meta_tag.*\n/, /^( *)<%= csrf_meta_tags.*\n/].find { |each| each.match?(read(LAYOUT)) }
        return ["#{place.match(read(LAYOUT))[1]}<%= realtime_tags %>\n", { after: place }] if place

        head = %r{^( *)</head>}.match(read(LAYOUT))
        ["#{head && head[1]}  <%= realtime_tags %>\n", head && { before: %r{^ *</head>} }]
      end

      # @return [String]
      def test_case_indent
        TEST_CASE.match(read("test/test_helper.rb"))&.[](:indent)
      end

      # @return [Boolean]
      def ignores_tmp?
        read(".gitignore").lines.any? { |line| %r{\A/?tmp(/\*{0,2})?\s*\z}.match?(line) }
      end

      # What starts the app in development, and what shall: the sidecar with the app as its child.
      # The same before and after the change, so that it can be taken back.
      #
      # @return [Array(String, String, String), nil] path, text before, text after
      def dev_change
        path, before = procfile_line || bin_dev_line
        return unless before
        return [path, without_sidecar(before), before] if before.include?("bin/realtime")

        [path, before, with_sidecar(before)]
      end

      # @return [Boolean] whether something in development starts a sidecar
      def dev_ready?
        %w[Procfile.dev Procfile bin/dev].any? { |path| /\brealtime\W+run\b/.match?(read(path)) }
      end

      # @return [Boolean]
      def dockerfile_without_sidecar?
        exist?("Dockerfile") && !read("Dockerfile").include?("realtime")
      end

      private

      def exist?(path)
        File.exist?(File.join(@root, path))
      end

      def procfile_line
        line = read("Procfile.dev").lines(chomp: true).find { |each| each.start_with?("web:") && SERVER.match?(each) }
        ["Procfile.dev", line] if line
      end

      def bin_dev_line
        line = read("bin/dev").lines(chomp: true).find { |each| EXEC.match?(each) || each.include?(RUN) }
        ["bin/dev", line] if line
      end

      # The sidecar takes the port; the app is given a free one.
      def with_sidecar(line)
        return line.sub(EXEC, %(exec #{RUN}, "bin/rails", "server")) if EXEC.match?(line)

        line.sub(SERVER) do
          server = Regexp.last_match
          port = PORT.match(server[:rest])
          listen = "--listen :#{port[:port]} " if port
          "bin/realtime run #{listen}#{server[:command]}#{server[:rest].sub(PORT, "")}"
        end
      end

      def without_sidecar(line)
        return line.sub(%(#{RUN}, "bin/rails"), '"./bin/rails"') if line.include?(RUN)

        port = line[/--listen :(\S+) /, 1]
        line.sub(%r{bin/realtime run (--listen \S+ )?}, "") + (port ? " -p #{port}" : "")
      end
    end
  end
end
