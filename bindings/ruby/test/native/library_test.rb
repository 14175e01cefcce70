# frozen_string_literal: true

require_relative "support"

# What is said when there is no library, or not the right one. In processes that have loaded none.
class NativeLibraryTest < NativeTest
  # Prints the code and text of the error.
  START = <<~RUBY
    begin
      Realtime.start(native: true, listen: "127.0.0.1:0")
    rescue Realtime::Native::Error => e
      puts e.code, e.message, e.is_a?(Realtime::Error), Realtime.serving?
    end
  RUBY

  def test_a_library_that_is_not_there
    path = File.join(@folder, "librealtime.so")
    code, message, *rest = error(path)
    assert_equal ["missing", %w[true false]], [code, rest]
    [path, "make capi", "REALTIME_LIBRARY", "realtime run"].each { |part| assert_includes message, part }
  end

  def test_without_a_name_the_system_looks_for_it
    _, message, = error("")
    assert_includes message, "librealtime.#{RbConfig::CONFIG["SOEXT"]}"
  end

  def test_another_library_than_ours
    code, message, = error(compiled("int other(void) { return 1; }"))
    assert_equal "missing", code
    assert_includes message, "rt_abi_version"
  end

  def test_a_library_of_another_version
    code, message, = error(compiled("unsigned rt_abi_version(void) { return 99; }"))
    assert_equal "version", code
    assert_match(/version 99 of its interface.*knows 1: install the same version/, message)
  end

  def test_a_ruby_without_fiddle
    File.write(File.join(@folder, "fiddle.rb"), 'raise LoadError, "cannot load such file -- fiddle"')
    code, message, = error("x.so", "RUBYLIB" => @folder)
    assert_equal "missing", code
    assert_includes message, 'gem "fiddle"'
  end

  def test_nothing_else_loads_it
    said = finish_program(start_program(<<~RUBY, "REALTIME_NATIVE" => "1", "REALTIME_LIBRARY" => "nowhere.so"))
      Realtime.configure { |config| config.flush_timeout = 0.1 }
      Realtime.emit("a")
      begin
        Realtime.emit!("b", timeout: 0.1)
      rescue Realtime::NotConnected => e
        puts e.message
      end
      puts Realtime.native_server.inspect, Realtime::Native::Library.loaded?
    RUBY
    assert_match(/no sidecar at #{@socket}/, said)
    assert_match(/^nil\nfalse$/, said)
  end

  private

  # @return [Array<String>] the lines of START
  def error(library, env = {})
    finish_program(start_program(START, { "REALTIME_LIBRARY" => library, **env })).lines(chomp: true)
  end

  def compiled(code)
    path = File.join(@folder, "library.so")
    IO.popen(["cc", "-shared", "-fPIC", "-o", path, "-x", "c", "-"], "w") { |compiler| compiler.write(code) }
    path
  end
end
