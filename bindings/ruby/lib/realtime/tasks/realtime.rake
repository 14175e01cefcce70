# frozen_string_literal: true

namespace :realtime do
  desc "Start the sidecar in front of an app that runs already (realtime serve)"
  task :start do
    require "realtime/tasks/sidecar"
    Realtime::Tasks::Sidecar.start(Rails.root.to_s, Rails.env)
  rescue Realtime::Binary::Missing => e
    abort e.message
  end

  desc "Handle clients' events in this process, and nothing else, until TERM"
  task work: :environment do
    Realtime::Work.run
  end

  desc "See whether all is well: configuration, binary, sidecar, secret, pool, handlers"
  task check: :environment do
    require "realtime/tasks/check"
    exit(1) unless Realtime::Tasks::Check.new.run($stdout)
  end

  desc "Print the options in effect, of the sidecar and of this app, and where each comes from"
  task config: :environment do
    require "realtime/tasks/options"
    Realtime::Tasks::Options.print($stdout)
  end

  desc "List who is connected; ROOM=… NAMESPACE=… USER_ID=… narrow it down"
  task sockets: :environment do
    require "realtime/tasks/sockets"
    Realtime::Tasks::Sockets.print($stdout, room: ENV.fetch("ROOM", nil), namespace: ENV.fetch("NAMESPACE", nil),
                                            user: ENV.fetch("USER_ID", nil))
  rescue Realtime::ConnectionError => e
    abort "realtime: #{e.message}. Does the sidecar run? `bin/rails realtime:check`"
  end
end
