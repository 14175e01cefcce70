# frozen_string_literal: true

# May be run again: bin/setup does.
%w[General Kitchen Music].each { |name| Room.find_or_create_by!(name: name) }

general = Room.find_by!(name: "General")
unless general.messages.exists?
  general.messages.create!(text: "Open this page in a second browser, under another name.")
end
