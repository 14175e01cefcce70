// In which orders things can be started and ended.

/** Every order of a list. */
export function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

/**
 * The shortest walk that starts and ends each of a list in every situation: whichever of the others run. It
 * begins and ends with nothing running. Resolves to whose turn it is: 64 turns for four, since each of 16
 * situations is left in four ways (an Eulerian circuit, by Hierholzer's method).
 */
export function tour(list) {
  const left = new Map(); // situation → turns not taken yet; bit i says that list[i] runs
  const path = [{ situation: 0 }];
  const turns = [];
  while (path.length > 0) {
    const { situation, turn } = path.at(-1);
    if (!left.has(situation)) left.set(situation, [...list.keys()]);
    const next = left.get(situation).shift();
    if (next !== undefined) path.push({ situation: situation ^ (1 << next), turn: next });
    else turns.unshift(path.pop().turn);
  }
  return turns.slice(1).map((turn) => list[turn]);
}
