// The features, in the order of docs/protocol/compat.md. A case is {feature, needs, flags, run}: `run` is given a Stage
// and may resolve to what one has to know about it; who lacks what it `needs` does not run it; `flags` are what the
// sidecar has to be told for it.

import { life } from "./life.mjs";
import { rooms } from "./rooms.mjs";
import { talk } from "./talk.mjs";

export const cases = [...life, ...talk, ...rooms];
