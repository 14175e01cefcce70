// The page's half of the orders board; the server's is orders/signals.py and orders/realtime.py.
//
// ?transport=polling or ?transport=websocket keeps to one transport (default: the first, then an
// upgrade to the second).

const element = (id) => document.getElementById(id);
const sections = Array.from(document.querySelectorAll("section"));
const statuses = sections.map((section) => section.dataset.status);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const orders = new Map(); // number → order
const cards = new Map(); // number → list item
let connectedAt;

const transport = new URLSearchParams(location.search).get("transport");
const socket = io(transport ? { transports: [transport] } : {});

// Orders

function remember(order) {
  // What was asked for may arrive after newer news.
  const known = orders.get(order.number);
  if (known && Date.parse(known.updated_at) > Date.parse(order.updated_at)) return;
  orders.set(order.number, order);
}

// Brings the board in line with the orders; the browser animates what moves.
function render(changed) {
  if (!document.startViewTransition || calm.matches || document.hidden) return place(changed);
  // A change that comes during the animation ends it: no error.
  document.startViewTransition(() => place(changed)).ready.catch(() => {});
}

function place(changed) {
  for (const [number, card] of cards) {
    if (orders.has(number)) continue;
    card.remove();
    cards.delete(number);
  }
  const newestFirst = [...orders.values()].sort((a, b) => b.number - a.number);
  for (const section of sections) {
    const own = newestFirst.filter((order) => order.status === section.dataset.status);
    section.querySelector("ol").replaceChildren(...own.map(fill));
    section.querySelector(".count").textContent = own.length;
  }
  if (changed) flash(cards.get(changed));
  const open = newestFirst.filter((order) => order.status !== statuses.at(-1));
  element("open").textContent = open.length;
  element("sum").textContent = money(open.reduce((sum, order) => sum + Number(order.total), 0));
}

function fill(order) {
  const card = cards.get(order.number) ?? create(order.number);
  const next = statuses[statuses.indexOf(order.status) + 1];
  card.querySelector(".number").textContent = `#${order.number}`;
  card.querySelector(".total").textContent = money(order.total);
  card.querySelector(".customer").textContent = order.customer;
  card.querySelector("button").textContent = next ? `${next} →` : "";
  card.querySelector("button").hidden = !next;
  card.querySelector("time").dateTime = order.updated_at;
  return card;
}

function create(number) {
  const card = element("blank").content.firstElementChild.cloneNode(true);
  card.dataset.number = number;
  card.style.viewTransitionName = `order-${number}`;
  card.querySelector("button").addEventListener("click", () => socket.emit("advance", number));
  cards.set(number, card);
  return card;
}

function flash(card) {
  card?.animate([{ boxShadow: "0 0 0 3px var(--accent)" }, {}], { duration: 1_500, easing: "ease-out" });
}

const money = (amount) => Number(amount).toLocaleString([], { minimumFractionDigits: 2, maximumFractionDigits: 2 });

// What the app says

socket.on("order", (order) => {
  remember(order);
  render(order.number);
});

socket.on("order deleted", (number) => {
  orders.delete(number);
  render();
});

// The connection

socket.on("connect", () => {
  connectedAt = Date.now();
  socket.emit("orders", (all) => {
    const numbers = new Set(all.map((order) => order.number));
    for (const number of orders.keys()) if (!numbers.has(number)) orders.delete(number);
    all.forEach(remember);
    render();
  });
  socket.io.engine.once("upgrade", showStatus);
  showStatus();
});

socket.on("disconnect", () => {
  connectedAt = undefined;
  showStatus();
});

function showStatus() {
  element("status").dataset.socket = socket.id ?? "";
  element("status").dataset.connected = socket.connected;
  element("state").textContent = socket.connected ? "live" : "connecting";
  element("transport").textContent = socket.connected ? socket.io.engine.transport.name : "none";
  element("socket-age").textContent = connectedAt ? `open for ${age(connectedAt)}` : "not open";
  for (const time of document.querySelectorAll("time")) time.textContent = `${age(Date.parse(time.dateTime))} ago`;
}

function age(since) {
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

JSON.parse(element("orders").textContent).forEach(remember);
place();
showStatus();
setInterval(showStatus, 1_000);
