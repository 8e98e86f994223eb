import type { Thumbnail } from '@millrace/api';
import { type Pipeline, type PipelineNode, parseEndpoint } from '@millrace/engine';

/** The pipeline as dots and lines: places in the unit square, with its proportions kept. */
export function thumbnailOf(pipeline: Pipeline): Thumbnail {
  const places = new Map(pipeline.layout.nodes.map((place) => [place.id, place]));
  const nodes = pipeline.nodes.map((node, index) => ({
    node,
    x: places.get(node.id)?.x ?? 0,
    y: places.get(node.id)?.y ?? index,
  }));
  const left = Math.min(...nodes.map(({ x }) => x));
  const top = Math.min(...nodes.map(({ y }) => y));
  const extent = Math.max(1, ...nodes.map(({ x, y }) => Math.max(x - left, y - top)));
  const indexOf = new Map(pipeline.nodes.map((node, index) => [node.id, index]));
  return {
    dots: nodes.map(({ node, x, y }) => ({ x: (x - left) / extent, y: (y - top) / extent, shape: shapeOf(node) })),
    lines: pipeline.edges.flatMap((edge) => {
      const from = indexOf.get(parseEndpoint(edge.from).node);
      const to = indexOf.get(parseEndpoint(edge.to).node);
      return from === undefined || to === undefined ? [] : [[from, to] as const];
    }),
  };
}

function shapeOf(node: PipelineNode): 'stream' | 'table' | 'sink' {
  if (node.kind === 'sink') return 'sink';
  return node.kind === 'aggregate' || node.config.readAs === 'table' ? 'table' : 'stream';
}
