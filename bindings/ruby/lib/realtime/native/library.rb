# frozen_string_literal: true

require "rbconfig"
require_relative "../version"

module Realtime
  module Native
    # librealtime as Ruby sees it: each function of realtime.h is a method here, and an error code an
    # {Error} with the library's text.
    #
    # Found by REALTIME_LIBRARY (a path, or a name for the system's loader), else as `librealtime.so`
    # (`.dylib`) by the system's loader. Loaded once in a process and never unloaded.
    #
    # Concurrency: any thread may call anything. Ruby's other threads run meanwhile. The calls that wait
    # (start, stop) cannot be interrupted; {Server} has them in threads of their own.
    #
    # @api private
    class Library
      # Of realtime.h.
      ABI_VERSION = 1
      CODES = { -1 => "argument", -2 => "config", -3 => "handle", -4 => "state", -5 => "listen", -6 => "forked",
                -7 => "busy", -8 => "system", -9 => "timeout", -10 => "internal" }.freeze
      # Bytes of the longest text, its NUL included.
      TEXT_BYTES = 4096
      private_constant :CODES, :TEXT_BYTES

      @lock = Mutex.new

      class << self
        # @return [Library] loaded, by this call if need be
        # @raise [Error] "missing", "version"
        def loaded
          @lock.synchronize { @loaded ||= new(name) }
        end

        # @return [Boolean] whether it was, in this process or before a fork
        def loaded? = !@loaded.nil?

        # @return [String] what the system's loader is asked for
        def name
          named = ENV["REALTIME_LIBRARY"].to_s
          named.empty? ? "librealtime.#{RbConfig::CONFIG["SOEXT"]}" : named
        end
      end

      # @param name [String]
      def initialize(name)
        need_fiddle
        load(name)
      end

      # @param config [String] JSON
      # @return [Integer] a handle
      def create(config) = check(@new.call(memory_of("#{config}\0")))

      def start(server) = check(@start.call(server))

      # @param milliseconds [Integer] less than 0: as long as the server's options say
      def stop(server, milliseconds) = check(@stop.call(server, milliseconds))

      # @return [Integer] a descriptor, the caller's to close
      def connect(server) = check(@connect.call(server))

      # @return [String, nil] nil when there are not so many
      def address(server, index)
        text { |buffer, size| check(@address.call(server, index, buffer, size)) }
      rescue Error => e
        raise unless e.code == "argument"
      end

      def free(server) = check(@free.call(server))

      private

      def need_fiddle
        require "fiddle"
      rescue LoadError
        raise Error.new("missing", "the server in this process needs Ruby's own fiddle, which is a gem now: add " \
                                   "`gem \"fiddle\"` to the Gemfile")
      end

      def load(name)
        @handle = Fiddle.dlopen(name)
        version = function("rt_abi_version", []).call
        return bind if version == ABI_VERSION

        raise Error.new("version", "#{name} has version #{version} of its interface, and this gem (#{VERSION}) knows " \
                                   "#{ABI_VERSION}: install the same version of both")
      rescue Fiddle::DLError => e
        raise Error.new("missing", "no library for a server in this process: #{e.message}. Build it (`make capi` in " \
                                   "its repository) and name it in REALTIME_LIBRARY, or run the sidecar instead: " \
                                   "`realtime run`")
      end

      def bind
        int = Fiddle::TYPE_INT
        memory = Fiddle::TYPE_VOIDP
        size = Fiddle::TYPE_SIZE_T
        @new = function("rt_new", [memory])
        @start = function("rt_start", [int])
        @stop = function("rt_stop", [int, int])
        @connect = function("rt_connect", [int])
        @address = function("rt_address", [int, int, memory, size])
        @free = function("rt_free", [int])
        @errmsg = function("rt_errmsg", [memory, size])
      end

      def function(name, types) = Fiddle::Function.new(@handle[name], types, Fiddle::TYPE_INT)

      # The text of an error is kept for the thread that made the call.
      def check(result)
        return result unless result.negative?

        code = CODES.fetch(result, "internal")
        message = text { |buffer, size| @errmsg.call(buffer, size) }
        raise Error.new(code, message.empty? ? "the server's library says: #{code}" : message)
      end

      # Memory that no collection of garbage moves while Ruby's other threads run.
      def memory_of(string)
        Fiddle::Pointer.malloc(string.bytesize, Fiddle::RUBY_FREE).tap do |memory|
          memory[0, string.bytesize] = string
        end
      end

      def text
        memory = Fiddle::Pointer.malloc(TEXT_BYTES, Fiddle::RUBY_FREE)
        length = yield(memory, TEXT_BYTES)
        memory[0, [length, TEXT_BYTES - 1].min].force_encoding(Encoding::UTF_8).scrub
      end
    end
  end
end
