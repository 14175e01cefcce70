// A room's half in the page; the server's is app/realtime/chat_handler.rb.
//
// ?transport=polling or ?transport=websocket keeps to one transport (default: the first, then an
// upgrade to the second).

import { hue, initial, showPeople } from "/people.js";

const TYPING_EVERY = 1_000; // ms between two "typing" of ours
const TYPING_SHOWN = 2_500; // ms that somebody else's is shown
const ANSWER_WITHIN = 15_000; // ms until we offer to send a message again

const element = (id) => document.getElementById(id);
const list = element("messages");
const me = element("me").textContent;
const transport = new URLSearchParams(location.search).get("transport");

let connectedAt;
let bootedAt;

const socket = Realtime.connect("/chat", {
  auth: { room: Number(element("room").dataset.id) },
  ...(transport && { transports: [transport] }),
});

// Messages

// Shows a message once, however often it arrives: from the history, as an event, after a reconnect,
// as the answer to our own.
function show(message) {
  const following = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const item = find("id", message.id) ?? find("key", message.key) ?? append(message);
  if (message.id) item.dataset.id = message.id;
  if (message.at) item.querySelector("time").dateTime = message.at;
  item.classList.toggle("pending", !item.dataset.id);
  decorate(item);
  if (following) list.scrollTop = list.scrollHeight;
  return item;
}

function find(attribute, value) {
  return value ? list.querySelector(`[data-${attribute}="${CSS.escape(value)}"]`) : null;
}

function append({ author, text, key }) {
  const item = element("blank").content.firstElementChild.cloneNode(true);
  item.dataset.id = "";
  item.dataset.author = author ?? "";
  item.classList.toggle("system", !author);
  if (key) item.dataset.key = key;
  if (author !== me) item.querySelector(".deletion").remove();
  item.querySelector(".author").textContent = author;
  item.querySelector(".text").textContent = text;
  return list.appendChild(item);
}

function decorate(item) {
  const { author } = item.dataset;
  const time = item.querySelector("time");
  item.style.setProperty("--hue", hue(author));
  item.querySelector(".avatar").textContent = initial(author);
  item.classList.toggle("mine", author === me);
  item.classList.toggle("same", item.previousElementSibling?.dataset.author === author);
  if (time.dateTime) time.textContent = new Date(time.dateTime).toLocaleTimeString([], { timeStyle: "short" });
}

function remove({ id }) {
  const item = find("id", id);
  const next = item?.nextElementSibling;
  item?.remove();
  if (next?.matches(".message")) decorate(next);
}

function notice(text) {
  const item = document.createElement("li");
  item.className = "notice";
  item.textContent = text;
  list.append(item);
  list.scrollTop = list.scrollHeight;
}

// Sends a message and shows it at once. Everybody else hears of it when the app has stored it; we
// hear it as the acknowledgement. Sent again under the same key, it is stored once all the same.
function say(text, key) {
  const item = show({ author: me, text, key });
  list.scrollTop = list.scrollHeight;
  item.classList.remove("failed");
  const overdue = setTimeout(fail, ANSWER_WITHIN, "Not delivered");
  socket.emit("message", text, key, (answer) => {
    clearTimeout(overdue);
    if (answer.error) return fail(answer.error);
    show(answer).classList.remove("failed"); // be it ever so late
  });

  function fail(why) {
    const retry = item.querySelector(".retry");
    retry.textContent = `${why}. Try again`;
    retry.onclick = () => say(text, key);
    item.classList.add("failed");
  }
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
const lastId = () => Math.max(0, ...Array.from(list.querySelectorAll("[data-id]"), (item) => Number(item.dataset.id)));

// An ordinary request: it names this page's socket, so that the app tells all pages but this one.
async function destroy(item) {
  const response = await fetch(`/messages/${item.dataset.id}`, {
    method: "DELETE",
    headers: {
      Accept: "application/json",
      "X-CSRF-Token": document.querySelector("meta[name=csrf-token]")?.content ?? "",
    },
  });
  if (response.ok) remove(item.dataset);
}

// People

let here = JSON.parse(element("people").dataset.names);
let revision = Number(element("people").dataset.revision);

// Who is here now. Of two lists that come the wrong way round, the later one stays.
function arrange(room, quietly) {
  if (room.revision < revision) return;
  const before = here;
  ({ revision, people: here } = room);
  showPeople(element("people"), here, me);
  if (quietly) return;
  for (const name of here) if (!before.includes(name) && name !== me) notice(`${name} joined`);
  for (const name of before) if (!here.includes(name) && name !== me) notice(`${name} left`);
}

// Typing

const typists = new Map(); // name → when it is over
let typedAt = 0;

function showTypists() {
  for (const [name, until] of typists) if (until < Date.now()) typists.delete(name);
  const names = [...typists.keys()];
  element("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing` : "";
}

// What the app says

socket.on("message.created", (message) => {
  typists.delete(message.author);
  showTypists();
  show(message);
});
socket.on("message.destroyed", remove);
socket.on("room.updated", (room) => arrange(room));
socket.on("typing", (name) => {
  typists.set(name, Date.now() + TYPING_SHOWN);
  showTypists();
});
socket.on("app", (app) => { bootedAt = app.booted_at; });

// The connection

socket.on("connect", () => {
  connectedAt = Date.now();
  socket.emit("enter", lastId(), ({ messages, room, booted_at }) => {
    messages.forEach(show);
    arrange(room, true);
    bootedAt = booted_at;
  });
  socket.io.engine.once("upgrade", showStatus);
  showStatus();
});

socket.on("disconnect", (reason) => {
  connectedAt = undefined;
  showStatus();
  if (reason === "io server disconnect") leave();
});

// The app refused us: signed out, in another tab perhaps. Everything else that can go wrong is tried
// again by the client itself.
socket.on("connect_error", () => {
  if (!socket.active) leave();
});

function leave() {
  location.assign("/");
}

// The socket is the sidecar's and the app is the app: when the app is killed and started again, its
// age begins anew while the socket's goes on.
function showStatus() {
  element("status").dataset.socket = socket.id ?? "";
  element("status").dataset.connected = socket.connected;
  element("state").textContent = socket.connected ? "connected" : socket.active ? "connecting" : "not connected";
  element("transport").textContent = socket.connected ? socket.io.engine.transport.name : "none";
  element("socket-age").textContent = connectedAt ? `open for ${age(connectedAt)}` : "not open";
  element("app-age").textContent = bootedAt ? `${age(Date.parse(bootedAt))} ago` : "…";
  element("app-age").dataset.bootedAt = bootedAt ?? "";
  showTypists();
}

function age(since) {
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

// What the person does

element("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("text").value.trim();
  if (text) say(text, newKey());
  element("text").value = "";
  typedAt = 0; // what was sent ended what the others see
});

element("text").addEventListener("input", () => {
  if (Date.now() - typedAt < TYPING_EVERY) return;
  typedAt = Date.now();
  socket.volatile.emit("typing");
});

list.addEventListener("submit", (event) => {
  event.preventDefault();
  destroy(event.target.closest(".message"));
});

list.querySelectorAll(".message").forEach(decorate);
list.scrollTop = list.scrollHeight;
showPeople(element("people"), here, me);
setInterval(showStatus, 1_000);
