# frozen_string_literal: true

require "date"
require "logger"
require "yaml"

module Realtime
  # The options of this gem. Each is taken from the first place that has it: set here
  # (`Realtime.configure { |c| c.socket = … }` or keywords), `REALTIME_*` in the environment,
  # config/realtime.yml (also under `development:`, `test:`, `production:`), the default.
  #
  # The file is the sidecar's as well; keys that are not in OPTIONS are its own and not looked at.
  # Which section is read goes by REALTIME_ENV, RAILS_ENV, RACK_ENV, in this order. Without any of
  # them it is development here and under `realtime run`, and production under `realtime serve`: set
  # one where you run `serve` by hand.
  # Durations are Numeric seconds, or text such as "25s" and "300ms".
  class Config
    # name => [kind, default]. Kinds: how text from the environment or the file becomes a value.
    OPTIONS = {
      # Path of the sidecar's Unix socket; relative to root.
      socket: [:path, "tmp/realtime.sock"],
      # Threads that run handlers, in a serving process.
      handler_threads: [:count, 2],
      # Seconds emit! and other questions to the sidecar wait, its absence included.
      emit_timeout: [:duration, 5.0],
      # Bytes of emits kept while the sidecar is away.
      buffer_bytes: [:count, 8 * 1024 * 1024],
      # Seconds a process that ends waits for what is not yet written.
      flush_timeout: [:duration, 1.0],
      # Seconds a process that ends waits for its handlers.
      stop_timeout: [:duration, 10.0],
      # How often an event may be given again to another process when one dies with it.
      redeliver: [:number, 0],
      # Namespaces to serve although no handler names them (emit-only ones).
      namespaces: [:list, [].freeze],
      # Text that changes with each deploy; default: the REVISION file, or where root really is.
      generation: [:text, nil],
      # What logs and the admin view call this app; default: the name of root's folder.
      app: [:text, nil],
      # Whether processes that serve requests handle events; false leaves them to `realtime:work`.
      handle_in_web: [:flag, true],
      # What the keys of tokens are derived from; under Rails secret_key_base, unless it is set here.
      secret: [:text, nil],
      # Secrets of before, newest first: tokens by them still count.
      previous_secrets: [:list, [].freeze],
      # Whether `start` starts the server in this process; see {Native}.
      native: [:flag, false],
      # Where the sidecar answers clients; its option, for the script tags.
      path: [:text, "/socket.io/"],
      # Shown to a sidecar that wants one.
      token: [:text, nil]
    }.freeze

    # Options that only code can set.
    OBJECTS = %i[token_keys logger around instrument error_reporter on_error handlers root environment].freeze

    # Where the file is looked for when REALTIME_CONFIG names none.
    PLACES = %w[config/realtime.yml realtime.yml].freeze

    # A variable in the file: ${NAME}, or ${NAME:-what to take when it is not set}.
    VARIABLE = /\$\{(\w+)(:-([^}]*))?\}/

    FLAGS = { "true" => true, "1" => true, "false" => false, "0" => false }.freeze
    private_constant :OBJECTS, :PLACES, :VARIABLE, :FLAGS

    DURATION = /\A(\d+(?:\.\d+)?)(ms|s|m|h)?\z/
    SECONDS = { "ms" => 0.001, "s" => 1.0, "m" => 60.0, "h" => 3600.0, nil => 1.0 }.freeze
    private_constant :DURATION, :SECONDS

    # @return [#call, nil] gives the keys of tokens, newest first, where no secret is set
    attr_accessor :token_keys
    # @return [Logger] warnings and errors of the link and of handlers
    attr_accessor :logger
    # @return [#call, nil] surrounds each handler: is given the work as a block, which it must call
    #   once (Rails' reloader)
    attr_accessor :around
    # @return [#call, nil] told of what happens, as ActiveSupport::Notifications.instrument is:
    #   (name, payload Hash) and the work as a block, whose value it returns
    attr_accessor :instrument
    # @return [#call, nil] as on_error, for the framework's own reporter; called before it
    attr_accessor :error_reporter
    # @return [#call, nil] loads the app's handlers, before the process begins to serve and when code
    #   was reloaded; see {Client#load_handlers}
    attr_accessor :handlers
    # @return [#call, nil] told of each exception a handler raised: (exception, context Hash)
    attr_accessor :on_error
    # @return [String] the app's root folder
    attr_reader :root
    # @return [String] development, test, production…
    attr_reader :environment

    # @param env [#[]] in place of ENV
    # @param given [Hash] options by keyword
    # @raise [ArgumentError] an unknown option, or a value that makes no sense
    def initialize(env: ENV, **given)
      @env = env
      @given = {}
      @known = {}
      @root = Dir.pwd
      @environment = env["REALTIME_ENV"] || env["RAILS_ENV"] || env["RACK_ENV"] || "development"
      @logger = Logger.new($stderr, level: Logger::WARN, progname: "realtime")
      given.each { |name, value| set(name, value) }
    end

    OPTIONS.each_key do |name|
      # Looked for once: some are asked for with every emit.
      define_method(name) { @known.fetch(name) { @known[name] = value(name) } }
      define_method(:"#{name}=") { |value| set(name, value) }
    end

    def root=(folder)
      @root = folder
      @known = {}
    end

    def environment=(name)
      @environment = name
      @known = {}
    end

    # @return [String] where an option's value comes from, for people
    def source(name)
      return "Realtime.configure" if @given.key?(name)

      variable = "REALTIME_#{name.upcase}"
      return variable unless @env[variable].to_s.empty?

      file.key?(name.to_s) ? @file_path : "default"
    end

    # @param name [Symbol] any option, the sidecar's own too
    # @return [Boolean] whether the environment or the file says something of it
    def said?(name)
      !@env["REALTIME_#{name.upcase}"].to_s.empty? || (file && @said.include?(name.to_s))
    end

    # @return [String, nil] the path of the file, if there is one
    def file_path
      file && @file_path
    end

    # @return [Integer] unanswered requests this process takes at once
    def window
      handler_threads * 2
    end

    private

    def set(name, value)
      return public_send(:"#{name}=", value) if OBJECTS.include?(name)

      kind, = OPTIONS.fetch(name) { raise ArgumentError, "unknown option #{name.inspect}" }
      @known = {}
      @given[name] = convert(name, kind, value)
    end

    def value(name)
      return @given[name] if @given.key?(name)

      kind, default = OPTIONS[name]
      found = @env["REALTIME_#{name.upcase}"]
      found = file[name.to_s] if found.nil? || found.empty?
      found.nil? ? derived(name, kind, default) : convert(name, kind, found)
    end

    def derived(name, kind, default)
      case name
      when :app then File.basename(root)
      when :generation then revision
      else kind == :path ? convert(name, kind, default) : default
      end
    end

    def revision
      marked = File.join(root, "REVISION")
      File.file?(marked) ? File.read(marked).strip : File.realpath(root)
    end

    def convert(name, kind, value)
      case kind
      when :path then File.expand_path(value.to_s.delete_prefix("unix:"), root)
      when :text then value.to_s
      when :list then value.is_a?(String) ? value.split(",").map(&:strip) : Array(value).map(&:to_s)
      when :duration then duration(name, value)
      when :flag then flag(name, value)
      when :number, :count then whole(name, value, kind == :count ? 1 : 0)
      end
    end

    def duration(name, value)
      return value.to_f if value.is_a?(Numeric) && !value.negative?

      match = DURATION.match(value.to_s) or
        raise ArgumentError, "#{name}: #{value.inspect} is no duration (such as 5, \"25s\" or \"300ms\")"
      match[1].to_f * SECONDS[match[2]]
    end

    def whole(name, value, least)
      number = Integer(value, exception: false)
      return number if number && number >= least

      raise ArgumentError, "#{name}: #{value.inspect} is no whole number of at least #{least}"
    end

    def flag(name, value)
      FLAGS.fetch(value.to_s) { raise ArgumentError, "#{name}: #{value.inspect} is neither true nor false" }
    end

    # Read once per path: what a running process does must not change with the file.
    def file
      path = place
      return @file if @file && @file_path == path

      @file_path = path
      @said = []
      @file = path ? read(path) : {}
    end

    # As the sidecar looks for it: one that was named must be there.
    def place
      named = @env["REALTIME_CONFIG"].to_s
      return PLACES.map { |each| File.expand_path(each, root) }.find { |path| File.file?(path) } if named.empty?

      path = File.expand_path(named, root)
      File.file?(path) ? path : raise(ArgumentError, "REALTIME_CONFIG: there is no file #{path}")
    end

    def read(path)
      text = File.read(path)
      raise ArgumentError, "#{path}: ERB is not read here; use ${VAR} or ${VAR:-default}" if text.include?("<%")

      # The sidecar's values are text to it: `listen: :8000` must not be a mistake here.
      all = YAML.safe_load(text, permitted_classes: [Symbol, Date, Time], aliases: true) || {}
      own = all[environment]
      all = all.merge(own) if own.is_a?(Hash)
      @said = all.keys.map(&:to_s)
      all.slice(*OPTIONS.keys.map(&:to_s)).transform_values { |value| fill(value, path) }
    rescue Psych::Exception => e
      raise ArgumentError, "#{path}: #{e.message}"
    end

    def fill(value, path)
      return value.map { |each| fill(each, path) } if value.is_a?(Array)
      return value unless value.is_a?(String)

      value.gsub(VARIABLE) do
        name, _, default = Regexp.last_match.captures
        @env[name] || default or
          raise ArgumentError, "#{path}: ${#{name}} is not set; ${#{name}:-…} gives a default"
      end
    end
  end
end
