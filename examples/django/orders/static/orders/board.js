// The kitchen's board; what it asks and hears is in orders/realtime.py and orders/models.py.

import { connect, move, notify, showAges } from "./live.js";

const PATIENCE = 10_000; // ms for the app to answer

const element = (id) => document.getElementById(id);
const sections = Array.from(document.querySelectorAll("section"));
const statuses = sections.map((section) => section.dataset.status);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const orders = new Map(); // id → order
const cards = new Map(); // id → list item
const socket = connect("/kitchen");

// Orders

function remember(order) {
  // What was asked for may arrive after newer news.
  const known = orders.get(order.id);
  if (known && Date.parse(known.updated_at) > Date.parse(order.updated_at)) return;
  orders.set(order.id, order);
}

// Brings the board in line with the orders; the browser animates what moves.
function render(changed) {
  if (!document.startViewTransition || calm.matches || document.hidden) return place(changed);
  // A change that comes during the animation ends it: no error.
  document.startViewTransition(() => place(changed)).ready.catch(() => {});
}

function place(changed) {
  for (const [id, card] of cards) {
    if (orders.has(id)) continue;
    card.remove();
    cards.delete(id);
  }
  const newestFirst = [...orders.values()].sort((a, b) => b.number - a.number);
  for (const section of sections) {
    const own = newestFirst.filter((order) => order.status === section.dataset.status);
    section.querySelector("ol").replaceChildren(...own.map(fill));
    section.querySelector(".count").textContent = own.length;
  }
  showAges();
  if (changed) flash(cards.get(changed));
  const open = newestFirst.filter((order) => order.status !== statuses.at(-1));
  element("open").textContent = open.length;
  element("sum").textContent = money(open.reduce((sum, order) => sum + Number(order.total), 0));
}

function fill(order) {
  const card = cards.get(order.id) ?? create(order);
  const part = (name) => card.querySelector(name);
  part(".total").textContent = money(order.total);
  part(".items").textContent = order.items;
  part(".customer").textContent = order.customer;
  part(".cook").replaceChildren(...(order.cook ? [face(order.cook), order.cook] : []));
  part(".claim").hidden = order.cook || statuses.indexOf(order.status) > statuses.indexOf("cooking");
  part("time").dateTime = order.updated_at;
  part(".move").hidden = !order.next_status;
  part(".move").elements.status.value = order.next_status ?? "";
  part(".move button").textContent = `${order.next_status} →`;
  return card;
}

function create(order) {
  const card = element("blank").content.firstElementChild.cloneNode(true);
  const page = `/orders/${order.number}/`;
  card.style.viewTransitionName = `order-${order.id}`;
  card.querySelector(".number").textContent = `#${order.number}`;
  card.querySelector(".number").href = page;
  card.querySelector(".claim").addEventListener("click", () => claim(order.number));
  card.querySelector(".move").action = `${page}move/`;
  card.querySelector(".move").addEventListener("submit", async (event) => {
    event.preventDefault();
    const moved = await move(event.currentTarget);
    if (moved) changed(moved);
  });
  cards.set(order.id, card);
  return card;
}

// An event with an ack: the app's handler decides who was first.
async function claim(number) {
  try {
    const { error } = await socket.timeout(PATIENCE).emitWithAck("claim", number);
    if (error) notify(error);
  } catch {
    notify("There was no answer. Please try again.");
  }
}

function flash(card) {
  card?.animate([{ boxShadow: "0 0 0 3px var(--accent)" }, {}], { duration: 1_500, easing: "ease-out" });
}

function face(name) {
  const circle = document.createElement("i");
  circle.className = "face";
  circle.title = name === document.body.dataset.user ? `${name} (you)` : name;
  circle.textContent = name.charAt(0);
  circle.style.setProperty("--hue", [...name].reduce((sum, letter) => sum + letter.codePointAt(0) * 47, 0) % 360);
  return circle;
}

const money = (amount) => Number(amount).toLocaleString([], { style: "currency", currency: "EUR" });

// What the app says

function changed(order) {
  remember(order);
  render(order.id);
}

socket.on("order.created", changed);
socket.on("order.updated", changed);
socket.on("order.deleted", ({ id }) => {
  orders.delete(id);
  render();
});
socket.on("notice", notify);

// Who looks: the event says that it has changed, the answer who it is.
socket.on("watchers", () => {
  socket.emit("watchers", (names) => {
    element("watchers").replaceChildren(...names.map((name) => {
      const item = document.createElement("li");
      item.append(face(name));
      return item;
    }));
  });
});

socket.on("connect", () => {
  socket.emit("look", (all) => {
    const ids = new Set(all.map((order) => order.id));
    for (const id of orders.keys()) if (!ids.has(id)) orders.delete(id);
    all.forEach(remember);
    render();
  });
});

JSON.parse(element("orders").textContent).forEach(remember);
place();
