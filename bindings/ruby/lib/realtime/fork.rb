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

    @watched = ObjectSpace::WeakMap.new
    @started = []

    class << self
      # @param object [#after_fork] held weakly
      def watch(object)
        @watched[object] = true
      end

      # Runs the block in each forked child, after connections were closed.
      def in_child(&block)
        @started << block
      end

      # @api private
      def child
        @watched.each_key(&:after_fork)
        @started.each(&:call)
      end
    end

    Process.singleton_class.prepend(Hook)
  end
end
