// The list of rooms keeps up by a token in the page's head alone: there is no handler for "/".

import { showPeople } from "/people.js";

const rooms = document.getElementById("rooms");
const socket = Realtime.connect("/", transports());

// ?transport=polling or ?transport=websocket keeps to one.
function transports() {
  const only = new URLSearchParams(location.search).get("transport");
  return only ? { transports: [only] } : {};
}

// Shows a room as it is now. Of two that come the wrong way round, the later one stays.
function show({ id, name, people, revision }) {
  const item = rooms.querySelector(`[data-id="${Number(id)}"]`) ?? append(id, name);
  if (revision < Number(item.dataset.revision)) return;
  item.dataset.revision = revision;
  showPeople(item.querySelector(".people"), people);
  item.querySelector(".count").textContent = people.length ? `${people.length} here` : "nobody here";
}

function append(id, name) {
  const item = document.getElementById("blank").content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.querySelector("a").href = `/rooms/${id}`;
  item.querySelector(".name").textContent = name;
  return rooms.appendChild(item);
}

// What a page's markup says of its rooms.
function showAllOf(page) {
  for (const item of page.querySelectorAll("#rooms .room")) {
    const people = JSON.parse(item.querySelector(".people").dataset.names);
    show({ id: item.dataset.id, name: item.querySelector(".name").textContent, people, revision: Number(item.dataset.revision) });
  }
}

// What changed while there was no connection is on the page itself.
socket.on("connect", async () => {
  const response = await fetch(location);
  showAllOf(new DOMParser().parseFromString(await response.text(), "text/html"));
});
socket.on("room.created", show);
socket.on("room.updated", show);

// The token has expired, on a page that was open for days: another page has another.
socket.on("connect_error", () => socket.active || location.reload());

showAllOf(document);
