# frozen_string_literal: true

module Realtime
  # Frames that wait to be written, in order and bounded in bytes. Not synchronised: its owner's
  # lock guards it.
  #
  # Kinds: :volatile and :emit count against the limit and give way when it is passed, volatile
  # ones first, then the oldest. :pinned frames (requests somebody waits for, answers) are neither
  # counted nor dropped: their number is bounded by who waits for them. A frame of which a byte was
  # written is never dropped here.
  class Outbox
    # One frame. `written` counts bytes that left; `tag` is the connection or request it belongs to.
    Entry = Struct.new(:frame, :kind, :tag, :written)

    # @return [Integer] bytes of the frames that count against the limit
    attr_reader :bytes

    # @param limit [Integer] bytes
    def initialize(limit)
      @limit = limit
      @bytes = 0
      @serial = 0
      # Hashes keep insertion order and delete anywhere in constant time.
      @entries = {}
      @lanes = { volatile: {}, emit: {} }
    end

    def empty?
      @entries.empty?
    end

    def size
      @entries.size
    end

    # @return [Hash{Symbol => Integer}] how many frames of each kind had to go to make room
    def push(frame, kind, tag: nil, written: 0)
      serial = @serial += 1
      @entries[serial] = Entry.new(frame, kind, tag, written)
      return {} if kind == :pinned || written.positive?

      @lanes[kind][serial] = true
      @bytes += frame.bytesize
      @bytes > @limit ? make_room : {}
    end

    # @return [Entry, nil] the next frame to write, left in place
    def first
      @entries.first&.last
    end

    # Says that bytes of the first frame were written; a frame that is out is forgotten.
    def wrote(count)
      serial, entry = @entries.first
      release(serial, entry) if entry.written.zero?
      entry.written += count
      @entries.delete(serial) if entry.written >= entry.frame.bytesize
    end

    # Puts uncounted frames before all others.
    #
    # @param frames [Array<(String, Symbol, Object)>] frame, :pinned, tag
    def prepend(frames)
      rest = @entries
      @entries = {}
      frames.each { |frame, kind, tag| push(frame, kind, tag: tag) }
      @entries.update(rest)
    end

    # @return [Boolean] whether a frame with this tag waits
    def tagged?(tag)
      @entries.each_value.any? { |entry| entry.tag.equal?(tag) }
    end

    # Takes out what the block picks.
    #
    # @yieldparam entry [Entry]
    # @return [Array<Entry>] in order
    def remove
      gone = @entries.select { |_, entry| yield entry }
      gone.each do |serial, entry|
        release(serial, entry) if entry.written.zero?
        @entries.delete(serial)
      end
      gone.values
    end

    private

    def make_room
      dropped = Hash.new(0)
      while @bytes > @limit
        kind, lane = @lanes.find { |_, waiting| waiting.any? }
        serial, = lane.first
        release(serial, @entries.delete(serial))
        dropped[kind] += 1
      end
      dropped
    end

    def release(serial, entry)
      lane = @lanes[entry.kind] or return
      lane.delete(serial)
      @bytes -= entry.frame.bytesize
    end
  end
end
