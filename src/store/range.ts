/** @throws RangeError when `start` to `end` does not lie within `size` bytes */
export function checkRange(start: number, end: number, size: number): void {
  if (start < 0 || end < start || end > size)
    throw new RangeError(`bytes ${start} to ${end} do not lie within ${size} bytes`);
}
