# frozen_string_literal: true

require_relative "support"

# What a forked child of a process with a server can do, and what it keeps nobody else from.
class NativeForkTest < NativeTest
  def test_a_child_speaks_by_the_socket
    here = app
    one = page(here)
    said = in_child do
      here.emitter.emit(here.emitter.select, "child", [])
      here.stop
      [here.native_server, here.serving?]
    end
    assert_equal "[nil, false]", said
    here.emitter.emit!(here.emitter.select, "parent", [])
    assert_equal [["child"], ["parent"]], (Array.new(2) { one.take[:data] })
  end

  def test_a_child_cannot_have_a_server
    here = app
    code, message = in_child do
      here.start(native: true, **OPTIONS)
    rescue Realtime::Native::Error => e
      "#{e.code} #{e.message}"
    end.split(" ", 2)
    assert_equal "forked", code
    assert_includes message, "load it after the fork"
    assert_predicate here.native_server, :running?
  end

  def test_a_child_that_lives_on_keeps_neither_clients_nor_the_port
    here = app
    address = here.native_server.addresses.first
    one = page(here)
    beside_an_idle_child do
      here.stop
      one.wait_closed
      assert_raises(Errno::ECONNREFUSED) { TCPSocket.new("127.0.0.1", address[/\d+$/].to_i) }
      app(here, listen: address)
      assert page(here).id
    end
  end

  def test_a_child_of_one_that_has_not_started_may_have_one
    program = <<~RUBY
      Realtime.config.socket = "never.sock"
      pid = fork do
        Realtime.start(native: true, listen: "127.0.0.1:0", socket: "", log_level: "error")
        puts "listening: \#{!Realtime.native_server.port.nil?}"
      end
      Process.wait(pid)
      puts "here: \#{Realtime::Native::Library.loaded?}"
    RUBY
    assert_equal "listening: true\nhere: false\n", finish_program(start_program(program))
  end

  def test_programs_that_are_run_are_no_concern
    here = app
    assert_equal "ok\n", IO.popen([RbConfig.ruby, "-e", "puts :ok"], &:read)
    assert page(here).id
  end
end
