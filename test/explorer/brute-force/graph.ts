/** Directed graphs as lists of edges. */

/** An edge between numbered nodes. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

/** All nodes from which some node of `targets` can be reached, those included. */
export function canReach(nodes: number, edges: readonly Edge[], targets: Iterable<number>): ReadonlySet<number> {
  const into: number[][] = Array.from({ length: nodes }, () => []);
  for (const { from, to } of edges) into[to]?.push(from);
  const found = new Set(targets);
  const waiting = [...found];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const before of into[node] ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      waiting.push(before);
    }
  }
  return found;
}

/** Nodes in the order in which a depth-first walk leaves them for good. */
function byFinish(out: readonly (readonly number[])[]): readonly number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  for (let root = 0; root < out.length; root += 1) {
    if (seen.has(root)) continue;
    seen.add(root);
    const path = [{ node: root, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = out[top.node]?.[top.next];
      top.next += 1;
      if (to === undefined) {
        order.push(top.node);
        path.pop();
      } else if (!seen.has(to)) {
        seen.add(to);
        path.push({ node: to, next: 0 });
      }
    }
  }
  return order;
}

/** The strongly connected components that have an edge inside (Kosaraju's way: two walks). Each edge inside one belongs to it. */
export function cyclicComponents<E extends Edge>(nodes: number, edges: readonly E[]): readonly (readonly E[])[] {
  const out: number[][] = Array.from({ length: nodes }, () => []);
  const into: number[][] = Array.from({ length: nodes }, () => []);
  for (const { from, to } of edges) {
    out[from]?.push(to);
    into[to]?.push(from);
  }
  const componentOf = new Map<number, number>();
  for (const root of byFinish(out).toReversed()) {
    if (componentOf.has(root)) continue;
    componentOf.set(root, root);
    const waiting = [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const before of into[node] ?? []) {
        if (componentOf.has(before)) continue;
        componentOf.set(before, root);
        waiting.push(before);
      }
    }
  }
  const inside = new Map<number, E[]>();
  for (const edge of edges) {
    const component = componentOf.get(edge.from);
    if (component === undefined || component !== componentOf.get(edge.to)) continue;
    const list = inside.get(component);
    if (list === undefined) inside.set(component, [edge]);
    else list.push(edge);
  }
  return [...inside.values()];
}
