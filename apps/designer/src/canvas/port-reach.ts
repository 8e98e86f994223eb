/** Half of a port's hit area of 28 × 28, whose outer side is where the canvas library lets an edge end; the drawing ends at the node. */
export const portReach = 14;
