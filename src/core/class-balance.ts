/** When classes are so far apart in size that a network learns to predict the largest. */

/** How many times the images of the smallest class. */
const IMBALANCE = 3;

/** Classes without images are another fault. */
export function isUnbalanced(least: number, most: number): boolean {
  return least > 0 && most >= IMBALANCE * least;
}
