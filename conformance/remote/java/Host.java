import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import io.socket.emitter.Emitter;
import io.socket.engineio.client.Transport;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * A host of socket.io-client-java clients, 1.x or 2.x: see ../host.mjs for what it reads and writes. What only
 * one of the two has is found by its name, so that this compiles with either.
 */
public final class Host {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final Map<String, String[]> WAYS = Map.of(
        "polling", new String[] {"polling"},
        "websocket", new String[] {"websocket"},
        "upgrade", new String[] {"polling", "websocket"});

    private final Map<Integer, Socket> sockets = new ConcurrentHashMap<>();
    private final Map<Integer, Ack> answers = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();

    public static void main(String[] args) throws Exception {
        Host host = new Host();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                host.follow(new JSONObject(line));
            } catch (Exception error) { // whatever it is, it is told to who waits
                write(new JSONObject().put("fault", error.toString()));
            }
        }
        System.exit(0);
    }

    private static synchronized void write(JSONObject message) {
        OUT.println(message);
    }

    private void follow(JSONObject message) throws Exception {
        int client = message.getInt("client");
        switch (message.getString("do")) {
            case "open" -> added(client, open(message), message).connect();
            case "join" -> added(client, join(message), message).connect();
            case "on" -> listen(client, message.getString("event"));
            case "all" -> listenToAll(client);
            case "emit" -> emit(client, message);
            case "send" -> sockets.get(client).send(values(client, message));
            case "answer" -> answers.remove(message.getInt("answer")).call(list(message.getJSONArray("args")));
            case "leave" -> sockets.get(client).disconnect();
            case "close" -> close(sockets.get(client).io());
            default -> throw new IllegalArgumentException(message.toString());
        }
    }

    private Socket open(JSONObject message) throws Exception {
        IO.Options options = new IO.Options();
        options.forceNew = true;
        options.reconnectionDelay = 50;
        options.transports = WAYS.get(message.getString("transport"));
        claim(options, message.getJSONObject("claims"));
        String namespace = message.getString("namespace");
        Socket socket = IO.socket(URI.create(message.getString("url") + namespace), options);
        // The library shows its heartbeats nowhere else.
        socket.io().on(Manager.EVENT_TRANSPORT, created -> ((Transport) created[0]).on(Transport.EVENT_PACKET, packet -> beat(socket.io(), packet)));
        return socket;
    }

    private Socket join(JSONObject message) throws Exception {
        IO.Options options = new IO.Options();
        claim(options, message.getJSONObject("claims"));
        return sockets.get(message.getInt("over")).io().socket(message.getString("namespace"), options);
    }

    /** What a client says of itself: since 2.x in `auth`, before that in a query. */
    private static void claim(IO.Options options, JSONObject claims) throws Exception {
        Map<String, String> auth = new HashMap<>();
        StringBuilder query = new StringBuilder();
        for (Iterator<?> keys = claims.keys(); keys.hasNext(); ) {
            String key = (String) keys.next();
            auth.put(key, claims.getString(key));
            query.append(query.length() == 0 ? "" : "&").append(encoded(key)).append("=").append(encoded(claims.getString(key)));
        }
        try {
            IO.Options.class.getField("auth").set(options, auth);
        } catch (NoSuchFieldException older) {
            options.query = query.toString();
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Socket added(int client, Socket socket, JSONObject message) throws JSONException {
        sockets.put(client, socket);
        JSONArray events = message.getJSONArray("events");
        for (int i = 0; i < events.length(); i++) listen(client, events.getString(i));
        return socket;
    }

    private void listen(int client, String event) {
        sockets.get(client).on(event, args -> {
            Ack answer = args.length > 0 && args[args.length - 1] instanceof Ack last ? last : null;
            Object[] rest = answer == null ? args : Arrays.copyOf(args, args.length - 1);
            int number = numbers.incrementAndGet();
            if (answer != null) answers.put(number, answer);
            Object[] told = event.equals("connect_error") ? refusals(rest) : rest;
            tell(client, Map.of("event", event, "args", told), answer == null ? null : number);
        });
    }

    private void listenToAll(int client) throws Exception {
        Emitter.Listener listener = args -> tell(client, Map.of("event", "*", "args", args), null);
        Socket.class.getMethod("onAnyIncoming", Emitter.Listener.class).invoke(sockets.get(client), listener);
    }

    private void beat(Manager session, Object[] packet) {
        String type = ((io.socket.engineio.parser.Packet<?>) packet[0]).type;
        if (!type.equals("ping") && !type.equals("pong")) return;
        sockets.forEach((client, socket) -> {
            if (socket.io() == session) tell(client, Map.of("event", "beat", "args", new Object[0]), null);
        });
    }

    private void emit(int client, JSONObject message) throws JSONException {
        Object[] all = values(client, message);
        sockets.get(client).emit((String) all[0], Arrays.copyOfRange(all, 1, all.length));
    }

    /** The arguments, and behind them the function that takes the acknowledgement, if one is wanted. */
    private Object[] values(int client, JSONObject message) throws JSONException {
        Object[] values = list(message.getJSONArray("args"));
        if (!message.has("ack")) return values;
        int ack = message.getInt("ack");
        Object[] all = Arrays.copyOf(values, values.length + 1);
        all[values.length] = (Ack) args -> tell(client, Map.of("ack", ack, "args", args), null);
        return all;
    }

    private void close(Manager session) {
        for (Socket socket : sockets.values()) {
            if (socket.io() == session) socket.disconnect();
        }
    }

    private void tell(int client, Map<String, Object> what, Integer answer) {
        try {
            Socket socket = sockets.get(client);
            JSONObject report = new JSONObject().put("client", client).put("id", socket.id()).put("answer", answer);
            report.put("carrier", carrier(socket));
            for (var entry : what.entrySet()) report.put(entry.getKey(), packed(entry.getValue()));
            write(report);
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** The name of the transport in charge, which the library keeps to itself. */
    private static String carrier(Socket socket) throws Exception {
        Object engine = hidden(Manager.class, "engine", socket.io());
        Object transport = engine == null ? null : hidden(io.socket.engineio.client.Socket.class, "transport", engine);
        return transport == null ? null : ((Transport) transport).name;
    }

    private static Object hidden(Class<?> owner, String name, Object of) throws Exception {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    private static Object packed(Object value) throws JSONException {
        if (value instanceof byte[] bytes) return new JSONObject().put("$bytes", Base64.getEncoder().encodeToString(bytes));
        if (value instanceof Exception error) return refusal(error + ", " + error.getCause(), "TransportError", null);
        if (value instanceof Object[] list) {
            JSONArray packed = new JSONArray();
            for (Object each : list) packed.put(each == null ? JSONObject.NULL : packed(each));
            return packed;
        }
        if (value instanceof JSONArray list) {
            JSONArray packed = new JSONArray();
            for (int i = 0; i < list.length(); i++) packed.put(packed(list.get(i)));
            return packed;
        }
        if (value instanceof JSONObject map) {
            JSONObject packed = new JSONObject();
            for (Iterator<?> keys = map.keys(); keys.hasNext(); ) {
                String key = (String) keys.next();
                packed.put(key, packed(map.get(key)));
            }
            return packed;
        }
        return value;
    }

    /** What the app says to whom it refuses is a message and data, since 2.x. */
    private static Object[] refusals(Object[] args) {
        return Arrays.stream(args).map(each -> each instanceof JSONObject told ? refusal(told) : each).toArray();
    }

    private static Object refusal(JSONObject told) {
        try {
            return refusal(told.getString("message"), null, told.opt("data"));
        } catch (JSONException error) {
            throw new IllegalStateException(error);
        }
    }

    private static JSONObject refusal(String message, String type, Object data) throws JSONException {
        return new JSONObject().put("$error", message).put("type", type).put("data", data);
    }

    private static Object unpacked(Object value) throws JSONException {
        if (value instanceof JSONArray list) {
            JSONArray unpacked = new JSONArray();
            for (int i = 0; i < list.length(); i++) unpacked.put(unpacked(list.get(i)));
            return unpacked;
        }
        if (!(value instanceof JSONObject map)) return value;
        if (map.has("$bytes")) return Base64.getDecoder().decode(map.getString("$bytes"));
        JSONObject unpacked = new JSONObject();
        for (Iterator<?> keys = map.keys(); keys.hasNext(); ) {
            String key = (String) keys.next();
            unpacked.put(key, unpacked(map.get(key)));
        }
        return unpacked;
    }

    private static Object[] list(JSONArray values) throws JSONException {
        Object[] list = new Object[values.length()];
        for (int i = 0; i < list.length; i++) list[i] = unpacked(values.get(i));
        return list;
    }
}
