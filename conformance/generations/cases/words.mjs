// What the app and the clients say to each other. It stands in the app too: an echo alone would not show that
// both sides read something else than what was written.

export const WORDS = "é 漢字 👩‍🚀";

/** Attachments at any depth, an empty one among them. */
export const picture = () => ({ name: WORDS, parts: [Buffer.from([0, 127, 128, 255]), { deep: Buffer.alloc(0) }] });

/** The same as a client without binary gets it: attachments as base64 text. */
export const printedPicture = () => ({ name: WORDS, parts: ["AH+A/w==", { deep: "" }] });

/** A letter of about so many bytes. */
export const letter = (bytes) => WORDS.repeat(Math.floor(bytes / Buffer.byteLength(WORDS)));
