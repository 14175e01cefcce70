# frozen_string_literal: true

module Realtime
  # Where the sidecar's program is: REALTIME_BIN if set, else the one this gem brings for this
  # platform (exe/<platform>/realtime), else the first `realtime` on PATH that is not a script (this
  # gem's own command, or a binstub of it, is one).
  module Binary
    # Nothing was found; the message says what to do.
    class Missing < StandardError; end

    NAME = "realtime"

    class << self
      # @param env [#[]]
      # @param bundled [String] the folder of platform folders
      # @return [String] a path
      # @raise [Missing]
      def path(env: ENV, bundled: File.expand_path("../../exe", __dir__))
        chosen(env) || in_gem(bundled) || on_path(env["PATH"].to_s) || raise(Missing, <<~TEXT)
          realtime: the sidecar's program was not found.
          This gem brings none for #{Gem::Platform.local}. Build it (`make build` in its repository, needs Go)
          or download it, and put it on PATH or name it in REALTIME_BIN.
        TEXT
      end

      private

      def chosen(env)
        path = env["REALTIME_BIN"].to_s
        return if path.empty?
        return path if program?(path)

        raise Missing, "realtime: REALTIME_BIN is #{path}, which is no program"
      end

      def in_gem(folder)
        Dir[File.join(folder, "*", NAME)].find do |path|
          Gem::Platform.match_gem?(Gem::Platform.new(File.basename(File.dirname(path))), NAME) && program?(path)
        end
      end

      def on_path(path)
        path.split(File::PATH_SEPARATOR).map { |folder| File.join(folder, NAME) }
            .find { |file| program?(file) && !script?(file) }
      end

      def program?(path)
        File.file?(path) && File.executable?(path)
      end

      def script?(path)
        File.binread(path, 2) == "#!"
      end
    end
  end
end
