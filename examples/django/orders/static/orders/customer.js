// A customer's pages: the rooms in their tags say what they hear, no handler of the app is involved.

import { connect, move, showAges } from "./live.js";

const live = document.getElementById("live");
const latest = new Map(); // id → order, as last heard of
const socket = connect("/");

function show(order) {
  const box = live.querySelector(`[data-id="${order.id}"]`);
  if (!box || Date.parse(box.querySelector("time").dateTime) > Date.parse(order.updated_at)) return;
  box.querySelector("time").dateTime = order.updated_at;
  box.querySelector(".headline").textContent = order.headline;
  showAges();
  for (const step of box.querySelectorAll(".steps li")) {
    if (step.dataset.status === order.status) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  const form = box.querySelector(".move"); // cooks have it
  if (!form) return;
  form.hidden = !order.next_status;
  form.elements.status.value = order.next_status ?? "";
  form.querySelector("button").textContent = `${order.next_status} →`;
}

// Takes the page's list anew from the app: after a connect something may have been missed.
async function refresh() {
  const answer = await fetch(location.href);
  if (answer.status === 404) {
    live.innerHTML = "<p class=headline>This order is no more.</p>";
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  live.replaceChildren(...page.getElementById("live").childNodes);
  latest.forEach(show); // what came meanwhile may be newer
  showAges();
}

socket.on("connect", refresh);
socket.on("order.created", refresh);
socket.on("order.deleted", refresh);
socket.on("order.updated", (order) => {
  latest.set(order.id, order);
  show(order);
});

live.addEventListener("submit", async (event) => {
  event.preventDefault();
  const order = await move(event.target);
  if (order) show(order);
});
