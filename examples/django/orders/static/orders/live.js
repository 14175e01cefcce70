// What all pages have in common: the connection, the line at the foot, forms that are sent by a script.
//
// ?transport=polling or ?transport=websocket keeps to one transport (default: the first, then an
// upgrade to the second).

const element = (id) => document.getElementById(id);
const transport = new URLSearchParams(location.search).get("transport");

// Connects with the tokens in the page's tags, and shows how it goes.
export function connect(namespace) {
  const socket = Realtime.connect(namespace, transport ? { transports: [transport] } : {});
  let since;

  function show() {
    element("status").dataset.socket = socket.id ?? "";
    element("status").dataset.connected = socket.connected;
    element("state").textContent = socket.connected ? "live" : "connecting";
    element("transport").textContent = socket.connected ? socket.io.engine.transport.name : "none";
    element("socket-age").textContent = since ? `open for ${age(since)}` : "not open";
    showAges();
  }

  socket.on("connect", () => {
    since = Date.now();
    socket.io.engine.once("upgrade", show);
    show();
  });
  socket.on("disconnect", () => {
    since = undefined;
    show();
  });
  socket.on("connect_error", () => {
    // Active: the network, and it tries again. Otherwise the app has refused this client.
    if (!socket.active) location.assign(`${document.body.dataset.login}?next=${encodeURIComponent(location.pathname)}`);
  });
  show();
  setInterval(show, 1_000);
  return socket;
}

export function notify(text) {
  const notice = element("notice");
  notice.textContent = text;
  notice.getAnimations().forEach((animation) => {
    animation.currentTime = 0;
    animation.play();
  });
}

// Sends a form that moves an order, and gives the order as it is then. realtime.js adds the header by
// which the app knows this page's sockets.
export async function move(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    if (answer.ok) return await answer.json();
    if (answer.status !== 409) throw new Error(answer.statusText);
    notify("Somebody was faster.");
    return await answer.json();
  } catch {
    notify("That did not work. Please try again.");
  }
}

// To be called when a page shows other times than before; each second they are shown anew.
export function showAges() {
  for (const time of document.querySelectorAll("time")) time.textContent = `${age(Date.parse(time.dateTime))} ago`;
}

function age(since) {
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
