# frozen_string_literal: true

require "json"
require "net/http"
require "timeout"

# A Socket.IO 4.x client over long-polling, as small as it can be: packets are strings, one thread
# polls.
class PollingClient
  SEPARATOR = "\x1e"
  PATIENCE = 60

  attr_reader :id

  # @param headers [Hash] sent with each request, such as a cookie
  def initialize(port, namespace: "/", auth: nil, headers: {})
    @namespace = namespace
    @headers = headers
    @http = Net::HTTP.start("127.0.0.1", port, read_timeout: 60)
    @polling = Net::HTTP.start("127.0.0.1", port, read_timeout: 60)
    @path = "/socket.io/?EIO=4&transport=polling"
    @path += "&sid=#{JSON.parse(@http.get(@path, headers).body[1..])["sid"]}"
    @packets = Thread::Queue.new
    @acks = 0
    @thread = Thread.new { poll }
    post("0#{prefix}#{JSON.generate(auth) if auth}")
    @answer = take
    @id = @answer[:data]["sid"] if @answer[:type].zero?
  end

  # The connect error, if it was one.
  def refused
    @answer[:data] if @answer[:type] == 4
  end

  def emit(event, *args)
    post("2#{prefix}#{JSON.generate([event, *args])}")
  end

  # Emits and waits for the ack's arguments.
  def call(event, *args)
    post("2#{prefix}#{@acks += 1}#{JSON.generate([event, *args])}")
    take.fetch(:data)
  end

  def ack(packet, *args)
    post("3#{prefix}#{packet[:id]}#{JSON.generate(args)}")
  end

  # The next socket packet: {type:, id:, data:}.
  def take
    Timeout.timeout(PATIENCE, nil, "no packet came") { @packets.pop }
  end

  # Waits until the sidecar has ended the connection.
  def wait_closed
    @thread.join(PATIENCE) or raise "the connection stayed open"
  end

  # Leaves, as a page that is closed.
  def close
    @thread.kill
    post_raw("1")
    [@http, @polling].each(&:finish)
  rescue SystemCallError, IOError
    nil
  end

  private

  def prefix
    @namespace == "/" ? "" : "#{@namespace},"
  end

  def post(packet)
    response = post_raw("4#{packet}")
    raise "refused: #{response.code} #{response.body}" unless response.code == "200"
  end

  def post_raw(body)
    @http.post(@path, body, "Content-Type" => "text/plain;charset=UTF-8", **@headers)
  end

  def poll
    loop do
      response = @polling.get(@path, @headers)
      break unless response.code == "200"

      response.body.force_encoding("UTF-8").split(SEPARATOR).each { |packet| received(packet) }
    end
  rescue SystemCallError, IOError
    nil # the sidecar is gone
  end

  def received(packet)
    return post_raw("3") if packet == "2"

    match = %r{\A4(\d)(?:\d+-)?(?:(/[^,]*),)?(\d+)?(.*)\z}m.match(packet) or return
    type, _, id, json = match.captures
    @packets << { type: type.to_i, id: id, data: json.empty? ? nil : JSON.parse(json) }
  end
end
