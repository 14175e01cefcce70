"""A host of python-socketio clients, 4.x or 5.x: see ../host.mjs for what it reads and writes."""

import base64
import concurrent.futures
import itertools
import json
import queue
import sys
import threading
import urllib.parse

import engineio
import engineio.payload
import socketio

# With a burst of events an answer has more packets than the library's default lets in, which is 16. Its
# documentation says how to raise that.
engineio.payload.Payload.max_decode_packets = 1000

PATIENCE = 30  # seconds until an event that wants an answer must have it
WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
OLDER = not hasattr(socketio.Client, "get_sid")  # 4.x
LIFE = {"connect", "connect_error", "error", "disconnect", "__disconnect_final"}  # what the library tells of itself
PING, PONG = 2, 3  # Engine.IO's packet types

writing = threading.Lock()
connections = {}  # by client
namespaces = {}  # by client
answers = {}  # where an event waits for its answer, by number
numbers = itertools.count(1)


def report(**message):
    line = json.dumps(message)
    with writing:
        print(line, flush=True)


def packed(value):
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: packed(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [packed(each) for each in value]
    return value


def unpacked(value):
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    return {key: unpacked(each) for key, each in value.items()}


def refusal(told=None):
    """What stands behind connect_error, as an error; of the transport's own errors, with its type."""
    if isinstance(told, dict) and "message" in told:
        return {"$error": told["message"], "data": told.get("data")}
    return {"$error": str(told), "type": "TransportError"}


class InOrder(engineio.Client):
    """The library hands each message to a thread of its own, which are as fast as they are. What has come in order
    shall be told in order."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.beat = lambda: None
        self.teller = concurrent.futures.ThreadPoolExecutor(max_workers=1)

    def _trigger_event(self, event, *args, run_async=False, **kwargs):
        if not run_async or event not in self.handlers:
            return super()._trigger_event(event, *args, **kwargs)
        return self.teller.submit(guarded, self.handlers[event], *args)

    def _receive_packet(self, packet):
        super()._receive_packet(packet)
        if packet.packet_type in (PING, PONG):
            self.beat()


class Namespace(socketio.ClientNamespace):
    """A namespace that reports all it hears. What it hears before it has a client's number is kept."""

    def __init__(self, name):
        super().__init__(name)
        self.number = None
        self.tells_all = False
        self.kept = []
        self.state = threading.Lock()

    def trigger_event(self, event, *args):
        if event == "connect_error" and OLDER:
            event = "error"  # as it is on the wire, and in the other clients of that generation
        elif event == "connect_error":
            args = [refusal(*args)]
        with self.state:
            if self.number is None:
                self.kept.append((event, args))
                return None
        return self.tell(event, args)

    def given(self, number):
        """From now on it speaks for that client."""
        with self.state:
            self.number = number
            namespaces[number] = self
            kept, self.kept = self.kept, []
        for event, args in kept:
            self.tell(event, args)

    def tell(self, event, args):
        if self.tells_all and event not in LIFE:
            self.say(event="*", args=[event, *packed(args)])
        wanted = self.client.answer_is_wanted
        self.client.answer_is_wanted = False
        if not wanted:
            return self.say(event=event, args=packed(args))
        number = next(numbers)
        answers[number] = queue.Queue()
        self.say(event=event, args=packed(args), answer=number)
        answer = answers[number].get(timeout=PATIENCE)
        del answers[number]
        return tuple(answer)

    def acknowledged(self, ack):
        return lambda *args: self.say(ack=ack, args=packed(args))

    def say(self, **what):
        sid = self.client.sid if OLDER else self.client.get_sid(self.namespace)
        report(client=self.number, id=sid, carrier=self.client.eio.transport(), **what)


class Client(socketio.Client):
    answer_is_wanted = False

    def _engineio_client_class(self):
        return InOrder

    def _handle_event(self, namespace, id, data):
        self.answer_is_wanted = id is not None
        super()._handle_event(namespace, id, data)


class Connection(threading.Thread):
    """A client of the library: all its namespaces must be named when it connects. It does what it is told one
    after the other, and no other waits for it."""

    def __init__(self, message):
        super().__init__(daemon=True)
        self.tasks = queue.Queue()
        self.library = Client(reconnection_delay=0.05, reconnection_delay_max=1, randomization_factor=0)
        self.spaces = {name: Namespace(name) for name in {message["namespace"], *message["others"]}}
        for space in self.spaces.values():
            self.library.register_namespace(space)
        self.library.eio.beat = self.beat
        self.later(self.connect, **message)
        self.start()

    def later(self, task, *args, **kwargs):
        self.tasks.put((task, args, kwargs))

    def run(self):
        while True:
            task, args, kwargs = self.tasks.get()
            guarded(task, *args, **kwargs)

    def connect(self, client, url, namespace, claims, transport, **_):
        self.spaces[namespace].given(client)
        connect = self.library.connect
        if OLDER:
            connect(f"{url}?{urllib.parse.urlencode(claims)}", transports=WAYS[transport], namespaces=list(self.spaces))
        else:
            connect(url, auth=claims, transports=WAYS[transport], namespaces=list(self.spaces), wait=False)

    def beat(self):
        for space in self.spaces.values():
            if space.number is not None:
                space.say(event="beat", args=[])


def guarded(task, *args, **kwargs):
    try:
        task(*args, **kwargs)
    except Exception as error:  # whatever it is, it is told to who waits
        report(fault=f"{type(error).__name__}: {error}")


def follow(message):
    do, client = message["do"], message.get("client")
    if do == "open":
        connections[client] = Connection(message)
    elif do == "join":
        connections[client] = connections[message["over"]]
        connections[client].later(lambda: connections[client].spaces[message["namespace"]].given(client))
    elif do == "all":
        namespaces[client].tells_all = True
    elif do == "answer":
        answers[message["answer"]].put(unpacked(message["args"]))
    elif do in ("emit", "send"):
        connections[client].later(say, do, client, unpacked(message["args"]), message.get("ack"))
    elif do in ("leave", "close"):
        connections[client].later(connections[client].library.disconnect)


def say(do, client, args, ack):
    space = namespaces[client]
    callback = None if ack is None else space.acknowledged(ack)
    if do == "emit":
        space.emit(args[0], tuple(args[1:]), callback=callback)
    else:
        space.send(tuple(args), callback=callback)


for line in sys.stdin:
    guarded(follow, json.loads(line))
