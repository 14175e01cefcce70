// The code blocks of a guide. What is done with a block stands behind its language, where readers do
// not see it:
//
//	```ruby app/models/order.rb       a file of the app, written as it is
//	```ruby app/models/order.rb +     the same, behind what the file has already
//	```sh                             commands, run in the app's folder
//	```sh start                       the command that starts the app from here on
//	```sh beside                      a program that runs beside the app from here on: a worker of jobs
//	```ruby console                   run in the app; `python console` likewise, APP_URL is where the app is
//	```js client                      run beside the app, with the official client's `io`
//	```js page                        the same, in a real browser on the app's page
//	```js page /orders/1              on another page of it
//	```text                           what the block before it prints; … stands for anything
//	```yaml shown: why                not run; how many there are is checked
//
// A comment on a line of its own may stand between them: <!-- sign in: ann --> gives the clients that
// follow ann's cookie, <!-- sign out --> takes it away, <!-- restart --> starts the app anew,
// <!-- alone --> ends what runs beside it, <!-- app: django --> begins again with that app.

// Which languages can speak to the app, and from where.
const speakers = { console: ["ruby", "python"], client: ["js"], page: ["js"] };

const FENCE = /^( *)(`{3,})(.*)$/;
const DIRECTIVE = /^<!-- (sign in: (?<user>\w+)|app: (?<app>\w+)|sign out|restart|alone) -->$/;

/** Everything a guide asks for, in order: blocks and directives, with the line each begins at. */
export function steps(text) {
  const found = [];
  let open = null;
  text.split("\n").forEach((line, index) => {
    const fence = FENCE.exec(line);
    if (open && fence?.[3] === "" && fence[2].length >= open.fence.length) {
      found.push(step(open));
      open = null;
    } else if (open) {
      open.body.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (fence) {
      open = { line: index + 1, indent: fence[1], fence: fence[2], info: fence[3].trim(), body: [] };
    } else {
      const directive = DIRECTIVE.exec(line.trim());
      if (directive) found.push({ line: index + 1, kind: directive[1].replace(/:.*/, ""), ...directive.groups });
    }
  });
  if (open) throw new Error(`line ${open.line}: the block is never closed`);
  return found;
}

function step({ line, info, body }) {
  const [language, ...words] = info.split(" ");
  const text = `${body.join("\n")}\n`;
  const made = (kind, more) => ({ line, language, kind, text, ...more });
  if (language === "text" && words.length === 0) return made("output");
  if (words[0] === "shown:" && words.length > 1) return made("shown", { why: words.slice(1).join(" ") });
  if (words.length === 1 && speakers[words[0]]?.includes(language)) return made(words[0]);
  if (words[0] === "page" && words[1]?.startsWith("/") && words.length === 2) return made("page", { path: words[1] });
  if (language === "sh" && words.length === 0) return made("commands");
  if (language === "sh" && ["start", "beside"].includes(words[0]) && words.length === 1) return made(words[0]);
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(words[0] ?? "") && /[./]/.test(words[0]) && (words.length === 1 || words[1] === "+")) {
    return made("file", { path: words[0], more: words[1] === "+" });
  }
  throw new Error(`line ${line}: what is to be done with a block of "${info}"? See conformance/guides/support/blocks.js`);
}

/** Does what was printed have these lines, in this order? Others may stand between them. */
export function printed(output, expected) {
  const lines = output.split("\n").map((line) => line.trim());
  let from = 0;
  return expected.split("\n").map((line) => line.trim()).filter(Boolean).every((line) => {
    const pattern = new RegExp(`^${line.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
    const at = lines.findIndex((each, index) => index >= from && pattern.test(each));
    from = at + 1;
    return at >= 0;
  });
}
