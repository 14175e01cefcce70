# frozen_string_literal: true

module Realtime
  # Where a Rails app's handlers are: classes in app/realtime (the app's and its engines'), which
  # Zeitwerk loads and reloads like any other, and blocks in one script, config/realtime.rb, which is
  # run again on a reload, as config/routes.rb is.
  #
  # Classes need to be found before a client asks for them, so they are all loaded; but only in a
  # process that is going to handle events, since consoles and jobs need none of them.
  class HandlerFiles
    FOLDER = "app/realtime"
    SCRIPT = "config/realtime.rb"

    # @param app [Rails::Application]
    def initialize(app)
      @app = app
    end

    # @return [String] also when there is none
    def script
      @app.root.join(SCRIPT).to_s
    end

    # @raise whatever the app's files raise
    def load_all
      folders.each { |folder| load_folder(folder) }
      load(script) if File.file?(script)
    end

    private

    def folders
      [@app, *::Rails::Engine.subclasses.map(&:instance)]
        .map { |engine| engine.root.join(FOLDER).to_s }.uniq.select { |folder| File.directory?(folder) }
    end

    # Zeitwerk can load a folder since 2.6.2.
    def load_folder(folder)
      loader = ::Rails.autoloaders.main
      return loader.eager_load_dir(folder) if loader.respond_to?(:eager_load_dir)

      Dir[File.join(folder, "**/*.rb")].each { |file| require_dependency(file) }
    end
  end
end
