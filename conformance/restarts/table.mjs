// The balances side by side.

const columns = [
  ["", "what"],
  ["times", "times"],
  ["sent", "sent"],
  ["handled", "handled"],
  ["acked", "acked"],
  ["unheard", "unheard"],
  ["halved", "halved"],
  ["unread", "unread"],
  ["again", "again"],
  ["disconnects", "disconnects"],
  ["longest ms", "pause"],
  ["ticks", "ticks"],
  ["lost", "ticksLost"],
  ["pages", "pagesOk"],
  ["503", "pagesPutOff"],
  ["failed", "pagesFailed"],
  ["longest ms", "pagePause"],
];

/** One line for each row, below one that names the columns. account.mjs says what they mean. */
export function table(rows) {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, key]) => String(row[key])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const cell = (text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]));
  return lines.map((line) => line.map(cell).join("  ")).join("\n");
}
