# frozen_string_literal: true

require "test_helper"

class OutboxTest < Minitest::Test
  def test_frames_come_out_in_order
    box = filled(100, ["a", :emit], ["b", :volatile], ["c", :pinned])
    assert_equal %w[a b c], drain(box)
    assert_equal 0, box.bytes
  end

  def test_volatile_frames_go_first_then_the_oldest
    box = filled(3, ["a", :emit], ["v", :volatile], ["b", :emit])
    assert_equal({ volatile: 1 }, box.push("c", :emit))
    assert_equal({ emit: 1 }, box.push("d", :emit))
    assert_equal %w[b c d], drain(box)
  end

  def test_a_volatile_frame_that_finds_no_room_is_the_one_to_go
    box = filled(2, ["a", :emit], ["b", :emit])
    assert_equal({ volatile: 1 }, box.push("v", :volatile))
    assert_equal %w[a b], drain(box)
  end

  def test_pinned_and_begun_frames_are_not_dropped
    box = filled(2, ["pinned", :pinned], ["ab", :emit])
    box.wrote(6)
    box.wrote(1)
    assert_equal({ emit: 1 }, box.push("abc", :emit).compact)
    assert_equal ["ab"], drain(box)
  end

  def test_what_is_put_before_all_others_comes_first
    box = filled(9, ["a", :emit])
    box.prepend([["x", :pinned, nil], ["y", :pinned, nil]])
    assert_equal %w[x y a], drain(box)
  end

  def test_frames_can_be_taken_out
    box = filled(9, ["a", :emit], ["b", :volatile])
    assert_equal(["b"], box.remove { |entry| entry.kind == :volatile }.map(&:frame))
    assert_equal 1, box.bytes
    assert_equal ["a"], drain(box)
  end

  private

  def filled(limit, *frames)
    Realtime::Outbox.new(limit).tap { |box| frames.each { |frame, kind| box.push(frame, kind) } }
  end

  def drain(box)
    frames = []
    until box.empty?
      entry = box.first
      frames << entry.frame
      box.wrote(entry.frame.bytesize - entry.written)
    end
    frames
  end
end
