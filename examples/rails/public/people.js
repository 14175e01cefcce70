// How people are shown, wherever they are.

// The rest, behind their number, is not shown one by one.
const SHOWN = 12;

export const initial = (name) => Array.from(name)[0]?.toUpperCase() ?? "";

export const hue = (name) => Array.from(name).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);

// Fills a list with names, each with its colour.
export function showPeople(list, names, me) {
  const items = names.slice(0, SHOWN).map((name) => person(list, name, name === me ? `${name} (you)` : name));
  if (names.length > SHOWN) items.push(person(list, `+${names.length - SHOWN}`, names.slice(SHOWN).join(", ")));
  list.replaceChildren(...items);
}

function person(list, name, title) {
  const item = document.createElement(list.matches("ul") ? "li" : "span");
  const avatar = document.createElement("span");
  avatar.className = "avatar";
  avatar.textContent = name.startsWith("+") ? name : initial(name);
  avatar.style.setProperty("--hue", hue(name));
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = title;
  item.title = title;
  item.append(avatar, label);
  return item;
}
