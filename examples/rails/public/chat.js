// The page's half of the chat; the server's is config/realtime.rb.
//
// ?transport=polling or ?transport=websocket keeps to one transport (default: the first, then an
// upgrade to the second). ?name=Ada skips the question for a name.

const TYPING_EVERY = 1_000; // ms between two "typing" of ours
const TYPING_SHOWN = 2_500; // ms that somebody else's is shown
const ANSWER_WITHIN = 15_000; // ms until a message counts as not delivered

const query = new URLSearchParams(location.search);
const element = (id) => document.getElementById(id);
const list = element("messages");

let name = query.get("name") ?? sessionStorage.getItem("name");
let connectedAt;
let bootedAt;

const socket = io({
  autoConnect: false,
  auth: (send) => send({ name }),
  ...(query.has("transport") && { transports: [query.get("transport")] }),
});

// Messages

// Shows a message once, however often it arrives: from the history, as an event, after a reconnect,
// as the answer to our own.
function show(message) {
  const following = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const item = find("id", message.id) ?? find("key", message.key) ?? append(message);
  if (message.id) item.dataset.id = message.id;
  if (message.at) item.querySelector("time").dateTime = message.at;
  item.classList.toggle("pending", Boolean(message.key && !message.id));
  decorate(item);
  if (following) list.scrollTop = list.scrollHeight;
  return item;
}

function find(attribute, value) {
  return value ? list.querySelector(`[data-${attribute}="${CSS.escape(value)}"]`) : null;
}

function append({ author, text, key }) {
  const item = element("blank").content.firstElementChild.cloneNode(true);
  item.dataset.author = author;
  if (key) item.dataset.key = key;
  item.querySelector(".author").textContent = author;
  item.querySelector(".text").textContent = text;
  return list.appendChild(item);
}

function decorate(item) {
  const { author } = item.dataset;
  const time = item.querySelector("time");
  item.style.setProperty("--hue", hue(author));
  item.querySelector(".avatar").textContent = initial(author);
  item.classList.toggle("mine", author === name);
  item.classList.toggle("same", item.previousElementSibling?.dataset.author === author);
  if (time.dateTime) time.textContent = new Date(time.dateTime).toLocaleTimeString([], { timeStyle: "short" });
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
  const item = show({ author: name, text, key });
  list.scrollTop = list.scrollHeight;
  item.classList.remove("failed");
  socket.timeout(ANSWER_WITHIN).emit("chat message", text, key, (error, answer) => {
    if (!error && !answer.error) return show(answer);
    const retry = item.querySelector(".retry");
    retry.onclick = () => say(text, key);
    if (answer?.error) retry.textContent = answer.error;
    item.classList.add("failed");
  });
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
const lastId = () => Math.max(0, ...Array.from(list.querySelectorAll("[data-id]"), (item) => Number(item.dataset.id)));

// People

const people = new Map(); // socket id → name
const gone = new Set(); // who left while the answer to "sync" was under way

function arrive({ id, name }) {
  if (gone.has(id) || people.has(id)) return false;
  people.set(id, name);
  showPeople();
  return true;
}

function showPeople() {
  element("people").replaceChildren(...Array.from(people, ([id, name]) => {
    const item = document.createElement("li");
    item.textContent = initial(name);
    item.title = id === socket.id ? `${name} (you)` : name;
    item.style.setProperty("--hue", hue(name));
    return item;
  }));
}

const initial = (name) => Array.from(name)[0]?.toUpperCase() ?? "";
const hue = (name) => Array.from(name).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);

// Typing

const typists = new Map(); // name → when it is over
let typedAt = 0;

function showTypists() {
  for (const [name, until] of typists) if (until < Date.now()) typists.delete(name);
  const names = [...typists.keys()];
  element("typing").textContent = names.length ? `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing` : "";
}

// What the app says

socket.on("chat message", (message) => {
  typists.delete(message.author);
  show(message);
});
socket.on("joined", (person) => arrive(person) && notice(`${person.name} joined`));
socket.on("left", ({ id, name }) => {
  gone.add(id);
  if (!people.delete(id)) return;
  showPeople();
  notice(`${name} left`);
});
socket.on("typing", ({ name }) => typists.set(name, Date.now() + TYPING_SHOWN));
socket.on("app", (app) => { bootedAt = app.booted_at; });

// The connection

socket.on("connect", () => {
  connectedAt = Date.now();
  element("welcome").close();
  people.clear();
  gone.clear();
  socket.emit("sync", lastId(), ({ messages, people, booted_at }) => {
    messages.forEach(show);
    people.forEach(arrive);
    bootedAt = booted_at;
  });
  socket.io.engine.once("upgrade", showStatus);
  showStatus();
});

socket.on("disconnect", () => {
  connectedAt = undefined;
  showStatus();
});

// The app refused us. Everything else that can go wrong is tried again by the client itself.
socket.on("connect_error", (error) => {
  if (!socket.active) ask(error.message);
});

function ask(refusal = "") {
  element("refusal").textContent = refusal;
  element("name").value = name ?? "";
  if (!element("welcome").open) element("welcome").showModal();
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
});

element("text").addEventListener("input", () => {
  if (Date.now() - typedAt < TYPING_EVERY) return;
  typedAt = Date.now();
  socket.volatile.emit("typing");
});

element("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(element("name").value.trim());
});

element("rename").addEventListener("click", () => ask());

// A name belongs to a socket, so another name is another socket.
function enter(chosen) {
  name = chosen;
  sessionStorage.setItem("name", name);
  element("rename").textContent = name;
  element("rename").hidden = false;
  list.querySelectorAll(".message").forEach(decorate);
  socket.disconnect().connect();
}

list.querySelectorAll(".message").forEach(decorate);
list.scrollTop = list.scrollHeight;
setInterval(showStatus, 1_000);
if (name) enter(name);
else ask();
