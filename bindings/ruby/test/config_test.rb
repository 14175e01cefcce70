# frozen_string_literal: true

require "test_helper"

class ConfigTest < RealtimeTest
  def test_the_default_socket_is_under_the_root
    assert_equal File.join(@folder, "tmp/realtime.sock"), config.socket
  end

  def test_here_beats_environment_beats_file_beats_default
    file("socket: from_file.sock\nhandler_threads: 3\nlisten: 8000\n")
    assert_equal File.join(@folder, "from_file.sock"), config.socket
    assert_equal 3, config.handler_threads
    env = { "REALTIME_SOCKET" => "unix:/env.sock", "REALTIME_EMIT_TIMEOUT" => "300ms" }
    assert_equal "/env.sock", config(env: env).socket
    assert_in_delta 0.3, config(env: env).emit_timeout
    assert_equal "/here.sock", config(env: env, socket: "/here.sock").socket
    assert_equal 2, config(root: "/nowhere").handler_threads
  end

  def test_a_section_for_the_environment_wins_over_the_rest
    file("handler_threads: 3\ntest:\n  handler_threads: 4\nproduction:\n  handler_threads: 5\n")
    assert_equal 4, config(env: { "RAILS_ENV" => "test" }).handler_threads
    assert_equal 5, config(env: { "RAILS_ENV" => "test", "REALTIME_ENV" => "production" }).handler_threads
    assert_equal 3, config.handler_threads
  end

  def test_variables_are_filled_in_for_our_keys_only
    file("socket: ${DIR}/a.sock\nlisten: ${UNSET}\n")
    assert_equal "/x/a.sock", config(env: { "DIR" => "/x" }).socket
    assert_match(/\$\{DIR\} is not set/, assert_raises(ArgumentError) { config.socket }.message)
  end

  def test_a_variable_may_have_a_default
    file("socket: ${DIR:-/tmp/x}/a.sock\n")
    assert_equal "/tmp/x/a.sock", config.socket
    assert_equal "/x/a.sock", config(env: { "DIR" => "/x" }).socket
  end

  # YAML makes a Symbol of :8000, and a Date of what looks like one.
  def test_the_sidecars_own_values_may_look_like_anything
    file("listen: :8000\nnode: 2026-01-01\nproduction:\n  listen: :9000\nsocket: a.sock\n")
    assert_equal File.join(@folder, "a.sock"), config.socket
  end

  def test_any_environment_may_have_a_section
    file("handler_threads: 3\nstaging:\n  handler_threads: 4\n")
    assert_equal 4, config(env: { "REALTIME_ENV" => "staging" }).handler_threads
  end

  def test_lists_are_filled_in_too
    file("namespaces: [\"/${A:-a}\", /b]\n")
    assert_equal %w[/a /b], config.namespaces
  end

  def test_the_file_is_where_the_sidecar_looks_for_it
    File.write(File.join(@folder, "realtime.yml"), "handler_threads: 7\n")
    assert_equal 7, config.handler_threads
    file("handler_threads: 8\n")
    assert_equal 8, config.handler_threads, "config/ comes first"
    assert_match(/there is no file/, assert_raises(ArgumentError) do
      config(env: { "REALTIME_CONFIG" => "nowhere.yml" }).handler_threads
    end.message)
  end

  def test_a_flag_is_true_or_false
    assert_equal true, config.handle_in_web
    assert_equal false, config(env: { "REALTIME_HANDLE_IN_WEB" => "false" }).handle_in_web
    assert_match(/handle_in_web/, assert_raises(ArgumentError) { config(handle_in_web: "perhaps") }.message)
  end

  def test_native_is_a_flag_and_a_key_of_the_file
    assert_equal false, config.native
    assert_equal [true, false], (%w[1 0].map { |text| config(env: { "REALTIME_NATIVE" => text }).native })
    file("native: true\n")
    assert_equal true, config.native
  end

  def test_whether_anything_is_said_of_an_option_of_the_sidecar_s
    refute config.said?(:upstream)
    assert config(env: { "REALTIME_UPSTREAM" => "none" }).said?(:upstream)
    file("test:\n  upstream: ${UNSET}\n")
    refute config.said?(:upstream)
    assert config(env: { "RAILS_ENV" => "test" }).said?(:upstream)
  end

  def test_erb_is_refused_with_a_hint
    file("socket: <%= ENV['X'] %>\n")
    assert_match(/\$\{VAR\}/, assert_raises(ArgumentError) { config.socket }.message)
  end

  def test_what_makes_no_sense_is_named
    assert_match(/handler_threads/, assert_raises(ArgumentError) { config(handler_threads: 0) }.message)
    assert_match(/emit_timeout/, assert_raises(ArgumentError) { config(emit_timeout: "soon") }.message)
    assert_match(/unknown option :sockt/, assert_raises(ArgumentError) { config(sockt: "x") }.message)
  end

  def test_the_generation_is_the_revision_or_the_folder
    assert_equal File.realpath(@folder), config.generation
    File.write(File.join(@folder, "REVISION"), "abc\n")
    assert_equal "abc", config.generation
  end

  private

  def config(env: {}, **options)
    Realtime::Config.new(env: env, root: @folder, **options)
  end

  def file(text)
    FileUtils.mkdir_p(File.join(@folder, "config"))
    File.write(File.join(@folder, "config/realtime.yml"), text)
  end
end
