// What the app and the clients say to each other. It stands in the app too: an echo alone would not show that
// both sides read something else than what was written.

export const WORDS = "é 漢字 👩‍🚀";

/** Attachments at any depth, an empty one among them. */
export const picture = () => ({ name: WORDS, parts: [Buffer.from([0, 127, 128, 255]), { deep: Buffer.alloc(0) }] });

/** The same when it has come to a client: base64 text without binary, and some take an empty attachment for none. */
export const pictureAt = ({ lacks }) => {
  if (lacks.binary) return { name: WORDS, parts: ["AH+A/w==", { deep: "" }] };
  return lacks.emptyBinary ? { ...picture(), parts: [picture().parts[0], { deep: null }] } : picture();
};

/** A letter of about so many bytes. */
export const letter = (bytes) => WORDS.repeat(Math.floor(bytes / Buffer.byteLength(WORDS)));
