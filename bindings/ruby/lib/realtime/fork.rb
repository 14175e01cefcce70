# frozen_string_literal: true

module Realtime
  # Tells connections that their process is a forked child, before anything else runs in it: a copy
  # of the socket left open there would keep the parent's connection alive after its death.
  #
  # Process._fork is Ruby's hook for this (3.1 and later). Process.daemon goes around it in 3.1, so
  # connections also compare Process.pid when they are used.
  module Fork
    # Prepended to Process's singleton class.
    module Hook
      def _fork
        pid = super
        Fork.child if pid.zero?
        pid
      end
    end

    # A plain table that connections leave when they end: walking an ObjectSpace::WeakMap meets
    # objects that are half swept and crashes Ruby 3.1.
    @watched = {}.compare_by_identity
    @started = []

    class << self
      # @param object [#after_fork] told once in a child, until {forget}
      def watch(object)
        @watched[object] = true
      end

      def forget(object)
        @watched.delete(object)
      end

      # Runs the block in each forked child, after connections were closed.
      def in_child(&block)
        @started << block
      end

      # @api private
      def child
        watched = @watched.keys
        @watched.clear
        watched.each(&:after_fork)
        @started.each(&:call)
      end
    end

    Process.singleton_class.prepend(Hook)
  end
end
