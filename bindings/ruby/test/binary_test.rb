# frozen_string_literal: true

require "test_helper"
require "open3"
require "realtime/binary"

class BinaryTest < RealtimeTest
  def test_a_named_program_comes_before_the_bundled_one_and_that_before_path
    bundled = program("exe/#{Gem::Platform.local}/realtime", "\x7FELF")
    elsewhere = program("bin/realtime", "\x7FELF")
    named = program("named", "\x7FELF")
    path = { "PATH" => File.dirname(elsewhere) }
    assert_equal named, find(path.merge("REALTIME_BIN" => named))
    assert_equal bundled, find(path)
    File.unlink(bundled)
    assert_equal elsewhere, find(path)
  end

  def test_a_script_on_path_is_not_the_program
    script = program("bin/realtime", "#!/usr/bin/env ruby\n")
    error = assert_raises(Realtime::Binary::Missing) { find("PATH" => File.dirname(script)) }
    assert_includes error.message, "REALTIME_BIN"
  end

  def test_a_named_program_that_is_none_is_an_error
    error = assert_raises(Realtime::Binary::Missing) do
      find("REALTIME_BIN" => File.join(@folder, "missing"), "PATH" => "")
    end
    assert_includes error.message, "missing"
  end

  def test_the_command_becomes_the_program_with_its_arguments
    named = program("named", "#!/bin/sh\necho \"$@\"\nexit 3\n")
    command = File.expand_path("../exe/realtime", __dir__)
    output, status = Open3.capture2({ "REALTIME_BIN" => named }, RbConfig.ruby, command, "serve", "--listen=:1")
    assert_equal ["serve --listen=:1\n", 3], [output, status.exitstatus]
  end

  private

  def program(path, text)
    path = File.join(@folder, path)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
    File.chmod(0o755, path)
    path
  end

  def find(env)
    Realtime::Binary.path(env: env, bundled: File.join(@folder, "exe"))
  end
end
